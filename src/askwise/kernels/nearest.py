"""The nearest rows of some points by an exact scan: cosine similarity, blocks of rows, k rows held a point.

A float32 product filters, with its rounding as slack; float64 products decide among what is left.
"""

from __future__ import annotations

import numpy as np

from askwise.core.arrays import rows_in
from askwise.core.types import Array, FloatArray, IntArray
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
    """A float32 product filters, float64 products decide."""
    d = points.shape[1]
    short, slack = points.astype(np.float32), 4.0 * (d + 8) * 2.0**-24
    found = np.zeros((len(points), 0), dtype=np.int64)
    best: FloatArray = np.zeros((len(points), 0))
    floor = np.full(len(points), -np.inf)
    step = max(k, _BLOCK // max(len(points), d))
    for start in range(0, len(space), step):
        part = space.take(slice(start, start + step))
        rough = short @ units(part).T
        if start == 0 and rough.shape[1] > k:
            floor = np.partition(rough, rough.shape[1] - k, axis=1)[:, rough.shape[1] - k].astype(np.float64) - slack
        line, column = np.nonzero(rough >= (floor - slack).astype(np.float32)[:, None])
        at, values = _packed(line, column + start, products(points, part, line, column), len(points))
        found, best = _largest(np.concatenate([found, at], axis=1), np.concatenate([best, values], axis=1), k)
        if best.shape[1] == k:
            floor = best.min(axis=1)
    order = np.argsort(-best, axis=1, kind="stable")
    return np.take_along_axis(found, order, axis=1), np.take_along_axis(best, order, axis=1)


def units(space: Space) -> FloatArray:
    """The rows in float32, of length one."""
    # A row of float32 so short that the reciprocal of its length is not one goes by way of float64, as those do.
    short = space.rows.dtype == np.float32 and space.scale.max(initial=0.0) < 1e30
    units: FloatArray = space.rows * (space.scale.astype(np.float32) if short else space.scale)[:, None]
    return units.astype(np.float32, copy=False)


def products(points: FloatArray, space: Space, line: IntArray, column: IntArray) -> FloatArray:
    """Cosine in float64 of each point of `line` and row of `column`, rounded so that equal rows tie."""
    out = np.empty(len(line))
    step = max(1, _BLOCK // points.shape[1])
    for start in range(0, len(line), step):
        part = slice(start, start + step)
        out[part] = np.einsum("ij,ij->i", points[line[part]], space.take(column[part]).values())
    return np.round(out, _DIGITS)


def _packed(line: IntArray, rows: IntArray, values: FloatArray, lines: int) -> tuple[IntArray, FloatArray]:
    """Entries, sorted by line, moved to the front of their lines (lines, most); what is left of a line is -inf."""
    counts = np.bincount(line, minlength=lines)
    place = np.arange(len(line)) - np.repeat(np.cumsum(counts) - counts, counts)
    shape = (lines, int(counts.max(initial=0)))
    positions, packed = np.zeros(shape, dtype=np.int64), np.full(shape, -np.inf)
    positions[line, place], packed[line, place] = rows, values
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
