"""The control arm: a share of queries drawn at random, which doubles as an unbiased sample of the pool.

One random order of the whole pool is fixed by the seed. Control queries follow it; a row of it that is already labelled
is passed over and joins the sample for nothing. So the control sample is always a prefix of a random order.
"""

from __future__ import annotations

import math

import numpy as np

from askwise.core.noise import Noise
from askwise.core.types import IntArray, KeyArray


def order(seed: int, keys: KeyArray) -> IntArray:
    """The random order (n,) of the pool's rows; a row keeps its place relative to others when the pool grows."""
    return np.argsort(Noise(seed, keys).bits("control"), kind="stable")


def how_many(share: float, asked: int, controls: int, n: int) -> int:
    """Control queries in the next batch of n, so that their number stays next to share * queries.

    >>> [how_many(0.1, asked, controls, 20) for asked, controls in ((0, 0), (20, 2))]
    [2, 2]
    """
    return max(0, min(n, math.floor(share * (asked + n) + 0.5) - controls))


def draw(seed: int, keys: KeyArray, candidates: IntArray, n: int) -> IntArray:
    """The first n candidates in the random order."""
    return candidates[np.argsort(Noise(seed, keys[candidates]).bits("control"), kind="stable")[:n]]


def sample(seed: int, keys: KeyArray, labelled: set[int], control_rows: set[int]) -> IntArray:
    """Rows (k,) of the control sample: the labelled prefix of the random order up to the last control query."""
    rows = order(seed, keys)
    inside = np.flatnonzero(np.isin(rows, np.fromiter(control_rows, dtype=np.int64, count=len(control_rows))))
    if len(inside) == 0:
        return np.zeros(0, dtype=np.int64)
    prefix = rows[: inside[-1] + 1]
    return prefix[np.isin(prefix, np.fromiter(labelled, dtype=np.int64, count=len(labelled)))]
