"""Lazy greedy: gains that only fall are looked at again only while they may be the largest (Minoux 1978)."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from askwise.core.types import BoolArray, FloatArray, IntArray

_FIRST = 32
_MOST = 4096
"""Rows evaluated at a time: few while the first look decides, then more."""


def lazy_greedy(
    n: int, bounds: FloatArray, gains: Callable[[IntArray], FloatArray], accept: Callable[[int], bool | None]
) -> IntArray:
    """Positions (n,): each has the largest gain given those before; ties go to the lowest position.

    `bounds` (m,) are upper bounds of the gains, a first look or infinity, changed in place. `gains(rows)` gives the
    present gains of some rows; `accept(row)` adds a row, and False from it ends the run early. With gains that never
    rise the picks are those of a greedy that evaluates every row for every pick.
    """
    fresh = np.zeros(len(bounds), dtype=bool)
    chosen: list[int] = []
    while len(chosen) < n:
        best = _settle(bounds, fresh, gains)
        chosen.append(best)
        if accept(best) is False:
            break
        bounds[best] = -np.inf
        fresh[:] = False
    return np.asarray(chosen, dtype=np.int64)


def stochastic_greedy(
    n: int,
    m: int,
    gains: Callable[[IntArray], FloatArray],
    accept: Callable[[int], object],
    generator: np.random.Generator,
    epsilon: float,
) -> IntArray:
    """Positions (n,): each has the largest gain of m / n log(1 / epsilon) random rows; ties to the lowest position.

    1 - 1/e - epsilon of the best batch in expectation, for gains that never rise (Mirzasoleiman et al. 2015, Lazier
    than lazy greedy, AAAI, theorem 1). Cost m log(1 / epsilon) gains in all, whatever n.
    """
    size = max(1, math.ceil(m / n * math.log(1.0 / epsilon)))
    free = np.arange(m)
    chosen: list[int] = []
    while len(chosen) < n:
        at = free if size >= len(free) else np.sort(generator.choice(free, size, replace=False))
        chosen.append(int(at[np.argmax(gains(at))]))
        accept(chosen[-1])
        free = free[free != chosen[-1]]
    return np.asarray(chosen, dtype=np.int64)


def _settle(bounds: FloatArray, fresh: BoolArray, gains: Callable[[IntArray], FloatArray]) -> int:
    """Bring bounds up to date until the largest of them is fresh; its position."""
    size = _FIRST
    while not fresh[best := int(np.argmax(bounds))]:
        # Only a bound that reaches the best gain known can hide a better row; chosen rows lie below all.
        known = bounds[fresh].max(initial=-np.finfo(np.float64).max)
        stale = np.flatnonzero(~fresh & (bounds >= known))
        if len(stale) > size:
            stale = stale[np.argpartition(bounds[stale], len(stale) - size)[len(stale) - size :]]
        bounds[stale] = gains(stale)
        fresh[stale] = True
        size = min(2 * size, _MOST)
    return best
