"""Temperature scaling by cross-validation, where the sample allows it."""

from __future__ import annotations

from typing import Any

import numpy as np

from askwise.core.types import FloatArray, IntArray, Rows

MIN_PER_CLASS = 5
MIN_LABELS = 50


def enough_to_calibrate(labels: IntArray) -> bool:
    """Whether every class seen has 5 labels and there are 50 in all.

    >>> enough_to_calibrate(np.repeat([0, 1], 25)), enough_to_calibrate(np.repeat([0, 1], [46, 4]))
    (True, False)
    """
    counts = np.bincount(labels)
    return bool(labels.size >= MIN_LABELS and counts[counts > 0].min() >= MIN_PER_CLASS)


def fit_calibrated(
    estimator: Any, rows: Rows, labels: IntArray, weights: FloatArray | None, seed: int
) -> tuple[Any, float]:
    """The estimator fitted on all rows, and the inverse temperature of its logits (as `response.logits_of`
    has them).

    scikit-learn's CalibratedClassifierCV(method="temperature", ensemble=False): out-of-fold logits z of every
    row, then beta = argmin of -sum_i log softmax(beta z_i)[y_i]; five folds up to 200 labels, three above.
    The labels of an active learner lean to hard rows, so beta is if anything too small (probabilities too
    flat on easy rows). Source: Guo et al., On Calibration of Modern Neural Networks (ICML 2017), section 4.2.
    """
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.model_selection import StratifiedKFold

    folds = StratifiedKFold(5 if labels.size <= 200 else 3, shuffle=True, random_state=seed % 2**32)
    wrapped = CalibratedClassifierCV(estimator, method="temperature", ensemble=False, cv=folds)
    wrapped.fit(rows, labels) if weights is None else wrapped.fit(rows, labels, sample_weight=weights)
    inside = wrapped.calibrated_classifiers_[0]
    beta = float(inside.calibrators[0].beta_)
    # scikit-learn writes a binary decision value x as (-x, x); ours is (-x/2, x/2).
    binary = hasattr(inside.estimator, "decision_function") and len(wrapped.classes_) == 2
    return inside.estimator, 2 * beta if binary else beta
