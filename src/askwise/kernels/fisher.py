"""Greedy minimisation of the trace of an inverse Fisher matrix times the pool's (V-optimal design), factored.

With M = (l I + sum_S x x^T)^-1 and F the mean of x x^T over the pool, adding x lowers tr(M F) by
x^T M F M x / (1 + x^T M x). Both quadratic forms are kept for every row; a pick j gives v = M x_j / sqrt(1 + q_j) and
a = M F M x_j / sqrt(1 + q_j), and one pass with these two vectors brings them up to date:
q_i -= <x_i, v>^2 and g_i -= 2 <x_i, v> <x_i, a> - s <x_i, v>^2, s = v^T F v. In float64: the forms shrink towards zero.
"""

from __future__ import annotations

import numpy as np

from askwise.core.types import FloatArray, IntArray
from askwise.kernels.linear import first_best, gram, products, quadratic, slices


class Design:
    """The state of a greedy design: M (d, d), M F M (d, d), and both quadratic forms of every row (m,)."""

    def __init__(self, rows: FloatArray, weight: FloatArray, ridge: float, taken: FloatArray | None) -> None:
        """Rows (m, d) with square roots of their Fisher weights (m,); taken rows (t, d) have theirs multiplied in."""
        self.rows, self.weight = rows, weight
        known = np.zeros((rows.shape[1], rows.shape[1])) if taken is None else gram(taken)
        pool = _weighted_gram(rows, weight)
        count = len(rows) + (0 if taken is None else len(taken))
        self.inverse = np.linalg.inv(known + ridge * np.eye(len(known)))
        self.inner = self.inverse @ ((pool + known) / count) @ self.inverse
        self.spread = weight**2 * quadratic(rows, self.inverse)
        self.gain = weight**2 * quadratic(rows, self.inner)
        self.free = np.ones(len(rows), dtype=bool)
        self.done = 0

    def row(self, i: int) -> FloatArray:
        """Row i in float64 with its weight."""
        scaled: FloatArray = self.weight[i] * self.rows[i].astype(np.float64)
        return scaled

    def forward(self, n: int) -> IntArray:
        """n picks, each lowering the trace the most; of equal ones the lowest position."""
        chosen: list[int] = []
        scale = float(self.gain.max())
        self.vectors, self.others = np.zeros((n, self.rows.shape[1])), np.zeros((n, self.rows.shape[1]))
        self.sizes = np.zeros(n)
        for _ in range(n):
            fall = np.where(self.free, self.gain / (1.0 + self.spread), -np.inf)
            best = first_best(fall, scale)
            chosen.append(best)
            self.free[best] = False
            self._add(self.row(best))
        return np.asarray(chosen, dtype=np.int64)

    def _add(self, row: FloatArray) -> None:
        """One more pick; M and M F M stay as they began, with the vectors of the picks beside them."""
        v_old, a_old = self.vectors[: self.done], self.others[: self.done]
        along_v, along_a = v_old @ row, a_old @ row
        v = self.inverse @ row - along_v @ v_old
        a = self.inner @ row + (self.sizes[: self.done] * along_v - along_a) @ v_old - along_v @ a_old
        root = float(np.sqrt(1.0 + float(row @ v)))
        s = float(row @ a) / root**2
        self.vectors[self.done], self.others[self.done], self.sizes[self.done] = v / root, a / root, s
        along = products(self.rows, np.stack([v, a]) / root) * self.weight[:, None]
        self.done += 1
        self.spread -= along[:, 0] ** 2
        self.gain -= 2.0 * along[:, 0] * along[:, 1] - s * along[:, 0] ** 2
        # Rounding of a difference of nearly equal squares.
        np.maximum(self.spread, 0.0, out=self.spread)
        np.maximum(self.gain, 0.0, out=self.gain)

    def _settle(self) -> None:
        """Put the vectors of the picks into M and M F M."""
        v, a = self.vectors[: self.done], self.others[: self.done]
        cross = v.T @ a
        self.inverse -= v.T @ v
        self.inner += (v.T * self.sizes[: self.done]) @ v - cross - cross.T
        self.done = 0

    def backward(self, chosen: IntArray, n: int) -> IntArray:
        """Drop picks, each raising the trace the least, until n are left, in their order."""
        kept = chosen.tolist()
        self._settle()
        while len(kept) > n:
            table = self.weight[kept, None] * self.rows[kept].astype(np.float64)
            room: FloatArray = np.maximum(1.0 - quadratic(table, self.inverse), 1e-12)
            saved: FloatArray = quadratic(table, -self.inner) / room
            drop = len(kept) - 1 - first_best(saved[::-1], float(-saved.min()))
            self._remove(table[drop])
            del kept[drop]
        return np.asarray(kept, dtype=np.int64)

    def _remove(self, row: FloatArray) -> None:
        v, a = self.inverse @ row, self.inner @ row
        root = float(np.sqrt(max(1.0 - float(row @ v), 1e-12)))
        s = float(row @ a) / root**2
        v, a = v / root, a / root
        self.inverse += np.outer(v, v)
        self.inner += s * np.outer(v, v) + np.outer(v, a) + np.outer(a, v)


def _weighted_gram(rows: FloatArray, weight: FloatArray) -> FloatArray:
    total = np.zeros((rows.shape[1], rows.shape[1]))
    for part in slices(rows):
        block = rows[part].astype(np.float64) * weight[part, None]
        total += block.T @ block
    return total
