"""Squared Euclidean distances, by direct difference in float32.

The form |x|^2 + |c|^2 - 2xc is faster in blocks but loses all digits on data with a large common offset; decisions
are therefore made by direct difference, and the fast form only filters.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from askwise.core.types import FloatArray
from askwise.kernels.backend import backend, jit

_BLOCK = 2048


@jit(fastmath={"contract", "reassoc"})
def _lower_numba(rows: Any, centre: Any, nearest: Any) -> None:
    for i in range(rows.shape[0]):
        total = np.float32(0.0)
        for j in range(rows.shape[1]):
            gap = rows[i, j] - centre[j]
            total += gap * gap
        nearest[i] = min(nearest[i], total)


def lower_to_centre(rows: FloatArray, centre: FloatArray, nearest: FloatArray) -> None:
    """Lower `nearest` (m,) in place to the squared distance from rows (m, d) to one centre (d,); all float32."""
    if backend() == "numba":
        _lower_numba(rows, centre, nearest)
        return
    for start in range(0, len(rows), _BLOCK):
        gap = rows[start : start + _BLOCK] - centre
        block = nearest[start : start + _BLOCK]
        np.minimum(block, np.einsum("ij,ij->i", gap, gap), out=block)


def nearest_squared(rows: FloatArray, centres: FloatArray) -> FloatArray:
    """Squared distance (m,) from each row (m, d) to the nearest of the centres (k, d); infinite without centres."""
    nearest = np.full(len(rows), np.inf, dtype=np.float32)
    for centre in centres:
        lower_to_centre(rows, centre, nearest)
    return nearest


def nearest_row(rows: FloatArray, point: FloatArray) -> int:
    """Position of the row (m, d) nearest to a point (d,)."""
    return int(np.argmin(nearest_squared(rows, point[None].astype(np.float32))))
