"""Sieves of scores: which rows of a block may be among the best, checked and compared in one pass.

A sieve is a fast way to the same batch. It returns the rows whose score may be among the n best and at least the floor,
with a rough score for each, so that the score itself is computed for few; it may let a row through that falls short,
never the other way round. It returns None when a row looks like no distribution: then the block goes the plain way,
whose check names the row. Rounding of the float32 arithmetic is slack, so a sieve never decides between two close rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from askwise.core.arrays import host, namespace, sum_slack
from askwise.core.registry import Sifted
from askwise.core.types import Array, FloatArray
from askwise.kernels.backend import backend, near
from askwise.kernels.information import entropies_of_draws
from askwise.kernels.rows import are_distributions, native, top2
from askwise.kernels.rows import entropy as row_entropy
from askwise.kernels.sift_loops import (
    CLOSE,
    FEW,
    ROUGH,
    TILE,
    sift_bald,
    sift_bald_of_few,
    sift_entropy,
    sift_few,
    sift_top2,
)

_COPIED = 1 << 18
"""Values of float16 that are converted at a time, within the cache."""

_EXACT = 2.0**-20
"""Rounding of differences and ratios of probabilities in float32."""


def least_confidence(probs: Array, floor: float | FloatArray, n: int) -> Sifted | None:
    """Rows (m, c) of which one less the largest probability may be among the n best and reach the floor."""
    return _sift(probs, floor, n, _EXACT, lambda p: 1 - top2(p)[0], *_top2_loop(probs, 1))


def margin(probs: Array, floor: float | FloatArray, n: int) -> Sifted | None:
    """Rows (m, c) of which minus the gap of the two largest probabilities may be among the n best and reach the floor.

    >>> margin(np.array([[0.75, 0.25], [0.5, 0.5]]), -0.25, 2).rows
    array([1])
    """
    return _sift(probs, floor, n, _EXACT, lambda p: _gap(*top2(p)), *_top2_loop(probs, 0))


def ratio(probs: Array, floor: float | FloatArray, n: int) -> Sifted | None:
    """Rows (m, c) of which the second largest probability over the largest may be among the n best and reach the
    floor."""
    return _sift(probs, floor, n, _EXACT, lambda p: _quotient(*top2(p)), *_top2_loop(probs, 2))


def entropy(probs: Array, floor: float | FloatArray, n: int) -> Sifted | None:
    """Rows (m, c) whose entropy may be among the n best and reach the floor."""
    return _sift(probs, floor, n, ROUGH + _rounding(int(probs.shape[1])), row_entropy, sift_entropy)


def bald(samples: Array, floor: float | FloatArray, n: int) -> Sifted | None:
    """Rows (m, k, c) whose mutual information of label and draw may be among the n best and reach the floor."""
    _, k, c = (int(size) for size in samples.shape)
    loop = (sift_bald_of_few, (0,) * c) if c <= FEW else (sift_bald,)
    return _sift(samples, floor, n, 2.0 * (CLOSE + _rounding(k * c)), _information, *loop)


def _top2_loop(probs: Array, kind: int) -> tuple[Any, ...]:
    """The loop for this number of classes, with tuples that tell the compiler small numbers."""
    c = int(probs.shape[1])
    return (sift_few, (0,) * c, (0,) * kind) if c <= FEW else (sift_top2, kind)


def _gap(first: Array, second: Array) -> Array:
    return second - first


def _quotient(first: Array, second: Array) -> Array:
    return second / first


def _information(samples: Array) -> Array:
    joint, each = entropies_of_draws(samples)
    return joint - each


def _rounding(terms: int) -> float:
    """Error of a float32 sum of terms -p log p in any order: each a few roundings, partial sums at most log(terms)."""
    return float((terms + 16) * 2.0**-23 * (np.log(terms) + 1.0))


def _sift(
    array: Array,
    floor: float | FloatArray,
    n: int,
    rounding: float,
    score: Callable[[Array], Array],
    loop: Any,
    *kind: Any,
) -> Sifted | None:
    array = near(array)
    if not isinstance(array, np.ndarray) or backend() != "numba":
        return _where_it_lies(array, floor, rounding, score)
    floors: Any = np.nextafter(np.atleast_1d(floor - rounding).astype(np.float32), np.float32(-np.inf))
    # Stricter than the check by more than its rounding: what the sieve lets pass, the check would let pass.
    rule = (np.float32(0.9 * sum_slack(array)), 2.0 * rounding, n)
    book = np.empty(len(array) + TILE, dtype=np.int64), np.empty(len(array) + TILE, dtype=np.float32)
    count = 0
    for start, block in _native_blocks(array):
        count = int(loop(block, *kind, floors, rule, start, book, count))
        if count < 0:
            return None
    return Sifted(book[0][:count].copy(), book[1][:count].astype(np.float64), rounding)


def _native_blocks(array: FloatArray) -> Iterator[tuple[int, FloatArray]]:
    """The array as the loops read it: whole, or in float32 copies of few rows where it is float16."""
    step = max(1, _COPIED // max(1, array[:1].size)) if array.dtype == np.float16 else max(1, len(array))
    return ((start, native(array[start : start + step])) for start in range(0, len(array), step))


def _where_it_lies(
    array: Array, floor: float | FloatArray, rounding: float, score: Callable[[Array], FloatArray]
) -> Sifted | None:
    """The same by the score itself: on a device only the rows kept leave it."""
    if not are_distributions(array, sum_slack(array)):
        return None
    xp = namespace(array)
    values = score(array)
    low = floor - rounding
    least = low if isinstance(low, float) else xp.asarray(low, device=array.device)
    kept = xp.nonzero(values >= least)[0]
    return Sifted(host(kept).astype(np.int64, copy=False), host(values[kept], np.float64), rounding)
