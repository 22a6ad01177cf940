"""TypiClust: typical rows of clusters that hold no label yet."""

from __future__ import annotations

import heapq
import logging
from collections.abc import Callable, Iterator

import numpy as np

from askwise.core.errors import BadInput, did_you_mean
from askwise.core.evidence import Taken
from askwise.core.noise import Noise
from askwise.core.registry import pick
from askwise.core.types import Array, FloatArray, IntArray
from askwise.kernels.balls import squared_blocks
from askwise.kernels.cluster import Clustered, clustered

log = logging.getLogger("askwise")

DIRECTIONS = {"typical": 1.0, "atypical": -1.0}
"""Which end of the ranking of mean distances to the neighbours comes first."""

_DIGITS = 6
"""Decimals of a mean distance, as a share of the largest in its cluster, that count."""


@pick(
    cite="Hacohen, Dekel and Weinshall 2022, Active Learning on a Budget: Opposite Strategies, ICML, algorithm 1;"
    " Chen et al. 2023, Making Your First Choice: To Address Cold Start Problem in Vision Active Learning (CSVAL)",
    streams=True,
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
    most: int = 5_000,
) -> IntArray:
    """The most typical row of each cluster, clusters without labels and large ones first: (m, d) -> (n,) positions.

    Clusters labelled, pending and candidate rows together into min(taken + n, max_clusters) clusters by k-means; visits
    clusters with the fewest taken rows first, larger ones first among equals, again and again until n rows are found;
    takes the row with the least mean distance to its min(neighbours, size // 2) nearest neighbours in the cluster.
    `direction` "atypical" takes the row with the largest mean distance in place of the least: the hard first, as CSVAL
    does with the confidence of contrastive training. Clusters smaller than `min_size` are visited only when the others
    are used up (the paper's code drops them, and then returns fewer rows). Normalise embeddings first, as the paper
    does. In a cluster with more than `most` candidates only that many random ones are compared, with each other and the
    taken rows of the cluster; the others follow in random order. Cost: k-means of 20,000 random rows, or 256 a centre
    if that is more, one pass that assigns all rows, in memory or on disk, and O(s^2 d) for each cluster visited, s <=
    `most`; holds the sample, one such part and 30 bytes a row. Shines with fewer than ten labels a class. Fails at high
    budgets, where it falls below random.

    Raises BadInput for another direction, or fewer than two rows to compare.

    >>> import numpy as np
    >>> rows = np.array([[0.0], [2.0], [3.0], [50.0], [51.0], [53.0], [55.0]])
    >>> typiclust(rows, n=2, rng=0, min_size=1)
    array([4, 1])
    """
    if direction not in DIRECTIONS:
        raise BadInput(f"typiclust: direction={direction!r} is unknown.{did_you_mean(direction, DIRECTIONS)}")
    if most < 2:
        raise BadInput(f"typiclust: most={most} rows have no neighbours; give 2 or more, 5000 by default")
    m, held = embeddings.shape[0], taken.get("embeddings")
    known = 0 if held is None else len(taken)
    k = min(known + n, max_clusters, m + known)
    found = clustered(embeddings, held, k, rng.generator("typiclust"), depth=0)
    members = _Members(found, m, k, rng)
    return _in_turns(n, members, min_size, lambda c: members.by_typicality(c, neighbours, DIRECTIONS[direction], most))


def _in_turns(n: int, members: _Members, min_size: int, queue: Callable[[int], IntArray]) -> IntArray:
    """The next row of the queue of one cluster after another, those with the fewest taken and the most rows first."""
    left = members.sizes - members.taken
    turns = [
        (bool(members.sizes[c] < min_size), int(members.taken[c]), -int(members.sizes[c]), c)
        for c in np.flatnonzero(left).tolist()
    ]
    heapq.heapify(turns)
    queues: dict[int, Iterator[int]] = {}
    chosen: list[int] = []
    while len(chosen) < n:
        small, count, size, c = heapq.heappop(turns)
        if c not in queues:
            queues[c] = iter(queue(c))
        chosen.append(next(queues[c]))
        left[c] -= 1
        if left[c]:
            heapq.heappush(turns, (small, count + 1, size, c))
    return np.asarray(chosen, dtype=np.int64)


class _Members:
    """Which rows are in which of k clusters: candidates at positions below m, taken rows from there on."""

    def __init__(self, found: Clustered, m: int, k: int, rng: Noise) -> None:
        self.rows, self.m, self.rng = found.everything, m, rng
        self.taken, self.sizes = np.bincount(found.labels[m:], minlength=k), np.bincount(found.labels, minlength=k)
        self.members = np.split(np.argsort(found.labels, kind="stable"), np.cumsum(self.sizes)[:-1])

    def by_typicality(self, c: int, neighbours: int, sign: float, most: int) -> IntArray:
        """Candidate positions of a cluster, the one to take first at first, and of equal ones the lowest."""
        own, known = np.split(self.members[c], [int(np.searchsorted(self.members[c], self.m))])
        rest = own[:0]
        if len(own) > most:
            log.info("typiclust compares %s of the %s rows of a cluster", f"{most:,}", f"{len(own):,}")
            shuffled = own[np.argsort(self.rng.take(own).bits("typiclust"))]
            own, rest = np.sort(shuffled[:most]), shuffled[most:]
        at = np.concatenate([own, known])
        rows = np.asarray(self.rows[at], dtype=np.float32)
        order = np.argsort(sign * _mean_distance(rows, neighbours)[: len(own)], kind="stable")
        return np.concatenate([own[order], rest])


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
