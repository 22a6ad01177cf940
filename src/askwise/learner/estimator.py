"""Any scikit-learn classifier or pipeline as a learner, unwrapped."""

from __future__ import annotations

import inspect
import warnings
from typing import Any

import numpy as np

from askwise.core.errors import BadInput
from askwise.core.types import Array, FloatArray, IntArray, Rows
from askwise.learner import response
from askwise.learner.calibrate import enough_to_calibrate, fit_calibrated
from askwise.learner.fitted import Constant, Fitted, Model
from askwise.learner.pipeline import has_transformers, last_step, split
from askwise.learner.rows import check_names, checked_labels, checked_weights, member_seeds, prior
from askwise.learner.what_if import WhatIf, refit_with


class EstimatorLearner:
    """A classifier or Pipeline of scikit-learn, cloned at each fit, over classes 0..c-1.

    Rows go through as they are (ndarray, CSR, DataFrame, list of texts). `provides`: ``probs`` (m, c), 0 for
    classes not seen; ``samples`` (m, k, c) for forests, bagging and voting, ensemble order; ``embeddings``
    (m, d) for pipelines (what the last step sees, when dense: known after the first fit) and for
    MLPClassifier (last hidden layer); ``head`` for linear classifiers and MLPClassifier. With labels of one
    class only nothing is trained: the probabilities are (count + 1) / (n + c) for every row.

    `calibrate`: None calibrates where the estimator has no `predict_proba`; True wherever the sample allows
    (`calibrate.enough_to_calibrate`); False never. `calibrated` says whether the last fit did. `samples` stay
    as the members give them. Decision values that could not be calibrated become probabilities by softmax.
    `head` False withholds the head, where the rows are not the embeddings that methods are given.

    >>> from sklearn.linear_model import LogisticRegression
    >>> learner = EstimatorLearner(LogisticRegression(), n_classes=3)
    >>> learner.fit(np.array([[0.0], [1.0]]), np.array([0, 2]), None, seed=0)
    >>> learner.evidence(np.array([[0.5]]), frozenset({"probs"}))["probs"].round(2).tolist()
    [[0.5, 0.0, 0.5]]
    """

    def __init__(self, estimator: Any, n_classes: int, *, calibrate: bool | None = None, head: bool = True) -> None:
        if n_classes < 2:
            raise BadInput(f"n_classes is {n_classes}; a classifier needs at least 2 classes")
        self.estimator = estimator
        self.n_classes = n_classes
        self.calibrate = calibrate
        self.calibrated = False
        self.name = type(last_step(estimator)).__name__
        self._promised = _promised(estimator) - (set() if head else {"head"})
        self.provides = self._promised
        self._model: Model | None = None
        self._seen: tuple[Rows, IntArray, int] | None = None

    def fit(self, rows: Rows, labels: IntArray, weights: FloatArray | None = None, *, seed: int = 0) -> None:
        """Train afresh. Raises BadInput for labels outside 0..c-1 and for weights that cannot be taken."""
        labels = checked_labels(rows, labels, self.n_classes)
        weights = checked_weights(rows, weights)
        key = None if weights is None else weight_key(self.estimator)
        if weights is not None and key is None:
            raise BadInput(f"{self.name} takes no sample weights, but {weights.size} were given; leave weights out")
        self.calibrated = False
        self._seen = rows, labels, seed
        estimator = seeded(self.estimator, seed)
        if np.unique(labels).size < 2:
            shares = prior(labels, self.n_classes)
            self._model = Constant.fit(estimator, rows, labels, shares, self._promised)
        else:
            fitted, scale, classes = self._train(estimator, rows, labels, weights, key, seed)
            self._model = Fitted.of(fitted, classes, rows, self.n_classes, scale, self._promised)
        self.provides = self._model.offers

    def _train(
        self,
        estimator: Any,
        rows: Rows,
        labels: IntArray,
        weights: FloatArray | None,
        key: str | None,
        seed: int,
    ) -> tuple[Any, float | None, IntArray]:
        # Through a pipeline scikit-learn's calibration cannot hand weights on, so such fits stay as they are.
        if self._wants_calibration() and enough_to_calibrate(labels) and key in (None, "sample_weight"):
            self.calibrated = True
            return fit_calibrated(estimator, rows, labels, weights, seed)
        extra = {} if key is None else {key: weights}
        with warnings.catch_warnings():
            # Many classes and few labels are what active learning begins with, no mistake.
            warnings.filterwarnings("ignore", "The number of unique classes is greater than 50%")
            return estimator.fit(rows, labels, **extra), None, np.unique(labels)

    def _wants_calibration(self) -> bool:
        last = last_step(self.estimator)
        if self.calibrate is None:
            return not hasattr(last, "predict_proba") and not response.is_ensemble(last)
        return self.calibrate and response.scores_classes(last)

    def evidence(self, rows: Rows, names: frozenset[str]) -> dict[str, Array]:
        """Evidence by name, from one pass over the rows. Raises MissingEvidence for what is not provided."""
        check_names(names, self.provides, self.name)
        if self._model is None:
            raise BadInput(f"{self.name} has not been fitted; call fit(rows, labels, weights, seed=...) first")
        return self._model.evidence(rows, names)

    def what_if(self, targets: Rows) -> WhatIf:
        """What refits with more labelled rows would predict for the targets: (rows (k, d), labels (k,)) -> (t, c).

        For rows that are dense arrays. Refits leave weights and calibration out: they are many, and small.
        """
        if self._seen is None:
            raise BadInput(f"{self.name} has not been fitted; call fit(rows, labels, weights, seed=...) first")
        rows, labels, seed = self._seen

        def make() -> EstimatorLearner:
            return EstimatorLearner(self.estimator, self.n_classes, calibrate=False)

        return refit_with(make, rows, labels, seed, targets)


def seeded(estimator: Any, seed: int) -> Any:
    """A clone whose `random_state` parameters that were None are set from the seed, each to its own value."""
    from sklearn.base import clone

    copy = clone(estimator)
    params = copy.get_params(deep=True)
    free = sorted(k for k, v in params.items() if k.split("__")[-1] == "random_state" and v is None)
    return copy.set_params(**dict(zip(free, member_seeds(seed, len(free)), strict=True))) if free else copy


def _promised(estimator: Any) -> frozenset[str]:
    """Evidence that this estimator can give before it has seen a row."""
    last = last_step(estimator)
    if not response.scores_classes(last) and not response.is_ensemble(last):
        raise BadInput(
            f"{type(last).__name__} has neither predict_proba nor decision_function; give a classifier "
            "that scores "
            "its classes, such as LogisticRegression or RandomForestClassifier"
        )
    if getattr(last, "decision_function_shape", "ovr") != "ovr":
        raise BadInput(
            f"{type(last).__name__} has decision_function_shape={last.decision_function_shape!r}, which "
            "scores pairs "
            "of classes; set decision_function_shape='ovr'"
        )
    mlp = response.is_mlp(last)
    offers = {
        "probs": True,
        "samples": response.is_ensemble(last),
        "embeddings": mlp or has_transformers(estimator),
        "head": mlp or response.is_linear(last),
    }
    return frozenset(name for name, there in offers.items() if there)


def weight_key(estimator: Any) -> str | None:
    """Name under which `fit` takes sample weights, through a pipeline's last step, or None."""
    steps = getattr(estimator, "steps", None)
    if steps is not None:
        inner = weight_key(steps[-1][1])
        return None if inner is None else f"{steps[-1][0]}__{inner}"
    members = getattr(estimator, "estimators", None)
    if members is not None and any(m != "drop" and weight_key(m) != "sample_weight" for _, m in members):
        return None
    parameters = inspect.signature(split(estimator)[1].fit).parameters
    takes = "sample_weight" in parameters or members is not None
    return "sample_weight" if takes else None
