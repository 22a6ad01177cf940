"""Passes over rows for greedy methods of linear algebra: float64 sums in blocks, and stable argmaxima."""

from __future__ import annotations

from typing import Any

import numpy as np

from askwise.core.types import FloatArray
from askwise.kernels.space import is_stored, squared_lengths
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


def rough_quadratic(rows: FloatArray, matrix: FloatArray) -> tuple[FloatArray, FloatArray]:
    """x M x for each row (m,) in float32, and how far each may be off, for a positive semidefinite matrix (d, d).

    By a triangular product, a third of the time of `quadratic`: with M = R^T R, y = R x and R = D + N, D its diagonal,
    y is off by at most d 2^-24 (|D x| + |N| |x|), and |y|^2 by twice that times |y|.
    """
    from scipy.linalg import blas

    d = rows.shape[1]
    # What is added keeps a matrix of low rank factorisable; it is taken off the values again.
    ridge = 1e-9 * float(np.trace(matrix)) + 1e-300
    try:
        root = np.linalg.cholesky(matrix + ridge * np.eye(d)).T
    except np.linalg.LinAlgError:  # rounding made it indefinite
        return quadratic(rows, matrix), np.zeros(len(rows))
    rounding, own = 1.1 * (d + 8) * 2.0**-24, np.diag(root)
    size, squares = float(np.linalg.norm(root - np.diag(own))), (own**2).astype(np.float32)
    short = np.asfortranarray(root, dtype=np.float32)
    out, off = np.empty(len(rows)), np.empty(len(rows))
    for part in slices(rows):
        lengths = squared_lengths(rows[part])
        turned = blas.strmm(1.0, short, np.array(rows[part], dtype=np.float32).T, overwrite_b=1).T
        out[part] = np.einsum("ij,ij->i", turned, turned)
        along = np.sqrt(np.square(rows[part]) @ squares)
        wrong = rounding * (1.01 * along + size * np.sqrt(lengths) + np.sqrt(out[part]))
        off[part] = 2.0 * np.sqrt(out[part]) * wrong + wrong**2 + ridge * lengths
    return out, off


def first_best(values: FloatArray, scale: float) -> int:
    """Lowest position whose value is the largest, up to rounding at this scale.

    >>> first_best(np.array([1.0, 3.0 - 1e-15, 3.0]), 3.0)
    1
    """
    return int(np.argmax(values >= values.max() - TIE * scale))
