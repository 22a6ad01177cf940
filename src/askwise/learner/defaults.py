"""Default recipes, by kind of row and by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from askwise.core.errors import BadInput, did_you_mean
from askwise.learner.encoded import Encoder, Recipe
from askwise.learner.image import ImageEncoder
from askwise.learner.table import ArrayEncoder, TableEncoder
from askwise.learner.text import SentenceEncoder, TfidfEncoder

ENCODERS: Mapping[str, Mapping[str, Callable[[], Encoder]]] = {
    "text": {"tfidf": TfidfEncoder},
    "table": {"columns": TableEncoder},
    "image": {"pixels": ImageEncoder},
    "array": {"numbers": ArrayEncoder},
}
"""Encoders of each kind of row, the default first. Text takes 'sentence-transformers:NAME_OR_PATH' too."""

_SENTENCE = "sentence-transformers:"


def recipe(kind: str, encoder: str | None = None, head: str | None = None, task: str = "choice") -> Recipe:
    """The default recipe for a kind of row: 'text', 'table', 'image' or 'array'.

    Heads for classes (task 'choice'): 'logistic' (default), 'boosting' (gradient boosting, dense features only),
    'forest'. For numbers (task 'number'): 'forest' (default), 'ridge' (Bayesian), 'gp' (Gaussian process), 'boosting'.
    Raises BadInput for names that are not known and for pairs that cannot work.

    >>> recipe("text").encoder
    TfidfEncoder(dims=128, max_features=50000, ngrams=1, min_df=None, seed=0)
    >>> type(recipe("table", head="boosting").head).__name__
    'HistGradientBoostingClassifier'
    """
    if kind not in ENCODERS:
        raise BadInput(f"there is no default for rows of kind {kind!r}.{did_you_mean(kind, ENCODERS)}")
    made = _encoder(kind, encoder)
    heads = _heads(kind, task)
    name = head or next(iter(heads))
    if name not in heads:
        raise BadInput(f"there is no head {name!r}.{did_you_mean(name, heads)}")
    if name in ("boosting", "ridge", "gp") and isinstance(made, TfidfEncoder):
        raise BadInput(
            f"the head {name!r} needs dense features and TF-IDF gives sparse ones; "
            f"use head={next(iter(heads))!r} or 'forest', or a sentence-transformers encoder"
        )
    return Recipe(made, heads[name]())


def _heads(kind: str, task: str) -> Mapping[str, Callable[[], Any]]:
    """Heads of a task, the default first."""
    if task == "number":
        return {"forest": _forest_of_numbers, "ridge": _ridge, "gp": _gp, "boosting": _boosting_of_numbers}
    return {"logistic": lambda: _logistic(kind), "boosting": _boosting, "forest": _forest}


def _encoder(kind: str, name: str | None) -> Encoder:
    known = ENCODERS[kind]
    if name is None:
        return next(iter(known.values()))()
    if kind == "text" and name.startswith(_SENTENCE):
        model = name.removeprefix(_SENTENCE)
        if not model:
            raise BadInput(f"the encoder {name!r} names no model; write {_SENTENCE}NAME_OR_PATH")
        return SentenceEncoder(model)
    if name not in known:
        more = [f"{_SENTENCE}NAME"] if kind == "text" else []
        raise BadInput(f"there is no {kind} encoder {name!r}.{did_you_mean(name, [*known, *more])}")
    return known[name]()


def _logistic(kind: str) -> Any:
    """Logistic regression; C by accuracy at 50, 200 and 500 random labels on real data of the kind."""
    from sklearn.linear_model import LogisticRegression

    strength = {"text": 10.0, "table": 1.0, "image": 0.1, "array": 1.0}[kind]
    return LogisticRegression(C=strength, max_iter=2000, tol=1e-3)


def _boosting() -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier

    # The default of 20 rows per leaf cannot split at all on the first 40 labels.
    return HistGradientBoostingClassifier(min_samples_leaf=5, early_stopping=False)


def _forest() -> Any:
    from sklearn.ensemble import RandomForestClassifier

    return RandomForestClassifier(n_estimators=100, min_samples_leaf=1)


def _forest_of_numbers() -> Any:
    from sklearn.ensemble import RandomForestRegressor

    return RandomForestRegressor(n_estimators=100, min_samples_leaf=1)


def _ridge() -> Any:
    from sklearn.linear_model import BayesianRidge

    return BayesianRidge()


def _gp() -> Any:
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel

    # On standardised features distances grow with the root of their number; the optimiser finds the rest.
    kernel = ConstantKernel(1.0) * RBF(3.0, (1e-2, 1e4)) + WhiteKernel(1e-2, (1e-8, 1e2))
    return GaussianProcessRegressor(kernel, normalize_y=True)


def _boosting_of_numbers() -> Any:
    from sklearn.ensemble import HistGradientBoostingRegressor

    return HistGradientBoostingRegressor(min_samples_leaf=5, early_stopping=False)
