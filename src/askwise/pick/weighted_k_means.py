"""Diverse mini-batches: k-means in which uncertain rows weigh more, and CLUE, its form for entropy."""

from __future__ import annotations

import numpy as np

from askwise.core.arrays import float32
from askwise.core.evidence import Taken
from askwise.core.noise import Noise
from askwise.core.registry import pick
from askwise.core.topn import top_order
from askwise.core.types import Array, FloatArray, IntArray
from askwise.kernels import weighted_cluster
from askwise.kernels.cluster import distinct_nearest
from askwise.kernels.information import double
from askwise.kernels.rows import entropy
from askwise.kernels.weighted_cluster import by_weight, weights_of


@pick(cite="Zhdanov 2019, Diverse mini-batch Active Learning, arXiv 1901.05954, section 3, algorithm 1")
def weighted_k_means(
    scores: FloatArray, embeddings: Array, *, n: int, rng: Noise, taken: Taken, multiple: float = 10.0
) -> IntArray:
    """Rows nearest to n weighted k-means centres of the best rows: (m,), (m, d) -> (n,), heaviest cluster first.

    Keeps the `multiple` n highest scores, clusters them with the scores as weights, and takes for each centre the
    nearest row not yet taken. Scores that are all in [-1, 0], as margin is, are shifted by one. Cost
    O(m + multiple n^2 d) for each Lloyd pass. Shines in batches of ten or more: uncertain and spread out. Fails when
    features are noise, and with a `multiple` so large that certain rows come in.

    Raises BadInput for a score below -1, and for negative scores among positive ones.

    >>> import numpy as np
    >>> rows = np.array([[0.0], [1.0], [10.0], [11.0]])
    >>> sorted(weighted_k_means(np.array([0.9, 0.1, 0.1, 0.9]), rows, n=2, rng=0).tolist())
    [0, 3]
    """
    weights = weights_of(scores, "weighted_k_means")
    size = min(len(weights), max(n, round(multiple * n)))
    kept = np.sort(top_order(weights, rng.keys, size, rng.seed))
    return kept[_nearest_to_centres(float32(embeddings)[kept], weights[kept], n, rng)]


@pick(cite="Prabhu et al. 2021, Active Domain Adaptation via Clustering Uncertainty-weighted Embeddings, ICCV, eq. 3")
def clue(probs: Array, embeddings: Array, *, n: int, rng: Noise, taken: Taken, temperature: float = 1.0) -> IntArray:
    """Rows nearest to n entropy-weighted k-means centres of all rows: (m, c), (m, d) -> (n,), heaviest cluster first.

    Minimises sum_k sum_{x in k} H(p(x)) |e(x) - mu_k|^2 and takes for each centre the nearest row not yet taken. The
    entropy is that of p^(1/temperature), renormalised (logits divided by the temperature). The same as
    `weighted_k_means` with the score entropy and no shortlist. Cost O(m n d) for each Lloyd pass, mini-batches above
    20,000 rows. Shines under a shift of domain, where entropy alone asks of one corner. Fails when confidence is badly
    calibrated: then it is plain k-means.

    >>> import numpy as np
    >>> probs = np.array([[0.5, 0.5], [1.0, 0.0], [1.0, 0.0], [0.5, 0.5]])
    >>> sorted(clue(probs, np.array([[0.0], [1.0], [10.0], [11.0]]), n=2, rng=0).tolist())
    [0, 3]
    """
    from askwise.core.arrays import host

    p = double(host(probs)) ** (1.0 / temperature)
    weights = weights_of(entropy(p / p.sum(axis=1, keepdims=True)), "clue")
    return _nearest_to_centres(float32(embeddings), weights, n, rng)


def _nearest_to_centres(rows: FloatArray, weights: FloatArray, n: int, rng: Noise) -> IntArray:
    generator = rng.generator("weighted_k_means")
    centres, labels = weighted_cluster.weighted_k_means(rows, n, weights, generator)
    order = by_weight(labels, weights, len(centres))
    return distinct_nearest(rows, centres[order], np.arange(len(rows)))
