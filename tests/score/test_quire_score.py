"""QUIRE against its definition: the minimum over the labels of all other rows, by the inverse over the whole pool."""

from __future__ import annotations

import numpy as np
import pytest

import askwise as aw
from askwise.core.errors import BadInput


def slow_quire(X, L, y, noise: float, gamma: float) -> np.ndarray:
    """max over y_s of min over real y_u of sum_c y_c' (K + noise I)^-1 y_c, less what the labels alone give."""
    everything = np.concatenate([L, X])
    K = np.exp(-gamma * ((everything[:, None] - everything[None]) ** 2).sum(-1))
    precision = np.linalg.inv(K + noise * np.eye(len(K)))
    c, known = max(2, y.max() + 1), len(L)
    alone = np.linalg.inv(K[:known, :known] + noise * np.eye(known))
    out = []
    for s in range(len(X)):
        fixed = [*range(known), known + s]
        free = [i for i in range(known, len(K)) if i != known + s]
        worst = -np.inf
        for guess in range(c):
            total = 0.0
            for k in range(c):
                t = np.where(np.append(y, guess) == k, 1.0, -1.0)
                labels = np.zeros(len(K))
                labels[fixed] = t
                if free:
                    block = precision[np.ix_(free, free)]
                    labels[free] = -np.linalg.solve(block, precision[np.ix_(free, fixed)] @ t)
                total += labels @ precision @ labels - t[:-1] @ alone @ t[:-1]
            worst = max(worst, total)
        out.append(-worst)
    return np.array(out)


@pytest.mark.parametrize("seed", range(40))
def test_quire_is_the_min_max_over_the_whole_pool(seed):
    rng = np.random.default_rng(seed)
    m, known, c = int(rng.integers(1, 9)), int(rng.integers(1, 6)), int(rng.integers(1, 5))
    X, L = rng.integers(-2, 3, (m, 2)) / 2.0, rng.integers(-2, 3, (known, 2)) / 2.0
    y, noise, gamma = rng.integers(0, c, known), float(rng.uniform(0.1, 2)), float(rng.uniform(0.2, 2))
    got = aw.score.quire(X, L, y.astype(float), noise=noise, gamma=gamma)
    np.testing.assert_allclose(got, slow_quire(X, L, y, noise, gamma), atol=1e-8)
    # The other rows of the pool do not matter: a row alone has the same value.
    alone = [float(aw.score.quire(X[i : i + 1], L, y.astype(float), noise=noise, gamma=gamma)[0]) for i in range(m)]
    np.testing.assert_allclose(got, alone, atol=1e-12)


def test_two_classes_are_the_binary_formula():
    rng = np.random.default_rng(0)
    X, L, y = rng.standard_normal((30, 3)), rng.standard_normal((8, 3)), np.arange(8) % 2
    K = np.exp(-((L[:, None] - L[None]) ** 2).sum(-1) / (3 * np.var(L)))
    k = np.exp(-((X[:, None] - L[None]) ** 2).sum(-1) / (3 * np.var(L)))
    inverse = np.linalg.inv(K + np.eye(8))
    mu, v = k @ inverse @ (2.0 * y - 1), 2 - np.einsum("ij,jk,ik->i", k, inverse, k)
    np.testing.assert_allclose(aw.score.quire(X, L, y.astype(float)), -2 * (1 + abs(mu)) ** 2 / v)


def test_blocks_do_not_matter(monkeypatch):
    import sys

    rng = np.random.default_rng(1)
    X, L, y = rng.standard_normal((50, 3)), rng.standard_normal((8, 3)), np.arange(8.0) % 3
    wanted = aw.score.quire(X, L, y)
    monkeypatch.setattr(sys.modules["askwise.score.quire"], "_BLOCK", 100)
    np.testing.assert_allclose(aw.score.quire(X, L, y), wanted, rtol=1e-12)
    assert len(aw.score.quire(X[:0], L, y)) == 0


def test_bad_input_is_named():
    X = np.eye(2)
    with pytest.raises(BadInput, match="noise=0"):
        aw.score.quire(X, X, np.array([0.0, 1.0]), noise=0)
    with pytest.raises(BadInput, match="label a few first"):
        aw.score.quire(X, X[:0], np.zeros(0))
    with pytest.raises(BadInput, match=r"-1"):
        aw.score.quire(X, X, np.array([0.0, -1.0]))
