"""Similarity of rows in blocks, and how well a set of rows represents the others: facility location.

Nothing is m x m: the coverage is a mean over reference rows (all of them in a small pool, a random sample in a large
one), and similarities are computed for a block of rows at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from askwise.core.errors import BadInput, did_you_mean
from askwise.core.types import FloatArray, IntArray
from askwise.kernels.balls import squared_blocks

_SAMPLE = 1000
_DIGITS = 12
_VALUES = 1 << 22
"""Values of rows held at a time."""

SIMILARITIES = ("rbf", "cosine")
"""exp(-|x - y|^2 / s^2), and the cosine, with zero in place of negative values."""


@dataclass(frozen=True)
class Similarity:
    """A similarity in [0, 1] of rows of embeddings, computed in blocks in float64.

    Kind "ball" is 1 nearer than the width and 0 elsewhere.
    """

    kind: str
    squared_width: float = 1.0

    @classmethod
    def of(cls, kind: str, bandwidth: float | None, rows: Any, generator: np.random.Generator) -> Similarity:
        """The similarity of this kind. Without a bandwidth s it is 0.71 of the median distance between two rows.

        That makes s = 1, the papers' choice, for normalised rows in many dimensions, whose distances are about
        1.41. Raises BadInput for an unknown kind or a bandwidth that is not positive.
        """
        if kind not in SIMILARITIES:
            raise BadInput(f"similarity={kind!r} is unknown.{did_you_mean(kind, SIMILARITIES)}")
        if bandwidth is not None and not bandwidth > 0:
            raise BadInput(f"bandwidth={bandwidth} makes no similarity; give a positive distance")
        if kind == "cosine" or bandwidth is not None:
            return cls(kind, float(bandwidth or 1.0) ** 2)
        some = rows[np.sort(generator.permutation(len(rows))[:_SAMPLE])]
        between = np.concatenate([block.ravel() for _, block in squared_blocks(some, some)])
        return cls(kind, float(np.median(between[between > 0])) / 2.0 if (between > 0).any() else 1.0)

    def blocks(self, rows: FloatArray, others: FloatArray) -> Iterator[tuple[slice, FloatArray]]:
        """(rows of the block, similarities (b, k) to all others), block by block."""
        if self.kind == "cosine":
            rows, others = _unit(rows), _unit(others)
        for part, squared in squared_blocks(rows, others):
            # In place: the blocks are ours, and a temporary costs as much as the arithmetic.
            if self.kind == "ball":
                yield part, (squared < self.squared_width).astype(np.float64)
            elif self.kind == "cosine":
                squared *= -0.5
                squared += 1.0
                yield part, np.maximum(squared, 0.0, out=squared)
            else:
                squared *= -1.0 / self.squared_width
                yield part, np.exp(squared, out=squared)

    def to_one(self, rows: FloatArray, row: FloatArray) -> FloatArray:
        """Similarity (m,) of all rows to one (d,)."""
        return self.reduce(rows, row[None], lambda block: block[:, 0])

    def reduce(self, rows: FloatArray, others: FloatArray, fold: Callable[[FloatArray], FloatArray]) -> FloatArray:
        """One number (m,) for each row from its similarities (b, k) to all others; zero without others."""
        out = np.zeros(len(rows))
        for part, block in self.blocks(rows, others):
            out[part] = fold(block)
        return out


def _unit(rows: FloatArray) -> FloatArray:
    values = rows.astype(np.float64)
    lengths = np.sqrt(np.einsum("ij,ij->i", values, values))
    units: FloatArray = np.divide(values, lengths[:, None], out=np.zeros_like(values), where=lengths[:, None] > 0)
    return units


def reference_rows(m: int, most: int, generator: np.random.Generator) -> IntArray:
    """Positions of all rows, or of a random sample of at most this many, ascending. Raises BadInput for none."""
    if most < 1:
        raise BadInput(f"reference={most} rows represent nothing; give 1 or more, 4000 by default")
    return np.arange(m) if m <= most else np.sort(generator.choice(m, most, replace=False))


@dataclass
class Coverage:
    """Weighted mean over reference rows (r, d) of the similarity to the nearest row of a set; `best` (r,) so far.

    The rows may be `Stored`: a look at all of them is a pass, a look at some reads these.
    """

    rows: Any
    reference: FloatArray
    weights: FloatArray
    similarity: Similarity
    best: FloatArray

    def gains(self, at: IntArray) -> FloatArray:
        """By how much each of some rows would raise the coverage, rounded so that equal rows tie."""
        step = max(1, _VALUES // self.reference.shape[1])
        parts = [at[start : start + step] for start in range(0, len(at), step)]
        gains = np.concatenate([self.similarity.reduce(self.rows[part], self.reference, self._gain) for part in parts])
        rounded: FloatArray = np.round(gains, _DIGITS)
        return rounded

    def bounds(self) -> FloatArray:
        """What the gain of each row (m,) cannot exceed, by one pass in float32: a first look for lazy greedy.

        A squared distance about a middle is off by 4 (d + 8) 2^-24 (|x|^2 + |y|^2) at most, a cosine by that of units.
        """
        out = np.empty(len(self.rows))
        step = max(1, _VALUES // max(self.reference.shape))
        with np.errstate(over="ignore", invalid="ignore"):
            look = _Look.of(self)
            for start in range(0, len(self.rows), step):
                part = slice(start, min(start + step, len(self.rows)))
                out[part] = look.most(self.rows[part])
        # Beyond the range of float32 nothing is known.
        out[~np.isfinite(out)] = np.inf
        return out

    def _gain(self, block: FloatArray) -> FloatArray:
        block -= self.best
        return np.asarray(np.maximum(block, 0.0, out=block) @ self.weights)

    def accept(self, at: int) -> None:
        """Add a row to the set."""
        np.maximum(self.best, self.similarity.to_one(self.reference, self.rows[at]), out=self.best)


@dataclass(frozen=True)
class _Look:
    """Reference rows (r, d) in float32 about a middle, their squared lengths, and what each has to gain (r,)."""

    similarity: Similarity
    middle: FloatArray
    table: FloatArray
    squares: FloatArray
    best: FloatArray
    weights: FloatArray

    @classmethod
    def of(cls, state: Coverage) -> _Look:
        kind, given = state.similarity.kind, state.reference.astype(np.float64)
        middle = given.mean(axis=0) if kind != "cosine" else np.zeros(given.shape[1])
        table = _unit(given) if kind == "cosine" else given - middle
        # Rounded down, so that no gain is made smaller.
        best = np.nextafter(state.best.astype(np.float32), np.float32(-1.0))
        short = table.astype(np.float32)
        return cls(state.similarity, middle, short, (short**2).sum(axis=1), best, state.weights.astype(np.float32))

    def most(self, rows: FloatArray) -> FloatArray:
        """Upper bounds (b,) of the gains of some rows."""
        values = _unit(rows) if self.similarity.kind == "cosine" else rows - self.middle
        left = values.astype(np.float32)
        rough, unit = left @ self.table.T, 4.0 * (left.shape[1] + 8) * 2.0**-24
        if self.similarity.kind == "cosine":
            return self._sum(rough, np.full(len(left), unit))
        lengths = np.einsum("ij,ij->i", left, left)
        rough *= -2.0
        rough += lengths[:, None]
        rough += self.squares
        off, width = unit * (lengths.astype(np.float64) + self.squares.max()), self.similarity.squared_width
        if self.similarity.kind == "ball":
            limit = np.nextafter((width + off).astype(np.float32), np.float32(np.inf))
            # What is beyond the range of float32 is no number, and may lie within.
            return self._sum((~(rough > limit[:, None])).astype(np.float32), np.zeros(len(left)))
        rough *= -1.0 / width
        np.minimum(rough, 0.0, out=rough)
        return self._sum(np.exp(rough, out=rough), np.expm1(off / width))

    def _sum(self, rough: FloatArray, off: FloatArray) -> FloatArray:
        """Weighted sum of what rough similarities (b, r), each off by so much, add to the best so far."""
        rough -= self.best
        gains = (np.maximum(rough, 0.0, out=rough) @ self.weights).astype(np.float64)
        # The weights sum to one; a float32 sum of r terms and an exponential have roundings of their own.
        return np.asarray((gains + off + 2.0**-20) * (1.0 + 2.0 * (rough.shape[1] + 8) * 2.0**-24))


class Sums:
    """Sum (m,) of the similarities of each row to a growing set, brought up to date only where it is asked for."""

    def __init__(self, rows: FloatArray, similarity: Similarity, held: FloatArray | None, room: int) -> None:
        """The set begins with rows held (t, d), and has room for some of the rows (m, d)."""
        self.rows, self.similarity = rows, similarity
        self.sums: FloatArray = np.zeros(len(rows))
        if held is not None:
            self.sums = similarity.reduce(rows, held, lambda block: block.sum(axis=1))
        self.added = np.zeros(room, dtype=np.int64)
        self.count = 0
        self.seen = np.zeros(len(rows), dtype=np.int64)

    def add(self, row: int) -> None:
        """Put a row into the set."""
        self.added[self.count] = row
        self.count += 1

    def of(self, at: IntArray) -> FloatArray:
        """The sums of some rows, which only grow."""
        seen = self.seen[at]
        first = int(seen.min(initial=self.count))
        late = self.rows[self.added[first : self.count]]
        for part, block in self.similarity.blocks(self.rows[at], late):
            block[np.arange(first, self.count) < seen[part, None]] = 0.0
            self.sums[at[part]] += block.sum(axis=1)
        self.seen[at] = self.count
        return self.sums[at]
