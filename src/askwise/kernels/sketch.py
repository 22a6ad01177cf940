"""Lower bounds of distances from a few numbers a row: principal directions and the length of what they leave.

With P orthonormal rows, |Px - Pc|^2 + (r_x - r_c)^2 <= |x - c|^2, r the length of the residual: 32 float32 numbers, two
cache lines, stand for a row of hundreds. Everything is computed in float32 about the mean; `slack` bounds the rounding
of each line, so that the bound holds for the float64 distance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from askwise.core.types import FloatArray
from askwise.kernels.space import Space

_DIRECTIONS = 31
_SAMPLE = 2048
_PROBES = 256
_ROUNDING = 2.0**-24


@dataclass(frozen=True)
class Sketch:
    """Directions (k, d) about a middle (d,), and for each row its line (m, k + 1) and the rounding slack (m,)."""

    space: Space
    middle: FloatArray
    directions: FloatArray
    lines: FloatArray
    slack: FloatArray

    @classmethod
    def plan(cls, space: Space) -> Sketch:
        """Principal directions of evenly spaced rows, by subspace iteration; no lines yet."""
        m, d = space.rows.shape
        some = space.take(np.linspace(0, m - 1, min(m, _SAMPLE)).astype(np.int64)).values()
        middle = some.mean(axis=0)
        some -= middle
        k = min(_DIRECTIONS, d, len(some))
        # A fixed start: directions only decide what is skipped, never what is picked.
        basis = np.random.default_rng(0).standard_normal((d, min(d, k + 8)))
        for _ in range(3):
            basis = np.linalg.qr(some.T @ (some @ basis))[0]
        vectors = np.linalg.svd(some @ basis, full_matrices=False)[2][:k]
        directions = np.ascontiguousarray(np.linalg.qr((vectors @ basis.T).T)[0].T, dtype=np.float32)
        none = np.zeros((0, k + 1), dtype=np.float32)
        return cls(space, middle.astype(np.float32), directions, none, np.zeros(0))

    def fill(self) -> Sketch:
        """The sketch with the lines of all rows."""
        lines, slack = self.of(self.space, len(self.space))
        return Sketch(self.space, self.middle, self.directions, lines, slack)

    def of(self, rows: Space, room: int) -> tuple[FloatArray, FloatArray]:
        """Lines and slack of some rows, in tables with room for more."""
        k = len(self.directions)
        lines = np.zeros((room, k + 1), dtype=np.float32)
        slack = np.zeros(room)
        for part in rows.blocks():
            centred = self._centred(rows.take(part))
            along = centred @ self.directions.T
            rest = centred - along @ self.directions
            size = len(centred)
            stop = part.start + size
            lines[part.start : stop, :k] = along
            lines[part.start : stop, k] = np.sqrt(np.einsum("ij,ij->i", rest, rest))
            length = np.sqrt(np.einsum("ij,ij->i", centred, centred))
            # Products of d terms, the residual's k terms, the sum over the line and the directions' own rounding.
            slack[part.start : stop] = 4.0 * (centred.shape[1] + 2 * k) * _ROUNDING * length
        return lines, slack

    def _centred(self, rows: Space) -> FloatArray:
        """Rows about the middle in float32; a large common offset leaves no rounding behind."""
        if rows.kind == 0 and rows.rows.dtype == np.float32:
            return rows.rows - self.middle
        return (rows.values() - self.middle).astype(np.float32)

    def spared(self, centres: Space) -> float:
        """Share of exact evaluations that the bound would have spared, over evenly spaced rows and these centres."""
        probes = self.space.take(np.linspace(0, len(self.space) - 1, _PROBES).astype(np.int64))
        centres = centres.take(slice(0, 64))
        lines, slack = self.of(probes, len(probes))
        others, other_slack = self.of(centres, len(centres))
        exact = probes.to(centres)
        nearest = np.minimum.accumulate(exact, axis=1)[:, :-1]
        reach = np.sqrt(nearest) + slack[:, None] + other_slack[None, 1:]
        below = ((lines[:, None] - others[None, 1:]) ** 2).sum(axis=-1)
        return float((below > reach**2).mean()) if nearest.size else 0.0
