"""Nearest centres of many rows at once: a float32 matrix product filters, direct differences in float64 decide.

A product over blocks of rows and centres costs a tenth of a pass per centre. Its rounding error is bounded by
4 (d + 8) 2^-24 (|x|^2 + |c|^2) about a common middle; only pairs within twice that of the smallest are evaluated.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from askwise.core.arrays import host
from askwise.core.types import FloatArray, IntArray
from askwise.kernels.backend import backend
from askwise.kernels.compiled import lower_pairs
from askwise.kernels.space import Space

_ROWS = 1024
"""Rows of a block."""

_DEVICE_ROWS = 1 << 16
"""The same on a device, where a launch costs as much as a thousand rows."""

_CENTRES = 512
"""Centres of a block."""

_ROUNDING = 2.0**-24


@dataclass(frozen=True)
class Block:
    """Some rows of a space with what the filter needs: float32 about a middle, and squared lengths (m,)."""

    space: Space
    table: FloatArray
    lengths: FloatArray

    @classmethod
    def of(cls, space: Space, middle: FloatArray) -> Block:
        """The rows about a middle (d,); for the inner product a middle of zeros."""
        if space.on_device:
            from askwise.kernels.tensors import TensorBlock

            return TensorBlock.of(space, middle)
        plain = space.kind != 1 and space.rows.dtype == np.float32
        table: FloatArray = space.rows - middle if plain else (space.values() - middle).astype(np.float32)
        return cls(space, table, np.einsum("ij,ij->i", table, table))

    def part(self, rows: IntArray | slice) -> Block:
        """Some of the rows."""
        return Block(self.space.take(rows), self.table[rows], self.lengths[rows])

    def lower(self, centres: Block, bound: FloatArray) -> int:
        """Lower `bound` (m,) in place to the dissimilarity of the nearest centre; returns the exact evaluations."""
        count = 0
        for start in range(0, len(centres.table), _CENTRES):
            count += self._lower_to_few(centres.part(slice(start, start + _CENTRES)), bound)
        return count

    def _lower_to_few(self, centres: Block, bound: FloatArray) -> int:
        rough = self.table @ centres.table.T
        if self.space.kind == 2:
            np.negative(rough, out=rough)
        else:
            rough *= -2.0
            rough += self.lengths[:, None]
            rough += centres.lengths
        slack = 4.0 * (self.table.shape[1] + 8) * _ROUNDING * (self.lengths + centres.lengths.max())
        limit = np.minimum(bound, rough.min(axis=1).astype(np.float64) + slack) + slack
        # Rounded up: float32 limits must not cut what the float64 limit admits.
        near, which = np.nonzero(rough <= np.nextafter(limit.astype(np.float32), np.float32(np.inf))[:, None])
        _evaluate(self.space, near, centres.space, which, bound)
        return len(near)


def middle_of(space: Space) -> FloatArray:
    """A point (d,) float32 near the rows, to take a common offset away; the origin for the inner product."""
    if space.kind == 2:
        return np.zeros(space.rows.shape[1], dtype=np.float32)
    some = space.take(np.linspace(0, len(space) - 1, min(len(space), 256)).astype(np.int64)).values()
    middle: FloatArray = host(some.mean(axis=0)).astype(np.float32)
    return middle


def lower_rows(
    space: Space, rows: IntArray, centres: Space, bound: FloatArray, middle: FloatArray | None = None
) -> int:
    """Lower bound[rows] in place by all centres, block by block; returns the exact evaluations."""
    if len(rows) == 0 or len(centres) == 0:
        return 0
    middle = middle_of(space) if middle is None else middle
    others = Block.of(centres, middle)
    count = 0
    step = _DEVICE_ROWS if space.on_device else _ROWS
    for start in range(0, len(rows), step):
        part = rows[start : start + step]
        lowered = bound[part]
        count += Block.of(space.take(part), middle).lower(others, lowered)
        bound[part] = lowered
    return count


def _evaluate(space: Space, rows: IntArray, centres: Space, which: IntArray, bound: FloatArray) -> None:
    if backend() == "numba":
        lower_pairs(space.rows, space.scale, space.kind, rows, centres.rows, centres.scale, which, bound)
        return
    step = max(1, (1 << 18) // space.rows.shape[1])
    for start in range(0, len(rows), step):
        i, j = rows[start : start + step], which[start : start + step]
        np.minimum.at(bound, i, space.take(i).pairwise(centres.take(j)))
