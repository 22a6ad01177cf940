"""Clustering for picks: k-means by scikit-learn, seeded, and the distinct rows nearest to centres."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from askwise.core.types import FloatArray, IntArray
from askwise.kernels.seeding import sample_d2
from askwise.kernels.space import Space

_MINI_BATCH_ABOVE = 10_000
"""Rows above which mini-batch k-means (Sculley 2010) replaces Lloyd's, whose cost is O(m k d) per pass."""

_PER_CENTRE = 256
"""Rows a centre beyond which a random sample is clustered and the others join the nearest centre: means of so many rows
lie within a few per cent of a standard deviation."""

_SAMPLE = 20_000
"""Rows that are never too many to be clustered all."""


def k_means(rows: FloatArray, k: int, generator: np.random.Generator) -> tuple[FloatArray, IntArray]:
    """Centres (k, d) and cluster of each row (m,), with k reduced to the number of distinct rows."""
    from sklearn.cluster import KMeans, MiniBatchKMeans
    from sklearn.exceptions import ConvergenceWarning

    k = min(k, len(rows))
    seed = int(generator.integers(2**31))
    most = max(_SAMPLE, _PER_CENTRE * k)
    trained = rows if len(rows) <= most else rows[np.sort(generator.choice(len(rows), most, replace=False))]
    # Seeds by rejection: the library's own seeding costs as much as tens of Lloyd passes at large k.
    seeds = trained[sample_d2(Space.of(trained), k, generator)[0]]
    model: Any = KMeans(k, init=seeds, n_init=1, random_state=seed)
    if len(trained) > _MINI_BATCH_ABOVE:
        model = MiniBatchKMeans(k, init=seeds, n_init=1, batch_size=max(2048, 4 * k), random_state=seed)
    with warnings.catch_warnings():
        # Fewer distinct rows than clusters: the surplus clusters stay empty, which every caller handles.
        warnings.simplefilter("ignore", ConvergenceWarning)
        labels = model.fit_predict(trained)
    if len(trained) < len(rows):
        labels = model.predict(rows)
    return model.cluster_centers_.astype(np.float32), labels.astype(np.int64)


def distinct_nearest(rows: FloatArray, centres: FloatArray, allowed: IntArray) -> IntArray:
    """For each centre in turn the nearest allowed row that no earlier centre took: positions (min(k, allowed),)."""
    chosen: list[int] = []
    free = np.ones(len(allowed), dtype=bool)
    for centre in centres[: len(allowed)]:
        gap = rows[allowed] - centre
        squared = np.einsum("ij,ij->i", gap, gap)
        squared[~free] = np.inf
        best = int(np.argmin(squared))
        free[best] = False
        chosen.append(int(allowed[best]))
    return np.asarray(chosen, dtype=np.int64)
