"""Balls around rows: blocks of squared distances, the sparse graph of who lies within a radius, and its greedy cover.

Distances are float64 products about the first row, so that a common offset leaves no rounding behind. No m x m array is
ever held: a block of rows at a time, then the edges.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from askwise.core.errors import BadInput
from askwise.core.types import BoolArray, FloatArray, IntArray
from askwise.kernels.backend import backend
from askwise.kernels.compiled_cover import cover_ball, uncovered_members
from askwise.kernels.space import is_stored, slices

_BLOCK = 1 << 21
"""Distances held at a time: 16 MB."""


def squared_blocks(rows: FloatArray, others: FloatArray) -> Iterator[tuple[slice, FloatArray]]:
    """(rows of the block, squared distances (b, k) in float64 to all others (k, d)), block by block.

    >>> [block.tolist() for _, block in squared_blocks(np.array([[0.0], [3.0]]), np.array([[1.0]]))]
    [[[1.0], [4.0]]]
    """
    if len(rows) == 0 or len(others) == 0:
        return
    origin = rows[0].astype(np.float64)
    right = others.astype(np.float64) - origin
    # |x|^2 - 2 x.y + |y|^2 as one product, (-2x, |x|^2, 1) . (y, 1, |y|^2): the block is written once.
    right = np.column_stack([right, np.ones(len(right)), np.einsum("ij,ij->i", right, right)])
    step = max(1, _BLOCK // len(others))
    for start in range(0, len(rows), step):
        part = slice(start, min(start + step, len(rows)))
        left = rows[part].astype(np.float64) - origin
        lengths = np.einsum("ij,ij->i", left, left)
        block = np.column_stack([-2.0 * left, lengths, np.ones(len(left))]) @ right.T
        yield part, np.maximum(block, 0.0, out=block)


@dataclass(frozen=True)
class Balls:
    """Which rows lie within the radius of each row, itself included: compressed sparse rows, symmetric."""

    starts: IntArray
    members: IntArray

    @classmethod
    def of(cls, rows: FloatArray, radius: float, most: int) -> Balls:
        """The graph of pairs nearer than the radius. Raises BadInput with a radius that fits beyond `most` edges."""
        parts: list[IntArray] = []
        counts = [np.zeros(1, dtype=np.int64)]
        edges = 0
        for _, block in squared_blocks(rows, rows):
            at = np.flatnonzero(block < radius**2)
            edges += len(at)
            if edges > most:
                raise BadInput(_too_many(block, radius, most, len(rows)))
            owner, member = np.divmod(at, len(rows))
            counts.append(np.bincount(owner, minlength=len(block)))
            parts.append(member.astype(np.int32))
        return cls(np.cumsum(np.concatenate(counts)), np.concatenate(parts))

    def around(self, rows: IntArray) -> IntArray:
        """Members of the balls of these rows, one after another, with repetitions."""
        sizes = self.starts[rows + 1] - self.starts[rows]
        ends = np.cumsum(sizes)
        at = np.arange(ends[-1] if len(ends) else 0) + np.repeat(self.starts[rows] - ends + sizes, sizes)
        members: IntArray = self.members[at]
        return members

    def cover(self, n: int, covered: BoolArray) -> IntArray:
        """Greedy cover: up to n rows, each with the most uncovered members; ends when all is covered.

        `covered` (m,) is changed in place; ties go to the lowest position.
        """
        state = Cover(self, covered)
        chosen: list[int] = []
        while len(chosen) < n:
            best = int(np.argmax(state.gains))
            if state.gains[best] <= 0:
                break
            chosen.append(best)
            state.add(best)
        return np.asarray(chosen, dtype=np.int64)


class Cover:
    """Which rows are covered (m,), and how many uncovered ones each ball holds (m,).

    Each row is covered once and lowers the gains of its members once, so that all picks together cost O(edges).
    """

    def __init__(self, balls: Balls, covered: BoolArray) -> None:
        self.balls, self.covered = balls, covered
        if backend() == "numba":
            self.gains = np.zeros(len(covered), dtype=np.int64)
            uncovered_members(balls.starts, balls.members, covered, self.gains)
        else:
            self.gains = np.bincount(balls.around(np.flatnonzero(~covered)), minlength=len(covered))

    def add(self, row: int) -> None:
        """Cover what the ball of this row holds."""
        if backend() == "numba":
            cover_ball(self.balls.starts, self.balls.members, row, self.covered, self.gains)
            return
        ball = self.balls.around(np.array([row]))
        fresh = ball[~self.covered[ball]]
        self.covered[fresh] = True
        np.subtract.at(self.gains, self.balls.around(fresh), 1)


def _too_many(block: FloatArray, radius: float, most: int, m: int) -> str:
    degree = max(1, most // m // 2)
    fits = float(np.sqrt(np.median(np.partition(block, min(degree, m - 1), axis=1)[:, min(degree, m - 1)])))
    advice = f"try delta={fits:.3g}" if 0 < fits < radius else "drop repeated rows, or put a shortlist before it"
    return f"balls of radius delta={radius:.6g} among {m} rows have more than {most} pairs (max_edges); {advice}"


def nearest_of_another(rows: Any, labels: IntArray, some: IntArray) -> FloatArray:
    """Squared distance (s,) of some rows to the nearest row with another label; infinite where there is none."""
    nearest = np.full(len(some), np.inf)
    if is_stored(rows):
        probes = rows[some]
        for span in slices(rows):
            for part, block in squared_blocks(probes, rows[span]):
                block[labels[some[part]][:, None] == labels[None, span]] = np.inf
                nearest[part] = np.minimum(nearest[part], block.min(axis=1))
        return nearest
    for part, block in squared_blocks(rows[some], rows):
        block[labels[some[part]][:, None] == labels[None, :]] = np.inf
        nearest[part] = block.min(axis=1)
    return nearest
