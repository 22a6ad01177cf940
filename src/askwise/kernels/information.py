"""Arithmetic that scores share: exact types, p log p, entropies of draws, indicator columns, the normal distribution.

Everything runs in float64 in the namespace of its arguments: scores of committees are differences of nearly equal
entropies, which float32 rounds to noise.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from askwise.core.arrays import double as double
from askwise.core.arrays import host, namespace
from askwise.core.errors import BadInput
from askwise.core.types import Array, FloatArray
from askwise.kernels.backend import backend
from askwise.kernels.row_loops import mean_entropies
from askwise.kernels.rows import entropy, native, steady


def like(array: Array, value: Any) -> Array:
    """A setting (list of numbers) as float64 beside an array: same namespace, same device."""
    xp = namespace(array)
    if xp is np:
        return np.asarray(value, dtype=np.float64)
    import array_api_compat

    return xp.asarray(np.asarray(value, dtype=np.float64), device=array_api_compat.device(array))


def plogp(p: Array) -> Array:
    """p log p elementwise in nats, with 0 log 0 = 0.

    >>> plogp(np.array([0.0, 1.0, 0.5])).round(4) + 0
    array([ 0.    ,  0.    , -0.3466])
    """
    xp = namespace(p)
    return p * xp.log(xp.where(p > 0, p, xp.ones_like(p)))


def mean_entropy(samples: Array) -> Array:
    """Mean over draws of the entropy of each draw: (m, k, c) -> (m,), nats, float64."""
    return entropies_of_draws(samples)[1]


def entropies_of_draws(samples: Array) -> tuple[Array, Array]:
    """Entropy of the mean of the draws, and mean of their entropies: (m, k, c) -> (m,), (m,), nats, float64.

    >>> entropies_of_draws(np.array([[[1.0, 0.0], [0.0, 1.0]]]))
    (array([0.69314718]), array([0.]))
    """
    xp = namespace(samples)
    m, k, c = samples.shape
    if xp is np and backend() == "numba":
        joint, each = np.empty(m), np.empty(m)
        mean_entropies(native(samples), each, joint)
        return steady(joint), steady(each)
    samples = double(samples)
    each = xp.reshape(entropy(xp.reshape(samples, (m * k, c))), (m, k))
    return entropy(xp.mean(samples, axis=1)), steady(xp.mean(each, axis=1))


def one_hot(indices: Array, c: int) -> Array:
    """Indicator columns of class indices: (m,) -> (m, c) float64."""
    xp = namespace(indices)
    columns = xp.astype(like(indices, range(c)), indices.dtype)
    return xp.astype(indices[:, None] == columns[None, :], xp.float64)


def normal_cdf(z: Array) -> Array:
    """Distribution function of the standard normal, elementwise.

    >>> normal_cdf(np.array([0.0, 1.96])).round(3)
    array([0.5  , 0.975])
    """
    import array_api_compat

    if array_api_compat.is_torch_array(z):
        import torch

        return torch.special.ndtr(z)
    from scipy.special import ndtr

    return like(z, ndtr(host(z)))


def check_not_negative(name: str, array: Array) -> None:
    """Raise BadInput quoting the smallest value if one is below zero."""
    xp = namespace(array)
    if array.shape[0] and bool(xp.any(array < 0)):
        raise BadInput(f"{name} holds {float(xp.min(array)):g}; it cannot be negative: give counts or weights >= 0")


def class_index(target: int, c: int, what: str) -> int:
    """The class index that a setting means (negative ones count from the end). Raises BadInput when there is none."""
    if not isinstance(target, int) or not -c <= target < c:
        raise BadInput(f"{what}={target!r} is no class of {c}; give an index from 0 to {c - 1}, or -1 for the last")
    return target % c


def checked_costs(cost_matrix: Any, c: int) -> FloatArray:
    """The cost matrix (c, c) in float64: C[i, j] is the cost of deciding j when i is true; 1 for an error without one.

    Raises BadInput for another shape, or values that are not finite.
    """
    matrix = 1.0 - np.eye(c) if cost_matrix is None else np.asarray(cost_matrix, dtype=np.float64)
    if matrix.shape != (c, c):
        raise BadInput(f"cost_matrix has shape {matrix.shape}, but there are {c} classes; give ({c}, {c})")
    if not np.isfinite(matrix).all():
        raise BadInput("cost_matrix holds values that are not finite; give a large number for a decision to avoid")
    return matrix
