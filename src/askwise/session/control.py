"""The control arm: a share of queries drawn at random, which doubles as an unbiased sample of the pool.

One random order of the whole pool is fixed by the seed. Control queries follow it; a row of it that is already labelled
is passed over and joins the sample for nothing. So the control sample is always a prefix of a random order, and the
prefix of a random order is a uniform sample.
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


def sample(seed: int, keys: KeyArray, labelled: IntArray, passed: IntArray, drawn: IntArray) -> IntArray:
    """Rows (k,) of the control sample, in the random order: the longest prefix of it in which every row is labelled.

    `passed` rows (skipped, abstained) neither count nor end the prefix; without a labelled row among the `drawn` ones
    there is no sample. The prefix ends before the next row to be drawn, not with the last one drawn: a prefix that
    always ends in a row which the strategy did not choose would hold too few that it chose (Haldane 1945, On a Method
    of Estimating Frequencies, Biometrika: with inverse sampling, the last draw must not count).
    """
    rows = order(seed, keys)
    closed = np.isin(rows, np.concatenate([labelled, passed]))
    prefix = rows if closed.all() else rows[: int(closed.argmin())]
    prefix = prefix[np.isin(prefix, labelled)]
    return prefix if np.isin(drawn, prefix).any() else prefix[:0]
