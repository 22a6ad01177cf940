"""A support vector machine that gains one row at a time: the same problem as scikit-learn's SVC, solved from where it
stood.

One query of the re-benchmark adds one row to a few hundred. A fit from nothing spends hundreds of steps on finding
again what the last fit knew; starting from it takes a dozen.
"""

from __future__ import annotations

import numpy as np
from numba import njit

TOLERANCE = 1e-5
"""Largest violation of the optimality conditions; LIBSVM stops at 1e-3, so that its end depends on its start."""


@njit(cache=True)
def _most_violating(errors, signs, alphas, rows, cost):  # type: ignore[no-untyped-def]
    """The row that may rise with the largest error, and by how much it exceeds the smallest that may fall."""
    first, top, low = -1, -np.inf, np.inf
    for k in range(len(rows)):
        rises = alphas[k] < cost if signs[k] > 0 else alphas[k] > 0.0
        falls = alphas[k] > 0.0 if signs[k] > 0 else alphas[k] < cost
        if rises and errors[k] > top:
            first, top = k, errors[k]
        if falls and errors[k] < low:
            low = errors[k]
    return first, top - low


@njit(cache=True)
def _best_partner(first, errors, signs, alphas, rows, gram, cost):  # type: ignore[no-untyped-def]
    """The row to move against the first one: the largest decrease of the dual, and the curvature along it."""
    best, gain, along, one = -1, -1.0, 1.0, rows[first]
    for k in range(len(rows)):
        falls = alphas[k] > 0.0 if signs[k] > 0 else alphas[k] < cost
        gap = errors[first] - errors[k]
        if falls and gap > 0.0:
            curvature = max(gram[one, one] + gram[rows[k], rows[k]] - 2.0 * gram[one, rows[k]], 1e-12)
            if gap * gap / curvature > gain:
                best, gain, along = k, gap * gap / curvature, curvature
    return best, along


@njit(cache=True)
def _solve(gram, rows, signs, alphas, heights, cost, tolerance):  # type: ignore[no-untyped-def]
    """Sequential minimal optimisation in place: alphas (l,) of the labelled rows, heights (n,) without the offset.

    Source: Fan, Chen and Lin 2005, Working set selection using second order information, section 2 (WSS 2), JMLR 6.
    """
    errors = signs - heights[rows]
    while True:
        i, gap = _most_violating(errors, signs, alphas, rows, cost)
        if i < 0 or gap < tolerance:
            return
        j, curvature = _best_partner(i, errors, signs, alphas, rows, gram, cost)
        room_i = cost - alphas[i] if signs[i] > 0 else alphas[i]
        room_j = alphas[j] if signs[j] > 0 else cost - alphas[j]
        step = min((errors[i] - errors[j]) / curvature, room_i, room_j)
        # A variable that reaches its bound is put on it, so that rounding leaves none a hair inside.
        alphas[i] = (cost if signs[i] > 0 else 0.0) if step == room_i else alphas[i] + step * signs[i]
        alphas[j] = (0.0 if signs[j] > 0 else cost) if step == room_j else alphas[j] - step * signs[j]
        heights += step * (gram[rows[i]] - gram[rows[j]])
        for k in range(len(rows)):
            errors[k] = signs[k] - heights[rows[k]]


@njit(cache=True)
def _offset(rows, signs, alphas, heights, cost):  # type: ignore[no-untyped-def]
    """What to subtract from the heights: the mean over free vectors, or the middle of what the others allow."""
    total, free, high, low = 0.0, 0, np.inf, -np.inf
    for k in range(len(rows)):
        at = heights[rows[k]] - signs[k]
        if 0.0 < alphas[k] < cost:
            total, free = total + at, free + 1
        elif (alphas[k] == 0.0) == (signs[k] > 0):
            high = min(high, at)
        else:
            low = max(low, at)
    return total / free if free else (high + low) / 2


class GrowingSVC:
    """A C-SVC on a kernel matrix whose labelled rows grow.

    `gram` (p, n) holds the kernel between the p rows that may be labelled and all n rows of interest, those p first;
    `signs` (p,) is +1 or -1.

    >>> gram = np.array([[1.0, 0.0, 0.5], [0.0, 1.0, 0.5]])
    >>> GrowingSVC(gram, np.array([1.0, -1.0])).add([0, 1]).tolist()   # by hand: both alphas 1, no offset
    [1.0, -1.0, 0.0]
    """

    def __init__(self, gram: np.ndarray, signs: np.ndarray, cost: float = 1.0, tolerance: float = TOLERANCE) -> None:
        self.gram, self.signs, self.cost, self.tolerance = gram, signs.astype(np.float64), cost, tolerance
        self.rows, self.alphas = np.zeros(0, dtype=np.int64), np.zeros(0)
        self.heights = np.zeros(gram.shape[1])

    def add(self, rows: np.ndarray | list[int]) -> np.ndarray:
        """Label these rows as well, and solve: decision values (n,). Both classes must be there by then."""
        self.rows = np.append(self.rows, rows).astype(np.int64)
        self.alphas = np.append(self.alphas, np.zeros(len(rows)))
        signs = self.signs[self.rows]
        _solve(self.gram, self.rows, signs, self.alphas, self.heights, self.cost, self.tolerance)
        return self.heights - _offset(self.rows, signs, self.alphas, self.heights, self.cost)
