"""Epistemic uncertainty on a grid, McPAL by enumerating label sequences, information density, class counts."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

import askwise as aw
from askwise import score
from askwise.core.errors import BadInput
from askwise.kernels.parzen import class_counts


def plausibilities(s: float, n: float) -> tuple[float, float]:
    """pi(1) and pi(0) of Senge et al. by brute force on a fine grid of chances."""
    t = np.linspace(0, 1, 200_001)
    with np.errstate(divide="ignore", invalid="ignore"):
        log = np.where(s > 0, s * np.log(t), 0.0) + np.where(n > 0, n * np.log1p(-t), 0.0)
    likelihood = np.exp(log - log.max())
    return float(np.minimum(likelihood, 2 * t - 1).max()), float(np.minimum(likelihood, 1 - 2 * t).max())


@pytest.mark.parametrize("counts", [(0, 0), (1, 0), (0, 1), (1, 1), (3, 1), (1, 3), (7, 0), (0.3, 0.2), (25, 24)])
def test_epistemic_is_the_smaller_plausibility(counts):
    got = score.epistemic(np.array([counts], dtype=float))[0]
    assert got == pytest.approx(min(plausibilities(*counts)), abs=2e-5)


def test_epistemic_falls_with_evidence_even_if_it_contradicts_itself():
    n = np.arange(0, 40, 4.0)
    assert (np.diff(score.epistemic(np.stack([n, n], axis=1))) < 0).all()
    assert (np.diff(score.epistemic(np.stack([n, 0 * n], axis=1))) < 0).all()
    # By probabilities both would stay at the top for ever.
    assert score.epistemic(np.array([[200.0, 200.0]]))[0] < score.epistemic(np.array([[2.0, 0.0]]))[0]


def test_epistemic_looks_at_the_two_largest_counts():
    rng = np.random.default_rng(0)
    counts = rng.random((20, 5)) * 4
    wanted = score.epistemic(np.sort(counts, axis=1)[:, -2:])
    np.testing.assert_allclose(score.epistemic(counts), wanted, atol=1e-12)


def slow_mcpal(counts: np.ndarray, prior: float, horizon: int) -> float:
    """Expected gain per label by walking every ordered sequence of labels through a Polya urn."""
    gains = []
    for h in range(1, horizon + 1):
        expected = 0.0
        for sequence in product(range(len(counts)), repeat=h):
            alpha, chance = counts + prior, 1.0
            for label in sequence:
                chance *= alpha[label] / alpha.sum()
                alpha = alpha + np.eye(len(counts))[label]
            expected += chance * alpha.max() / alpha.sum()
        alpha = counts + prior
        gains.append((expected - alpha.max() / alpha.sum()) / h)
    return max(gains)


@pytest.mark.parametrize(("prior", "horizon"), [(1.0, 1), (1.0, 2), (0.001, 3), (0.5, 4)])
def test_mcpal_by_enumeration(prior, horizon):
    for seed in range(8):
        rng = np.random.default_rng(seed)
        counts = rng.integers(0, 4, (6, int(rng.integers(2, 5)))) * rng.choice([1.0, 0.3])
        wanted = [slow_mcpal(row, prior, horizon) for row in counts]
        np.testing.assert_allclose(score.mcpal(counts, prior=prior, horizon=horizon), wanted, atol=1e-12)


def test_mcpal_by_hand():
    """No labels, two classes, one label ahead: the best class has 2/3 after it and 1/2 before."""
    assert score.mcpal(np.zeros((1, 2)), horizon=1)[0] == pytest.approx(1 / 6)
    assert score.mcpal(np.zeros((1, 2)), np.array([3.0]), horizon=1)[0] == pytest.approx(1 / 2)


def test_mcpal_needs_more_than_one_label_to_overturn_a_lead():
    """With counts (2, 0) no single label changes the decision, so its gain is zero; three labels can."""
    lead = np.array([[2.0, 0.0]])
    assert score.mcpal(lead, horizon=1)[0] == pytest.approx(0.0, abs=1e-15)
    assert score.mcpal(lead, horizon=3)[0] > 1e-3


def test_bad_settings_and_counts():
    with pytest.raises(BadInput, match="prior=0"):
        score.mcpal(np.zeros((1, 2)), prior=0)
    with pytest.raises(BadInput, match="horizon=0"):
        score.mcpal(np.zeros((1, 2)), horizon=0)
    for method in (score.mcpal, score.epistemic):
        with pytest.raises(BadInput, match="class_counts holds -1"):
            method(np.array([[0.0, -1.0]]))


@pytest.mark.parametrize("base", ["entropy", "least_confidence", "margin"])
@pytest.mark.parametrize("beta", [0.0, 1.0, 2.5])
def test_information_density_by_hand(base, beta):
    rng = np.random.default_rng(3)
    P, near = rng.dirichlet(np.ones(3), 12), rng.random(12)
    doubt = {
        "entropy": [-sum(p * np.log(p) for p in row) for row in P],
        "least_confidence": [1 - max(row) for row in P],
        "margin": [1 - max(row) + sorted(row)[-2] for row in P],
    }[base]
    wanted = [d * near[i] ** beta for i, d in enumerate(doubt)]
    np.testing.assert_allclose(score.information_density(P, near, beta=beta, base=base), wanted, rtol=1e-12)


def test_information_density_prefers_the_dense_row_for_every_base():
    """one library multiplies by the distance, and picks the outlier for entropy."""
    P = np.array([[0.5, 0.5], [0.5, 0.5]])
    for base in ("entropy", "least_confidence", "margin"):
        sparse, dense = score.information_density(P, np.array([1.0, 5.0]), base=base)
        assert dense > sparse
    with pytest.raises(BadInput, match="Did you mean 'margin'"):
        score.information_density(P, np.ones(2), base="margn")
    with pytest.raises(BadInput, match="density holds -1"):
        score.information_density(P, np.array([1.0, -1.0]))


def test_class_counts_by_loops():
    rng = np.random.default_rng(4)
    X, L, y = rng.standard_normal((7, 3)) + 1000, rng.standard_normal((5, 3)) + 1000, np.array([0, 2, 2, 0, 1])
    gamma = 1 / (3 * L.var())
    wanted = np.zeros((7, 3))
    for i in range(7):
        for j in range(5):
            wanted[i, y[j]] += np.exp(-gamma * ((X[i] - L[j]) ** 2).sum())
    np.testing.assert_allclose(class_counts(X, L, y, 3), wanted, rtol=1e-12)
    # Labelled rows that do not vary still have a kernel, and a class never seen has a column of zeros.
    assert class_counts(X[:1], X[:1], np.array([1]), 3).tolist() == [[0.0, 1.0, 0.0]]


def test_class_counts_come_from_labelled_rows():
    rng = np.random.default_rng(5)
    X, L, y = rng.standard_normal((30, 2)), rng.standard_normal((6, 2)), np.array([0, 1, 0, 1, 0, 1])
    P = rng.dirichlet(np.ones(2), 30)
    got = aw.select(30, "epistemic", probs=P, embeddings=X, labelled_embeddings=L, labels=y)
    wanted = aw.select(30, "epistemic", class_counts=class_counts(X, L, y, 2))
    np.testing.assert_array_equal(got.rows, wanted.rows)
    with pytest.raises(aw.MissingEvidence, match="class_counts"):
        aw.select(1, "epistemic", probs=P, embeddings=X)
