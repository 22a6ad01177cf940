"""A Gaussian mixture with diagonal covariances, by scikit-learn, started from our k-means."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from askwise.core.types import FloatArray, IntArray
from askwise.kernels.cluster import k_means


def fit_mixture(rows: FloatArray, k: int, generator: np.random.Generator) -> Any:
    """A fitted GaussianMixture of min(k, m) components over rows (m, d); scale them first."""
    if len(rows) == 1:
        rows = np.repeat(rows, 2, axis=0)  # scikit-learn wants two
    centres, labels = k_means(rows.astype(np.float32), k, generator)
    return refine(rows, centres, labels, int(generator.integers(2**31)))


def refine(rows: FloatArray, centres: FloatArray, labels: IntArray, seed: int) -> Any:
    """Expectation and maximisation from the clusters of k-means, a hundred steps at most."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.mixture import GaussianMixture

    inside = [rows[labels == c] for c in range(len(centres))]
    spread = np.stack([(one if len(one) else rows).var(axis=0) for one in inside])
    shares = np.maximum(np.bincount(labels, minlength=len(centres)), 1e-3)
    model: Any = GaussianMixture(
        len(centres),
        covariance_type="diag",
        means_init=centres.astype(np.float64),
        precisions_init=1.0 / np.maximum(spread, 1e-3),
        weights_init=shares / shares.sum(),
        init_params="random_from_data",
        random_state=seed,
        reg_covar=1e-3,
    )
    with warnings.catch_warnings():
        # A mixture that is still moving after a hundred steps has its components where the rows are.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(rows)


def standardised(rows: FloatArray) -> FloatArray:
    """Columns of mean zero and variance one; constant ones are zero."""
    width = rows.std(axis=0)
    return np.asarray((rows - rows.mean(axis=0)) / np.where(width > 0, width, 1.0))
