"""Streaming top-n under a total order: score, then keyed noise. Merging is associative and commutative."""

from __future__ import annotations

import numpy as np

from askwise.core.errors import BadInput
from askwise.core.noise import mix, stream_key
from askwise.core.types import FloatArray, IntArray, KeyArray

_BLOCK = 1 << 15
"""Scores that are compared with the floor at a time."""

_FEW = 256
"""Rows with rough scores that are held, once there is a floor, before any more is dropped."""

_LONG = 64
"""Rows for each one sought from which a rising floor costs less than one partition of all."""


class TopN:
    """The n best of the rows pushed so far, in O(n) memory whatever their number.

    Order: higher score first; equal scores by noise keyed by (seed, row key), which is distinct for distinct rows.
    """

    def __init__(self, n: int, seed: int = 0) -> None:
        if n < 0:
            raise BadInput(f"cannot keep the top {n} rows; ask for n >= 0")
        self.n = n
        self.seed = seed
        self._stream = stream_key(seed, "ties")
        self._floor = -np.inf
        self._parts: list[tuple[FloatArray, KeyArray, IntArray]] = []
        self._held = 0

    @property
    def floor(self) -> float:
        """What a row must score to be among the best so far; minus infinity while there is room. It only rises."""
        return self._floor

    def push(self, scores: FloatArray, keys: KeyArray, rows: IntArray) -> None:
        """Offer rows with their scores (m,), keys (m,) and positions (m,)."""
        if self.n == 0:
            return
        if self._floor > -np.inf:
            good = np.flatnonzero(scores >= self._floor)
            if good.size == 0:
                return
            scores, keys, rows = scores[good], keys[good], rows[good]
        self._parts.append((np.asarray(scores, dtype=np.float64), keys, rows))
        self._held += len(scores)
        if self._held > 2 * self.n:
            self._compact()

    def merge(self, other: TopN) -> TopN:
        """Take in what another stream kept; returns self."""
        for scores, keys, rows in other._parts:
            self.push(scores, keys, rows)
        return self

    def result(self) -> tuple[IntArray, FloatArray]:
        """Positions (<= n,) and scores of the best rows, best first."""
        scores, keys, rows = self._joined()
        order = top_order(scores, keys, self.n, self.seed)
        return rows[order], scores[order]

    def _joined(self) -> tuple[FloatArray, KeyArray, IntArray]:
        if not self._parts:
            return np.zeros(0), np.zeros(0, dtype=np.uint64), np.zeros(0, dtype=np.int64)
        if len(self._parts) == 1:
            return self._parts[0]
        scores, keys, rows = (np.concatenate(column) for column in zip(*self._parts, strict=True))
        return scores, keys, rows

    def _compact(self) -> None:
        scores, keys, rows = self._joined()
        keep = top_positions(scores, keys, self._stream, self.n)
        self._parts = [(scores[keep], keys[keep], rows[keep])]
        self._held = len(keep)
        self._floor = float(self._parts[0][0].min())


class RoughTop:
    """Of the rows pushed with rough scores those that may be among the n best, each score off by `rounding` at most."""

    def __init__(self, n: int) -> None:
        self.n, self.floor = n, -np.inf
        self._parts: list[tuple[IntArray, FloatArray, float]] = []
        self._held, self._most = 0, n + 1

    def push(self, rows: IntArray, scores: FloatArray, rounding: float) -> None:
        """Offer rows (k,) with their rough scores. `floor` rises to what the n best of all reach for certain."""
        self._parts.append((rows, scores, rounding))
        self._held += len(rows)
        if self._held >= self._most:
            self._parts = [self._pruned()]
            self._held = len(self._parts[0][0])
            self._most = max(2 * self._held, _FEW)

    def rows(self) -> IntArray:
        """Rows that may be among the n best, in the order pushed."""
        return self._pruned()[0] if self._parts else np.zeros(0, dtype=np.int64)

    def _pruned(self) -> tuple[IntArray, FloatArray, float]:
        rows, scores = (np.concatenate(column) for column in list(zip(*self._parts, strict=True))[:2])
        rounding = max(part[2] for part in self._parts)
        if len(scores) > self.n > 0:
            self.floor = float(np.partition(scores, len(scores) - self.n)[len(scores) - self.n]) - rounding
            near = scores >= self.floor - rounding
            rows, scores = rows[near], scores[near]
        return rows, scores, rounding


def top_positions(scores: FloatArray, keys: KeyArray, stream: np.uint64, n: int) -> IntArray:
    """Positions (min(n, m),) of the n best, in no particular order; O(m). Only rows tied at the edge are mixed."""
    if len(scores) <= n:
        return np.arange(len(scores))
    if n == 0:
        return np.zeros(0, dtype=np.int64)
    if len(scores) > _LONG * n + _BLOCK:
        near = _above_a_rising_floor(scores, n)
        return near[_partitioned(scores[near], keys[near], stream, n)]
    return _partitioned(scores, keys, stream, n)


def _partitioned(scores: FloatArray, keys: KeyArray, stream: np.uint64, n: int) -> IntArray:
    floor = np.partition(scores, len(scores) - n)[len(scores) - n]
    above = np.flatnonzero(scores > floor)
    tied = np.flatnonzero(scores == floor)
    need = n - len(above)
    if need < len(tied):
        bits = mix(keys[tied], stream)
        tied = tied[np.argpartition(bits, len(tied) - need)[len(tied) - need :]]
    return np.concatenate([above, tied])


def _above_a_rising_floor(scores: FloatArray, n: int) -> IntArray:
    """Positions, ascending, among which are the n best and all that tie with them: one pass in blocks.

    A row below the n-th best of the rows before it is out; only the few others are ever partitioned.
    """
    floor, held, kept = -np.inf, 0, []
    best = scores[:0]
    for start in range(0, len(scores), _BLOCK):
        block = scores[start : start + _BLOCK]
        near = np.flatnonzero(block >= floor)
        best = np.concatenate([best, block[near]])
        held += len(near)
        kept.append(near + start)
        if held > 2 * n:
            best = np.partition(best, len(best) - n)[len(best) - n :]
            floor, held = best.min(), n
    near = np.concatenate(kept)
    return near[scores[near] >= floor]


def top_order(scores: FloatArray, keys: KeyArray, n: int, seed: int = 0) -> IntArray:
    """Positions (min(n, m),) of the n best under (score, keyed noise), best first.

    >>> top_order(np.array([0.1, 0.9, 0.7]), np.arange(3, dtype=np.uint64), 2)
    array([1, 2])
    """
    stream = stream_key(seed, "ties")
    best = top_positions(scores, keys, stream, n)
    return best[np.lexsort((mix(keys[best], stream), scores[best]))[::-1]]
