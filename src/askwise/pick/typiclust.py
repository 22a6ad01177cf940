"""TypiClust: typical rows of clusters that hold no label yet."""

from __future__ import annotations

import heapq

import numpy as np

from askwise.core.arrays import float32
from askwise.core.errors import BadInput, did_you_mean
from askwise.core.evidence import Taken
from askwise.core.noise import Noise
from askwise.core.registry import pick
from askwise.core.types import Array, FloatArray, IntArray
from askwise.kernels.balls import squared_blocks
from askwise.kernels.cluster import k_means

DIRECTIONS = {"typical": 1.0, "atypical": -1.0}
"""Which end of the ranking of mean distances to the neighbours comes first."""

_DIGITS = 6
"""Decimals of a mean distance, as a share of the largest in its cluster, that count."""


@pick(
    cite="Hacohen, Dekel and Weinshall 2022, Active Learning on a Budget: Opposite Strategies, ICML, algorithm 1;"
    " Chen et al. 2023, Making Your First Choice: To Address Cold Start Problem in Vision Active Learning (CSVAL)",
)
def typiclust(
    embeddings: Array,
    *,
    n: int,
    rng: Noise,
    taken: Taken,
    neighbours: int = 20,
    min_size: int = 6,
    max_clusters: int = 500,
    direction: str = "typical",
) -> IntArray:
    """The most typical row of each cluster, clusters without labels and large ones first: (m, d) -> (n,) positions.

    Clusters labelled, pending and candidate rows together into min(taken + n, max_clusters) clusters by k-means; visits
    clusters with the fewest taken rows first, larger ones first among equals, again and again until n rows are found;
    takes the row with the least mean distance to its min(neighbours, size // 2) nearest neighbours in the cluster.
    `direction` "atypical" takes the row with the largest mean distance in place of the least: the hard first, as CSVAL
    does with the confidence of contrastive training. Clusters smaller than `min_size` are visited only when the others
    are used up (the paper's code drops them, and then returns fewer rows). Normalise embeddings first, as the paper
    does. Cost: k-means and O(s^2 d) per cluster. Shines with fewer than ten labels a class. Fails at high budgets,
    where it falls below random.

    Raises BadInput for another direction.

    >>> import numpy as np
    >>> rows = np.array([[0.0], [2.0], [3.0], [50.0], [51.0], [53.0], [55.0]])
    >>> typiclust(rows, n=2, rng=0, min_size=1)
    array([4, 1])
    """
    if direction not in DIRECTIONS:
        raise BadInput(f"typiclust: direction={direction!r} is unknown.{did_you_mean(direction, DIRECTIONS)}")
    rows = float32(embeddings)
    m = len(rows)
    held = taken.get("embeddings")
    everything = rows if held is None else np.concatenate([rows, float32(held)])
    k = min(len(everything) - m + n, max_clusters, len(everything))
    _, labels = k_means(everything, k, rng.generator("typiclust"))
    counts, sizes = np.bincount(labels[m:], minlength=k), np.bincount(labels, minlength=k)
    members = np.split(np.argsort(labels, kind="stable"), np.cumsum(sizes)[:-1])
    turns = [(bool(sizes[c] < min_size), int(counts[c]), -int(sizes[c]), c) for c in np.unique(labels[:m])]
    heapq.heapify(turns)
    queues: dict[int, list[int]] = {}
    chosen: list[int] = []
    while len(chosen) < n:
        small, count, size, c = heapq.heappop(turns)
        if c not in queues:
            queues[c] = _by_typicality(everything, members[c], m, neighbours, DIRECTIONS[direction])
        chosen.append(queues[c].pop())
        if queues[c]:
            heapq.heappush(turns, (small, count + 1, size, c))
    return np.asarray(chosen, dtype=np.int64)


def _by_typicality(everything: FloatArray, members: IntArray, m: int, neighbours: int, sign: float) -> list[int]:
    """Candidate positions of a cluster, the one to take first last, and of equal ones the lowest last."""
    order = np.argsort(sign * _mean_distance(everything[members], neighbours), kind="stable")[::-1]
    return [int(row) for row in members[order] if row < m]


def _mean_distance(rows: FloatArray, neighbours: int) -> FloatArray:
    """Mean distance (s,) of each row of a cluster to its nearest neighbours in it."""
    k = min(neighbours, len(rows) // 2)
    if k < 1:
        return np.zeros(len(rows))
    means = np.empty(len(rows))
    for part, block in squared_blocks(rows, rows):
        # The row itself is among its k + 1 nearest, at zero.
        means[part] = np.sqrt(np.partition(block, k, axis=1)[:, : k + 1]).sum(axis=1) / k
    # A product leaves rounding where there is no distance; equal rows shall be equally typical.
    scale = float(means.max()) or 1.0
    return np.asarray(scale * np.round(means / scale, _DIGITS))
