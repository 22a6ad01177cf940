"""Greedy maximisation of a log-determinant, exact, in working sets: tens of passes over the rows, not one per pick.

Choosing rows S to maximise log det(X_S X_S^T + diag(noise_S)) greedily takes the row with the largest u_i + noise_i,
u_i = x_i^T M x_i the part of the row that S does not explain. A pick j gives v = M x_j / sqrt(u_j + noise_j), and then
M <- M - v v^T and u_i <- u_i - <x_i, v>^2 for every row. All u only fall: rows with the largest old u are held, and
the best of them is certainly the best of all while it exceeds the largest old u outside. Of these a core is held again,
which fits the cache. After that one matrix product with the new vectors brings all rows up to date, in the rows' own
precision and with its rounding added up; what decides is float64, for sums of squares cancel as rows become explained.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from askwise.core.types import FloatArray, IntArray
from askwise.kernels.half import widened
from askwise.kernels.linear import TIE, first_best, gram, quadratic, slices
from askwise.kernels.space import is_stored, squared_lengths

_SHARE = 0.06
_LEAST = 512
_HELD_BYTES = 128 << 20
_CORE = 384


@dataclass
class Growth:
    """Result of a greedy run: positions and gains u + noise in order (n,), and passes over all rows."""

    chosen: IntArray
    gains: FloatArray
    passes: int


def greedy_log_det(rows: Any, n: int, noise: FloatArray, taken: FloatArray | None, taken_noise: float) -> Growth:
    """Greedy picks from rows (m, d) with diagonal noise (m,), given taken rows (t, d) with theirs.

    `rows` are an array, or `TensorRows`, whose products come from a device.
    Gains within 1e-10 of the largest squared length are equal, and the lowest position wins.
    """
    state = _State(rows, n, noise, taken, taken_noise)
    while len(state.chosen) < n:
        state.refresh()
        state.pick_inside(n, *state.hold())
    return Growth(np.asarray(state.chosen, dtype=np.int64), np.asarray(state.gains), state.passes)


class _State:
    """u (m,) roughly now, within `off`; and exactly as it was when `seen` vectors had been met."""

    def __init__(self, rows: Any, n: int, noise: FloatArray, taken: FloatArray | None, taken_noise: float) -> None:
        self.rows, self.noise = rows, noise
        self.vectors = np.zeros((n, rows.shape[1]))
        self.prior: FloatArray | None = None
        self.lengths = squared_lengths(rows)
        self.exact = self.lengths
        if taken is not None:
            self.prior = np.linalg.inv(np.eye(rows.shape[1]) + gram(taken) / taken_noise)
            self.exact = quadratic(rows, self.prior)
        self.rough, self.exact = self.exact.copy(), self.exact.copy()
        self.off, self.seen = np.zeros(len(rows)), np.zeros(len(rows), dtype=np.int32)
        self.tie = TIE * float((self.exact + noise).max())
        self.free = np.ones(len(rows), dtype=bool)
        self.chosen: list[int] = []
        self.gains: list[float] = []
        self.fresh, self.passes = 0, 1

    @property
    def done(self) -> int:
        """Vectors so far."""
        return len(self.chosen)

    def refresh(self) -> None:
        """Bring every row up to date with the vectors since the last pass, roughly."""
        new = self.vectors[self.fresh : self.done]
        self.fresh = self.done
        if len(new) == 0:
            return
        self.passes += 1
        single = self.rows.dtype != np.float64
        digits = 2.0**-24 if single else 2.0**-53
        short: FloatArray = new.T.astype(np.float32 if single else np.float64)
        # Rounding of one product of d terms, over the length of the row and that of the vectors together.
        share = 1.05 * (new.shape[1] + 8) * digits * float(np.linalg.norm(new))
        for part in slices(self.rows):
            block = widened(self.rows[part]) if is_stored(self.rows) else self.rows[part]
            along = (block @ short).astype(np.float64)
            fall = np.einsum("ij,ij->i", along, along)
            self.rough[part] -= fall
            wrong = share * np.sqrt(self.lengths[part])
            self.off[part] += (2.0 * np.sqrt(fall) + wrong) * wrong
        np.maximum(self.rough, 0.0, out=self.rough)

    def settle(self, rows: IntArray) -> None:
        """Make some rows exact."""
        before = self.seen[rows]
        for start in np.unique(before[before < self.done]):
            some = rows[before == start]
            for part in slices(np.broadcast_to(0.0, (len(some), self.rows.shape[1]))):
                along = self.rows[some[part]].astype(np.float64) @ self.vectors[start : self.done].T
                self.exact[some[part]] -= np.einsum("ij,ij->i", along, along)
        self.exact[rows] = np.maximum(self.exact[rows], 0.0)
        self.rough[rows], self.off[rows], self.seen[rows] = self.exact[rows], 0.0, self.done

    def hold(self) -> tuple[IntArray, float]:
        """Rows to pick from, exact, the best of all among them; and the largest gain that a row outside may have."""
        most = _HELD_BYTES // (8 * self.rows.shape[1])
        size = min(len(self.rows), max(_LEAST, min(int(_SHARE * len(self.rows)), most)))
        while True:
            gain = np.where(self.free, self.rough + self.off + self.noise, -np.inf)
            held = _largest(gain, size, self.tie)
            self.settle(held)
            best = float(np.max(self.exact[held] + self.noise[held], where=self.free[held], initial=-np.inf))
            gain[held] = -np.inf
            rivals = np.flatnonzero((gain >= best - self.tie) & (self.off > 0))
            if len(rivals) == 0:
                return held, float(gain.max(initial=-np.inf))
            self.settle(rivals)

    def pick_inside(self, n: int, held: IntArray, limit: float) -> None:
        """Pick among the held rows while the best of them is certainly the best of all."""
        table = self.rows[held].astype(np.float64)
        least = self.noise[held]
        mine = np.where(self.free[held], self.exact[held] + least, -np.inf)
        start = met = self.done
        # Just after a pass nothing is old, and the lowest of equal rows is held.
        while self.done < n and (self.done == start or mine.max() > limit + self.tie):
            self._pick_in_core(n, held, table, mine, limit)
            new = self.vectors[met : self.done]
            met = self.done
            along = table @ new.T
            np.maximum(mine - np.einsum("ij,ij->i", along, along), least, out=mine, where=np.isfinite(mine))
            mine[~self.free[held]] = -np.inf

    def _pick_in_core(self, n: int, held: IntArray, table: Any, mine: FloatArray, limit: float) -> None:
        core = _largest(mine, min(_CORE, len(mine)), self.tie)
        gain, small, least = mine[core], np.asarray(table[core]), self.noise[held[core]]
        outside = np.ones(len(mine), dtype=bool)
        outside[core] = False
        limit = max(limit, float(mine[outside].max(initial=-np.inf)))
        start = self.done
        while self.done < n:
            at = first_best(gain, self.tie / TIE)
            if self.done > start and gain[at] <= limit + self.tie:
                break
            vector = self._explain(small[at], float(gain[at]))
            self.chosen.append(int(held[core[at]]))
            self.gains.append(float(gain[at]))
            self.free[held[core[at]]] = False
            along = small @ vector
            gain -= along * along
            gain[at] = -np.inf
            np.maximum(gain, least, out=gain, where=np.isfinite(gain))

    def _explain(self, row: FloatArray, gain: float) -> FloatArray:
        """The vector v of a pick; M is the prior less the outer products of the vectors so far."""
        left = row.copy() if self.prior is None else self.prior @ row
        before = self.vectors[: self.done]
        left -= (before @ row) @ before
        vector: FloatArray = left / np.sqrt(gain)
        self.vectors[self.done] = vector
        return vector


def _largest(gain: FloatArray, size: int, tie: float) -> IntArray:
    """Positions of the rows with the largest gains, ascending; of those equal within a tie, the lowest."""
    # Order by gain rounded to the tie width, so that of nearly equal rows the lowest positions are held.
    steps = np.floor(gain / tie) if tie else gain
    edge = np.partition(steps, len(gain) - size)[len(gain) - size]
    above = np.flatnonzero(steps > edge + 1)
    equal = np.flatnonzero(np.abs(steps - edge) <= 1) if np.isfinite(edge) else np.flatnonzero(gain > -np.inf)
    return np.union1d(above, equal[: max(size - len(above), 1)])
