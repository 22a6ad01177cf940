"""GLISTER and GradMatch against loops over gradients that are formed."""

from __future__ import annotations

import numpy as np
import pytest

import askwise as aw
from askwise.core.errors import BadInput
from askwise.core.evidence import Taken
from askwise.learner import Head


def problem(seed: int):
    rng = np.random.default_rng(seed)
    m, c, d = int(rng.integers(2, 14)), int(rng.integers(2, 4)), 3
    X, L = rng.integers(-3, 4, (m, d)) / 2.0, rng.integers(-3, 4, (int(rng.integers(1, 6)), d)) / 2.0
    P = rng.dirichlet(np.ones(c), m)
    X[: m // 3], P[: m // 3] = X[0], P[0]
    return rng, X, P, L, rng.integers(0, c, len(L)), int(rng.integers(1, m + 1))


def gradients(P, X):
    """(m, c d) at the predicted class, formed."""
    a = P - np.eye(P.shape[1])[P.argmax(1)]
    return np.einsum("ic,id->icd", a, X).reshape(len(P), -1)


def pending_of(**evidence):
    return Taken(evidence, np.ones(len(next(iter(evidence.values()))), dtype=bool))


def best(value, chosen):
    value = np.array(value, dtype=float)
    value[chosen] = -np.inf
    return int(np.flatnonzero(value >= value.max() - 1e-10 * np.abs(value[np.isfinite(value)]).max())[0])


@pytest.mark.parametrize("seed", range(40))
def test_glister_steps_to_the_largest_product(seed):
    rng, X, P, L, y, n = problem(seed)
    c = P.shape[1]
    W, b = rng.standard_normal((3, c)), rng.standard_normal(c)
    one, held = np.column_stack([X, np.ones(len(X))]), np.column_stack([L, np.ones(len(L))])
    theta, rate = np.vstack([W, b]), 0.3
    G = gradients(P, one).reshape(len(X), c, 4)
    out = G[-1]
    theta = theta - rate * out.T  # a pending copy of the last row
    chosen: list[int] = []
    for _ in range(n):
        Z = np.exp(held @ theta)
        slope = sum(np.outer(h, z / z.sum() - np.eye(c)[k]) for h, z, k in zip(held, Z, y, strict=True)) / len(y)
        chosen.append(best([(g.T * slope).sum() for g in G], chosen))
        theta = theta - rate * G[chosen[-1]].T
    taken = pending_of(probs=P[-1:], embeddings=X[-1:])
    got = aw.pick.glister(P, X, Head(W, b), L, y.astype(float), n=n, rng=0, rate=rate, taken=taken)
    assert got.tolist() == chosen


def test_glister_value_is_the_fall_of_the_loss():
    """To first order, the loss of the labelled rows after one small step on the pick's guessed label."""
    rng, X, P, L, y, _ = problem(5)
    W, b = rng.standard_normal((3, P.shape[1])), np.zeros(P.shape[1])

    def loss(W, b):
        Z = L @ W + b
        return np.mean(np.log(np.exp(Z).sum(1)) - Z[np.arange(len(y)), y])

    a = P - np.eye(P.shape[1])[P.argmax(1)]
    fall = [loss(W, b) - loss(W - 1e-6 * np.outer(x, r), b - 1e-6 * r) for x, r in zip(X, a, strict=True)]
    got = aw.pick.glister(P, X, Head(W, b), L, y.astype(float), n=1, rng=0)[0]
    assert fall[got] == pytest.approx(max(fall), rel=1e-3, abs=1e-12)


@pytest.mark.parametrize(
    ("labels", "settings", "match"),
    [([0.0], {"rate": 0.0}, "rate=0"), ([7.0], {}, r"labels \[7\]"), ([], {}, r"labels \[\]")],
)
def test_glister_bad_input(labels, settings, match):
    head = Head(np.zeros((2, 2)), np.zeros(2))
    with pytest.raises(BadInput, match=match):
        aw.pick.glister(
            np.full((3, 2), 0.5),
            np.ones((3, 2)),
            head,
            np.ones((len(labels), 2)),
            np.array(labels),
            n=1,
            rng=0,
            **settings,
        )


@pytest.mark.parametrize("seed", range(40))
def test_grad_match_is_matching_pursuit_on_formed_gradients(seed):
    from scipy.optimize import minimize

    _, X, P, _, _, n = problem(seed)
    G = gradients(P, X)
    goal, s = G.sum(0), 0.5 * ((G**2).sum(1).mean() or 1.0)
    atoms, weights = [G[-1]], None
    chosen: list[int] = []

    def solve():
        A = np.array(atoms)

        def f(w):
            gap = goal - w @ A
            return gap @ gap + s * w @ w, -2 * A @ gap + 2 * s * w

        return minimize(f, np.zeros(len(A)), jac=True, bounds=[(0, None)] * len(A), tol=1e-14).x

    for _ in range(min(n, 4)):
        weights = solve()
        aligned = G @ (goal - weights @ np.array(atoms))
        ahead = sorted((v for i, v in enumerate(aligned) if i not in chosen), reverse=True)
        got = aw.pick.grad_match(P, X, n=len(chosen) + 1, rng=0, taken=pending_of(probs=P[-1:], embeddings=X[-1:]))
        assert got[:-1].tolist() == chosen
        # The slow weights are good to seven digits: the pick is the best up to that.
        assert aligned[got[-1]] >= ahead[0] - 1e-5 * max(1.0, np.abs(aligned).max())
        chosen.append(int(got[-1]))
        atoms.append(G[chosen[-1]])


def test_grad_match_balances_directions():
    """Two directions of gradients, nine rows and one row: the second pick is the other direction."""
    P = np.tile([[0.5, 0.5]], (10, 1))
    X = np.array([[1.0, 0.0]] * 9 + [[0.0, 1.0]])
    assert aw.pick.grad_match(P, X, n=2, rng=0, ridge=0.001).tolist() == [0, 9]
    with pytest.raises(BadInput, match="ridge=0"):
        aw.pick.grad_match(P, X, n=1, rng=0, ridge=0.0)
