"""Clustering for picks: k-means by scikit-learn, seeded, and the distinct rows nearest to centres."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

from askwise.core.arrays import float32
from askwise.core.types import Array, FloatArray, IntArray
from askwise.kernels.assign import NearRows, assign
from askwise.kernels.seeding import sample_d2
from askwise.kernels.space import Space, is_stored

_MINI_BATCH_ABOVE = 10_000
"""Rows above which mini-batch k-means (Sculley 2010) replaces Lloyd's, whose cost is O(m k d) per pass."""

_PER_CENTRE = 256
"""Rows a centre beyond which a random sample is clustered and the others join the nearest centre: means of so many rows
lie within a few per cent of a standard deviation."""

_SAMPLE = 20_000
"""Rows that are never too many to be clustered all."""


def k_means(rows: Any, k: int, generator: np.random.Generator) -> tuple[FloatArray, IntArray]:
    """Centres (k, d) and cluster of each row (m,), with k reduced to the number of distinct rows."""
    centres, labels = trained(rows, k, generator)
    return centres, assign(rows, centres)[0] if labels is None else labels


def trained(rows: Any, k: int, generator: np.random.Generator) -> tuple[FloatArray, IntArray | None]:
    """Centres (k, d) of all rows, with the cluster of each row (m,), or of a sample of many rows, with None.

    Rows are an array or `Stored`; at most 20,000 of them, or 256 for each centre, are held.
    """
    from sklearn.cluster import KMeans, MiniBatchKMeans
    from sklearn.exceptions import ConvergenceWarning

    k = min(k, len(rows))
    seed = int(generator.integers(2**31))
    most = max(_SAMPLE, _PER_CENTRE * k)
    whole = len(rows) <= most
    some = rows[:] if whole else rows[np.sort(generator.choice(len(rows), most, replace=False))]
    some = np.ascontiguousarray(some, dtype=np.float32)
    # Seeds by rejection: the library's own seeding costs as much as tens of Lloyd passes at large k.
    seeds = some[sample_d2(Space.of(some), k, generator)[0]]
    model: Any = KMeans(k, init=seeds, n_init=1, random_state=seed)
    if len(some) > _MINI_BATCH_ABOVE:
        model = MiniBatchKMeans(k, init=seeds, n_init=1, batch_size=max(2048, 4 * k), random_state=seed)
    with warnings.catch_warnings():
        # Fewer distinct rows than clusters: the surplus clusters stay empty, which every caller handles.
        warnings.simplefilter("ignore", ConvergenceWarning)
        labels = model.fit_predict(some)
    return model.cluster_centers_.astype(np.float32), labels.astype(np.int64) if whole else None


@dataclass(frozen=True)
class Clustered:
    """Candidates (m, d), and the t taken rows after them, in clusters: centres (k, d), labels (m + t,)."""

    rows: Any
    everything: Any
    centres: FloatArray
    labels: IntArray
    nearest: NearRows


def clustered(embeddings: Array, held: Array | None, k: int, generator: np.random.Generator, depth: int) -> Clustered:
    """Candidates and taken rows clustered together, with the `depth` candidates nearest to each centre.

    Beyond the rows that `trained` clusters, one pass over the candidates, which may be `Stored`.
    """
    rows: Any = embeddings.astype(np.float32) if is_stored(embeddings) else float32(embeddings)
    known = None if held is None else float32(held)
    if is_stored(rows):
        everything = rows.followed_by(known)
    else:
        everything = rows if known is None else np.concatenate([rows, known])
    centres, labels = trained(everything, k, generator)
    if labels is not None and not depth:
        return Clustered(rows, everything, centres, labels, NearRows.none(len(centres), 0))
    own, nearest = assign(rows, centres, min(depth, len(rows)))
    if labels is None:
        labels = own if known is None else np.concatenate([own, assign(known, centres)[0]])
    return Clustered(rows, everything, centres, labels, nearest)


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
