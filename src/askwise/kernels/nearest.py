"""The nearest rows of some points by an exact scan: cosine similarity, blocks of rows, k rows held a point."""

from __future__ import annotations

import numpy as np

from askwise.core.arrays import rows_in
from askwise.core.types import Array, BoolArray, FloatArray, IntArray
from askwise.kernels.space import Space
from askwise.kernels.tensor_sets import most_similar_on_device
from askwise.kernels.tensors import space_of

_BLOCK = 1 << 20
"""Similarities held at a time: 8 MB."""

_POINTS = 512
"""Points that are looked for in one pass."""

_DIGITS = 12


def most_similar(rows: Array, points: Array, k: int) -> tuple[IntArray, FloatArray]:
    """Positions (p, min(k, m)) of the rows (m, d) most similar to each point (p, d), and the cosines, best first.

    A zero row has no direction: its cosine is 0. Cosines are rounded to twelve digits so that equal rows tie; ties go
    to the lowest position. Cost O(m p d).

    >>> most_similar(np.array([[1.0, 0.0], [0.0, 2.0], [3.0, 0.0]]), np.array([[5.0, 0.0]]), 2)
    (array([[0, 2]]), array([[1., 1.]]))
    """
    k = min(k, rows_in(rows))
    space = space_of(rows, "cosine")
    others = space_of(points, "cosine", space) if space.on_device else Space.of(points, "cosine")
    found = np.zeros((rows_in(points), k), dtype=np.int64)
    cosines = np.zeros((rows_in(points), k))
    for start in range(0, len(others), _POINTS):
        part = slice(start, start + _POINTS)
        some = others.take(part)
        if space.on_device:
            found[part], cosines[part] = most_similar_on_device(space, some, k, _DIGITS)
        else:
            found[part], cosines[part] = _scan(space, some.values(), k)
    return found, cosines


def _scan(space: Space, points: FloatArray, k: int) -> tuple[IntArray, FloatArray]:
    found = np.zeros((len(points), 0), dtype=np.int64)
    best: FloatArray = np.zeros((len(points), 0))
    step = max(k, _BLOCK // max(len(points), space.rows.shape[1]))
    for start in range(0, len(space), step):
        block: FloatArray = np.round(points @ space.take(slice(start, start + step)).values().T, _DIGITS)
        at = np.broadcast_to(np.arange(start, start + block.shape[1]), block.shape)
        if start:
            # A later row that only ties with the k-th so far has lost to it.
            at, block = _packed(at, block, block > best.min(axis=1, keepdims=True))
        found, best = _largest(np.concatenate([found, at], axis=1), np.concatenate([best, block], axis=1), k)
    order = np.argsort(-best, axis=1, kind="stable")
    return np.take_along_axis(found, order, axis=1), np.take_along_axis(best, order, axis=1)


def _packed(rows: IntArray, values: FloatArray, kept: BoolArray) -> tuple[IntArray, FloatArray]:
    """The kept entries of each line moved to its front, in order; the rest of the narrower lines is -inf."""
    counts = kept.sum(axis=1)
    line, column = np.nonzero(kept)
    place = np.arange(len(line)) - np.repeat(np.cumsum(counts) - counts, counts)
    shape = (len(values), int(counts.max()))
    positions, packed = np.zeros(shape, dtype=np.int64), np.full(shape, -np.inf)
    positions[line, place], packed[line, place] = rows[line, column], values[line, column]
    return positions, packed


def _largest(rows: IntArray, values: FloatArray, k: int) -> tuple[IntArray, FloatArray]:
    """The k largest values of each line in the order they stand; of those equal to the k-th, the first."""
    if values.shape[1] <= k:
        return rows, values
    least = np.partition(values, values.shape[1] - k, axis=1)[:, values.shape[1] - k, None]
    above, equal = values > least, values == least
    above |= equal & (np.cumsum(equal, axis=1) <= k - above.sum(axis=1, keepdims=True))
    shape = (len(values), k)
    return rows[above].reshape(shape), values[above].reshape(shape)
