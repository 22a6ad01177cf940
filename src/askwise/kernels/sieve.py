"""Sieves of scores: which rows of a block may reach a floor, checked and compared in one pass.

A sieve is a fast way to the same batch. It returns the positions of rows whose score may be at least the floor, so that
the score itself is computed for these alone; it may let a row through that falls short, never the other way round. It
returns None when a row looks like no distribution: then the block goes the plain way, whose check names the row.
Rounding of the float32 arithmetic is slack, so a sieve never decides between two close rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from askwise.core.arrays import host, namespace, sum_slack
from askwise.core.types import Array, FloatArray, IntArray
from askwise.kernels.backend import backend, near
from askwise.kernels.information import entropies_of_draws
from askwise.kernels.row_loops import FEW, sift_bald, sift_entropy, sift_few, sift_top2
from askwise.kernels.rows import are_distributions, native, top2
from askwise.kernels.rows import entropy as row_entropy

_COPIED = 1 << 18
"""Values of float16 that are converted at a time, within the cache."""

_EXACT = 2.0**-20
"""Rounding of differences and ratios of probabilities in float32."""


def least_confidence(probs: Array, floor: float) -> IntArray | None:
    """Rows (m, c) of which one less the largest probability may reach the floor."""
    return _sift(probs, floor, _EXACT, lambda p: 1 - top2(p)[0], *_top2_loop(probs), 1)


def margin(probs: Array, floor: float) -> IntArray | None:
    """Rows (m, c) of which minus the gap of the two largest probabilities may reach the floor.

    >>> margin(np.array([[0.75, 0.25], [0.5, 0.5]]), -0.25)
    array([1])
    """
    return _sift(probs, floor, _EXACT, lambda p: _gap(*top2(p)), *_top2_loop(probs), 0)


def ratio(probs: Array, floor: float) -> IntArray | None:
    """Rows (m, c) of which the second largest probability over the largest may reach the floor."""
    return _sift(probs, floor, _EXACT, lambda p: _quotient(*top2(p)), *_top2_loop(probs), 2)


def entropy(probs: Array, floor: float) -> IntArray | None:
    """Rows (m, c) whose entropy may reach the floor."""
    return _sift(probs, floor, _rounding(int(probs.shape[1])), row_entropy, sift_entropy)


def bald(samples: Array, floor: float) -> IntArray | None:
    """Rows (m, k, c) whose mutual information of label and draw may reach the floor."""
    _, k, c = (int(size) for size in samples.shape)
    return _sift(samples, floor, 2.0 * _rounding(k * c), _information, sift_bald)


def _top2_loop(probs: Array) -> tuple[Any, ...]:
    """The loop for this number of classes, with the tuple that tells the compiler a small one."""
    c = int(probs.shape[1])
    return (sift_few, (0,) * c) if c <= FEW else (sift_top2,)


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
    array: Array, floor: float, rounding: float, score: Callable[[Array], Array], loop: Any, *kind: Any
) -> IntArray | None:
    array = near(array)
    if not isinstance(array, np.ndarray) or backend() != "numba":
        return _where_it_lies(array, floor, rounding, score)
    low: Any = np.nextafter(np.float32(floor - rounding), np.float32(-np.inf))
    # Stricter than the check by more than its rounding: what the sieve lets pass, the check would let pass.
    slack = np.float32(0.9 * sum_slack(array))
    found = [np.zeros(0, dtype=np.int64)]
    for start, block in _native_blocks(array):
        kept = np.empty(len(block), dtype=np.int64)
        count = int(loop(block, *kind, low, slack, kept))
        if count < 0:
            return None
        found.append(kept[:count] + start)
    return np.concatenate(found)


def _native_blocks(array: FloatArray) -> Iterator[tuple[int, FloatArray]]:
    """The array as the loops read it: whole, or in float32 copies of few rows where it is float16."""
    step = max(1, _COPIED // max(1, array[:1].size)) if array.dtype == np.float16 else max(1, len(array))
    return ((start, native(array[start : start + step])) for start in range(0, len(array), step))


def _where_it_lies(
    array: Array, floor: float, rounding: float, score: Callable[[Array], FloatArray]
) -> IntArray | None:
    """The same by the score itself: on a device only the positions of the rows kept leave it."""
    if not are_distributions(array, sum_slack(array)):
        return None
    xp = namespace(array)
    return host(xp.nonzero(score(array) >= floor - rounding)[0]).astype(np.int64, copy=False)
