"""`what_if` of a scikit-learn estimator: what a refit with a few more labelled rows would predict."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from askwise.core.arrays import host
from askwise.core.types import FloatArray, IntArray, Rows

WhatIf = Callable[[Any, Any], FloatArray]
"""(rows (k, d), class indices (k,)) -> probabilities (t, c) at the targets after learning these rows too."""


def refit_with(make: Callable[[], Any], rows: Rows, labels: IntArray, seed: int, targets: Rows) -> WhatIf:
    """A function that trains a new learner on these rows and the ones it is given, and predicts the targets.

    >>> from sklearn.naive_bayes import GaussianNB
    >>> from askwise.learner import EstimatorLearner
    >>> X, y = np.array([[0.0], [1.0], [4.0], [5.0]]), np.array([0, 0, 1, 1])
    >>> what_if = refit_with(lambda: EstimatorLearner(GaussianNB(), 2), X, y, 0, np.array([[2.5]]))
    >>> bool(what_if(np.array([[2.0]]), np.array([1]))[0, 1] > what_if(np.array([[2.0]]), np.array([0]))[0, 1])
    True
    """

    def what_if(more: Any, answers: Any) -> FloatArray:
        learner = make()
        added = np.asarray(host(more), dtype=np.asarray(rows).dtype)
        learner.fit(np.concatenate([rows, added]), np.concatenate([labels, np.asarray(answers, np.int64)]), seed=seed)
        return np.asarray(learner.evidence(targets, frozenset({"probs"}))["probs"])

    return what_if
