"""Intervals from few paired repeats: the bootstrap, widened for small samples."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from askwise.core.errors import BadInput
from askwise.core.types import FloatArray, IntArray

DRAWS = 2000
ENOUGH = 5
"""From this many repeats on, an interval carries its level; below, it is called the range of the repeats."""


@dataclass(frozen=True)
class Interval:
    """Bounds of one number over repeats; an end may be infinite (unknown on that side), or NaN for one repeat.

    >>> str(Interval(60, 170, 5)), str(Interval(-math.inf, 40, 3)), str(Interval(math.nan, math.nan, 1))
    ('95% interval 60 to 170', 'range over 3 repeats: open to 40', 'one repeat: no interval')
    """

    low: float
    high: float
    repeats: int
    level: float = 0.95

    def words(self, form: str = "{:.0f}", scale: float = 1.0) -> str:
        """The interval in words, its ends formatted."""
        if self.repeats < 2:
            return "one repeat: no interval"
        ends = " to ".join(form.format(e * scale) if math.isfinite(e) else "open" for e in (self.low, self.high))
        if self.repeats < ENOUGH:
            return f"range over {self.repeats} repeats: {ends}"
        return f"{self.level:.0%} interval {ends}"

    def __str__(self) -> str:
        return self.words()


def resamples(repeats: int, draws: int = DRAWS, seed: int = 0) -> IntArray:
    """Indices (draws, repeats) of repeats drawn with replacement; every arm uses the same, so pairs stay pairs."""
    if repeats < 1 or draws < 1:
        raise BadInput(f"cannot resample {repeats} repeats {draws} times; give at least one of each")
    return np.random.default_rng(seed).integers(0, repeats, size=(draws, repeats))


def widened(level: float, repeats: int) -> float:
    """Tail share at either end so that the percentile interval of n repeats is as wide as a t interval.

    The percentile interval is too narrow by sqrt((n - 1) / n) and by the ratio of normal to t quantiles; the tail share
    Phi(-sqrt(n / (n - 1)) t) makes up for both. Source: Hesterberg 2015, What Teachers Should Know About the
    Bootstrap (The American Statistician 69), "expanded percentile interval".

    >>> round(widened(0.95, 1000), 3), round(widened(0.95, 5), 4)
    (0.025, 0.001)
    """
    from scipy.stats import norm, t

    if not 0 < level < 1:
        raise BadInput(f"level={level} is no share; give a number between 0 and 1, such as 0.95")
    if repeats < 2:
        return 0.0
    quantile = t.ppf((1 + level) / 2, repeats - 1)
    return float(norm.cdf(-math.sqrt(repeats / (repeats - 1)) * quantile))


def interval(drawn: FloatArray, repeats: int, level: float = 0.95) -> Interval:
    """Interval from bootstrap draws (b,) of a statistic of n repeats. Infinite draws count as beyond any number.

    >>> interval(np.array([1.0, 2.0, 3.0, np.inf]), 2).high
    inf
    """
    low, high = bounds(np.asarray(drawn, dtype=np.float64)[:, None], repeats, level)
    return Interval(float(low[0]), float(high[0]), repeats, level)


def bounds(drawn: FloatArray, repeats: int, level: float = 0.95) -> tuple[FloatArray, FloatArray]:
    """Lower and upper bounds (k,) of draws (b, k); NaN with a single repeat, which says nothing about spread."""
    if repeats < 2:
        nothing = np.full(drawn.shape[1], np.nan)
        return nothing, nothing.copy()
    tail = widened(level, repeats)
    # Order statistics, not interpolation: between two infinite draws interpolation would make a NaN.
    low = np.quantile(drawn, tail, axis=0, method="lower")
    return low, np.quantile(drawn, 1 - tail, axis=0, method="higher")
