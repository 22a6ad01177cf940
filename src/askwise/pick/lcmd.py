"""LCMD: the farthest row of the largest cluster."""

from __future__ import annotations

from askwise.core.evidence import Taken
from askwise.core.noise import Noise
from askwise.core.registry import pick
from askwise.core.types import Array, IntArray
from askwise.kernels.largest_cluster import largest_cluster_first
from askwise.kernels.tensors import space_of


@pick(
    cite="Holzmueller et al. 2023, A Framework and Benchmark for Deep Batch Active Learning for Regression, JMLR 24,"
    " section 4.2, LCMD-TP",
    aliases=("largest_cluster_maximum_distance",),
    sub_pool="varied",
)
def lcmd(embeddings: Array, *, n: int, rng: Noise, taken: Taken) -> IntArray:
    """Largest cluster, maximum distance: (m, d) -> (n,) positions, in the order chosen.

    Every row belongs to its nearest centre (labelled, pending or picked row; the earliest of equally near ones). Each
    pick is the farthest row of the cluster with the largest sum of squared distances; with nothing taken the first is
    the longest row. Ties go to the earliest cluster and the lowest key. Clusters without unpicked rows are passed over.
    Cost O(m d) a pick at most, over a copy of the rows in bytes: rows whose centre is nearer than half way to the new
    one are not read, and of the others only those in full whose bytes do not exclude them. d + 50 bytes a row. Shines
    for regression on sketched gradients, where it was best of the benchmark. Fails on raw features of unequal scale:
    it is as good as the distances are.

    >>> import numpy as np
    >>> lcmd(np.array([[0.0], [1.0], [1.2], [1.4], [-9.0]]), n=3, rng=0)
    array([4, 3, 0])
    """
    space, held = space_of(embeddings), taken.get("embeddings")
    return largest_cluster_first(space, n, None if held is None else space_of(held, beside=space))[0]
