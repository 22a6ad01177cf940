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
) -> tuple[Any, float, IntArray]:
    """The estimator fitted on all rows, the inverse temperature of its logits (as `response.logits_of` has them), and
    the class of each of its outputs.

    It is fitted on the classes seen, numbered from 0: scikit-learn (1.9) takes the label for the column of its logits,
    and where a class between was not seen it reads beyond them, so that the temperature was another at each fit.

    scikit-learn's CalibratedClassifierCV(method="temperature", ensemble=False): out-of-fold logits z of every
    row, then beta = argmin of -sum_i log softmax(beta z_i)[y_i]; five folds up to 200 labels, three above.
    The labels of an active learner lean to hard rows, so beta is if anything too small (probabilities too
    flat on easy rows). Source: Guo et al., On Calibration of Modern Neural Networks (ICML 2017), section 4.2.
    """
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.model_selection import StratifiedKFold

    folds = StratifiedKFold(5 if labels.size <= 200 else 3, shuffle=True, random_state=seed % 2**32)
    classes, codes = np.unique(labels, return_inverse=True)
    wrapped = CalibratedClassifierCV(_renumbered(estimator, classes), method="temperature", ensemble=False, cv=folds)
    wrapped.fit(rows, codes) if weights is None else wrapped.fit(rows, codes, sample_weight=weights)
    inside = wrapped.calibrated_classifiers_[0]
    beta = float(inside.calibrators[0].beta_)
    # scikit-learn writes a binary decision value x as (-x, x); ours is (-x/2, x/2).
    binary = hasattr(inside.estimator, "decision_function") and len(wrapped.classes_) == 2
    return inside.estimator, 2 * beta if binary else beta, classes


def _renumbered(estimator: Any, classes: IntArray) -> Any:
    """The estimator with its weights of classes, where they are given one by one, under the new numbers."""
    given = {name: value for name, value in estimator.get_params().items() if name.split("__")[-1] == "class_weight"}
    code = {int(label): i for i, label in enumerate(classes)}
    weights = {
        name: {code[label]: weight for label, weight in value.items() if label in code}
        for name, value in given.items()
        if isinstance(value, dict)
    }
    from sklearn.base import clone

    return clone(estimator).set_params(**weights) if weights else estimator
