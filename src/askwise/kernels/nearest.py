"""The nearest rows of some points by an exact scan: cosine similarity, blocks of rows, k rows held a point."""

from __future__ import annotations

import numpy as np

from askwise.core.types import FloatArray, IntArray
from askwise.kernels.space import Space

_BLOCK = 1 << 20
"""Similarities held at a time: 8 MB."""

_POINTS = 512
"""Points that are looked for in one pass."""

_DIGITS = 12


def most_similar(rows: FloatArray, points: FloatArray, k: int) -> tuple[IntArray, FloatArray]:
    """Positions (p, min(k, m)) of the rows (m, d) most similar to each point (p, d), and the cosines, best first.

    A zero row has no direction: its cosine is 0. Cosines are rounded to twelve digits so that equal rows tie; ties go
    to the lowest position. Cost O(m p d).

    >>> most_similar(np.array([[1.0, 0.0], [0.0, 2.0], [3.0, 0.0]]), np.array([[5.0, 0.0]]), 2)
    (array([[0, 2]]), array([[1., 1.]]))
    """
    k = min(k, len(rows))
    found = np.zeros((len(points), k), dtype=np.int64)
    cosines = np.zeros((len(points), k))
    space, others = Space.of(rows, "cosine"), Space.of(points, "cosine")
    for start in range(0, len(points), _POINTS):
        part = slice(start, start + _POINTS)
        found[part], cosines[part] = _scan(space, others.take(part).values(), k)
    return found, cosines


def _scan(space: Space, points: FloatArray, k: int) -> tuple[IntArray, FloatArray]:
    found = np.zeros((len(points), 0), dtype=np.int64)
    best: FloatArray = np.zeros((len(points), 0))
    step = max(k, _BLOCK // max(len(points), space.rows.shape[1]))
    for start in range(0, len(space), step):
        block = np.round(points @ space.take(slice(start, start + step)).values().T, _DIGITS)
        here = np.broadcast_to(np.arange(start, start + block.shape[1]), block.shape)
        found, best = _best(np.concatenate([found, here], axis=1), np.concatenate([best, block], axis=1), k)
    return found, best


def _best(rows: IntArray, values: FloatArray, k: int) -> tuple[IntArray, FloatArray]:
    """The k largest values of each line, best first; of equal ones the first."""
    if values.shape[1] > 4 * k:
        # What is below the k-th value everywhere need not be sorted.
        least = np.partition(values, values.shape[1] - k, axis=1)[:, values.shape[1] - k]
        kept = (values >= least[:, None]).any(axis=0)
        rows, values = rows[:, kept], values[:, kept]
    order = np.argsort(-values, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(rows, order, axis=1), np.take_along_axis(values, order, axis=1)
