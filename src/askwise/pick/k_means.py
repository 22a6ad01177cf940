"""The rows nearest to k-means centres."""

from __future__ import annotations

import numpy as np

from askwise.core.evidence import Taken
from askwise.core.noise import Noise
from askwise.core.registry import pick
from askwise.core.types import Array, IntArray
from askwise.kernels.assign import nearest_in_turn
from askwise.kernels.cluster import clustered

_DEPTH = 8
"""Rows that a centre keeps, for when others take its nearest."""


@pick(
    cite="Zhdanov 2019, Diverse mini-batch Active Learning, arXiv 1901.05954, section 3; Xu et al. 2003, ECIR",
    name="k_means",
    streams=True,
)
def k_means(embeddings: Array, *, n: int, rng: Noise, taken: Taken) -> IntArray:
    """The row nearest to each of n k-means centres: (m, d) -> (n,) distinct positions, largest cluster first.

    When two centres share a nearest row the second takes the next nearest. Labelled and pending rows take part in the
    clustering, with n more clusters than there are taken rows, and clusters that hold one are passed over. Of
    more than 20,000 rows and 256 a centre a random sample of so many is clustered, by mini-batches; then one pass over
    all rows gives each its centre and each centre its nearest rows, in memory or on disk, with one pass more in the
    rare case that eight others took the rows nearest to a centre. Cost O(m n d); holds the sample and 8 bytes a row.
    Shines as a first batch, or inside a shortlist of uncertain rows. Fails when features are noise: then it is a random
    draw at a price.

    >>> import numpy as np
    >>> sorted(k_means(np.array([[0.0], [0.1], [9.0], [9.1], [9.2]]), n=2, rng=0).tolist())[1]
    3
    """
    m = embeddings.shape[0]
    if n >= m:
        return np.arange(m, dtype=np.int64)
    held = taken.get("embeddings")
    k = n if held is None else n + len(taken)
    found = clustered(embeddings, held, k, rng.generator("k_means"), depth=_DEPTH)
    sizes = np.bincount(found.labels, minlength=len(found.centres))
    covered = np.bincount(found.labels[m:], minlength=len(found.centres)) > 0
    order = np.lexsort((-sizes, covered))[:n]
    return nearest_in_turn(found.rows, found.centres, order, found.nearest)
