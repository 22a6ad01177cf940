"""Traversal by largest cluster and maximum distance, with exact cluster sums and few rows read.

Sums need every distance, so old bounds do not serve here; but a row can only move to the newest centre if that is
nearer than its own. By the triangle inequality it is not when the two centres are at least twice as far apart as the
row is from its own, which needs no row to be read; and a sketch excludes most of the others where there is structure.
"""

from __future__ import annotations

import numpy as np

from askwise.core.types import FloatArray, IntArray
from askwise.kernels.backend import backend
from askwise.kernels.compiled import move_to_newest
from askwise.kernels.sketch import Sketch
from askwise.kernels.space import Space, squared_lengths

_SLACK = 1.0 - 1e-9
"""Rounding of the triangle inequality."""

_TRIAL = 20
"""Picks after which it is decided whether a sketch pays."""


def largest_cluster_first(
    space: Space, n: int, taken: Space | None = None, sketch: bool | None = None
) -> tuple[IntArray, int]:
    """Positions (n,) and the number of exact evaluations. `sketch` forces or forbids the sketch."""
    state = _Clusters(space, n, taken)
    if sketch:
        state.build_sketch(0.0)
    chosen: list[int] = []
    while len(chosen) < n:
        row = state.next_row() if state.held else int(np.argmax(squared_lengths(space.rows)))
        chosen.append(row)
        state.free[row] = False
        if len(chosen) < n:
            state.add(space.take(slice(row, row + 1)))
        if sketch is None and len(chosen) == _TRIAL and state.sketch_may_pay(n):
            state.build_sketch(0.5)
    return np.asarray(chosen, dtype=np.int64), state.evaluations


class _Clusters:
    """Squared distance (m,) of each row to its centre, and which centre that is (m,)."""

    def __init__(self, space: Space, n: int, taken: Space | None) -> None:
        m, t = len(space), 0 if taken is None else len(taken)
        self.space, self.centres = space, space.room(t + n)
        self.held = self.evaluations = 0
        self.nearest = np.full(m, np.inf)
        self.owner = np.zeros(m, dtype=np.int32)
        self.free = np.ones(m, dtype=bool)
        self.sketch: Sketch | None = None
        for j in range(t):
            assert taken is not None
            self.add(taken.take(slice(j, j + 1)))

    def next_row(self) -> int:
        """The farthest free row of the free cluster with the largest sum; the earliest and lowest of equals."""
        sums = np.bincount(self.owner, weights=self.nearest, minlength=self.held)
        sums[np.bincount(self.owner[self.free], minlength=self.held) == 0] = -1.0
        inside = (self.owner == np.argmax(sums)) & self.free
        return int(np.argmax(np.where(inside, self.nearest, -1.0)))

    def add(self, centre: Space) -> None:
        """One more centre: rows nearer to it than to their own move."""
        self.centres.put(self.held, centre)
        # A quarter of the squared distance between centres: rows within it of their own stay where they are.
        known = self.centres.take(slice(0, self.held))
        quarter = _SLACK * 0.25 * known.nearest(centre) if self.held else np.zeros(1)
        if backend() == "numba":
            self.evaluations += self._move_compiled(centre, quarter)
        else:
            self.evaluations += self._move(centre, quarter)
        self.held += 1

    def _move(self, centre: Space, quarter: FloatArray) -> int:
        rows = np.flatnonzero(quarter[self.owner] < self.nearest)
        away = self.space.take(rows).to(centre)[:, 0]
        moved = rows[away < self.nearest[rows]]
        self.nearest[moved] = away[away < self.nearest[rows]]
        self.owner[moved] = self.held
        return len(rows)

    def _move_compiled(self, centre: Space, quarter: FloatArray) -> int:
        lines: tuple[FloatArray, ...] = (np.zeros((0, 1), dtype=np.float32), np.zeros(1), *_NO_LINE)
        if self.sketch is not None:
            lines = (self.sketch.lines, self.sketch.slack, *self.sketch.of(centre, 1))
        space, centres = self.space, self.centres
        pool = (space.rows, space.scale, centres.rows, centres.scale, space.kind)
        single = space.kind == 0 and space.rows.dtype == np.float32
        share = 1.0 - 4.0 * space.rows.shape[1] * 2.0**-24 if single else 0.0
        return int(move_to_newest(pool, lines, self.held, share, quarter, self.nearest, self.owner))

    def sketch_may_pay(self, n: int) -> bool:
        """Whether rows are wide, many are read at each pick, and many picks are to come."""
        m, d = self.space.rows.shape
        return backend() == "numba" and d >= 96 and n > 5 * _TRIAL and self.evaluations > 0.3 * m * self.held

    def build_sketch(self, least: float) -> None:
        """A sketch of all rows, if it spares at least this share of the evaluations."""
        plan = Sketch.plan(self.space)
        if plan.spared(self.centres.take(slice(0, self.held))) >= least:
            self.sketch = plan.fill()


_NO_LINE = (np.zeros((0, 1), dtype=np.float32), np.zeros(1))
