"""D^2 sampling, exact: each draw has probability proportional to the squared distance to the nearest centre so far.

Distances to the nearest centre only fall, so an old one is an upper bound: a row drawn by its old weight is brought up
to date and accepted with probability new / old. What is accepted has exactly the law of the new weights, whatever the
others' ages (Raff 2021, Exact Acceleration of K-Means++, IJCAI, does so with distances kept up to date). Once rejected
trials have cost a good part of a pass, one pass brings all weights up to date.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol, Self, TypeVar

import numpy as np

from askwise.core.errors import BadInput
from askwise.core.types import BoolArray, FloatArray, IntArray
from askwise.kernels.backend import backend
from askwise.kernels.compiled import locate

_LEAF = 1024
"""Rows whose weights are summed as one."""

_FIRST = 16
"""Picks after a pass at which, and at each doubling, another pass is considered."""

_OVERHEAD = 200.0
"""What a trial costs beyond its evaluations, in evaluations."""

_PATIENCE = 0.5
"""Share of a pass's evaluations that rejected trials may cost before it is made; it reads in order, they do not."""


class Cloud(Protocol):
    """Rows with squared distances: features (`Space`) or factorised gradients (`Gradients`)."""

    def __len__(self) -> int: ...
    def take(self, rows: slice) -> Self: ...
    def room(self, size: int) -> Self: ...
    def put(self, at: int, source: Self) -> None: ...
    def lower(self, centres: Self, bound: FloatArray) -> None: ...


C = TypeVar("C", bound=Cloud)


@dataclass
class Trials:
    """What a draw cost: squared distances evaluated, rows drawn (accepted or not), and passes over all rows."""

    evaluations: int = 0
    drawn: int = 0
    passes: int = 0


def sample_d2(
    cloud: C, n: int, generator: np.random.Generator, *, taken: C | None = None, first: int | None = None
) -> tuple[IntArray, Trials]:
    """Distinct positions (n,) in the order drawn, and what it cost.

    `taken` are centres already; without any, `first` is the first pick, or else it is drawn uniformly. When every
    remaining distance is zero the rest is drawn uniformly from the rows not yet picked.
    """
    work = Trials()
    if n == 0:
        return np.zeros(0, dtype=np.int64), work
    m, held = len(cloud), 0 if taken is None else len(taken)
    weights = _Weights(cloud, held + n, work)
    chosen: list[int] = []
    if taken is not None and held:
        weights.add(taken)
    else:
        chosen.append(int(generator.integers(m)) if first is None else first)
        weights.pick(chosen[-1])
    weights.refresh()
    while len(chosen) < n:
        row = weights.draw(generator)
        if row is None:
            free = np.setdiff1d(np.arange(m), chosen)
            chosen += generator.permutation(free)[: n - len(chosen)].tolist()
            break
        chosen.append(row)
        weights.pick(row)
    return np.asarray(chosen, dtype=np.int64), work


class _Weights:
    """Squared distances (m,) to the nearest centre, some of them old and therefore too large; sums by leaf."""

    def __init__(self, cloud: Any, room: int, work: Trials) -> None:
        self.cloud, self.work = cloud, work
        self.centres = cloud.room(room)
        self.held = self.fresh = self.wasted = self.drawn = 0
        self.values = np.full(len(cloud), np.inf)
        self.seen = np.zeros(len(cloud), dtype=np.int32)
        self.out: BoolArray = np.zeros(len(cloud), dtype=bool)
        self.sums = np.zeros(0)

    def add(self, centres: Any) -> None:
        """More centres; nobody's weight knows of them yet."""
        self.centres.put(self.held, centres)
        self.held += len(centres)

    def pick(self, row: int) -> None:
        """Make a row a centre that is never drawn again."""
        self.add(self.cloud.take(slice(row, row + 1)))
        self.out[row] = True
        self.values[row] = 0.0
        if len(self.sums):
            self._sum(row // _LEAF)
            gap = self.held - self.fresh
            if gap >= _FIRST and gap & (gap - 1) == 0:
                self._refresh_if_it_pays(gap)

    def _refresh_if_it_pays(self, gap: int) -> None:
        """Make a pass when rejections, at the rate since the last look, would cost more over the picks to come."""
        rejected = max(self.drawn / (gap if gap == _FIRST else gap // 2) - 1.0, 0.0)
        room = len(self.centres)
        to_come = 0.5 * (room**2 - self.held**2) + _OVERHEAD * (room - self.held)
        self.drawn = 0
        if rejected * to_come > _PATIENCE * gap * len(self.values):
            self.refresh()

    def refresh(self) -> None:
        """One pass: every weight meets the centres since the last pass."""
        self.cloud.lower(self.centres.take(slice(self.fresh, self.held)), self.values)
        self.values[self.out] = 0.0
        self.work.evaluations += (self.held - self.fresh) * len(self.values)
        self.work.passes += 1
        self.fresh, self.wasted, self.drawn = self.held, 0, 0
        self.seen[:] = self.held
        self.sums = np.add.reduceat(self.values, np.arange(0, len(self.values), _LEAF))

    def draw(self, generator: np.random.Generator) -> int | None:
        """A row drawn by its up-to-date weight, or None when all of these are zero."""
        while True:
            if self.wasted > _PATIENCE * (self.held - self.fresh) * len(self.values):
                self.refresh()
            if not self.sums.any():
                return None
            row, rest = self._locate(generator.random())
            before = self.seen[row]
            self._update(row)
            # The remainder within the row is uniform in (0, old weight): it decides without another random number.
            if rest < self.values[row]:
                return row
            self.wasted += int(self.held - before)

    def _locate(self, share: float) -> tuple[int, float]:
        """The row whose part of the cumulated weights holds this share of them all, and how far into it that lies."""
        if backend() == "numba":
            row, into, _ = locate(self.sums, self.values, _LEAF, share)
            return int(row), float(into)
        cumulated = np.cumsum(self.sums)
        target = share * cumulated[-1]
        leaf = _holder(cumulated, target)
        start = leaf * _LEAF
        target -= float(cumulated[leaf - 1]) if leaf else 0.0
        inside = np.cumsum(self.values[start : start + _LEAF])
        at = _holder(inside, target)
        return start + at, max(target - (float(inside[at - 1]) if at else 0.0), 0.0)

    def _update(self, row: int) -> None:
        unseen = self.centres.take(slice(int(self.seen[row]), self.held))
        self.work.drawn += 1
        self.drawn += 1
        if len(unseen):
            self.cloud.take(slice(row, row + 1)).lower(unseen, self.values[row : row + 1])
            self.work.evaluations += len(unseen)
            self.seen[row] = self.held
            self._sum(row // _LEAF)

    def _sum(self, leaf: int) -> None:
        self.sums[leaf] = self.values[leaf * _LEAF : (leaf + 1) * _LEAF].sum()


def _holder(cumulated: FloatArray, target: float) -> int:
    """First position whose cumulated weight exceeds the target; rounding never leads past the last positive one."""
    at = int(np.searchsorted(cumulated, target, side="right"))
    return min(at, int(np.searchsorted(cumulated, cumulated[-1], side="left")))


def sample_d2_by_cdf(
    cloud: C, n: int, generator: np.random.Generator, *, taken: C | None = None, first: int | None = None
) -> IntArray:
    """The same law by the inverse distribution function of exact weights, one pass a pick: the reference."""
    weights = np.full(len(cloud), np.inf)
    chosen: list[int] = []
    if taken is not None and len(taken):
        cloud.lower(taken, weights)
    else:
        chosen.append(int(generator.integers(len(cloud))) if first is None else first)
        cloud.lower(cloud.take(slice(chosen[0], chosen[0] + 1)), weights)
    free = np.ones(len(cloud), dtype=bool)
    free[chosen] = False
    while len(chosen) < n:
        weights[~free] = 0.0
        odds = weights if weights.any() else free.astype(np.float64)
        cumulated = np.cumsum(odds)
        row = _holder(cumulated, generator.random() * cumulated[-1])
        chosen.append(row)
        free[row] = False
        cloud.lower(cloud.take(slice(row, row + 1)), weights)
    return np.asarray(chosen[:n], dtype=np.int64)


def draw_d2(
    cloud: C, n: int, generator: np.random.Generator, method: str, *, taken: C | None = None, first: int | None = None
) -> IntArray:
    """D^2 sampling by the method "rejection" or "exact-cdf". Raises BadInput for another."""
    if method == "rejection":
        return sample_d2(cloud, n, generator, taken=taken, first=first)[0]
    if method == "exact-cdf":
        return sample_d2_by_cdf(cloud, n, generator, taken=taken, first=first)
    raise BadInput(f"method={method!r} is no way to draw; use 'rejection' or 'exact-cdf', which have the same law")
