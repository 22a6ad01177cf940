"""Going round clusters: one row of each in turn."""

from __future__ import annotations

import numpy as np

from askwise.core.types import IntArray, KeyArray


def round_robin(labels: IntArray, bits: KeyArray, large_first: bool = False) -> IntArray:
    """All positions (m,): the first of each cluster by noise, small clusters first, then the second of each, and so on.

    Clusters of one size go in order of their number; those used up are passed over.

    >>> round_robin(np.array([0, 0, 1]), np.array([5, 2, 9], dtype=np.uint64))
    array([2, 1, 0])
    """
    sizes = np.bincount(labels)
    order = np.lexsort((bits, labels))
    starts = np.cumsum(sizes) - sizes
    turn = np.empty(len(labels), dtype=np.int64)
    turn[order] = np.arange(len(labels)) - starts[labels[order]]
    return np.lexsort((labels, -sizes[labels] if large_first else sizes[labels], turn))
