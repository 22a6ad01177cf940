"""Greedy minimisation of the trace of an inverse Fisher matrix times the pool's (V-optimal design), factored.

With M = (l I + sum_S x x^T)^-1 and F the mean of x x^T over the pool, adding x lowers tr(M F) by
x^T M F M x / (1 + x^T M x). A pick j gives v = M x_j / sqrt(1 + q_j) and a = M F M x_j / sqrt(1 + q_j), and the two
quadratic forms of every row become q_i - <x_i, v>^2 and g_i - 2 <x_i, v> <x_i, a> + s <x_i, v>^2, s = v^T F v.

A coarse pass over the rows keeps both forms within certified errors; rows that may be the best are brought up to date
in float64, from the forms at the last exact pass and the vectors since. The gain is not submodular, so that old values
bound nothing and every row must be met at every pick.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from askwise.core.types import BoolArray, FloatArray, IntArray
from askwise.kernels.backend import backend
from askwise.kernels.coarse import Coarse
from askwise.kernels.compiled_coarse import lower_forms
from askwise.kernels.linear import TIE, first_best, gram, quadratic, rough_quadratic, slices
from askwise.kernels.space import is_stored, squared_lengths

Pair = tuple[FloatArray, FloatArray]

_PATIENCE = 0.25
"""Share of an exact pass that rows brought up to date one by one may cost before the pass is made."""

_DRIFT = 64
"""Removals after which the forms of the rows that are left are computed anew."""


class Design:
    """The state of a greedy design: M (d, d), M F M (d, d) as they began, and the vectors of the picks since."""

    def __init__(self, rows: Any, weight: FloatArray, ridge: float, taken: FloatArray | None, uses: int = 0) -> None:
        """Rows (m, d) with square roots of their Fisher weights (m,); taken rows (t, d) have theirs multiplied in."""
        self.rows, self.weight = rows, weight
        known = np.zeros((rows.shape[1], rows.shape[1])) if taken is None else gram(taken)
        pool = _weighted_gram(rows, weight)
        count = len(rows) + (0 if taken is None else len(taken))
        self.fresh = None if taken is not None else 1.0 / ridge
        self.inverse = np.linalg.inv(known + ridge * np.eye(len(known)))
        self.inner = self.inverse @ ((pool + known) / count) @ self.inverse
        self.done = 0
        self.evaluations = 0

    def row(self, i: int) -> FloatArray:
        """Row i in float64 with its weight."""
        scaled: FloatArray = self.weight[i] * self.rows[i].astype(np.float64)
        return scaled

    def forward(self, n: int) -> IntArray:
        """n picks, each lowering the trace the most; of equal ones the lowest position."""
        self.vectors, self.others = np.zeros((n, self.rows.shape[1])), np.zeros((n, self.rows.shape[1]))
        self.sizes = np.zeros(n)
        forms = _Forms(self, n)
        chosen: list[int] = []
        for _ in range(n):
            best = forms.best()
            chosen.append(best)
            self._add(self.row(best))
            forms.meet_newest()
        self.evaluations = forms.evaluations
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
        self.done += 1

    def _settle(self) -> None:
        """Put the vectors of the picks into M and M F M."""
        v, a = self.vectors[: self.done], self.others[: self.done]
        cross = v.T @ a
        self.inverse -= v.T @ v
        self.inner += (v.T * self.sizes[: self.done]) @ v - cross - cross.T
        self.done = 0

    def backward(self, chosen: IntArray, n: int) -> IntArray:
        """Drop picks, each raising the trace the least, until n are left, in their order."""
        self._settle()
        kept = np.asarray(chosen, dtype=np.int64)
        table = self.weight[kept, None] * self.rows[kept].astype(np.float64)
        removed = 0
        spread, gain = quadratic(table, self.inverse), quadratic(table, self.inner)
        while len(kept) > n:
            saved: FloatArray = -gain / np.maximum(1.0 - spread, 1e-12)
            drop = len(kept) - 1 - first_best(saved[::-1], float(-saved.min()))
            v, a, s = self._remove(table[drop])
            kept, table = np.delete(kept, drop), np.delete(table, drop, axis=0)
            spread, gain = np.delete(spread, drop), np.delete(gain, drop)
            along_v, along_a = table @ v, table @ a
            spread += along_v**2
            gain += s * along_v**2 + 2.0 * along_v * along_a
            removed += 1
            if removed % _DRIFT == 0:
                spread, gain = quadratic(table, self.inverse), quadratic(table, self.inner)
        return kept

    def _remove(self, row: FloatArray) -> tuple[FloatArray, FloatArray, float]:
        v, a = self.inverse @ row, self.inner @ row
        root = float(np.sqrt(max(1.0 - float(row @ v), 1e-12)))
        s = float(row @ a) / root**2
        v, a = v / root, a / root
        self.inverse += np.outer(v, v)
        self.inner += s * np.outer(v, v) + np.outer(v, a) + np.outer(a, v)
        return v, a, s


class _Forms:
    """q = w^2 x M x and h = g - level q, g = w^2 x M F M x, of every row (m,): exact at the last pass, roughly now.

    The level is the best fall of the trace at the last pass. A row falls by at least f when g >= f (1 + q), which is
    h + (level - f) q >= f: as f stays near the level, the error of q hardly counts, and that of h is far below that of
    g, for where q is large g and q rise and fall together.
    """

    def __init__(self, design: Design, n: int) -> None:
        self.design = design
        rows, weight = design.rows, design.weight
        # With nothing taken M is a multiple of the identity, and half of the products are spared.
        alone = design.fresh
        self.exact_q = quadratic(rows, design.inverse) if alone is None else alone * squared_lengths(rows)
        self.exact_q *= weight**2
        self.free = np.ones(len(rows), dtype=bool)
        self.start = self.evaluations = self.cost = 0
        if isinstance(rows, np.ndarray) and rows.dtype == np.float32:
            # Few rows are ever in question, so that most need no product in float64.
            self.known_g, self.off_g = (weight**2 * values for values in rough_quadratic(rows, design.inner))
        else:
            self.known_g, self.off_g = weight**2 * quadratic(rows, design.inner), np.zeros(len(rows))
        self.scale = float(self.known_g.max())
        if not is_stored(rows):
            self.coarse = Coarse.of(rows, 2 * n, np.int16)
        self._begin()

    def _begin(self) -> None:
        """The forms now are those of the last pass: exact, but for g where it never had to be."""
        self.q = self.exact_q.copy()
        self.level = float((self.known_g / (1.0 + self.q))[self.free].max(initial=0.0))
        self.h = self.known_g - self.level * self.q
        self.off_q, self.off_h = np.zeros_like(self.q), self.off_g.copy()

    def best(self) -> int:
        """Lowest position of the free row that lowers the trace the most; it is taken."""
        rough = np.where(self.free, (self.h + self.level * self.q) / (1.0 + self.q), -np.inf)
        least = float(self._exact(np.array([np.argmax(rough)]))[0]) - TIE * self.scale
        near = np.flatnonzero(self.free & self._may_fall_by(least, slice(None)))
        self.cost += len(near) * (self.design.done - self.start)
        self._refresh(near)
        near = near[self._may_fall_by(least, near)]
        best = int(near[first_best(self._exact(near), self.scale)])
        self.free[best] = False
        if self.cost > _PATIENCE * len(self.q) * (self.design.done - self.start):
            self._pass()
        return best

    def _may_fall_by(self, least: float, rows: IntArray | slice) -> BoolArray:
        """Which rows may lower the trace by so much, for all that is known of them."""
        slope = self.level - least
        most = self.h[rows] + self.off_h[rows] + slope * self.q[rows] + abs(slope) * self.off_q[rows]
        return np.asarray(most >= least)

    def meet_newest(self) -> None:
        """Bring all rows up to date with the newest pick, roughly; exactly by a pass over `Stored` rows."""
        if is_stored(self.design.rows):
            self._pass()
            return
        design, last = self.design, self.design.done - 1
        vector = design.vectors[last]
        tilted = 2.0 * design.others[last] - (design.sizes[last] + self.level) * vector
        products, middle, lengths = self.coarse.table_products(np.stack([vector, tilted]))
        copy = (self.coarse.step, self.coarse.error)
        forms, off = (self.q, self.h), (self.off_q, self.off_h)
        (lower_forms if backend() == "numba" else _lower_forms)(
            products, copy, (middle, lengths), design.weight, forms, off
        )

    def _exact(self, rows: IntArray) -> FloatArray:
        """The fall of the trace by some rows; what is known of them is exact from then on."""
        self._make_exact(rows)
        q, g = self._refresh(rows)
        fall: FloatArray = g / (1.0 + q)
        return fall

    def _refresh(self, rows: IntArray) -> tuple[FloatArray, FloatArray]:
        """Bring some rows up to date in float64; what is left of their errors is that of g at the beginning."""
        q, g = self._forms(slice(self.start, self.design.done), rows)
        self.q[rows], self.h[rows] = q, g - self.level * q
        self.off_q[rows], self.off_h[rows] = 0.0, self.off_g[rows]
        self.evaluations += len(rows)
        return q, g

    def _forms(self, since: slice, rows: IntArray | slice) -> tuple[FloatArray, FloatArray]:
        """Forms of some rows: those of the last pass, brought up to date with the vectors since."""
        design = self.design
        table = design.rows[rows].astype(np.float64)
        w = design.weight[rows]
        v, a = table @ design.vectors[since].T * w[:, None], table @ design.others[since].T * w[:, None]
        q = self.exact_q[rows] - np.einsum("ij,ij->i", v, v)
        g = self.known_g[rows] - 2.0 * np.einsum("ij,ij->i", v, a) + (v * v) @ design.sizes[since]
        # Rounding of a difference of nearly equal squares.
        return np.maximum(q, 0.0), np.maximum(g, 0.0)

    def _make_exact(self, rows: IntArray) -> None:
        """Compute g at the last pass in float64 for those of the rows of which only an estimate is known."""
        rows = rows[self.off_g[rows] > 0]
        if len(rows):
            self.known_g[rows] = self.design.weight[rows] ** 2 * quadratic(self.design.rows[rows], self.design.inner)
            self.known_g[rows] = self._forms(slice(0, self.start), rows)[1]
            self.off_g[rows] = 0.0

    def _pass(self) -> None:
        """One pass over all rows with the vectors since the last."""
        since = slice(self.start, self.design.done)
        for part in slices(self.design.rows):
            self.exact_q[part], self.known_g[part] = self._forms(since, part)
        self.start, self.cost = self.design.done, 0
        self._begin()


def _lower_forms(products: FloatArray, copy: Pair, pair: Pair, weight: FloatArray, forms: Pair, off: Pair) -> None:
    """As the compiled `lower_forms`."""
    v, t = ((products * copy[0][:, None] + pair[0]) * pair[1] * weight[:, None]).T
    off_v, off_t = (copy[1] * weight * length for length in pair[1])
    forms[0][:] -= v * v
    forms[1][:] -= v * t
    off[0][:] += (2.0 * np.abs(v) + off_v) * off_v
    off[1][:] += np.abs(v) * off_t + np.abs(t) * off_v + off_v * off_t


def _weighted_gram(rows: Any, weight: FloatArray) -> FloatArray:
    total = np.zeros((rows.shape[1], rows.shape[1]))
    for part in slices(rows):
        block = rows[part].astype(np.float64) * weight[part, None]
        total += block.T @ block
    return total
