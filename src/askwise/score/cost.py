"""Scores that know what errors and answers cost: cost embedding, candidate sets. Score per price: the pick per_cost."""

from __future__ import annotations

from typing import Any

import numpy as np

from askwise.core.arrays import host, namespace
from askwise.core.errors import BadInput
from askwise.core.registry import score
from askwise.core.types import Array, FloatArray
from askwise.kernels.conformal import best_eps, bits, nonconformity, set_sizes
from askwise.kernels.conformal import threshold as conformal_threshold
from askwise.kernels.cost_embedding import cost_embedding
from askwise.kernels.information import double, like
from askwise.kernels.rows import entropy

_ALCE = (
    "Huang and Lin 2016, A Novel Uncertainty Sampling Algorithm for Cost-Sensitive Multiclass Active Learning, ICDM,"
    " section IV"
)


@score(cite=_ALCE, aliases=("cost_embedding",))
def alce(
    embeddings: Array, labelled_embeddings: Array, labels: Array, *, cost_matrix: Any = None, alpha: float = 1.0
) -> Array:
    """ALCE: distance of a row's regressed class point to the nearest decision's: (m, d), (l, d), (l,) -> (m,) >= 0.

    Classes become points whose distances are near `cost_matrix` (c, c) (C[i, j]: truth i, decision j; every error
    costs 1 without one); a kernel ridge regression (Gaussian kernel of the labelled rows' scale, penalty `alpha`)
    predicts the point of a row. Cost O(l^3 + m l d). Shines where errors differ in price and the model of the task
    gives no probabilities. Fails with a handful of labels: far from them the regression falls back on their mean.
    alce_probs takes the point from probabilities.

    Raises BadInput for a matrix of the wrong shape or labels that are none of its classes.

    >>> import numpy as np
    >>> E = np.array([[0.0], [0.5], [1.0]])
    >>> alce(E, np.array([[0.0], [1.0]]), np.array([0, 1]), alpha=0.01).round(2)
    array([0.01, 0.71, 0.01])
    """
    seen = np.asarray(host(labels)).astype(np.int64)
    known = np.asarray(host(labelled_embeddings), dtype=np.float64)
    truth, decision = cost_embedding(_matrix(cost_matrix, int(seen.max(initial=0)) + 1))
    if not len(seen) or seen.min() < 0 or seen.max() >= len(truth) or not alpha > 0:
        raise BadInput(f"alce: {len(seen)} labels up to {seen.max(initial=-1)}, {len(truth)} classes, alpha={alpha}")
    width = 2.0 * max(float(known.var(axis=0).sum()), 1e-12)
    own = np.exp(-_squares(known, known) / width)
    centre = truth[seen].mean(axis=0)
    weights = np.linalg.solve(own + alpha * np.eye(len(known)), truth[seen] - centre)
    xp, rows = namespace(embeddings), double(embeddings)
    kernel = xp.exp(-_squares(rows, like(embeddings, known)) / width)
    return _to_nearest(kernel @ like(embeddings, weights) + like(embeddings, centre), decision)


@score(cite=f"{_ALCE}; with the mean point under probs in place of a regression")
def alce_probs(probs: Array, *, cost_matrix: Any = None) -> Array:
    """ALCE with the mean class point under the probabilities: (m, c) -> (m,) >= 0.

    The mean sum_c p_c z_c is what a regression of the points z by squared error estimates, so a model with
    probabilities needs no second one. Cost O(m c^2). Shines where errors differ in price. Fails, next to
    expected_cost, where costs are not near to distances: then that one is exact.

    Raises BadInput for a matrix of the wrong shape.

    >>> import numpy as np
    >>> alce_probs(np.array([[1.0, 0.0], [0.75, 0.25], [0.5, 0.5]])).round(3)
    array([0.   , 0.354, 0.707])
    """
    truth, decision = cost_embedding(_matrix(cost_matrix, int(probs.shape[1])))
    if len(truth) != int(probs.shape[1]):
        raise BadInput(
            f"cost_matrix is for {len(truth)} classes, but probs has {int(probs.shape[1])}; give one row each"
        )
    return _to_nearest(double(probs) @ like(probs, truth), decision)


@score(
    cite="Gwon et al. 2024, Enhancing Cost Efficiency in Active Learning with Candidate Set Query, section 3.3",
    aliases=("csq",),
)
def candidate_set(
    probs: Array,
    labelled_probs: Array,
    labels: Array,
    *,
    eps: float | None = None,
    threshold: float | None = None,
    power: float = 1.0,
) -> Array:
    """Entropy per expected bit of answering from a candidate set: (m, c), (l, c), (l,) -> (m,) > 0.

    (1 + H)^power / (log2(k + 1) + eps log2(c - k)): H in nats, k the size of the set {c: 1 - p_c <= threshold}, which
    misses the truth with chance eps. Both are calibrated on the labelled rows (eps as the cheapest of a grid), unless
    given, as `askwise.crowd.calibrate` on random rows returns them. Cost O(mc + 50 lc). Shines with many classes, where
    picking from five is quicker than from a hundred. Fails if `labelled_probs` are of rows that the model was
    trained on or that were chosen for being hard: the sets are then too small or too large.

    Raises BadInput for a threshold without eps, or labels that are no classes.

    >>> import numpy as np
    >>> P = np.array([[0.9, 0.1, 0.0], [0.4, 0.3, 0.3]])
    >>> candidate_set(P, P, np.array([0, 0]), eps=0.1, threshold=0.65).round(3)
    array([1.205, 1.899])
    """
    if (threshold is None) != (eps is None) and threshold is not None:
        raise BadInput(f"candidate_set: threshold={threshold} without eps; give both, as calibrate() returns them")
    if threshold is None:
        known = np.asarray(host(labelled_probs), dtype=np.float64)
        eps = best_eps(known, np.asarray(host(labels)).astype(np.int64)) if eps is None else eps
        threshold = conformal_threshold(nonconformity(known, labels), eps)
    assert eps is not None
    chance = double(probs)
    hit, miss = bits(set_sizes(chance, threshold), int(probs.shape[1]))
    return (1.0 + entropy(chance)) ** power / (hit + eps * miss)


def _matrix(cost_matrix: Any, c: int) -> FloatArray:
    return np.asarray(1.0 - np.eye(c) if cost_matrix is None else cost_matrix, dtype=np.float64)


def _squares(left: Array, right: Array) -> Array:
    """Squared distances (m, l), never negative."""
    xp = namespace(left)
    found = xp.sum(left**2, axis=1)[:, None] + xp.sum(right**2, axis=1)[None, :] - 2.0 * (left @ right.T)
    return xp.where(found > 0, found, xp.zeros_like(found))


def _to_nearest(points: Array, decision: FloatArray) -> Array:
    """Distance (m,) of each point (m, d) to the nearest decision (c, d)."""
    xp = namespace(points)
    return xp.sqrt(xp.min(_squares(points, like(points, decision)), axis=1))
