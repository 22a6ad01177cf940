"""Latent semantic directions of a sparse matrix."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

FIT_ROWS = 10_000


def directions(X: Any, dims: int, seed: int) -> NDArray[np.float32]:
    """The first singular directions (f, d) of a sparse matrix, from at most 10,000 of its rows drawn by the
    seed.

    d = min(dims, rows, columns). Randomised, three power iterations: Halko, Martinsson and Tropp, Finding
    Structure with Randomness (SIAM Review 2011), algorithm 4.4.
    """
    from sklearn.utils.extmath import randomized_svd

    if X.shape[0] > FIT_ROWS:
        index = np.sort(np.random.default_rng(seed).choice(X.shape[0], FIT_ROWS, replace=False))
        X = X[index]
    k = min(dims, *X.shape)
    *_, Vt = randomized_svd(X, n_components=k, n_iter=3, random_state=seed % 2**32)
    return np.ascontiguousarray(Vt.T, dtype=np.float32)


def project(X: Any, V: NDArray[np.float32]) -> NDArray[np.float32]:
    """Rows of X on the directions, each of length one; a row without any stays zero."""
    out: NDArray[np.float32] = np.asarray(X @ V, dtype=np.float32)
    length = np.linalg.norm(out, axis=1, keepdims=True)
    out /= np.where(length > 0, length, 1)
    return out
