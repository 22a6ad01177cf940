"""Lightweight core-sets: random rows, the far from the middle more often."""

from __future__ import annotations

import numpy as np

from askwise.core.arrays import host
from askwise.core.evidence import Taken
from askwise.core.noise import Noise
from askwise.core.registry import pick
from askwise.core.topn import top_order
from askwise.core.types import Array, IntArray


@pick(cite="Bachem, Lucic and Krause 2018, Scalable k-Means Clustering via Lightweight Coresets, KDD, algorithm 1")
def lightweight(embeddings: Array, *, n: int, rng: Noise, taken: Taken) -> IntArray:
    """Draws rows with chance 1 / 2m + |x - mean|^2 / 2 sum: (m, d) -> (n,) positions, in the order drawn.

    Without replacement (the paper draws with it, and weights the rows), by keyed Gumbel noise. Labelled and pending
    rows do not count. Cost O(m d): two passes. Shines as the cheapest batch that is more varied than random. Fails
    where k-means++ can be afforded: it does not see what it has drawn already.

    >>> import numpy as np
    >>> rows = np.array([[0.0], [0.0], [0.0], [100.0]])
    >>> first = [lightweight(rows, n=1, rng=seed)[0] for seed in range(400)]
    >>> bool(0.45 < np.mean(np.array(first) == 3) < 0.55)  # 1/8 + 0.75/2
    True
    """
    table = host(embeddings, np.float64)
    far = ((table - table.mean(axis=0)) ** 2).sum(axis=1)
    total = far.sum()
    chance = 0.5 / len(far) + (0.5 * far / total if total > 0 else 0.5 / len(far))
    return top_order(np.log(chance) + rng.gumbel("lightweight"), rng.keys, n, rng.seed)
