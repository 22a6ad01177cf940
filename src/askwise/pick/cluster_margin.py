"""Cluster-Margin: spread the uncertain rows over clusters, small clusters first."""

from __future__ import annotations

import numpy as np

from askwise.core.arrays import float32
from askwise.core.evidence import Taken
from askwise.core.noise import Noise
from askwise.core.registry import pick
from askwise.core.topn import top_order
from askwise.core.types import Array, FloatArray, IntArray
from askwise.kernels.cluster import k_means
from askwise.kernels.turns import round_robin


@pick(cite="Citovsky et al. 2021, Batch Active Learning at Scale, NeurIPS, algorithm 2")
def cluster_margin(
    scores: FloatArray,
    embeddings: Array,
    *,
    n: int,
    rng: Noise,
    taken: Taken,
    multiple: float = 10.0,
    clusters: int | None = None,
) -> IntArray:
    """A random row of each cluster of the best rows in turn, small clusters first: (m,), (m, d) -> (n,) positions.

    Keeps the `multiple` n highest scores, clusters them into `clusters` (n by default), and goes round the clusters
    from the smallest to the largest, one random row each, passing over those used up, until n rows are found. The
    paper clusters the whole pool by average linkage once, which needs all pairs; here it is k-means of the rows kept.
    Cost O(m + multiple n^2 d) for each Lloyd pass. Shines in batches of hundreds and more. Fails for small batches,
    where it hardly differs from the n best.

    >>> import numpy as np
    >>> rows = np.array([[0.0], [0.1], [0.2], [9.0], [50.0]])
    >>> cluster_margin(np.array([0.9, 0.9, 0.9, 0.9, 0.1]), rows, n=2, rng=0, multiple=2.0)[0]
    np.int64(3)
    """
    size = min(len(scores), max(n, round(multiple * n)))
    kept = np.sort(top_order(np.asarray(scores), rng.keys, size, rng.seed))
    rows = float32(embeddings)[kept]
    labels = k_means(rows, n if clusters is None else clusters, rng.generator("cluster_margin"))[1]
    return kept[round_robin(labels, rng.bits("cluster_margin")[kept])[:n]]
