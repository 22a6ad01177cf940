"""Sub-pools of varied rows: a sample by squared distance, and the clusters of a random sample."""

from __future__ import annotations

import numpy as np

from askwise.among.check import check_count
from askwise.core.errors import BadInput
from askwise.core.evidence import Taken
from askwise.core.noise import Noise
from askwise.core.registry import among
from askwise.core.topn import top_order
from askwise.core.types import Array, IntArray
from askwise.kernels.cluster import distinct_nearest, k_means
from askwise.kernels.seeding import sample_d2
from askwise.kernels.space import Space


@among(
    cite="Arthur and Vassilvitskii 2007, k-means++: The Advantages of Careful Seeding, SODA, section 2.2: its draw as a"
    " summary of the pool",
    streams=True,
)
def varied(embeddings: Array, *, n: int, rng: Noise, taken: Taken, size: int = 10_000) -> IntArray:
    """Rows drawn by squared distance to those drawn before: (m, d) -> (max(size, n),) positions, ascending.

    D^2 sampling (`k_means_pp`) from what is labelled and pending, so that far and rare rows are in, and few of a crowd.
    A pick that must hold its rows chooses among such rows when a pool is too large for it. Cost O(size^2 d) for the
    draws, and two or three passes over the pool. Shines before picks that cover the pool. Fails with outliers, which
    come in by design, and when a crowd counts as much as its size.

    Raises BadInput for a size below 1.

    >>> import numpy as np
    >>> varied(np.array([[0.0], [0.0], [0.0], [9.0]]), n=1, rng=0, size=2)[1]
    np.int64(3)
    """
    check_count("varied", "size", size)
    held = taken.get("embeddings")
    centres = None if held is None else Space.of(held)
    size = min(max(size, n), len(embeddings))
    return np.sort(sample_d2(Space.of(embeddings), size, rng.generator("varied"), taken=centres)[0])


@among(
    cite="Maekawa, Zhang, Kim, Rahman and Hruschka 2022, Low-resource Interactive Active Labeling for Fine-tuning"
    " Language Models, EMNLP Findings, section 3",
    streams=True,
)
def tyrogue(
    embeddings: Array, *, n: int, rng: Noise, taken: Taken, size: int = 10_000, multiple: float = 3.0
) -> IntArray:
    """Random rows, and of these the varied ones: (m, d) -> (multiple n,) positions, ascending.

    Draws max(size, n) rows, clusters them into `multiple` n clusters by k-means on embeddings of length one, and takes
    the distinct row nearest to each centre; the paper then asks those of the largest entropy. Diversity first and
    uncertainty second, the other way round than a shortlist with k-means. Cost of k-means, O(size multiple n d) a pass;
    of a pool on disk one read of the rows drawn. Shines at low budgets, where the most uncertain rows are alike, and
    spares nearly all inference. Fails at high ones: a small part of the pool's uncertain rows comes through.

    Raises BadInput for a size below 1 or a multiple below 1.

    >>> import numpy as np
    >>> tyrogue(np.array([[1.0, 0.0], [2.0, 0.0], [0.0, 1.0], [-1.0, 0.0]]), n=1, rng=0)[1:]
    array([2, 3])
    """
    check_count("tyrogue", "size", size)
    if not multiple >= 1:
        raise BadInput(f"tyrogue: multiple={multiple} leaves fewer than n rows to choose from; give 1 or more")
    drawn = np.sort(top_order(rng.uniform("tyrogue"), rng.keys, max(size, n), rng.seed))
    rows = Space.of(embeddings[drawn], "cosine").values().astype(np.float32)
    centres, _ = k_means(rows, max(n, round(multiple * n)), rng.generator("tyrogue"))
    return drawn[np.sort(distinct_nearest(rows, centres, np.arange(len(rows))))]
