"""The rows nearest to k-means centres."""

from __future__ import annotations

import numpy as np

from askwise.core.arrays import float32
from askwise.core.evidence import Taken
from askwise.core.noise import Noise
from askwise.core.registry import pick
from askwise.core.types import Array, IntArray
from askwise.kernels.cluster import distinct_nearest
from askwise.kernels.cluster import k_means as cluster


@pick(
    cite="Zhdanov 2019, Diverse mini-batch Active Learning, arXiv 1901.05954, section 3; Xu et al. 2003, ECIR",
    name="k_means",
)
def k_means(embeddings: Array, *, n: int, rng: Noise, taken: Taken) -> IntArray:
    """The row nearest to each of n k-means centres: (m, d) -> (n,) distinct positions, largest cluster first.

    When two centres share a nearest row the second takes the next nearest. Labelled and pending rows take part in the
    clustering, with n more clusters than there are taken rows, and clusters that hold one are passed over. Cost
    O(m n d) per Lloyd pass, mini-batches above 20,000 rows. Shines as a first batch, or inside a shortlist of uncertain
    rows. Fails when features are noise: then it is a random draw at a price.

    >>> import numpy as np
    >>> sorted(k_means(np.array([[0.0], [0.1], [9.0], [9.1], [9.2]]), n=2, rng=0).tolist())[1]
    3
    """
    rows = float32(embeddings)
    m = len(rows)
    if n >= m:
        return np.arange(m, dtype=np.int64)
    held = taken.get("embeddings")
    everything = rows if held is None else np.concatenate([rows, float32(held)])
    centres, labels = cluster(everything, min(n + len(everything) - m, len(everything)), rng.generator("k_means"))
    sizes = np.bincount(labels, minlength=len(centres))
    covered = np.bincount(labels[m:], minlength=len(centres)) > 0
    order = np.lexsort((-sizes, covered))
    return distinct_nearest(rows, centres[order][:n], np.arange(m, dtype=np.int64))
