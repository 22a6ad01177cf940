"""Means over a whole pool from the rows that were drawn at random: by the control arm, by active testing, or by both.

Rows become known one after another. Some were chosen, and say what they themselves are worth; some were drawn with a
known chance from all that were left, and stand for those. Each draw alone gives an unbiased estimate of the mean over
the pool: what is known so far, plus the drawn value divided by its chance. The estimates are uncorrelated, whatever
was chosen in between, so that one weighted mean takes in every draw, however it was made.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from askwise.core.arrays import check_finite, floats
from askwise.core.errors import BadInput, did_you_mean
from askwise.core.types import FloatArray


@dataclass(frozen=True)
class Known:
    """Rows of a pool of `size` rows in the order asked.

    `chances` (k,) is the chance with which a row was drawn from all rows not asked before it, NaN for a row that was
    chosen; `least` (k,) the smallest chance of any row then (None: that of the row). `settled` (k,) is False while
    the answer is out (None: all are in). Raises BadInput for lengths that differ and chances outside (0, 1].
    """

    chances: FloatArray
    size: int
    least: FloatArray | None = None
    settled: np.ndarray[Any, np.dtype[np.bool_]] | None = None

    def __post_init__(self) -> None:
        q = self.chances
        for name, value in (("least", self.least), ("settled", self.settled)):
            if value is not None and np.shape(value) != q.shape:
                raise BadInput(f"{name} has shape {np.shape(value)} for {len(q)} rows; give one value each")
        if len(q) > self.size:
            raise BadInput(f"{len(q)} rows are known of a pool of {self.size}; each row counts once")
        wrong = q[~np.isnan(q) & ~((q > 0) & (q <= 1 + 1e-12))]
        if wrong.size:
            raise BadInput(
                f"chances holds {wrong[0]}; a drawn row has a chance above 0 and at most 1, a chosen one NaN"
            )

    @property
    def drawn(self) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Which rows count as draws (k,): drawn, and the answer is in."""
        out = ~np.isnan(self.chances)
        return out if self.settled is None else out & self.settled


@dataclass(frozen=True)
class Means:
    """Means over the pool (g,) with their covariance (g, g), from n draws."""

    values: FloatArray
    covariance: FloatArray
    draws: int


def pool_means(values: Any, known: Known, *, weighting: str = "lure") -> Means:
    """Means of g quantities over the whole pool from k known rows: (k, g) -> (g,) with covariance.

    Draw m gives a_m = (sum of what was known before + value / chance) / N, whose mean is the pool's whatever happened
    before it. The estimate is sum c_m a_m. ``lure``: c_m proportional to 1 / (l_m (l_m - 1)), l_m rows being left:
    with draws alone this is LURE, and for uniform draws the plain mean. ``importance``: equal c_m, importance
    weighting of each draw by itself. Covariance: sum c_m^2 (a_m - mean)(a_m - mean)', scaled up for the mean's being
    estimated. Source: Farquhar, Gal and Rainforth 2021, On Statistical Bias in Active Learning (ICLR), section 3 (for
    draws alone); that chosen rows may lie between the draws, and the estimate of the variance, are ours.

    Raises BadInput without any draw.

    >>> known = Known(np.array([np.nan, 1 / 3, 1 / 2]), 4)
    >>> pool_means([[1.0], [0.0], [1.0]], known).values.tolist()  # a = (1 + 0) / 4, (1 + 0 + 2) / 4; c = 1/4, 3/4
    [0.625]
    """
    value = np.asarray(floats("values", values, 2), dtype=np.float64)
    if len(value) != len(known.chances):
        raise BadInput(f"{len(value)} values for {len(known.chances)} known rows; give one line for each")
    check_finite("values", value, np.arange(len(value)))
    pick = known.drawn
    if len(value) == known.size and (known.settled is None or known.settled.all()):
        return Means(value.mean(axis=0), np.zeros((value.shape[1],) * 2), int(pick.sum()))
    if not pick.any():
        raise BadInput("no row was drawn at random, and chosen rows stand for nobody but themselves; draw test rows")
    if weighting not in ("lure", "importance"):
        raise BadInput(f"weighting={weighting!r} is unknown.{did_you_mean(weighting, ('lure', 'importance'))}")
    before = np.cumsum(value, axis=0) - value
    each = (before[pick] + value[pick] / known.chances[pick, None]) / known.size
    left = known.size - np.flatnonzero(pick).astype(np.float64)
    share = 1.0 / (left * np.maximum(left - 1, 0.5)) if weighting == "lure" else np.ones(len(left))
    share /= share.sum()
    mean = share @ each
    return Means(mean, _covariance(each - mean, share), len(share))


def _covariance(apart: FloatArray, share: FloatArray) -> FloatArray:
    """Covariance (g, g) of sum c_m a_m from the deviations of the a_m: NaN for a single draw."""
    if len(share) == 1:
        return np.full((apart.shape[1],) * 2, np.nan)
    squares = (share**2).sum()
    # E sum c^2 (a - mean)^2 falls short of sum c^2 var(a), since the mean was made of the same draws; exact for equal
    # variances.
    scale = squares / (share**2 * (1 - 2 * share + squares)).sum()
    return np.asarray(scale * (apart.T * share**2) @ apart)
