"""Gaussian mixtures: the row at the heart of each component."""

from __future__ import annotations

from typing import Any

import numpy as np

from askwise.core.arrays import host
from askwise.core.evidence import Taken
from askwise.core.noise import Noise
from askwise.core.registry import pick
from askwise.core.types import Array, FloatArray, IntArray
from askwise.kernels.cluster import distinct_nearest, k_means
from askwise.kernels.mixture import refine, standardised

_ROWS_A_COMPONENT = 20
"""Fewer rows than this for each component do not tell a variance of its own."""


@pick(cite="McLachlan and Peel 2000, Finite Mixture Models, section 3.2; used to choose the context of language models")
def gmm(embeddings: Array, *, n: int, rng: Noise, taken: Taken) -> IntArray:
    """The densest row of each component of a Gaussian mixture: (m, d) -> (n,) positions, heaviest component first.

    Fits n components with diagonal covariances (scikit-learn, started from k-means), and one more for each labelled or
    pending row; components that hold one of those are passed over. Each component takes the row with its highest
    density that no other component took. With fewer than 20 rows a component all share one diagonal covariance, which
    is k-means on features of variance one. Cost O(m k d) for each step of expectation and maximisation, k = n + t.
    Shines like `k_means`, on clusters of unlike width. Fails in many dimensions, where densities mean little: reduce
    the features first.

    >>> import numpy as np
    >>> sorted(gmm(np.array([[0.0], [0.1], [9.0], [9.1], [9.2]]), n=2, rng=0).tolist())[1]
    3
    """
    rows, held = host(embeddings, np.float64), taken.get("embeddings")
    m = len(rows)
    everything = rows if held is None else np.concatenate([rows, host(held, np.float64)])
    scaled = standardised(everything)
    k = min(len(everything) - m + n, len(everything))
    centres, labels = k_means(scaled.astype(np.float32), k, rng.generator("gmm"))
    if len(everything) < _ROWS_A_COMPONENT * k:
        order = _order(labels, m, np.bincount(labels, minlength=k) / len(labels))
        return distinct_nearest(scaled[:m], centres[order][:n], np.arange(m, dtype=np.int64))
    model = refine(scaled, centres, labels, int(rng.generator("gmm/fit").integers(2**31)))
    return _densest(model, scaled[:m], _order(model.predict(scaled), m, model.weights_)[:n])


def _order(owner: IntArray, m: int, weights: FloatArray) -> IntArray:
    """Components without a taken row first, heavy ones first among these."""
    covered = np.bincount(owner[m:], minlength=len(weights)) > 0
    return np.lexsort((-np.round(weights, 12), covered))


def _densest(model: Any, rows: FloatArray, order: IntArray) -> IntArray:
    """For each component in turn the row with its highest log-density that no earlier one took."""
    free = np.ones(len(rows), dtype=bool)
    chosen: list[int] = []
    for c in order:
        away = ((rows - model.means_[c]) ** 2 * model.precisions_[c]).sum(axis=1)
        chosen.append(int(np.argmin(np.where(free, np.round(away, 9), np.inf))))
        free[chosen[-1]] = False
    return np.asarray(chosen, dtype=np.int64)
