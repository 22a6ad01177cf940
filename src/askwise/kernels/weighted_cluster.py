"""k-means on weighted rows, and the weights that scores make."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from askwise.core.errors import BadInput
from askwise.core.types import FloatArray, IntArray

_MINI_BATCH_ABOVE = 20_000
_TINY = 1e-12


def weights_of(scores: FloatArray, who: str) -> FloatArray:
    """Scores (m,) as positive weights: those negative by nature (margin is in [-1, 0]) are shifted by one first.

    Raises BadInput for a score below -1.
    """
    values = np.asarray(scores, dtype=np.float64)
    low = float(np.min(values, initial=0.0))
    if low < -1.0:
        raise BadInput(
            f"{who} needs scores that are not negative, got {low}; shift the score, or use the pick 'k_means'"
        )
    return np.maximum(values + 1.0 if low < 0 else values, _TINY)


def weighted_k_means(
    rows: FloatArray, k: int, weights: FloatArray, generator: np.random.Generator
) -> tuple[FloatArray, IntArray]:
    """Centres (k, d) and clusters (m,) that minimise the weighted sum of squared distances."""
    from sklearn.cluster import KMeans, MiniBatchKMeans
    from sklearn.exceptions import ConvergenceWarning

    k = min(k, len(rows))
    seed = int(generator.integers(2**31))
    model: Any = KMeans(k, n_init=1, random_state=seed)
    if len(rows) > _MINI_BATCH_ABOVE:
        model = MiniBatchKMeans(k, n_init=1, batch_size=max(5000, k), random_state=seed)
    with warnings.catch_warnings():
        # Fewer distinct rows than clusters: the surplus clusters stay empty.
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(rows, sample_weight=weights / weights.max())
    return model.cluster_centers_.astype(np.float32), model.labels_.astype(np.int64)


def by_weight(labels: IntArray, weights: FloatArray, k: int) -> IntArray:
    """Clusters (k,) in order of total weight, the heaviest first; equal ones in order of their number."""
    total = np.bincount(labels, weights=weights, minlength=k)
    return np.argsort(-np.round(total, 9), kind="stable")
