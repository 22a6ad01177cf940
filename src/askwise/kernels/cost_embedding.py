"""Points for classes whose distances are the costs of taking one for the other: partial multidimensional scaling."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from askwise.core.errors import BadInput
from askwise.core.types import FloatArray

_STARTS, _STEPS, _SMALL = 8, 300, 1e-10


def cost_embedding(cost_matrix: FloatArray, dims: int | None = None) -> tuple[FloatArray, FloatArray]:
    """Points of the true classes (c, d) and of the decisions (c, d): |truth_i - decision_j| ~ cost[i, j].

    Minimises the sum over all pairs (i, j) of (distance - cost)^2 by majorisation from eight seeded starts. Only pairs
    of a truth and a decision count, so costs need not be symmetric. Scaled so that costs have a root mean square of
    one. d is c by default. The paper and its libraries scale non-metrically: with d = c any costs then allow
    the solution of all distances equal (a monotone function need not be strict), which forgets them; hence this form.

    Raises BadInput for a matrix that is not square, holds negative costs, or only zeros. Source: Huang and Lin 2016, A
    Novel Uncertainty Sampling Algorithm for Cost-Sensitive Multiclass Active Learning (ICDM), section III.

    >>> truth, decision = cost_embedding(np.array([[0.0, 1.0], [1.0, 0.0]]))
    >>> np.linalg.norm(truth[:, None] - decision[None], axis=2).round(3).tolist()
    [[0.0, 1.414], [1.414, 0.0]]
    """
    matrix = np.asarray(cost_matrix, dtype=np.float64)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or not np.isfinite(matrix).all() or matrix.min() < 0:
        raise BadInput(f"cost_matrix {matrix.shape} must be square with finite costs >= 0 (row = truth)")
    if not matrix.any() and len(matrix) > 1:
        raise BadInput(f"cost_matrix of {len(matrix)} classes holds zeros only; some error must cost something")
    truth, decision = _embedded(matrix.tobytes(), len(matrix), len(matrix) if dims is None else dims)
    return truth.copy(), decision.copy()  # what is remembered must not be changed by a caller


@lru_cache(maxsize=32)
def _embedded(data: bytes, c: int, dims: int) -> tuple[FloatArray, FloatArray]:
    if c == 1:
        return np.zeros((1, dims)), np.zeros((1, dims))
    cost = np.frombuffer(data).reshape(c, c)
    cost = cost / np.sqrt((cost**2).mean())
    runs = [_scaled(cost, np.random.default_rng(seed).standard_normal((2 * c, dims))) for seed in range(_STARTS)]
    points = min(runs, key=lambda run: run[0])[1]
    return points[:c], points[c:]


def _scaled(cost: FloatArray, points: FloatArray) -> tuple[float, FloatArray]:
    """Stress and points (2c, d) after majorisation from a start (Guttman's transform)."""
    c, stress = len(cost), np.inf
    # Weights are one between a truth and a decision and zero else; this is the pseudo-inverse of their Laplacian.
    laplacian = np.block([[c * np.eye(c), -np.ones((c, c))], [-np.ones((c, c)), c * np.eye(c)]])
    inverse = np.linalg.pinv(laplacian)
    for _ in range(_STEPS):
        apart = np.linalg.norm(points[:c, None] - points[None, c:], axis=2)
        before, stress = stress, float(((apart - cost) ** 2).sum())
        if before - stress < _SMALL * c * c:
            break
        ratio = cost / np.where(apart > 0, apart, 1.0)
        pull = np.block([[np.diag(ratio.sum(axis=1)), -ratio], [-ratio.T, np.diag(ratio.sum(axis=0))]])
        points = inverse @ (pull @ points)
    return stress, points
