"""Passes over rows for greedy methods of linear algebra: float64 sums in blocks, and stable argmaxima."""

from __future__ import annotations

from typing import Any

import numpy as np

from askwise.core.types import FloatArray
from askwise.kernels.space import is_stored
from askwise.kernels.space import slices as slices

TIE = 1e-10
"""Gains closer than this share of their scale are equal: rounding must not decide between equal rows."""


def gram(rows: FloatArray) -> FloatArray:
    """Sum of outer products (d, d) in float64 of the rows (m, d)."""
    total = np.zeros((rows.shape[1], rows.shape[1]))
    for part in slices(rows):
        block = rows[part].astype(np.float64)
        total += block.T @ block
    return total


def quadratic(rows: Any, matrix: FloatArray) -> FloatArray:
    """x M x for each row (m,), in float64."""
    if not isinstance(rows, np.ndarray) and not is_stored(rows):
        there: FloatArray = rows.quadratic(matrix)
        return there
    out = np.empty(len(rows))
    for part in slices(rows):
        block = rows[part].astype(np.float64)
        out[part] = np.einsum("ij,ij->i", block @ matrix, block)
    return out


def first_best(values: FloatArray, scale: float) -> int:
    """Lowest position whose value is the largest, up to rounding at this scale.

    >>> first_best(np.array([1.0, 3.0 - 1e-15, 3.0]), 3.0)
    1
    """
    return int(np.argmax(values >= values.max() - TIE * scale))
