"""What an answer does to a Gaussian linear model over the pool: variance reduction and information gain, closed forms.

The model is f(x) = w . (x, 1) with weights of prior variance `prior` and answers of noise variance `noise`: Bayesian
ridge, or a Gaussian process with a linear kernel over embeddings. No answer is needed, only which rows have one.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from askwise.core.arrays import host, namespace
from askwise.core.errors import BadInput
from askwise.core.registry import score
from askwise.core.types import Array, FloatArray
from askwise.kernels.information import double, like

_BLOCK = 1 << 22
"""Covariances of rows and targets held at a time."""


class _Posterior(NamedTuple):
    """Rows and targets with a column of ones, and the covariance of the weights (d + 1, d + 1)."""

    rows: Array
    targets: FloatArray
    covariance: FloatArray


def _posterior(rows: Array, targets: Array, labelled: Array | None, noise: float, prior: float) -> _Posterior:
    if not noise > 0 or not prior > 0:
        raise BadInput(f"noise={noise} and prior={prior} are variances; both must be positive")
    xp = namespace(rows)
    rows = double(rows)
    rows = xp.concat([rows, xp.ones_like(rows[:, :1])], axis=1)
    precision = np.eye(rows.shape[1]) / prior
    if labelled is not None:
        seen = _with_one(labelled)
        precision += seen.T @ seen / noise
    return _Posterior(rows, _with_one(targets), np.linalg.inv(precision))


def _with_one(rows: Array) -> FloatArray:
    known = host(rows, np.float64)
    return np.concatenate([known, np.ones((len(known), 1))], axis=1)


def _variance(rows: Array, covariance: FloatArray) -> Array:
    """x' C x of each row (m,)."""
    xp = namespace(rows)
    return xp.sum((rows @ like(rows, covariance)) * rows, axis=1)


@score(
    cite="Cohn, Ghahramani and Jordan 1996, Active Learning with Statistical Models, JAIR 4, section 4; Seo et al."
    " 2000, IJCNN (ALC)",
    aliases=("alc", "expected_variance_reduction"),
)
def variance_reduction(
    embeddings: Array,
    target_embeddings: Array,
    labelled_embeddings: Array | None = None,
    *,
    noise: float = 1.0,
    prior: float = 1.0,
) -> Array:
    """Fall of the mean predictive variance over target rows: (m, d), (t, d), (l, d) -> (m,).

    mean_t cov(f(x_t), f(x))^2 / (var f(x) + noise) under the posterior given the labelled rows. Targets are 500 rows
    of the pool, drawn once. Cost O(d^3 + (m + t + l) d^2). Shines with no model at all and few labels: it asks
    central rows first and never an outlier for being one. Fails where a linear model of the embeddings is wrong;
    scale them first.

    Raises BadInput for variances that are not positive.

    >>> import numpy as np
    >>> variance_reduction(np.array([[0.0], [2.0]]), np.array([[2.0]]))
    array([0.5       , 4.16666667])
    """
    x = _posterior(embeddings, target_embeddings, labelled_embeddings, noise, prior)
    spread = x.targets @ x.covariance
    over_targets = spread.T @ spread / len(spread)
    return _variance(x.rows, over_targets) / (_variance(x.rows, x.covariance) + noise)


@score(
    cite="Bickford Smith et al. 2023, Prediction-Oriented Bayesian Active Learning, AISTATS, section 4; MacKay 1992,"
    " Information-Based Objective Functions for Active Data Selection, section 4",
    aliases=("kl_maximization", "mean_marginal_information"),
)
def gaussian_epig(
    embeddings: Array,
    target_embeddings: Array,
    labelled_embeddings: Array | None = None,
    *,
    noise: float = 1.0,
    prior: float = 1.0,
) -> Array:
    """Mean information of an answer about a target's answer: (m, d), (t, d), (l, d) -> (m,), nats.

    mean_t -log(1 - r^2) / 2, r the correlation of the two answers: also the expected Kullback-Leibler divergence of
    the targets' predictions after the answer from those before. Same model and targets as `variance_reduction`. Cost
    O(d^3 + m d (d + t)). Shines where targets differ in variance: a logarithm counts relative gains. Fails where
    a linear model of the embeddings is wrong.

    Raises BadInput for variances that are not positive.

    >>> import numpy as np
    >>> gaussian_epig(np.array([[0.0], [2.0]]), np.array([[2.0]])).round(4)
    array([0.0435, 0.5928])
    """
    x = _posterior(embeddings, target_embeddings, labelled_embeddings, noise, prior)
    xp = namespace(x.rows)
    spread = like(x.rows, x.covariance @ x.targets.T)
    there = like(x.rows, np.einsum("td,de,te->t", x.targets, x.covariance, x.targets) + noise)
    here = _variance(x.rows, x.covariance) + noise
    m, step = int(x.rows.shape[0]), max(1, _BLOCK // len(x.targets))
    parts = []
    for start in range(0, m, step):
        stop = min(start + step, m)
        shared = x.rows[start:stop, ...] @ spread
        parts.append(xp.mean(-xp.log1p(-(shared**2) / (here[start:stop, None] * there[None, :])) / 2, axis=1))
    return xp.concat(parts, axis=0) if parts else here
