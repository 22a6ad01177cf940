"""One pass over rows, in memory or in blocks, that gives each its nearest centre and each centre its nearest rows.

A float32 product about a middle filters; rows that may be near a centre are decided by direct differences in float32.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from askwise.core.types import FloatArray, IntArray

_BLOCK = 1 << 22
"""Products held at a time: 16 MB."""

_MOST_ROWS = 1 << 14

_DEPTH = 8
"""Rows that a centre keeps: as many others would have to take its nearest rows before the next pass is needed."""

_ROUNDING = 2.0**-24


@dataclass
class NearRows:
    """The rows nearest to each of k centres: positions and squared distances (k, depth), nearest first, -1 for none."""

    at: IntArray
    squared: FloatArray

    @classmethod
    def none(cls, k: int, depth: int) -> NearRows:
        """No rows yet."""
        return cls(np.full((k, depth), -1, dtype=np.int64), np.full((k, depth), np.inf, dtype=np.float32))

    def add(self, rows: FloatArray, first: int, centres: FloatArray, rough: FloatArray, slack: FloatArray) -> None:
        """Admit rows (b, d) at positions from `first` on; rough distances (b, k) err by the slack (b, 1) at most."""
        depth = self.at.shape[1]
        limit = self.squared[:, -1].astype(np.float64)
        if len(rows) > depth and np.isinf(limit).any():
            limit = np.minimum(limit, np.partition(rough + slack, depth - 1, axis=0)[depth - 1])
        near, which = np.nonzero(rough - slack <= limit)
        if len(near) == 0:
            return
        squared = _squares(rows, near, centres, which)
        own = np.unique(which)
        centre = np.concatenate([np.repeat(own, depth), which])
        at = np.concatenate([self.at[own].ravel(), near + first])
        squared = np.concatenate([self.squared[own].ravel(), squared])
        # Of rows at one distance the lowest comes first; an empty place lies infinitely far.
        order = np.lexsort((at, squared, centre))
        rank = np.arange(len(order)) - np.searchsorted(centre[order], centre[order])
        kept = order[rank < depth]
        self.at[own], self.squared[own] = at[kept].reshape(-1, depth), squared[kept].reshape(-1, depth)


def _squares(rows: FloatArray, near: IntArray, centres: FloatArray, which: IntArray) -> FloatArray:
    """Squared distances (p,) in float32 of pairs of rows and centres, some pairs at a time."""
    out = np.empty(len(near), dtype=np.float32)
    step = max(1, _BLOCK // rows.shape[1])
    for start in range(0, len(near), step):
        part = slice(start, start + step)
        gap = rows[near[part]] - centres[which[part]]
        out[part] = np.einsum("ij,ij->i", gap, gap)
    return out


def assign(rows: Any, centres: FloatArray, depth: int = 0) -> tuple[IntArray, NearRows]:
    """Nearest centre of each row (m, d), and the `depth` rows nearest to each of the centres (k, d): one pass.

    The rows are an array or `Stored`, read as float32 in blocks of up to 16,384; 8 bytes a row are held.
    """
    labels, nearest = np.empty(len(rows), dtype=np.int64), NearRows.none(len(centres), depth)
    middle: FloatArray = centres.mean(axis=0, dtype=np.float64).astype(np.float32)
    points = centres - middle
    lengths = np.einsum("ij,ij->i", points, points)
    step = max(1, min(_MOST_ROWS, _BLOCK // max(len(centres), rows.shape[1])))
    for start in range(0, len(rows), step):
        block: FloatArray = np.asarray(rows[start : start + step], dtype=np.float32)
        about = block - middle
        rough = about @ (-2.0 * points.T) + lengths
        labels[start : start + len(block)] = rough.argmin(axis=1)
        if depth:
            own = np.einsum("ij,ij->i", about, about)[:, None]
            rough += own
            # The product, the two lengths, the middle taken away, and the direct difference in float32.
            slack = 8.0 * (rows.shape[1] + 8) * _ROUNDING * (own + lengths.max())
            nearest.add(block, start, centres, rough, slack)
    return labels, nearest


def nearest_in_turn(rows: Any, centres: FloatArray, order: IntArray, known: NearRows | None = None) -> IntArray:
    """For each centre in this order the nearest row that none before it took: distinct positions (len(order),).

    Needs at least as many rows. `known` spares the first pass; one more pass is made, with lists twice as long, each
    time that a list runs out.
    """
    if known is None:
        known = assign(rows, centres, min(_DEPTH, len(rows)))[1]
    chosen: list[int] = []
    taken: set[int] = set()
    for c in order.tolist():
        while (row := next((at for at in known.at[c].tolist() if at >= 0 and at not in taken), -1)) < 0:
            known = assign(rows, centres, min(2 * known.at.shape[1], len(rows)))[1]
        chosen.append(row)
        taken.add(row)
    return np.asarray(chosen, dtype=np.int64)
