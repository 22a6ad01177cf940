"""A random row of each k-means cluster."""

from __future__ import annotations

from askwise.core.arrays import float32
from askwise.core.evidence import Taken
from askwise.core.noise import Noise
from askwise.core.registry import pick
from askwise.core.types import Array, IntArray
from askwise.kernels.cluster import k_means
from askwise.kernels.turns import round_robin


@pick(cite="Cochran 1977, Sampling Techniques, chapter 5: stratified sampling, with k-means clusters as strata")
def random_clust(embeddings: Array, *, n: int, rng: Noise, taken: Taken, clusters: int | None = None) -> IntArray:
    """A random row of each of n k-means clusters, largest cluster first: (m, d) -> (n,) positions.

    With fewer `clusters` (or fewer distinct rows) it goes round again. What is labelled is not looked at. Cost O(m n d)
    for each Lloyd pass, mini-batches above 20,000 rows. Shines as the control of every clustering method: stratified
    sampling, nearly unbiased, with less variance than a random draw. Fails where clusters are noise, and is then a
    random draw at a price.

    >>> import numpy as np
    >>> rows = random_clust(np.array([[0.0], [0.1], [9.0], [9.1], [9.2]]), n=2, rng=0)
    >>> (rows[0] >= 2, rows[1] < 2)
    (np.True_, np.True_)
    """
    k = n if clusters is None else clusters
    labels = k_means(float32(embeddings), k, rng.generator("random_clust"))[1]
    return round_robin(labels, rng.bits("random_clust"), large_first=True)[:n]
