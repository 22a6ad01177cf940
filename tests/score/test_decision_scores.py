"""Ratio, boundary, expected cost, cost margin, rare class, free energy against explicit loops."""

from __future__ import annotations

import math

import numpy as np
import pytest

import askwise as aw
from askwise import score
from askwise.core.errors import BadInput
from askwise.learner.head import linear_head


def problems(count: int = 25):
    """Probabilities with ties, duplicates and exact zeros and ones."""
    for seed in range(count):
        rng = np.random.default_rng(seed)
        c = int(rng.integers(2, 6))
        counts = rng.integers(0, 4, (9, c)).astype(float)
        counts[counts.sum(1) == 0] = 1.0
        counts[0] = np.eye(c)[0]
        yield seed, np.concatenate([counts, counts[:3]]) / np.concatenate([counts, counts[:3]]).sum(1, keepdims=True)


def test_ratio_by_sorting():
    for _, P in problems():
        wanted = [sorted(p)[-2] / max(p) for p in P.tolist()]
        np.testing.assert_allclose(score.ratio(P), wanted, atol=1e-15)


def test_two_classes_rank_alike_by_every_measure():
    """for a binary task least confidence, margin, entropy and ratio rank identically."""
    p = np.random.default_rng(0).random(200)
    P = np.stack([p, 1 - p], axis=1)
    orders = [np.argsort(method(P)) for method in (score.ratio, score.margin, score.entropy, score.expected_cost)]
    for order in orders[1:]:
        np.testing.assert_array_equal(order, orders[0])


def test_ratio_differs_from_margin_with_three_classes():
    P = np.array([[0.8, 0.1, 0.1], [0.8, 0.2, 0.0], [0.4, 0.2, 0.4]])
    assert score.ratio(P).tolist() == pytest.approx([0.125, 0.25, 1.0])


def test_boundary_of_a_binary_svm_is_the_decision_value():
    """One column f, and the two columns (-f/2, f/2) that the head of a linear SVM gives, rank and value alike."""
    rng = np.random.default_rng(1)
    X, w = rng.standard_normal((30, 4)), rng.standard_normal(4)
    f = X @ w + 0.3
    head = linear_head(w[None], np.array([0.3]), np.array([0, 1]), 2)
    np.testing.assert_allclose(score.boundary(f[:, None]), -np.abs(f))
    np.testing.assert_allclose(score.boundary(X @ head.weights + head.bias), -np.abs(f))


def test_boundary_takes_the_two_largest_decision_values():
    Z = np.random.default_rng(2).integers(-3, 4, (40, 5)).astype(float)
    wanted = [sorted(z)[-2] - max(z) for z in Z.tolist()]
    np.testing.assert_array_equal(score.boundary(Z), wanted)


def test_logits_are_derived_from_head_and_embeddings():
    rng = np.random.default_rng(3)
    X, W, b = rng.standard_normal((20, 3)), rng.standard_normal((3, 4)), rng.standard_normal(4)
    from askwise.learner.head import Head

    got = aw.select(20, "boundary", embeddings=X, head=Head(W, b))
    wanted = aw.select(20, "boundary", logits=X @ W + b)
    np.testing.assert_array_equal(got.rows, wanted.rows)
    with pytest.raises(aw.MissingEvidence, match="logits"):
        aw.select(1, "boundary", embeddings=X)


def test_infinite_logits_are_refused():
    with pytest.raises(BadInput, match="logits of row 1 holds inf"):
        aw.select(1, "free_energy", logits=np.array([[0.0, 1.0], [np.inf, 0.0]]))


def test_expected_cost_by_enumeration():
    for seed, P in problems():
        c = P.shape[1]
        C = np.random.default_rng([seed, 9]).integers(0, 5, (c, c)).astype(float)
        costs = [[sum(p[i] * C[i, j] for i in range(c)) for j in range(c)] for p in P]
        np.testing.assert_allclose(score.expected_cost(P, cost_matrix=C.tolist()), [min(row) for row in costs])
        gaps = [min(row) - sorted(row)[1] for row in costs]
        np.testing.assert_allclose(score.cost_margin(P, cost_matrix=C.tolist()), gaps, atol=1e-12)


def test_without_a_matrix_costs_are_the_plain_measures():
    for _, P in problems():
        np.testing.assert_allclose(score.expected_cost(P), score.least_confidence(P), atol=1e-15)
        np.testing.assert_allclose(score.cost_margin(P), score.margin(P), atol=1e-15)


def test_a_dear_miss_moves_the_most_uncertain_point():
    """Missing class 1 costs 9 times a false alarm: the best decision is dearest at p1 = 1/10, not at 1/2."""
    p = np.linspace(0, 1, 101)
    P = np.stack([1 - p, p], axis=1)
    assert p[np.argmax(score.expected_cost(P, cost_matrix=[[0, 1], [9, 0]]))] == pytest.approx(0.1)
    assert p[np.argmax(score.cost_margin(P, cost_matrix=[[0, 1], [9, 0]]))] == pytest.approx(0.1)


@pytest.mark.parametrize("matrix", [[[0, 1]], np.zeros((3, 3)).tolist(), [[0, np.inf], [1, 0]]])
def test_bad_matrices(matrix):
    with pytest.raises(BadInput, match="cost_matrix"):
        score.expected_cost(np.array([[0.5, 0.5]]), cost_matrix=matrix)


def test_rare_takes_one_column():
    P = np.random.default_rng(4).dirichlet(np.ones(4), 10)
    for target in range(-4, 4):
        np.testing.assert_array_equal(score.rare(P, target=target), P[:, target])
    for target in (4, -5, 1.0, "a"):
        with pytest.raises(BadInput, match="target"):
            score.rare(P, target=target)


def test_rare_finds_positives_where_random_does_not():
    """with one class at 1 %, at least five times the positives of a random draw."""
    rng = np.random.default_rng(5)
    y = (np.arange(2000) < 20).astype(int)
    p = 1 / (1 + np.exp(5 - 3 * y - rng.standard_normal(2000)))  # all small: no threshold would pass
    assert p.max() < 0.9
    picked = aw.select(100, "rare", probs=np.stack([1 - p, p], axis=1)).rows
    assert y[picked].sum() >= 5 * 1.0


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_free_energy_by_direct_sum(temperature):
    Z = np.random.default_rng(6).standard_normal((20, 3)) * 4
    wanted = [-temperature * math.log(sum(math.exp(z / temperature) for z in row)) for row in Z.tolist()]
    np.testing.assert_allclose(score.free_energy(Z, temperature=temperature), wanted, rtol=1e-12)


def test_free_energy_does_not_overflow():
    got = score.free_energy(np.array([[2000.0, 0.0], [-2000.0, -2000.0]]))
    np.testing.assert_allclose(got, [-2000.0, 2000.0 - math.log(2)])
    with pytest.raises(BadInput, match="temperature=0"):
        score.free_energy(np.zeros((1, 2)), temperature=0)


def test_free_energy_sees_what_softmax_forgets():
    Z = np.array([[1.0, 3.0], [11.0, 13.0]])
    gaps = score.margin(np.exp(Z) / np.exp(Z).sum(1, keepdims=True))
    assert gaps[0] == pytest.approx(gaps[1])
    assert score.free_energy(Z)[0] > score.free_energy(Z)[1]
