"""Pivotal sampling: leverage against QR, the law of inclusion, and a polynomial fit with few labels."""

from __future__ import annotations

import numpy as np
import pytest

import askwise as aw
from askwise.kernels import pivotal
from askwise.kernels.compiled_tree import cut_tree
from askwise.kernels.pivotal import inclusion, leverage, spread, tournament, tree_slots
from askwise.pick.pivotal import inclusion_probabilities


@pytest.mark.parametrize("seed", range(10))
def test_leverage_is_that_of_qr(seed):
    A = np.random.default_rng(seed).standard_normal((30, 4)) * [1, 10, 100, 0.1]
    np.testing.assert_allclose(leverage(A), (np.linalg.qr(A)[0] ** 2).sum(1), atol=1e-7)


def test_leverage_of_dependent_columns_and_of_zeros():
    A = np.random.default_rng(0).standard_normal((20, 3))
    np.testing.assert_allclose(leverage(A @ np.ones((3, 5))), leverage(A.sum(1)[:, None]), atol=1e-9)
    assert leverage(A @ np.ones((3, 5))).sum() == pytest.approx(1.0)
    assert leverage(np.zeros((4, 2))).tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize("seed", range(20))
def test_inclusion_sums_to_n_and_is_capped(seed):
    rng = np.random.default_rng(seed)
    weights = rng.gamma(0.3, size=15) * (rng.random(15) < 0.8)
    n = int(rng.integers(1, 16))
    p = inclusion(weights, n)
    assert p.sum() == pytest.approx(n) and p.max() <= 1 + 1e-12 and p.min() >= 0
    free = (p < 1 - 1e-9) & (weights > 0)
    if free.sum() > 1 and (weights > 0).sum() > n:
        np.testing.assert_allclose(p[free] / weights[free], (p[free] / weights[free])[0])
        assert p[weights > 0].min() > 0


@pytest.mark.parametrize("m", [1, 2, 5, 8, 13])
def test_each_row_is_chosen_with_its_probability(m):
    rng = np.random.default_rng(m)
    n = max(1, m // 2)
    p = inclusion(rng.gamma(0.7, size=m), n)
    counts = np.zeros(m)
    for _ in range(4000):
        chosen = tournament(p, rng)
        assert len(chosen) == n == len(set(chosen.tolist()))
        counts[chosen] += 1
    np.testing.assert_allclose(counts / 4000, p, atol=0.035)


def test_the_pick_has_the_law_too():
    X = np.array([[3.0, 0.0], [1.0, 0.0], [0.0, 2.0], [0.0, 1.0], [0.0, 1.0]])
    p = inclusion_probabilities(X, 2)
    np.testing.assert_allclose(p, [0.9, 0.1, 2 / 3, 1 / 6, 1 / 6])
    draws = np.array([aw.pick.pivotal(X, n=2, rng=seed) for seed in range(2500)])
    np.testing.assert_allclose(np.bincount(draws.ravel(), minlength=5) / 2500, p, atol=0.035)


def test_neighbours_are_rarely_both_chosen():
    """Eight rows on a line with probability one half: of each pair of neighbours in the tree exactly one."""
    X = np.random.default_rng(0).permutation(np.arange(8.0))[:, None]
    order = tree_slots(X)
    assert X[order, 0].tolist() in (list(range(8)), list(range(7, -1, -1)))
    for seed in range(50):
        chosen = set(tournament(np.full(8, 0.5), np.random.default_rng(seed)).tolist())
        assert all(len({2 * i, 2 * i + 1} & chosen) == 1 for i in range(4))


@pytest.mark.parametrize("m", [3, 100, 1001])
def test_the_tree_holds_every_row_once(m):
    X = np.random.default_rng(m).standard_normal((m, 12))
    slots = tree_slots(X)
    assert sorted(slots[slots >= 0].tolist()) == list(range(m))
    assert len(slots) == 2 ** int(np.ceil(np.log2(m)))


def test_a_tree_by_hand():
    """Wider along the second column, where the median is tied: of the two rows at 5 the first goes left."""
    points = np.array([[0.0, 9.0], [1.0, 5.0], [2.0, 5.0], [3.0, 0.0]])
    for cut in (cut_tree, pivotal._cut_tree):
        slots = np.full(4, -1)
        cut(points, 1, slots)
        assert slots.tolist() == [3, 1, 2, 0]


@pytest.mark.parametrize("seed", range(40))
def test_the_compiled_tree_is_the_plain_one(seed):
    rng = np.random.default_rng(seed)
    points = np.round(rng.standard_normal((int(rng.integers(1, 300)), int(rng.integers(1, 9)))), seed % 3)
    points = np.concatenate([points, points[: len(points) // 3]]) * (seed % 10 > 0)
    slots = [np.full(1 << (len(points) - 1).bit_length(), -1) for _ in range(2)]
    cut_tree(points, 8, slots[0])
    pivotal._cut_tree(points, 8, slots[1])
    assert slots[0].tolist() == slots[1].tolist()


def legendre_grid(side: int, degree: int):
    at = np.linspace(-1, 1, side)
    x, y = (one.ravel() for one in np.meshgrid(at, at))
    basis = [np.polynomial.legendre.Legendre.basis(k) for k in range(degree + 1)]
    A = np.stack([basis[i](x) * basis[j](y) for i in range(degree + 1) for j in range(degree + 1 - i)], axis=1)
    return A, np.exp(-2 * (x - 0.3) ** 2) * np.cos(4 * y) + np.sin(3 * x * y)


def test_fewer_labels_than_independent_draws_for_one_error():
    """The paper's setting, small: at 130 labels pivotal has 1.65 times the best error, independent draws 3.2 times."""
    A, b = legendre_grid(60, 10)
    assert A.shape == (3600, 66)
    best = np.linalg.norm(A @ np.linalg.lstsq(A, b, rcond=None)[0] - b)
    p = inclusion_probabilities(A, 130)
    slots = tree_slots(A)

    def error(rows) -> float:
        scale = 1 / np.sqrt(p[rows])
        fit = np.linalg.lstsq(A[rows] * scale[:, None], b[rows] * scale, rcond=None)[0]
        return float(np.linalg.norm(A @ fit - b) / best)

    trials = [np.random.default_rng(seed) for seed in range(40)]
    ours = np.median([error(spread(slots, p, rng)) for rng in trials])
    alone = np.median([error(np.flatnonzero(rng.random(3600) < p)) for rng in trials])
    assert ours < 2.0
    assert ours < 0.7 * alone
