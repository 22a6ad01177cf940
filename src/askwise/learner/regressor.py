"""Any scikit-learn regressor or pipeline as a learner, unwrapped."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np

from askwise.core.errors import BadInput
from askwise.core.types import Array, FloatArray, Rows
from askwise.learner.estimator import seeded, weight_key
from askwise.learner.gradients import mlp_gradients
from askwise.learner.pipeline import dense, has_transformers, last_step, split, transform
from askwise.learner.rows import check_names, checked_lengths, checked_weights, take


class RegressorLearner:
    """A regressor, cloned at each fit: ``mean`` (m,); ``std`` (m,) where `predict` takes `return_std`
    (Gaussian process, Bayesian ridge) or from an ensemble's members; ``draws`` (m, k) of an ensemble;
    ``embeddings`` (m, d) of a pipeline when dense. With `gradients` an MLPRegressor gives that many features of
    its gradients (`mlp_gradients`) as embeddings instead.

    >>> from sklearn.linear_model import BayesianRidge
    >>> learner = RegressorLearner(BayesianRidge())
    >>> sorted(learner.provides)
    ['mean', 'std']
    """

    def __init__(self, estimator: Any, *, gradients: int | None = None) -> None:
        """Raises BadInput for gradients of anything but an MLPRegressor."""
        self.estimator, self.gradients = estimator, gradients
        last = last_step(estimator)
        if gradients is not None and not hasattr(last, "hidden_layer_sizes"):
            raise BadInput(f"gradients={gradients} are those of an MLPRegressor, not of {type(last).__name__}")
        self.name = type(last).__name__
        self._ensemble = _is_ensemble(last)
        offers = {
            "mean": True,
            "std": self._ensemble or _gives_std(last),
            "draws": self._ensemble,
            "embeddings": gradients is not None or has_transformers(estimator),
        }
        self.provides = frozenset(name for name, there in offers.items() if there)
        self._parts: tuple[list[Any], Any] | None = None

    def fit(self, rows: Rows, labels: Any, weights: FloatArray | None = None, *, seed: int = 0) -> None:
        """Train afresh on finite numbers (m,). Raises BadInput for others, and for weights it cannot take."""
        values = _checked_values(rows, labels)
        weights = checked_weights(rows, weights)
        estimator = seeded(self.estimator, seed)
        key = weight_key(estimator)
        if weights is not None and key is None:
            raise BadInput(f"{self.name} takes no sample weights, but {weights.size} were given; leave weights out")
        estimator.fit(rows, values, **({} if weights is None or key is None else {key: weights}))
        self._parts = split(estimator)
        if "embeddings" in self.provides and self.gradients is None:
            seen = transform(self._parts[0], take(rows, np.zeros(1, dtype=np.int64)))
            self.provides -= set() if dense(seen) is not None else {"embeddings"}

    def evidence(self, rows: Rows, names: frozenset[str]) -> dict[str, Array]:
        """Evidence by name, from one pass over the rows. Raises MissingEvidence for what is not provided."""
        check_names(names, self.provides, self.name)
        if self._parts is None:
            raise BadInput(f"{self.name} has not been fitted; call fit(rows, labels, weights, seed=...) first")
        before, last = self._parts
        inputs = transform(before, rows)
        out = self._predict(last, inputs, names)
        if "embeddings" in names:
            out["embeddings"] = self._embed(last, inputs)
        return out

    def _embed(self, last: Any, inputs: Rows) -> Array:
        if self.gradients is None:
            return dense(inputs)
        return mlp_gradients(last, inputs, dimension=self.gradients)

    def _predict(self, last: Any, inputs: Rows, names: frozenset[str]) -> dict[str, Array]:
        if self._ensemble and names & {"mean", "std", "draws"}:
            draws = _member_values(last, inputs)
            weights = getattr(last, "_weights_not_none", None)
            mean = np.average(draws, axis=1, weights=weights)
            spread = np.average((draws - mean[:, None]) ** 2, axis=1, weights=weights) ** 0.5
            found = {"draws": draws, "mean": mean, "std": spread}
        elif "std" in names:
            mean, std = last.predict(inputs, return_std=True)
            found = {"mean": mean, "std": std}
        else:
            found = {"mean": np.asarray(last.predict(inputs), dtype=np.float64)} if "mean" in names else {}
        return {name: value for name, value in found.items() if name in names}


def _checked_values(rows: Rows, labels: Any) -> FloatArray:
    checked_lengths(rows, labels)
    values = np.asarray(labels, dtype=np.float64)
    bad = values[~np.isfinite(values)]
    if bad.size:
        raise BadInput(f"value {bad[0]} cannot be learned; give finite numbers")
    return values


def _is_ensemble(model: Any) -> bool:
    from sklearn import ensemble

    kinds = ("RandomForest", "ExtraTrees", "Bagging", "Voting")
    return isinstance(model, tuple(getattr(ensemble, f"{kind}Regressor") for kind in kinds))


def _gives_std(model: Any) -> bool:
    return "return_std" in inspect.signature(model.predict).parameters


def _member_values(model: Any, rows: Rows) -> FloatArray:
    """Predictions (m, k) of an ensemble's members."""
    from sklearn.ensemble import VotingRegressor

    if isinstance(model, VotingRegressor):
        return np.stack([member.predict(rows) for member in model.estimators_], axis=1)
    plain = rows.tocsr() if hasattr(rows, "tocsr") else np.asarray(rows)
    columns = getattr(model, "estimators_features_", None)
    if columns is None:
        plain32 = plain.astype(np.float32)  # once, not once per tree
        return np.stack([tree.predict(plain32) for tree in model.estimators_], axis=1)
    pairs = zip(model.estimators_, columns, strict=True)
    return np.stack([member.predict(plain[:, cols]) for member, cols in pairs], axis=1)
