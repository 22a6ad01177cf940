"""k-means on weighted rows, and the weights that scores make."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from askwise.core.errors import BadInput
from askwise.core.types import FloatArray, IntArray

_MINI_BATCH_ABOVE = 20_000
ROUNDING = 1e-3
"""How far below zero a score that cannot be negative may be: rows of probabilities may sum to so much more than one,
and the entropy of a certain row is then as much less than zero."""

_TINY = 1e-12


def shift_of(scores: FloatArray, who: str, instead: str) -> float:
    """What makes weights of scores (m,): 1 for those that are negative by nature (margin is in [-1, 0]), else 0.

    Not below -`ROUNDING` is zero. Raises BadInput for a score below -1, and where some are negative and some are not.
    """
    low, high = float(np.min(scores, initial=0.0)), float(np.max(scores, initial=0.0))
    if low >= -ROUNDING:
        return 0.0
    if low < -1.0 or high > ROUNDING:
        between = "" if low < -1.0 else f" beside {high:g}"
        raise BadInput(
            f"{who} needs scores that are not negative, or all in [-1, 0] as margin is, got {low:g}{between}; shift the"
            f" score, or use the pick {instead!r}"
        )
    return 1.0


def weights_of(scores: FloatArray, who: str) -> FloatArray:
    """Scores (m,) as positive weights, shifted by one where they are negative by nature; see `shift_of`.

    >>> weights_of(np.array([-1e-9, 0.5]), "it").tolist(), weights_of(np.array([-0.5, 0.0]), "it").tolist()
    ([1e-12, 0.5], [0.5, 1.0])
    """
    values = np.asarray(scores, dtype=np.float64)
    return np.maximum(values + shift_of(values, who, "k_means"), _TINY)


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
