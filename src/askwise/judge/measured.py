"""Scores of a model over a whole pool with intervals, from the rows that were drawn at random."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from askwise.core.arrays import floats
from askwise.core.errors import BadInput, did_you_mean
from askwise.core.types import FloatArray
from askwise.judge.pooled import Known, pool_means

LEAST_DRAWN = 5
"""Drawn rows below which no interval is given: their spread says nothing."""


@dataclass(frozen=True)
class Measured:
    """A score over a pool of `size` rows with its standard error and interval, from `draws` random rows.

    >>> print(Measured("accuracy", 0.9, 0.03, 0.83, 0.95, 100, 5000))
    accuracy 0.900 (95% interval 0.830 to 0.950, by 100 rows drawn of 5,000)
    """

    measure: str
    value: float
    error: float
    low: float
    high: float
    draws: int
    size: int
    level: float = 0.95

    def __str__(self) -> str:
        ends = f"{self.level:.0%} interval {self.low:.3f} to {self.high:.3f}"
        return f"{self.measure} {self.value:.3f} ({ends}, by {self.draws:,} rows drawn of {self.size:,})"

    def to_dict(self) -> dict[str, Any]:
        """JSON-able: every field."""
        return dict(vars(self))


def measured(
    measure: str,
    predicted: Any,
    truth: Any,
    known: Known,
    *,
    level: float = 0.95,
    weighting: str = "lure",
    smallest: float = 1e-6,
) -> Measured:
    """Score of a model over the whole pool with interval, from k known rows.

    `predicted` is probs (k, c) with `truth` (k,) class indices, -1 where none is known (skipped, abstained, still
    out): accuracy, nll, brier, macro_f1. Or numbers (k,) with `truth` (k,) numbers, NaN where unknown: mse, mae, rmse.
    Each prediction must come from a model that has not been trained on its row. Rows without a truth do not belong to
    what is measured: the score is a ratio of two means, over rows for which an answer can be given. `nll` takes no
    probability as less than `smallest`. macro_f1 is over the classes among the known rows, and rmse the root of
    a mean: consistent, with a bias that falls as 1 / draws; the others are unbiased when every row has a truth.

    Intervals of shares (accuracy, macro_f1) are Clopper and Pearson's for the effective number of rows p (1 - p) /
    error^2: Korn and Graubard 1998, Confidence Intervals for Proportions with Small Expected Number of Positive Counts
    Estimated from Survey Data (Survey Methodology 24). With no error among the drawn rows, one-sided without an
    assumption: the largest share of errors for which finding none still had a chance of 1 - level. Other measures:
    Student's t. Coverage is measured in tests/judge/test_measured.py.

    Raises BadInput for shapes that differ, an unknown measure, or fewer than five drawn rows.

    >>> P = np.array([[0.9, 0.1]] * 20)
    >>> found = measured("accuracy", P, [0] * 15 + [1] * 5, Known(1 / np.arange(40.0, 20.0, -1), 40))
    >>> found.value.__round__(3), found.low.__round__(2), found.high.__round__(2)
    (0.75, 0.54, 0.9)
    """
    if measure not in _MEASURES:
        raise BadInput(f"measure={measure!r} is unknown.{did_you_mean(measure, _MEASURES)}")
    if not 0 < level < 1:
        raise BadInput(f"level={level} is no share; give a number between 0 and 1, such as 0.95")
    kind, terms = _MEASURES[measure]
    guess, right, there = _checked(kind, predicted, truth, known)
    draws = int((known.drawn).sum())
    if draws < LEAST_DRAWN and len(right) < known.size:
        raise BadInput(f"{draws} drawn rows say nothing of the rest; an interval needs at least {LEAST_DRAWN}")
    values, statistic = terms(guess, right, there, smallest)
    means = pool_means(np.column_stack([there, values]), known, weighting=weighting)
    if not means.values[0] > 0:
        raise BadInput("none of the drawn rows has an answer to measure by; draw more test rows")
    value, gradient = statistic(means.values)
    error = math.sqrt(max(float(gradient @ means.covariance @ gradient), 0.0))
    low, high = _ends(measure, value, error, draws, level)
    if measure == "accuracy" and not (values[known.drawn, 0] < there[known.drawn]).any():
        low, high = _no_error(values[:, 0], there, known, level)
    inside = min(max(value, 0.0), 1.0) if measure in _SHARES else value
    return Measured(measure, inside, error, low, high, draws, known.size, level)


_SHARES = ("accuracy", "macro_f1")
Statistic = Callable[[FloatArray], tuple[float, FloatArray]]


def _ends(measure: str, value: float, error: float, draws: int, level: float) -> tuple[float, float]:
    from scipy.stats import t

    if error == 0:
        return value, value
    if measure in _SHARES:
        return korn_graubard(min(max(value, 0.0), 1.0), error, draws, level)
    reach = float(t.ppf((1 + level) / 2, max(draws - 1, 1)))
    if measure == "rmse":  # the interval is the mean square's, whose error this is by the delta method
        square, wide = value**2, 2 * value * error * reach
        return math.sqrt(max(square - wide, 0.0)), math.sqrt(square + wide)
    return max(value - reach * error, 0.0), value + reach * error


def korn_graubard(share: float, error: float, n: int, level: float = 0.95) -> tuple[float, float]:
    """Interval of a share with a standard error from n draws: Clopper and Pearson's for the effective number of rows.

    The effective number share (1 - share) / error^2 is reduced by (z / t)^2, t with n - 1 degrees of freedom. Source:
    Korn and Graubard 1998, section 2.

    >>> [round(x, 3) for x in korn_graubard(0.75, (0.75 * 0.25 / 20) ** 0.5, 10**6)]  # 15 of 20
    [0.509, 0.913]
    """
    from scipy.stats import beta, norm, t

    tail = (1 - level) / 2
    spread = share * (1 - share) / error**2
    rows = spread * float(norm.ppf(tail) / t.ppf(tail, n - 1)) ** 2
    if not rows > 0:  # a share of 0 or 1 with an error: nothing is left of the rows to count
        return 0.0, 1.0
    low = 0.0 if share == 0 else float(beta.ppf(tail, share * rows, (1 - share) * rows + 1))
    return low, 1.0 if share == 1 else float(beta.ppf(1 - tail, share * rows + 1, (1 - share) * rows))


def _no_error(right: FloatArray, there: FloatArray, known: Known, level: float) -> tuple[float, float]:
    """Accuracy when no drawn row is wrong: the errors among chosen rows, and at most so many among those left."""
    drawn = known.drawn
    least = known.chances if known.least is None else known.least
    counts = np.arange(known.size - len(right) + 1)
    missed = np.maximum(1.0 - counts[:, None] * least[drawn][None, :], 0.0).prod(axis=1)
    wrong, rows = float((there - right).sum()), max(float(known.size - (1 - there).sum()), 1.0)
    most = float(counts[missed >= 1 - level].max())
    return max(1.0 - (wrong + most) / rows, 0.0), 1.0 - wrong / rows


def _checked(kind: str, predicted: Any, truth: Any, known: Known) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Predictions, truths (0 where unknown), and whether a truth is known, as 0 and 1."""
    guess = np.asarray(floats("predicted", predicted, 2 if kind == "class" else 1), dtype=np.float64)
    right = np.asarray(truth, dtype=np.float64)
    if right.shape != (len(guess),) or len(guess) != len(known.chances):
        raise BadInput(
            f"predicted has {len(guess)} rows, truth {right.shape} and {len(known.chances)} rows are known; align them"
        )
    there = ~np.isnan(right) & ((right >= 0) if kind == "class" else True)
    if known.settled is not None:
        there = there & known.settled
    if kind == "class" and (right[there] >= guess.shape[1]).any():
        raise BadInput(f"truth holds class {right[there].max():g}; predicted has {guess.shape[1]} classes")
    return guess, np.where(there, right, 0.0), there.astype(np.float64)


def _ratio(values: FloatArray) -> tuple[float, FloatArray]:
    """values[1] / values[0] with its gradient."""
    ratio = float(values[1] / values[0])
    return ratio, np.array([-ratio, 1.0]) / values[0]


def _accuracy(guess: FloatArray, right: FloatArray, there: FloatArray, _: float) -> tuple[FloatArray, Statistic]:
    return (there * (guess.argmax(axis=1) == right))[:, None], _ratio


def _nll(guess: FloatArray, right: FloatArray, there: FloatArray, smallest: float) -> tuple[FloatArray, Statistic]:
    chosen = guess[np.arange(len(guess)), right.astype(np.int64)]
    return (there * -np.log(np.maximum(chosen, smallest)))[:, None], _ratio


def _brier(guess: FloatArray, right: FloatArray, there: FloatArray, _: float) -> tuple[FloatArray, Statistic]:
    true = np.eye(guess.shape[1])[right.astype(np.int64)]
    return (there * ((guess - true) ** 2).sum(axis=1))[:, None], _ratio


def _macro_f1(guess: FloatArray, right: FloatArray, there: FloatArray, _: float) -> tuple[FloatArray, Statistic]:
    """Per class: rows of it that are found, rows predicted as it, rows of it; F1 of each is 2 a / (b + c)."""
    classes = np.unique(right[there > 0])
    true, said = right[:, None] == classes, guess.argmax(axis=1)[:, None] == classes
    values = np.hstack([true & said, said, true]) * there[:, None]

    def statistic(means: FloatArray) -> tuple[float, FloatArray]:
        found, claimed, real = means[1:].reshape(3, -1)
        total = np.maximum(claimed + real, 1e-12)
        slope = np.concatenate([2 / total, -2 * found / total**2, -2 * found / total**2]) / len(classes)
        return float((2 * found / total).mean()), np.concatenate([[0.0], slope])

    return values.astype(np.float64), statistic


def _mse(guess: FloatArray, right: FloatArray, there: FloatArray, _: float) -> tuple[FloatArray, Statistic]:
    return (there * (guess - right) ** 2)[:, None], _ratio


def _mae(guess: FloatArray, right: FloatArray, there: FloatArray, _: float) -> tuple[FloatArray, Statistic]:
    return (there * np.abs(guess - right))[:, None], _ratio


def _rmse(guess: FloatArray, right: FloatArray, there: FloatArray, _: float) -> tuple[FloatArray, Statistic]:
    def root(means: FloatArray) -> tuple[float, FloatArray]:
        square, gradient = _ratio(means)
        value = math.sqrt(max(square, 0.0))
        return value, gradient / (2 * value) if value > 0 else 0 * gradient

    return _mse(guess, right, there, _)[0], root


_MEASURES: dict[str, tuple[str, Callable[..., tuple[FloatArray, Statistic]]]] = {
    "accuracy": ("class", _accuracy),
    "nll": ("class", _nll),
    "brier": ("class", _brier),
    "macro_f1": ("class", _macro_f1),
    "mse": ("number", _mse),
    "mae": ("number", _mae),
    "rmse": ("number", _rmse),
}
