"""What a machine's confidence is worth: checked against people's labels, and turned into probabilities that hold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from askwise.core.errors import BadInput
from askwise.core.types import FloatArray
from askwise.judge.control import Estimate, wilson

Method = Literal["share", "logistic", "isotonic"]
Fitted = Callable[[FloatArray], FloatArray]

FEW, MANY = 20, 200
"""Rows from which on confidences are mapped by a logistic curve, and by isotonic regression; below, by one share."""

BINS = 10
DRAWS = 200
FOLDS = 5
RIDGE = 0.1
STEPS = 30


@dataclass(frozen=True)
class Calibration:
    """From confidence to the chance of being right, learnt from n checked rows.

    `accuracy` is the share of right labels with Wilson's 95% interval; `error_before` and `error_after` are the
    expected calibration error of the raw and of the mapped confidences, the latter out of fold, so that nothing is
    judged on rows that it was fitted to (None where there is no confidence).
    """

    method: Method
    n: int
    accuracy: Estimate
    error_before: float | None
    error_after: float | None
    _map: Fitted
    _draws: Callable[[], list[Fitted]]

    def __call__(self, confidence: Any) -> FloatArray:
        """Chance (m,) that labels of these confidences (m,) are right; NaN stands for an unknown one."""
        return _mapped(self._map, self.accuracy.value, confidence)

    def interval(self, confidence: Any, level: float = 0.95) -> tuple[FloatArray, FloatArray]:
        """Bounds (m,) of that chance: quantiles over maps fitted to bootstrap samples of the checked rows.

        They say what the number of rows leaves open, not whether the curve can take the shape of the truth. Simulated
        machines with 150 checked rows were inside nominal 95% bounds in about nine cases of ten.
        """
        drawn = np.stack([_mapped(one, self.accuracy.value, confidence) for one in self._draws()])
        low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2], axis=0)
        return low, high

    def __str__(self) -> str:
        said = f"right on {self.accuracy}"
        if self.error_before is None or self.error_after is None:
            return f"{said}; it does not say how sure it is"
        errors = f"{self.error_before:.3f} as stated, {self.error_after:.3f} mapped ({self.method})"
        return f"{said}; calibration error {errors}"


def calibrate(confidence: Any, right: Any, *, seed: int = 0) -> Calibration:
    """Learn the map from confidences (k,) in [0, 1], NaN for unknown, and whether each label was right (k,).

    Below 20 rows with a confidence, or where all or none are right: the smoothed share (r + 1) / (k + 2). From there on
    logistic regression on the logit (Platt 1999; with a slope alone it is temperature scaling), from 200 rows on
    isotonic regression (Zadrozny and Elkan 2002). Raises BadInput without any row, or for confidences out of range.

    >>> found = calibrate([0.9] * 10, [True] * 5 + [False] * 5)
    >>> found.method, found([0.9, 0.1]).tolist(), found.n
    ('share', [0.5, 0.5], 10)
    """
    stated, known_right = np.asarray(confidence, dtype=np.float64), np.asarray(right, dtype=bool)
    if stated.shape != known_right.shape or stated.ndim != 1 or not len(stated):
        raise BadInput(
            f"{stated.shape} confidences and {known_right.shape} outcomes tell nothing; check the machine on rows that"
            " people have labelled"
        )
    told = ~np.isnan(stated)
    if ((stated[told] < 0) | (stated[told] > 1)).any():
        raise BadInput(f"a confidence of {stated[told].min():g} to {stated[told].max():g} is no probability in [0, 1]")
    accuracy = wilson(int(known_right.sum()), len(known_right))
    said, hit = stated[told], known_right[told]
    method = _method(hit)
    rng = np.random.default_rng(seed)
    samples = rng.integers(len(hit), size=(DRAWS, len(hit))) if len(hit) else np.zeros((1, 0), dtype=np.int64)
    return Calibration(
        method=method,
        n=len(known_right),
        accuracy=accuracy,
        error_before=calibration_error(said, hit) if len(hit) else None,
        error_after=calibration_error(_out_of_fold(said, hit, method, rng), hit) if len(hit) else None,
        _map=_fit(said, hit, method),
        _draws=lambda: [_fit(said[one], hit[one], method) for one in samples],
    )


def calibration_error(stated: FloatArray, right: Any) -> float:
    """Expected calibration error of confidences (k,): mean distance of stated and found share over ten equal bins.

    Source: Guo et al., On Calibration of Modern Neural Networks (ICML 2017), equation 3.

    >>> calibration_error(np.array([0.85, 0.85, 0.15, 0.15]), [True, True, False, False])
    0.15
    """
    bins = np.minimum((stated * BINS).astype(np.int64), BINS - 1)
    gap = np.bincount(bins, stated - np.asarray(right, dtype=np.float64), minlength=BINS)
    return float(np.round(np.abs(gap).sum() / len(stated), 12))


def _method(right: Any) -> Method:
    if len(right) < FEW or right.all() or not right.any():
        return "share"
    return "logistic" if len(right) < MANY else "isotonic"


def _fit(stated: FloatArray, right: Any, method: Method) -> Fitted:
    if method == "share" or right.all() or not right.any():
        share = (right.sum() + 1) / (len(right) + 2)
        return lambda at: np.full(len(at), share)
    if method == "logistic":
        intercept, slope = _curve(_logit(stated), right.astype(np.float64))
        return lambda at: np.asarray(1 / (1 + np.exp(-intercept - slope * _logit(at))))
    from sklearn.isotonic import IsotonicRegression

    steps = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip").fit(stated, right.astype(np.float64))
    least = 1 / (len(right) + 2)  # a step of all right rows is not certain
    return lambda at: np.clip(steps.predict(at), least, 1 - least)


def _curve(x: FloatArray, y: FloatArray) -> FloatArray:
    """Intercept and slope of a logistic curve, the slope with a weak Gaussian prior (ridge 0.1): Newton's method.

    scikit-learn's, which it is checked against, takes a thousand times as long for two numbers, and here are 200 fits.
    """
    design = np.stack([np.ones_like(x), x], axis=1)
    ridge = np.array([1e-9, RIDGE])
    found = np.zeros(2)
    for _ in range(STEPS):
        share = 1 / (1 + np.exp(-np.clip(design @ found, -30, 30)))
        slope = design.T @ (y - share) - ridge * found
        bend = (design * (share * (1 - share))[:, None]).T @ design + np.diag(ridge + 1e-12)
        step = np.linalg.solve(bend, slope)
        largest = float(np.abs(step).max())
        found = found + step / max(1.0, largest)  # no step beyond 1: no overshooting far from the top
        if largest < 1e-8:
            break
    return found


def _logit(share: FloatArray) -> FloatArray:
    # Without bounds, one wrong row at 0.9999 would bend the curve for all.
    inside = np.clip(share, 0.01, 0.99)
    return np.asarray(np.log(inside / (1 - inside)))


def _out_of_fold(stated: FloatArray, right: Any, method: Method, rng: np.random.Generator) -> FloatArray:
    fold = rng.permutation(len(right)) % FOLDS
    found = np.empty(len(right))
    for one in range(FOLDS):
        inside = fold != one
        if (~inside).any():
            found[~inside] = _fit(stated[inside], right[inside], method)(stated[~inside])
    return found


def _mapped(fitted: Fitted, share: float, confidence: Any) -> FloatArray:
    stated = np.atleast_1d(np.asarray(confidence, dtype=np.float64))
    found = np.full(len(stated), share)
    told = ~np.isnan(stated)
    if told.any():
        found[told] = fitted(stated[told])
    return found
