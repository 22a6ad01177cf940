"""Multi-label scores against loops over labels, and worked numbers."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

import askwise as aw
from askwise import score
from askwise.core.errors import BadInput


def problems(count: int = 15):
    """Marginals with exact halves, zeros, ones and ties, and sets of labelled rows."""
    for seed in range(count):
        rng = np.random.default_rng(seed)
        q = int(rng.integers(1, 6))
        P = rng.choice([0.0, 0.25, 0.5, 0.75, 1.0, 0.3, 0.9], (10, q))
        yield P, rng.integers(0, 2, (int(rng.integers(1, 5)), q)).astype(float)


def test_confidences_by_loops():
    for P, _ in problems():
        rows = P.tolist()
        np.testing.assert_allclose(score.binary_minimum(P), [-min(abs(2 * p - 1) for p in row) for row in rows])
        np.testing.assert_allclose(
            score.average_confidence(P), [-np.mean([abs(2 * p - 1) for p in row]) for row in rows]
        )
        np.testing.assert_allclose(score.max_score(P), [max(row) for row in rows])
        np.testing.assert_allclose(score.average_score(P), [sum(row) / len(row) for row in rows])


def test_the_least_certain_label_is_the_one_nearest_to_a_half():
    """one library returns the farthest row with a random tie-break."""
    P = np.array([[0.9, 0.99], [0.55, 0.99], [0.01, 0.99]])
    assert aw.select(1, "binary_minimum", marginals=P).rows.tolist() == [1]
    assert aw.select(1, "min_confidence", marginals=P).rows.tolist() == [1]


def test_average_confidence_is_the_expected_number_of_wrong_labels():
    for P, _ in problems():
        wrong = [
            sum(
                math.prod(p if y else 1 - p for p, y in zip(row, truth, strict=True))
                * sum((p > 0.5) != y for p, y in zip(row, truth, strict=True))
                for truth in itertools.product([False, True], repeat=len(row))
            )
            for row in P.tolist()
        ]
        np.testing.assert_allclose(P.shape[1] * (1 + score.average_confidence(P)) / 2, wrong, atol=1e-12)


def hinge(p: float, y: int) -> float:
    return max(0.0, 1 - y * (2 * p - 1)) / 2


def test_losses_by_hinge_loops():
    for P, _ in problems():
        alone = [[sum(hinge(p, 1 if i == j else -1) for i, p in enumerate(row)) for j in range(len(row))] for row in P]
        best = [min(losses) for losses in alone]
        np.testing.assert_allclose(score.max_loss(P), best, atol=1e-12)
        means = []
        for row, losses in zip(P, alone, strict=True):
            borne = [j for j, p in enumerate(row) if p > 0.5] or [j for j, p in enumerate(row) if p == max(row)]
            means.append(np.mean([losses[j] for j in borne]))
        np.testing.assert_allclose(score.mean_max_loss(P), means, atol=1e-12)


def test_marginal_bald_is_the_sum_of_binary_balds():
    rng = np.random.default_rng(0)
    D = rng.random((8, 4, 3))
    D[0], D[1, 0] = 1.0, 0.0
    wanted = sum(score.bald(np.stack([D[:, :, j], 1 - D[:, :, j]], axis=2)) for j in range(3))
    np.testing.assert_allclose(score.marginal_bald(D), wanted, atol=1e-12)


def test_cardinality_and_adaptive_by_loops():
    for P, Y in problems():
        usual = Y.sum() / len(Y)
        odd = [abs(sum(p > 0.5 for p in row) - usual) for row in P]
        np.testing.assert_allclose(score.label_cardinality(P, Y), odd, atol=1e-12)
        for beta in (0.0, 0.3, 1.0):
            wanted = []
            for row, lci in zip(P, odd, strict=True):
                borne, rejected = [2 * p - 1 for p in row if p > 0.5], [1 - 2 * p for p in row if p <= 0.5]
                gap = min(borne, default=0.0) + min(rejected, default=0.0)
                wanted.append((1 / (gap + 1e-3)) ** beta * (lci + 1e-3) ** (1 - beta))
            np.testing.assert_allclose(score.adaptive_multilabel(P, Y, beta=beta), wanted, rtol=1e-9)


def test_bad_sets_and_settings():
    P = np.full((3, 2), 0.4)
    for Y in (np.zeros((0, 2)), np.zeros((4, 3))):
        for method in (score.label_cardinality, score.adaptive_multilabel):
            with pytest.raises(BadInput, match=f"label_sets has shape \\({len(Y)}, "):
                method(P, Y)
    with pytest.raises(BadInput, match="beta=2"):
        score.adaptive_multilabel(P, np.ones((1, 2)), beta=2)
    with pytest.raises(BadInput, match=r"marginals of row 2 holds 1\.5"):
        aw.select(1, "max_loss", marginals=np.array([[0.1], [0.2], [1.5]]))
    with pytest.raises(BadInput, match=r"label_sets of row 0 holds -1"):
        aw.select(1, "lci", marginals=P, label_sets=np.array([[-1.0, 1.0]]))
