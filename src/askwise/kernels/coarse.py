"""A coarse copy of rows with a certified error: it says which few rows a greedy method must look at exactly.

A method that takes the best of all rows at each pick, by a value that is made of inner products with a new vector, must
read every row at every pick: nothing is known of a product beforehand. But it need not read every digit. A row is held
as bytes q times a step s, with the length e of what is lost: |<x, v> - s <q, v>| <= e |v|. That is 0.7 % of |x| |v| on
Gaussian rows, where products spread by 4 %: a handful of rows remain in question, and float64 decides among them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from askwise.core.types import BoolArray, FloatArray, IntArray
from askwise.kernels.backend import backend
from askwise.kernels.compiled_coarse import contenders, products_with_bytes, to_bytes
from askwise.kernels.linear import TIE, first_best, slices
from askwise.kernels.space import is_stored, squared_lengths

_USES = 12
"""Passes from which making the copy pays: it costs about as much as four."""

_WIDE = 64
"""Columns from which a row of bytes is much shorter to read."""


@dataclass(frozen=True)
class Coarse:
    """Rows (m, d) about a middle (d,) as table * step, with the length (m,) of the error of each.

    Without numba, for few passes and for narrow rows the table is the rows themselves, and the error that of rounding.
    """

    table: NDArray[Any]
    step: FloatArray
    middle: FloatArray
    error: FloatArray
    squares: FloatArray
    rounding: float

    @classmethod
    def of(cls, rows: FloatArray, uses: int, kind: type[np.int8 | np.int16] = np.int8) -> Coarse:
        """A copy for this many passes over rows in float32 or float64; in two bytes a value where errors add up."""
        if backend() == "numba" and uses >= _USES and rows.shape[1] >= _WIDE:
            copy = cls._bytes(rows, kind)
            if np.isfinite(copy.error).all():
                return copy
        rounding = 4.0 * (rows.shape[1] + 8) * (2.0**-24 if rows.dtype == np.float32 else 2.0**-53)
        squares = squared_lengths(rows)
        return cls(rows, np.ones(1), np.zeros(rows.shape[1]), rounding * np.sqrt(squares), squares, rounding)

    @classmethod
    def _bytes(cls, rows: FloatArray, kind: type[np.int8 | np.int16]) -> Coarse:
        m, d = rows.shape
        middle = rows[np.linspace(0, m - 1, min(m, 256)).astype(np.int64)].mean(axis=0, dtype=np.float64)
        middle = middle.astype(rows.dtype)
        table = np.empty((m, d), dtype=kind)
        step, error, length = np.empty(m), np.empty(m), np.empty(m)
        to_bytes(rows, middle, np.iinfo(kind).max, table, step, error, length)
        # Beside what the bytes lose: float32 sums of d terms, here and in products. A row of nearly nothing is lost.
        rounding = 4.0 * (d + 8) * 2.0**-24
        error = (
            (1.0 + rounding) * error
            + rounding * length
            + 1.01 * np.iinfo(kind).max * np.sqrt(d) * step * (length == 0.0)
        )
        return cls(table, step, middle, error, length**2, rounding)

    @property
    def held_as_bytes(self) -> bool:
        """Whether the table is a copy in bytes."""
        return self.table.dtype.kind == "i"

    def products(self, vectors: FloatArray) -> FloatArray:
        """Inner products (m, k) of rows with vectors (k, d), each within error x length of the vector."""
        table, middle, lengths = self.table_products(vectors)
        out = np.multiply(table, self.step[:, None], dtype=np.float64)
        out += middle
        out *= lengths
        return out

    def table_products(self, vectors: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Products (m, k) of the table with vectors of length one, those (k,) of the middle, and the lengths (k,)."""
        lengths = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
        units = vectors / np.where(lengths > 0, lengths, 1.0)[:, None]
        if self.held_as_bytes:
            out = np.empty((len(self.table), len(vectors)), dtype=np.float32)
            products_with_bytes(self.table, units.astype(np.float32), out)
        else:
            out = self.table @ units.T.astype(self.table.dtype)
        return out, units @ self.middle.astype(np.float64), lengths


class Contest:
    """Which row has the largest value <sum_k f_k V_k, x>, f (m, k) its factors: a coarse pass, then the few exactly."""

    def __init__(self, rows: Any, factors: FloatArray, usable: BoolArray, uses: int) -> None:
        """Rows (m, d) of which some are usable, for this many contests; each is a plain pass over `Stored` rows."""
        self.rows, self.factors, self.usable = rows, factors, usable
        self.upper, self.found = np.empty(len(rows)), np.empty(len(rows), dtype=np.int64)
        if not is_stored(rows):
            self.coarse = Coarse.of(rows, uses * factors.shape[1])

    def best(self, vectors: FloatArray) -> int:
        """Lowest position whose value by vectors (k, d) is the largest, up to rounding at their size."""
        scale = float(np.linalg.norm(vectors))
        if is_stored(self.rows):
            for part in slices(self.rows):
                self.upper[part] = np.where(self.usable[part], self._exact(part, vectors), -np.inf)
            return first_best(self.upper, scale)
        near = self._near(vectors, TIE * scale)
        return int(near[first_best(self._exact(near, vectors), scale)])

    def _exact(self, rows: IntArray | slice, vectors: FloatArray) -> FloatArray:
        values: FloatArray = (self.rows[rows].astype(np.float64) @ vectors.T * self.factors[rows]).sum(axis=1)
        return values

    def _near(self, vectors: FloatArray, tie: float) -> IntArray:
        products, middle, lengths = self.coarse.table_products(vectors)
        step, error = self.coarse.step, self.coarse.error
        if backend() == "numba":
            copy, pair = (step, error), (middle, lengths)
            count = contenders(products, copy, pair, self.factors, self.usable, tie, self.upper, self.found)
            return self.found[:count]
        rough = ((products * step[:, None] + middle) * lengths * self.factors).sum(axis=1)
        slack = (np.abs(self.factors) * lengths).sum(axis=1) * error
        lower = np.where(self.usable, rough - slack, -np.inf)
        return np.flatnonzero(self.usable & (rough + slack >= lower.max() - tie))
