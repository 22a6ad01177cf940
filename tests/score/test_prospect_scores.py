"""EPIG and BEMPS against explicit sums over labels of row and target; LDM and dropout flips against loops."""

from __future__ import annotations

import math

import numpy as np
import pytest

import askwise as aw
from askwise import score
from askwise.core.errors import BadInput
from askwise.core.source import target_rows
from askwise.learner.head import Head
from askwise.score import prospect


def problem(seed: int):
    rng = np.random.default_rng(seed)
    k, c = int(rng.integers(1, 5)), int(rng.integers(2, 4))
    S, T = rng.dirichlet(np.full(c, 0.4), (6, k)), rng.dirichlet(np.full(c, 0.4), (5, k))
    S[0], T[0] = np.eye(c)[rng.integers(0, c, k)], np.eye(c)[rng.integers(0, c, k)]
    S[1] = S[2]
    return S, T


def slow_epig(row, target) -> float:
    """KL(P(y, y') || P(y) P(y')) term by term."""
    k, c = row.shape
    total = 0.0
    for y in range(c):
        for z in range(c):
            joint = sum(row[j, y] * target[j, z] for j in range(k)) / k
            if joint > 0:
                total += joint * math.log(joint / (row[:, y].mean() * target[:, z].mean()))
    return total


def slow_bemps(row, target, loss: str) -> float:
    """E_y of the fall of the expected loss at the target when draws are reweighted by p(y | row)."""
    c = row.shape[1]
    before, total = target.mean(0), 0.0
    for y in range(c):
        if row[:, y].sum() == 0:
            continue
        after = sum(w * q for w, q in zip(row[:, y] / row[:, y].sum(), target, strict=True))
        if loss == "brier":
            gain = sum(after[z] * sum((after - np.eye(c)[z]) ** 2) for z in range(c))
            gain = sum(after[z] * sum((before - np.eye(c)[z]) ** 2) for z in range(c)) - gain
        else:
            gain = sum(after[z] * (math.log(after[z]) - math.log(before[z])) for z in range(c) if after[z] > 0)
        total += row[:, y].mean() * gain
    return total


@pytest.mark.parametrize("seed", range(12))
def test_epig_and_bemps_by_enumeration(seed):
    S, T = problem(seed)
    wanted = [np.mean([slow_epig(row, target) for target in T]) for row in S]
    np.testing.assert_allclose(score.epig(S, T), wanted, atol=1e-12)
    log = [np.mean([slow_bemps(row, target, "log") for target in T]) for row in S]
    np.testing.assert_allclose(score.epig(S, T), log, atol=1e-12, err_msg="CoreLog is EPIG")
    brier = [np.mean([slow_bemps(row, target, "brier") for target in T]) for row in S]
    np.testing.assert_allclose(score.core_mse(S, T), brier, atol=1e-12)


def test_blocks_do_not_matter(monkeypatch):
    S, T = problem(3)
    whole = score.epig(S, T), score.core_mse(S, T)
    monkeypatch.setattr(prospect, "_BLOCK", 1)
    np.testing.assert_allclose(score.epig(S, T), whole[0], atol=1e-14)
    np.testing.assert_allclose(score.core_mse(S, T), whole[1], atol=1e-14)


def test_epig_ignores_what_bald_wants_but_no_target_depends_on():
    """Row 0 splits the draws 01|23, row 1 splits them 02|13; targets depend on the second split only."""
    a, b = np.array([1.0, 0.0]), np.array([0.0, 1.0])
    S = np.array([[a, a, b, b], [a, b, a, b]])
    T = np.array([[a, b, a, b]])
    assert score.bald(S)[0] == score.bald(S)[1]
    np.testing.assert_allclose(score.epig(S, T), [0.0, math.log(2)], atol=1e-12)
    np.testing.assert_allclose(score.core_mse(S, T), [0.0, 0.5], atol=1e-12)


def test_targets_are_rows_of_the_pool_by_default():
    """the paper wants the distribution of inputs (the pool), never the labelled rows."""
    rng = np.random.default_rng(4)
    S = rng.dirichlet(np.ones(3), (700, 4))
    keys = np.arange(700, dtype=np.uint64)
    stand_in = target_rows(keys)
    assert len(np.unique(stand_in)) == 500 and (np.diff(stand_in) > 0).all()
    got = aw.select(20, "epig", samples=S)
    wanted = aw.select(20, "epig", samples=S, target_samples=S[stand_in])
    np.testing.assert_array_equal(got.rows, wanted.rows)
    order = rng.permutation(700)
    moved = aw.select(20, "epig", samples=S[order], ids=np.arange(700)[order])
    np.testing.assert_array_equal(order[moved.rows], got.rows)


def test_other_targets_are_checked():
    S, T = problem(5)
    with pytest.raises(BadInput, match="same draws"):
        score.epig(S, T[:, :, :1])
    with pytest.raises(BadInput, match="same draws"):
        score.core_mse(S, T[:0])
    with pytest.raises(BadInput, match="target_samples has shape"):
        aw.select(1, "epig", samples=S, target_samples=T[:, 0])
    with pytest.raises(BadInput, match="sums to"):
        aw.select(1, "epig", samples=S, target_samples=T * 2)


def slow_ldm(X, head, T, draws: int, seed: int):
    """One row, one disturbance at a time."""
    rng = np.random.default_rng([seed, 51])
    W = np.vstack([head.weights, head.bias])
    size = np.sqrt((head.weights**2).mean())
    least = np.ones(len(X))
    for step in range(51):
        for _ in range(draws):
            V = W + size * 10 ** (-5 + 0.1 * step) * rng.standard_normal(W.shape)
            rho = np.mean([np.argmax(np.append(t, 1) @ V) != np.argmax(np.append(t, 1) @ W) for t in T])
            for i, x in enumerate(X):
                if np.argmax(np.append(x, 1) @ V) != np.argmax(np.append(x, 1) @ W):
                    least[i] = min(least[i], rho)
    return -least


def test_ldm_by_loops():
    rng = np.random.default_rng(6)
    X, T, head = (
        rng.standard_normal((8, 3)),
        rng.standard_normal((15, 3)),
        Head(rng.standard_normal((3, 4)), np.zeros(4)),
    )
    np.testing.assert_allclose(score.ldm(X, head, T, draws=2, seed=7), slow_ldm(X, head, T, 2, 7))


def test_ldm_asks_near_the_boundary_first():
    x = np.linspace(-3, 3, 61)[:, None]
    head = Head(np.array([[1.0, -1.0]]), np.array([-1.0, 1.0]))  # boundary at x = 1
    got = score.ldm(x, head, x, draws=10)
    assert abs(x[np.argmax(got), 0] - 1.0) < 0.11
    assert got.min() >= -1 and got.max() <= 0


def test_a_class_that_was_not_seen_never_wins():
    rng = np.random.default_rng(7)
    X, W = rng.standard_normal((10, 3)), rng.standard_normal((3, 2))
    padded = Head(np.concatenate([W, np.zeros((3, 1))], axis=1), np.array([0.0, 0.0, -np.inf]))
    for method in (lambda h: score.ldm(X, h, X), lambda h: score.dropout_flips(X, h, passes=9)):
        assert np.isfinite(method(padded)).all()
    np.testing.assert_array_equal(
        score.dropout_flips(X, padded, passes=9), score.dropout_flips(X, Head(W, np.zeros(2)), passes=9)
    )


def test_dropout_flips_by_loops():
    rng = np.random.default_rng(8)
    X, head = rng.standard_normal((9, 6)), Head(rng.standard_normal((6, 3)), rng.standard_normal(3))
    got = score.dropout_flips(X, head, passes=5, rate=0.6, seed=2)
    masks = np.random.default_rng([2, 3])
    flips = np.zeros(9)
    for _ in range(5):
        kept = masks.random(6) >= 0.6
        for i, x in enumerate(X):
            clean = np.argmax(x @ head.weights + head.bias)
            flips[i] += np.argmax((x * kept / 0.4) @ head.weights + head.bias) != clean
    np.testing.assert_allclose(got, flips / 5)


@pytest.mark.parametrize("settings", [{"passes": 0}, {"rate": 0.0}, {"rate": 1.0}])
def test_bad_dropout(settings):
    with pytest.raises(BadInput, match="dropout_flips"):
        score.dropout_flips(np.ones((1, 2)), Head(np.ones((2, 2)), np.zeros(2)), **settings)
    with pytest.raises(BadInput, match="draws=0"):
        score.ldm(np.ones((1, 2)), Head(np.ones((2, 2)), np.zeros(2)), np.ones((1, 2)), draws=0)
