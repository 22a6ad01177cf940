"""Greedy maximisation of a log-determinant, exact, in working sets: tens of passes over the rows, not one per pick.

Choosing rows S to maximise log det(X_S X_S^T + diag(noise_S)) greedily takes the row with the largest u_i + noise_i,
u_i = x_i^T M x_i the part of the row that S does not explain. A pick j gives v = M x_j / sqrt(u_j + noise_j), and then
M <- M - v v^T and u_i <- u_i - <x_i, v>^2 for every row. All u only fall: rows with the largest old u are held, and the
best of them is certainly the best of all while it exceeds the largest old u outside. After that one matrix product with
the new vectors brings all rows up to date. Everything is float64: sums of squares cancel as rows become explained.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from askwise.core.types import FloatArray, IntArray
from askwise.kernels.linear import TIE, first_best, gram, quadratic, slices
from askwise.kernels.space import squared_lengths

_SHARE = 0.04
_LEAST = 512


@dataclass
class Growth:
    """Result of a greedy run: positions and gains u + noise in order (n,), and passes over all rows."""

    chosen: IntArray
    gains: FloatArray
    passes: int


def greedy_log_det(rows: FloatArray, n: int, noise: FloatArray, taken: FloatArray | None, taken_noise: float) -> Growth:
    """Greedy picks from rows (m, d) with diagonal noise (m,), given taken rows (t, d) with theirs.

    Gains within 1e-10 of the largest squared length are equal, and the lowest position wins.
    """
    state = _State(rows, n, noise, taken, taken_noise)
    chosen: list[int] = []
    gains: list[float] = []
    while len(chosen) < n:
        state.refresh()
        state.pick_inside(n, chosen, gains)
    return Growth(np.asarray(chosen, dtype=np.int64), np.asarray(gains), state.passes)


class _State:
    def __init__(
        self, rows: FloatArray, n: int, noise: FloatArray, taken: FloatArray | None, taken_noise: float
    ) -> None:
        self.rows, self.noise = rows, noise
        self.vectors = np.zeros((n, rows.shape[1]))
        self.prior: FloatArray | None = None
        if taken is None:
            self.left = squared_lengths(rows)
        else:
            self.prior = np.linalg.inv(np.eye(rows.shape[1]) + gram(taken) / taken_noise)
            self.left = quadratic(rows, self.prior)
        self.scale = float((self.left + noise).max())
        self.free = np.ones(len(rows), dtype=bool)
        self.done = self.fresh = 0
        self.passes = 1

    def refresh(self) -> None:
        """Bring every row up to date with the vectors since the last pass."""
        new = self.vectors[self.fresh : self.done]
        self.fresh = self.done
        if len(new) == 0:
            return
        self.passes += 1
        for part in slices(self.rows):
            along = self.rows[part].astype(np.float64) @ new.T
            self.left[part] -= np.einsum("ij,ij->i", along, along)
        np.maximum(self.left, 0.0, out=self.left)

    def pick_inside(self, n: int, chosen: list[int], gains: list[float]) -> None:
        """Pick among the rows with the largest gains while the best of them is certainly the best of all."""
        gain = np.where(self.free, self.left + self.noise, -np.inf)
        held, limit = self._hold(gain)
        table = self.rows[held].astype(np.float64)
        mine, start = gain[held], len(chosen)
        while len(chosen) < n:
            at = first_best(mine, self.scale)
            # Just after a pass nothing is old, and the lowest of equal rows is held.
            if len(chosen) > start and mine[at] <= limit + TIE * self.scale:
                break
            chosen.append(int(held[at]))
            gains.append(float(mine[at]))
            self.free[held[at]] = False
            vector = self._explain(table[at], float(mine[at]))
            along = table @ vector
            mine -= along * along
            mine[at] = -np.inf
            np.maximum(mine, self.noise[held], out=mine, where=np.isfinite(mine))

    def _hold(self, gain: FloatArray) -> tuple[IntArray, float]:
        """Positions of the rows with the largest gains, ascending, the lowest of equal ones; the largest outside."""
        size = min(len(gain), max(_LEAST, int(_SHARE * len(gain))))
        # Order by gain rounded to the tie width, so that of nearly equal rows the lowest positions are held.
        steps = np.floor(gain / (TIE * self.scale)) if self.scale else gain
        edge = np.partition(steps, len(gain) - size)[len(gain) - size]
        above = np.flatnonzero(steps > edge + 1)
        equal = np.flatnonzero(np.abs(steps - edge) <= 1) if np.isfinite(edge) else np.flatnonzero(self.free)
        held = np.union1d(above, equal[: max(size - len(above), 1)])
        outside = np.ones(len(gain), dtype=bool)
        outside[held] = False
        return held, float(gain[outside].max(initial=-np.inf))

    def _explain(self, row: FloatArray, gain: float) -> FloatArray:
        """The vector v of a pick; M is the prior less the outer products of the vectors so far."""
        left = row.copy() if self.prior is None else self.prior @ row
        before = self.vectors[: self.done]
        left -= (before @ row) @ before
        vector: FloatArray = left / np.sqrt(gain)
        self.vectors[self.done] = vector
        self.done += 1
        return vector
