"""Traversal by largest cluster and maximum distance, with exact cluster sums and few rows read exactly.

Sums need every distance, so old bounds do not serve here; but a row can only move to the newest centre if that is
nearer than its own. By the triangle inequality it is not when the two centres are at least twice as far apart as the
row is from its own, which needs no row to be read; and a coarse copy of the rows excludes nearly all of the others.
"""

from __future__ import annotations

import numpy as np

from askwise.core.types import FloatArray, IntArray
from askwise.kernels.backend import backend
from askwise.kernels.coarse import Coarse
from askwise.kernels.compiled import move_to_newest
from askwise.kernels.compiled_coarse import farthest_of_largest, rows_not_held_back, rows_perhaps_nearer, set_reach
from askwise.kernels.space import Space, squared_lengths

_SLACK = 1.0 - 1e-9
"""Rounding of the triangle inequality."""


def largest_cluster_first(space: Space, n: int, taken: Space | None = None) -> tuple[IntArray, int]:
    """Positions (n,) and the number of exact evaluations, in the Euclidean space of the rows."""
    state = _Clusters(space, n, taken)
    chosen: list[int] = []
    while len(chosen) < n:
        row = state.next_row() if state.held else int(np.argmax(squared_lengths(space.rows)))
        chosen.append(row)
        state.free[row] = False
        if len(chosen) < n:
            state.add(space.take(slice(row, row + 1)))
    return np.asarray(chosen, dtype=np.int64), state.evaluations


class _Clusters:
    """Squared distance (m,) of each row to its centre, and which centre that is (m,)."""

    def __init__(self, space: Space, n: int, taken: Space | None) -> None:
        m, t = len(space), 0 if taken is None else len(taken)
        self.space, self.centres = space, space.room(t + n)
        self.held = self.evaluations = 0
        self.nearest = np.full(m, np.inf)
        self.owner = np.zeros(m, dtype=np.int32)
        self.reach = np.full(m, -np.inf)
        self.free = np.ones(m, dtype=bool)
        if space.on_device:
            from askwise.kernels.tensor_sets import Nearest

            self.device = Nearest(space)
        else:
            self.coarse = Coarse.of(space.rows, t + n)
        # Room for positions, with one more for what is written before it is known whether it counts.
        self.room: IntArray = np.empty((2, m + 1), dtype=np.int32)
        for j in range(t):
            assert taken is not None
            self.add(taken.take(slice(j, j + 1)))

    def next_row(self) -> int:
        """The farthest free row of the free cluster with the largest sum; the earliest and lowest of equals."""
        if backend() == "numba":
            room = np.zeros(self.held), np.zeros(self.held, dtype=np.int64)
            return int(farthest_of_largest(self.owner, self.nearest, self.free, *room))
        sums = np.bincount(self.owner, weights=self.nearest, minlength=self.held)
        sums[np.bincount(self.owner[self.free], minlength=self.held) == 0] = -1.0
        rows = np.flatnonzero((self.owner == np.argmax(sums)) & self.free)
        return int(rows[np.argmax(self.nearest[rows])])

    def add(self, centre: Space) -> None:
        """One more centre: rows nearer to it than to their own move."""
        self.centres.put(self.held, centre)
        # A quarter of the squared distance between centres: rows within it of their own stay where they are.
        known = self.centres.take(slice(0, self.held))
        quarter = _SLACK * 0.25 * known.nearest(centre) if self.held else np.zeros(1)
        if self.space.on_device:
            self._move_on_device(centre)
        elif backend() == "numba":
            self._move_compiled(centre, quarter)
        else:
            self._move(centre, quarter)
        self.held += 1

    def _move(self, centre: Space, quarter: FloatArray) -> None:
        gap = centre.rows.astype(np.float64)
        both = self.coarse.squares + float((gap * gap).sum())
        lower = (1.0 - self.coarse.rounding) * both - 2.0 * self.coarse.products(gap)[:, 0]
        rows = np.flatnonzero((quarter[self.owner] < self.nearest) & (lower < self.nearest))
        away = self.space.take(rows).to(centre)[:, 0]
        moved = rows[away < self.nearest[rows]]
        self.nearest[moved] = away[away < self.nearest[rows]]
        self.owner[moved] = self.held
        self.evaluations += len(rows)

    def _move_on_device(self, centre: Space) -> None:
        rows, values, count = self.device.closer(centre)
        self.nearest[rows], self.owner[rows] = values, self.held
        self.evaluations += count

    def _move_compiled(self, centre: Space, quarter: FloatArray) -> None:
        coarse = self.coarse
        rows = self.room[0, : rows_not_held_back(quarter, self.nearest, self.owner, self.room[0])]
        copy = (coarse.table, coarse.step, coarse.error, coarse.squares, coarse.rounding)
        if coarse.held_as_bytes and self.held:
            gap = centre.rows[0].astype(np.float64) - coarse.middle
            near = self.room[1]
            count = rows_perhaps_nearer(copy, gap.astype(np.float32), float(gap @ gap), rows, self.reach, near)
            rows = near[:count]
        point = centre.rows[0].astype(np.float64)
        move_to_newest(self.space.rows, point, self.held, rows, self.nearest, self.owner)
        if coarse.held_as_bytes:
            set_reach(copy, rows, self.nearest, self.reach)
        self.evaluations += len(rows)
