"""Pivotal leverage sampling: a spread-out sample for linear fits, with known probabilities."""

from __future__ import annotations

import numpy as np

from askwise.core.arrays import host
from askwise.core.evidence import Taken
from askwise.core.noise import Noise
from askwise.core.registry import pick
from askwise.core.types import Array, FloatArray, IntArray
from askwise.kernels.pivotal import inclusion, leverage, spread, tree_slots
from askwise.kernels.space import is_stored


@pick(
    cite="Shimizu et al. 2024, Improved Active Learning via Dependent Leverage Score Sampling, ICLR, algorithms 1, 2",
    aliases=("leverage",),
    streams=True,
)
def pivotal(embeddings: Array, *, n: int, rng: Noise, taken: Taken) -> IntArray:
    """n rows by leverage, spread over a tree: (m, d) -> (n,) positions, in random order.

    Row i is chosen with probability p_i = min(1, t / c), t its leverage (the squared length of its row in an
    orthonormal basis of the features) and c such that they sum to n. Neighbours in a tree of median cuts duel for the
    places, so that near rows are rarely both chosen. Fit by least squares with rows weighted by 1 / p_i, which
    `inclusion_probabilities` gives; the fit must use these features. Cost O(m d^2 + m log m): five passes, in memory or
    on disk, and 130 bytes a row. Shines for regression with a linear head on fixed features: about two thirds of the
    labels of independent draws. Fails for classifiers and trees, whose needs leverage does not know; it looks at no
    labels.

    >>> import numpy as np
    >>> sorted(pivotal(np.array([[9.0, 0.0], [0.0, 1.0], [0.0, 1.0]]), n=2, rng=0).tolist())[0]
    0
    """
    rows = embeddings if is_stored(embeddings) else host(embeddings)
    chosen = spread(tree_slots(rows), inclusion_probabilities(rows, n), rng.generator("pivotal"))
    return chosen[np.argsort(rng.bits("pivotal")[chosen])]


def inclusion_probabilities(embeddings: Array, n: int) -> FloatArray:
    """The probability (m,) with which `pivotal` chooses each row of a pool: the weights of the fit are 1 / p.

    >>> import numpy as np
    >>> inclusion_probabilities(np.array([[9.0, 0.0], [0.0, 1.0], [0.0, 1.0]]), 2).round(6)
    array([1. , 0.5, 0.5])
    """
    return inclusion(leverage(embeddings if is_stored(embeddings) else host(embeddings)), n)
