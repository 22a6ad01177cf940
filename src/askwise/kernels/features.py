"""Feature maps of kernels, and the transforms of the BMDAL framework: projection, scaling, posterior.

A kernel method over rows is a linear method over features. Random features are drawn from a seeded generator.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from askwise.core.errors import BadInput, did_you_mean
from askwise.core.types import FloatArray
from askwise.kernels.linear import gram

Map = Callable[[FloatArray], FloatArray]
"""Features (m, p) of rows (m, d)."""

KERNELS = ("linear", "rbf", "laplace", "nngp")
"""x.y; exp(-|x - y|^2 / (2 s^2)); exp(-|x - y|_1 / s); that of an infinitely wide layer of ReLU units."""

_SAMPLE = 1000


def feature_map(kernel: str, rows: FloatArray, dimension: int, generator: np.random.Generator) -> Map:
    """The map of a kernel by random features. Its width s is the median distance of two of these rows.

    rbf and laplace: random cosines and sines (Rahimi and Recht 2007, Random Features for Large-Scale Kernel Machines);
    nngp: random ReLU units, the arc-cosine kernel of order one (Cho and Saul 2009) of the row with a one appended.
    Raises BadInput for an unknown kernel, or fewer than two features.
    """
    if kernel not in KERNELS:
        raise BadInput(f"kernel={kernel!r} is unknown.{did_you_mean(kernel, KERNELS)}")
    if dimension < 2:
        raise BadInput(f"dimension={dimension} features hold no kernel; give 2 or more, 512 by default")
    if kernel == "linear":
        return lambda x: x
    half = dimension // 2
    if kernel == "nngp":
        units = generator.standard_normal((rows.shape[1] + 1, dimension)) * np.sqrt(2.0 / dimension)
        return lambda x: np.maximum(np.concatenate([x, np.ones((len(x), 1))], axis=1) @ units, 0.0)
    size = (rows.shape[1], half)
    waves = generator.standard_normal(size) if kernel == "rbf" else generator.standard_cauchy(size)
    waves = waves / _width(rows, kernel, generator)

    def cosines(x: FloatArray) -> FloatArray:
        angle = x @ waves
        return np.asarray(np.concatenate([np.cos(angle), np.sin(angle)], axis=1) / np.sqrt(half))

    return cosines


def _width(rows: FloatArray, kernel: str, generator: np.random.Generator) -> float:
    """Median distance of two rows, Euclidean for rbf, the sum of differences for laplace; 1 if all are equal."""
    from scipy.spatial.distance import pdist

    some = rows[np.sort(generator.permutation(len(rows))[:_SAMPLE])]
    away = pdist(some, "euclidean" if kernel == "rbf" else "cityblock")
    return float(np.median(away[away > 0])) if (away > 0).any() else 1.0


def projection(width: int, dimension: int, generator: np.random.Generator) -> Map:
    """A Gaussian random projection to this many features: it keeps inner products on average; none if it is wider."""
    if dimension >= width:
        return lambda x: x
    directions = generator.standard_normal((width, dimension)) / np.sqrt(dimension)
    return lambda x: np.asarray(x @ directions)


def posterior(held: FloatArray, noise: float) -> Map:
    """Features whose inner products are the posterior covariance after labels of these rows (t, p), noise variance s^2.

    x -> s x (H'H + s^2 I)^(-1/2), by an eigendecomposition in float64.

    >>> posterior(np.array([[1.0, 0.0]]), 1.0)(np.array([[2.0, 0.0], [0.0, 2.0]])).round(3)
    array([[1.414, 0.   ],
           [0.   , 2.   ]])
    """
    values, vectors = np.linalg.eigh(gram(held))
    root = (vectors * np.sqrt(noise**2 / (np.maximum(values, 0.0) + noise**2))) @ vectors.T
    return lambda x: np.asarray(x @ root)
