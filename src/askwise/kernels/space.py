"""Rows under a dissimilarity: squared Euclidean, cosine, or minus the inner product, decided in float64.

A difference of two float32 values and its square are exact in float64, so distances are right to the last digits even
on data with a large common offset. The form |x|^2 + |c|^2 - 2xc loses those digits and is used only as a filter, with
its rounding error added as slack.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from askwise.core.arrays import host
from askwise.core.errors import BadInput, did_you_mean
from askwise.core.stored import Stored
from askwise.core.types import Array, FloatArray, IntArray
from askwise.kernels.backend import backend
from askwise.kernels.compiled import STEPS, lengths, lower_to_all
from askwise.kernels.half import widened

METRICS = {"euclidean": 0, "cosine": 1, "inner": 2}
"""Squared Euclidean distance; the same between rows of length one, = 2 (1 - cos); minus the inner product."""


_MANY_ROWS, _MANY_CENTRES = 1024, 64
"""Rows and centres from which a matrix product filters what is evaluated."""

_BLOCK = 1 << 20
"""Values that the NumPy kernels hold in float64 at a time."""


@dataclass(frozen=True)
class Space:
    """Rows (m, d), float32 or float64, under a dissimilarity; `scale` is 1 / length for cosine and a single 1 else.

    Rows of a large pool may be `Stored`: what is taken of them is in memory, and passes go block by block.
    """

    rows: FloatArray
    kind: int = 0
    scale: FloatArray = field(default_factory=lambda: np.ones(1))

    on_device: ClassVar[bool] = False
    """Whether the rows are torch tensors (see kernels.tensors), which the compiled loops cannot read."""

    @classmethod
    def of(cls, rows: Array, metric: str = "euclidean") -> Space:
        """Rows of any namespace as they are, float16 as float32. A zero row has no direction and is left zero.

        Raises BadInput for a metric that is none of METRICS.
        """
        if metric not in METRICS:
            raise BadInput(
                f"metric={metric!r} is unknown.{did_you_mean(metric, METRICS)} Use one of {', '.join(METRICS)}"
            )
        table: Any = rows if isinstance(rows, Stored) else widened(host(rows))
        if metric != "cosine":
            return cls(table, METRICS[metric])
        lengths = np.sqrt(squared_lengths(table))
        return cls(table, METRICS[metric], np.divide(1.0, lengths, out=np.zeros(len(table)), where=lengths > 0))

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, rows: IntArray | slice) -> Space:
        """Some of the rows, in memory."""
        scale = self.scale if len(self.scale) == 1 else self.scale[rows]
        return Space(widened(self.rows[rows]) if self.stored else self.rows[rows], self.kind, scale)

    @property
    def stored(self) -> bool:
        """Whether the rows are read in blocks."""
        return is_stored(self.rows)

    def blocks(self) -> Iterator[slice]:
        """Slices of the rows of about a million values each."""
        return slices(self.rows)

    def values(self) -> FloatArray:
        """The rows in float64, of length one for cosine: a copy, for blocks."""
        rows = self.rows.astype(np.float64)
        if self.kind == 1:
            rows *= self.scale[:, None]
        return rows

    def room(self, size: int) -> Space:
        """An empty space of this kind with room for some rows."""
        rows = np.zeros((size, self.rows.shape[1]), dtype=np.float64 if self.rows.dtype == np.float64 else np.float32)
        return Space(rows, self.kind, np.ones(size if self.kind == 1 else 1))

    def put(self, at: int, source: Space) -> None:
        """Copy rows of another space to the positions from `at` on."""
        self.rows[at : at + len(source)] = source.rows
        if self.kind == 1:
            self.scale[at : at + len(source)] = source.scale

    def lower(self, centres: Space, bound: FloatArray) -> None:
        """Lower `bound` (m,) in place to the dissimilarity of the nearest centre, whatever their numbers."""
        if self.stored:
            for part in self.blocks():
                self.take(part).lower(centres, bound[part])
        elif len(self) >= _MANY_ROWS and len(centres) >= _MANY_CENTRES:
            from askwise.kernels.blocks import lower_rows

            lower_rows(self, np.arange(len(self)), centres, bound)
        elif backend() == "numba":
            lower_to_all(self.rows, self.scale, self.kind, centres.rows, centres.scale, bound)
        elif len(self) < len(centres):
            np.minimum(bound, centres.to(self).min(axis=0), out=bound)
        else:
            for j in range(len(centres)):
                np.minimum(bound, self.to(centres.take(slice(j, j + 1)))[:, 0], out=bound)

    def to(self, centres: Space) -> FloatArray:
        """Dissimilarities (m, k) in float64 of all rows to all centres, by direct difference, in blocks."""
        out = np.empty((len(self), len(centres)))
        points = centres.values()
        for part in self.blocks():
            block = Space(self.take(part).values(), 2 * (self.kind == 2))
            for j, point in enumerate(points):
                out[part, j] = block.pairwise(Space(point[None], block.kind))
        return np.floor(out * STEPS + 0.5) / STEPS if self.kind == 1 else out

    def pairwise(self, others: Space) -> FloatArray:
        """Dissimilarity (m,) in float64 of each row to the row of another space at the same position."""
        rows, points = self.values(), others.values()
        if self.kind == 2:
            products: FloatArray = np.einsum("ij,ij->i", rows, points)
            return -products
        gap = rows - points
        out: FloatArray = np.einsum("ij,ij->i", gap, gap)
        return np.floor(out * STEPS + 0.5) / STEPS if self.kind == 1 else out

    def nearest(self, centres: Space) -> FloatArray:
        """Dissimilarity (m,) in float64 to the nearest centre; infinite without centres."""
        lowest = np.full(len(self), np.inf)
        if len(centres):
            self.lower(centres, lowest)
        return lowest

    def central(self) -> int:
        """Position of the row nearest to the mean; within rounding, the lowest."""
        middle = np.zeros(self.rows.shape[1])
        for part in self.blocks():
            block = self.take(part)
            middle += block.values().sum(axis=0) if self.kind == 1 else block.rows.sum(axis=0, dtype=np.float64)
        mean = Space(middle[None] / len(self), self.kind)
        away = self.nearest(mean)
        best = away.min()
        return int(np.argmax(away <= best + 1e-9 * abs(best)))


def is_stored(rows: Any) -> bool:
    """Whether rows are read in blocks; kernels treat them as the array for which they stand."""
    return isinstance(rows, Stored)


def slices(rows: Any) -> Iterator[slice]:
    """Slices of rows (m, d) of about a million values each."""
    step = max(1, _BLOCK // rows.shape[1])
    return (slice(start, start + step) for start in range(0, len(rows), step))


def squared_lengths(rows: Any) -> FloatArray:
    """Sum of squares (m,) in float64 of each row (m, d)."""
    out = np.empty(len(rows))
    if is_stored(rows):
        for part in slices(rows):
            out[part] = squared_lengths(widened(rows[part]))
        return out
    if not isinstance(rows, np.ndarray):
        from askwise.kernels.tensor_sets import TensorRows

        return (rows if isinstance(rows, TensorRows) else TensorRows(rows)).squared_lengths()
    if backend() == "numba":
        lengths(rows, out)
        return out
    step = max(1, _BLOCK // rows.shape[1])
    for start in range(0, len(rows), step):
        block = rows[start : start + step].astype(np.float64)
        out[start : start + step] = np.einsum("ij,ij->i", block, block)
    return out
