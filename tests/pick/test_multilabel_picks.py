"""CVIRS from its definition by loops; BESRA by integrals, loops over answers, and the paper's limits."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.integrate import quad

import askwise as aw
from askwise.core.errors import BadInput
from askwise.pick import besra as besra_pick
from askwise.pick import cvirs
from askwise.pick.besra import _gains, divergence
from askwise.pick.cvirs import _borda, _inconsistency


def H(*shares) -> float:
    return -sum(p * math.log(p) for p in shares if p > 0)


def slow_distance(a, b) -> float:
    """Normalised entropy distance of two label vectors, 1 if they differ everywhere."""
    q = len(a)
    if all(x != y for x, y in zip(a, b, strict=True)):
        return 1.0
    table = [sum((x, y) == cell for x, y in zip(a, b, strict=True)) / q for cell in ((0, 0), (0, 1), (1, 0), (1, 1))]
    joint = H(*table)
    if joint == 0:
        return 0.0
    return (2 * joint - H(sum(a) / q, 1 - sum(a) / q) - H(sum(b) / q, 1 - sum(b) / q)) / joint


def slow_borda(P):
    m, q = P.shape
    total = np.zeros(m)
    for j in range(q):
        certain = [abs(2 * p - 1) for p in P[:, j]]
        for i in range(m):
            below, equal = sum(c < certain[i] for c in certain), sum(c == certain[i] for c in certain)
            total[i] += m - (below + (equal + 1) / 2)
    return total / (q * max(m - 1, 1))


@pytest.mark.parametrize("seed", range(15))
def test_cvirs_from_its_definition(seed):
    rng = np.random.default_rng(seed)
    q = int(rng.integers(1, 7))
    P, Y = rng.choice([0.0, 0.2, 0.5, 0.7, 1.0], (9, q)), rng.integers(0, 2, (4, q))
    predicted = (P > 0.5).astype(int)
    apart = [np.mean([slow_distance(list(row), list(known)) for known in Y]) for row in predicted]
    np.testing.assert_allclose(_inconsistency(P > 0.5, Y > 0), apart, atol=1e-9)
    np.testing.assert_allclose(_borda(P), slow_borda(P), atol=1e-12)
    value = np.array(apart) * slow_borda(P)
    got = cvirs(P, Y, n=4, rng=0)
    np.testing.assert_allclose(value[got], np.sort(value)[::-1][:4], atol=1e-9)


def test_cvirs_uses_the_entropy_distance_and_not_hamming():
    """one library computes it and throws it away. Both rows are equally certain; against
    (1, 1, 0, 0) the first differs in one label of four, the second in two, and is independent of it: distance 1."""
    Y = np.array([[1, 1, 0, 0]])
    assert slow_distance([1, 0, 1, 0], [1, 1, 0, 0]) == pytest.approx(1.0)
    assert 0.25 < slow_distance([1, 0, 0, 0], [1, 1, 0, 0]) < 1.0
    P = np.array([[0.9, 0.1, 0.1, 0.1], [0.9, 0.1, 0.9, 0.1]])
    assert cvirs(P, Y, n=1, rng=0).tolist() == [1]
    with pytest.raises(BadInput, match="label_sets has shape"):
        cvirs(P, Y[:0], n=1, rng=0)


@pytest.mark.parametrize(("alpha", "beta"), [(0.1, 1.0), (1.0, 1.0), (0.1, 3.0), (2.0, 0.5)])
def test_divergence_by_integration(alpha, beta):
    """Savage's form: D(p, q) = int_q^p (p - c) c^(alpha-1) (1-c)^(beta-1) dc. Never below 0, and 0 at p = q."""
    grid = np.linspace(0.02, 0.98, 9)
    for p in grid:
        for q in grid:
            wanted = quad(lambda c, p=p: (p - c) * c ** (alpha - 1) * (1 - c) ** (beta - 1), q, p)[0]
            got = float(divergence(np.array(p), np.array(q), alpha, beta))
            assert got == pytest.approx(wanted, abs=1e-9)
            assert got >= 0


def test_divergence_never_negative_on_a_fine_grid_with_edges():
    """with b = 1 the repository's expression is negative for 49 % of the pairs."""
    p, q = np.meshgrid(np.linspace(0, 1, 201), np.linspace(0, 1, 201))
    for alpha, beta in ((0.1, 1.0), (0.1, 3.0), (1.0, 1.0)):
        D = divergence(p, q, alpha, beta)
        assert np.isfinite(D).all() and (D >= 0).all() and (D[p == q] < 1e-12).all() and (D[p != q] > 0).all()


def test_limits_are_log_loss_and_half_the_brier_loss():
    p, q = np.array([0.1, 0.5, 0.9]), np.array([0.3, 0.2, 0.95])
    kl = p * np.log(p / q) + (1 - p) * np.log((1 - p) / (1 - q))
    np.testing.assert_allclose(divergence(p, q, 0.0, 0.0), kl)
    np.testing.assert_allclose(divergence(p, q, 1.0, 1.0), (p - q) ** 2 / 2)
    with pytest.raises(BadInput, match=r"alpha=0\.0, beta=1\.0"):
        divergence(p, q, 0.0, 1.0)


def test_gains_by_loops():
    rng = np.random.default_rng(0)
    rows, targets = rng.random((5, 3, 2)), rng.random((4, 3, 2))
    rows[0], rows[1, :, 0] = 1.0, 0.0
    for alpha, beta in ((0.1, 1.0), (0.0, 0.0)):
        wanted = np.zeros((5, 4))
        for i, t, j in np.ndindex(5, 4, 2):
            for answer in (0, 1):
                weights = rows[i, :, j] if answer else 1 - rows[i, :, j]
                if weights.sum():
                    after = float(weights / weights.sum() @ targets[t, :, j])
                    before = float(targets[t, :, j].mean())
                    gain = float(divergence(np.array(after), np.array(before), alpha, beta))
                    wanted[i, t] += weights.mean() * gain
        np.testing.assert_allclose(_gains(rows, targets, alpha, beta), wanted, atol=1e-12)


def test_log_score_gain_is_the_information_that_epig_finds():
    """With one label and alpha = beta = 0 the mean gain is the mutual information of the two answers."""
    rng = np.random.default_rng(1)
    rows, targets = rng.random((6, 4, 1)), rng.random((5, 4, 1))

    def two_columns(p):
        return np.concatenate([1 - p, p], axis=2)

    got = _gains(rows, targets, 0.0, 0.0).mean(axis=1)
    np.testing.assert_allclose(got, aw.score.epig(two_columns(rows), two_columns(targets)), atol=1e-12)


def test_besra_spreads_over_directions_of_gain():
    """Rows 0-4 tell about label 0's targets, rows 5-9 about label 1's; each batch of two takes one of each."""
    a, flat = np.array([0.0, 0.0, 1.0, 1.0]), np.full(4, 0.5)
    b = np.array([0.0, 1.0, 0.0, 1.0])
    D = np.empty((20, 4, 2))
    D[:5], D[5:10], D[10:] = np.stack([a, flat], 1), np.stack([flat, b], 1), 0.5
    got = besra_pick(D, n=2, rng=0, alpha=1.0, beta=1.0)
    assert sorted(got // 5) == [0, 1]
