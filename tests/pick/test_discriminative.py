"""Discriminative active learning against a loop that fits the same law by Newton's method."""

from __future__ import annotations

import numpy as np
import pytest

import askwise as aw
from askwise.core.errors import BadInput
from askwise.core.evidence import Taken
from askwise.core.noise import as_noise


def taken_of(rows):
    return Taken({"embeddings": rows}, np.zeros(len(rows), dtype=bool))


def newton(X, y, strength: float):
    """Balanced logistic regression with an intercept that is not shrunk, to machine precision."""
    weight = np.where(y, len(y) / (2 * y.sum()), len(y) / (2 * (~y).sum()))
    A, w = np.column_stack([X, np.ones(len(X))]), np.zeros(X.shape[1] + 1)
    ridge = np.diag([*np.ones(X.shape[1]), 0.0]) / strength
    for _ in range(60):
        p = 1 / (1 + np.exp(-A @ w))
        gradient = A.T @ (weight * (p - y)) + ridge @ w
        w -= np.linalg.solve((A * (weight * p * (1 - p))[:, None]).T @ A + ridge, gradient)
    return w


def slow(X, L, n: int, batches: int, strength: float, seed: int) -> list[int]:
    noise, chosen = as_noise(seed, len(X)).bits("ties"), []
    while len(chosen) < n:
        free = [i for i in range(len(X)) if i not in chosen]
        train = np.concatenate([L, X[chosen], X[free]])
        middle, width = train.mean(0), train.std(0)
        w = newton((train - middle) / width, np.arange(len(train)) >= len(L) + len(chosen), strength)
        odds = ((X - middle) / width) @ w[:-1] + w[-1]
        order = sorted(free, key=lambda i: (np.round(odds[i], 4), noise[i]), reverse=True)
        chosen += order[: min(-(-n // batches), n - len(chosen))]
    return chosen


@pytest.mark.parametrize("seed", range(15))
def test_by_newton(seed):
    rng = np.random.default_rng(seed)
    X, L = rng.standard_normal((int(rng.integers(6, 20)), 2)), rng.standard_normal((int(rng.integers(1, 5)), 2)) + 1
    n, batches = int(rng.integers(1, 6)), int(rng.integers(1, 6))
    got = aw.pick.discriminative(X, n=n, rng=seed, taken=taken_of(L), batches=batches, strength=0.3)
    assert got.tolist() == slow(X, L, n, batches, 0.3, seed)


def test_it_goes_where_no_label_is():
    rng = np.random.default_rng(0)
    X = np.concatenate([rng.normal(0, 1, (95, 2)), rng.normal(8, 1, (5, 2))])
    got = aw.pick.discriminative(X, n=3, rng=0, taken=taken_of(X[:20] + 0.01), batches=1)
    assert (got >= 95).all()


def test_sub_batches_spread():
    """Two far corners: in one batch the farther one takes all, in two the other one has its turn."""
    X = np.array([[9.0, 0.0], [9.0, 0.1], [0.0, 8.0], [0.1, 8.0], [0.0, 0.0], [0.1, 0.1]])
    L = np.array([[0.0, 0.0], [0.2, 0.2]])
    got = aw.pick.discriminative(X, n=2, rng=0, taken=taken_of(L), batches=2, strength=100.0)
    assert sorted(got // 2) == [0, 1]


def test_the_sample_is_used_and_the_first_row_is_central():
    X = np.arange(21.0)[:, None]
    assert aw.pick.discriminative(X, n=1, rng=0).tolist() == [10]
    got = aw.pick.discriminative(X, n=21, rng=0, sample=1)
    assert sorted(got.tolist()) == list(range(21))


def test_bad_settings_are_named():
    with pytest.raises(BadInput, match="batches=0"):
        aw.pick.discriminative(np.eye(3), n=1, rng=0, batches=0)
    with pytest.raises(BadInput, match="strength=0"):
        aw.pick.discriminative(np.eye(3), n=1, rng=0, strength=0)
