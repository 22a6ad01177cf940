"""Regression scores: explicit loops, Gaussian processes before and after, integrals over the normal density."""

from __future__ import annotations

import math

import numpy as np
import pytest

import askwise as aw
from askwise import score
from askwise.core.errors import BadInput
from askwise.score import gaussian


def test_committee_variance_is_the_variance_of_the_draws():
    D = np.random.default_rng(0).standard_normal((12, 5))
    wanted = np.argsort(-D.var(axis=1))
    np.testing.assert_array_equal(aw.select(12, "qbc_variance", draws=D).rows, wanted)
    np.testing.assert_array_equal(aw.select(12, "predictive_std", draws=D).rows, wanted)
    np.testing.assert_allclose(score.predictive_variance(D.std(axis=1)), D.var(axis=1))


@pytest.mark.parametrize("bias", [True, False])
def test_emcm_is_the_mean_norm_of_gradients(bias):
    rng = np.random.default_rng(1)
    X, D, f = rng.standard_normal((9, 3)), rng.standard_normal((9, 4)), rng.standard_normal(9)
    rows = np.c_[X, np.ones(9)] if bias else X
    wanted = [np.mean([np.linalg.norm((f[i] - y) * rows[i]) for y in D[i]]) for i in range(9)]
    np.testing.assert_allclose(score.emcm(f, D, X, bias=bias), wanted)


def posterior_kernel(X, T, L, noise, prior):
    """Covariance of f over rows and targets given the labelled rows, by the textbook formula of Gaussian processes."""
    A = np.c_[np.concatenate([X, T]), np.ones(len(X) + len(T))]
    B = np.c_[L, np.ones(len(L))]
    gain = prior * A @ B.T @ np.linalg.inv(prior * B @ B.T + noise * np.eye(len(B)))
    return prior * A @ A.T - gain @ (prior * B @ A.T)


@pytest.mark.parametrize("seed", range(6))
def test_closed_forms_are_posteriors_before_and_after(seed):
    rng = np.random.default_rng(seed)
    d, labelled = int(rng.integers(1, 5)), int(rng.integers(0, 6))
    X, T, L = (rng.standard_normal((size, d)) for size in (7, 5, labelled))
    X[1] = X[0]
    noise, prior = float(rng.uniform(0.1, 2)), float(rng.uniform(0.5, 3))
    held = L if labelled else None
    reductions = score.variance_reduction(X, T, held, noise=noise, prior=prior)
    informations = score.gaussian_epig(X, T, held, noise=noise, prior=prior)
    for i in range(7):
        before = posterior_kernel(X, T, L, noise, prior)
        after = posterior_kernel(X, T, np.concatenate([L, X[i : i + 1]]), noise, prior)
        fall = np.diag(before)[7:] - np.diag(after)[7:]
        assert reductions[i] == pytest.approx(fall.mean(), rel=1e-8)
        gain = np.log((np.diag(before)[7:] + noise) / (np.diag(after)[7:] + noise)) / 2
        assert informations[i] == pytest.approx(gain.mean(), rel=1e-8)


def test_information_is_the_expected_divergence_of_predictions():
    """Average over answers y of KL(p(y_t | y) || p(y_t)), by sampling: what peers call KL-divergence maximisation."""
    X, T = np.array([[1.5]]), np.array([[1.0]])
    cov = posterior_kernel(X, T, np.zeros((0, 1)), 0.5, 1.0)
    b, a, c = cov[0, 0] + 0.5, cov[1, 1] + 0.5, cov[0, 1]
    y = np.random.default_rng(2).standard_normal(400_000) * np.sqrt(b)
    after = a - c**2 / b
    divergence = (after + (c / b * y) ** 2) / (2 * a) - 0.5 + np.log(a / after) / 2
    assert score.gaussian_epig(X, T, noise=0.5)[0] == pytest.approx(divergence.mean(), rel=1e-2)


def test_blocks_of_targets(monkeypatch):
    rng = np.random.default_rng(3)
    X, T = rng.standard_normal((9, 2)), rng.standard_normal((4, 2))
    whole = score.gaussian_epig(X, T)
    monkeypatch.setattr(gaussian, "_BLOCK", 1)
    np.testing.assert_allclose(score.gaussian_epig(X, T), whole, rtol=1e-12)


def test_variance_reduction_prefers_a_row_that_others_resemble():
    """Twenty rows lie along one axis, one outlier far along the other: its variance is largest, its use is small."""
    rng = np.random.default_rng(4)
    X = np.concatenate([np.c_[rng.uniform(1, 3, 20), np.zeros(20)], [[0.0, 4.0]]])
    seen = np.zeros((30, 2))  # the intercept is known
    outlier = np.argmax(score.variance_reduction(X, X[20:], seen))
    assert outlier == 20
    assert np.argmax(score.variance_reduction(X, X, seen)) != 20
    with pytest.raises(BadInput, match="noise=0"):
        score.variance_reduction(X, X, noise=0)


def normal_mean(function, mean, std):
    """E function(y) for y normal, by the trapezoid rule on twelve deviations."""
    y = mean + std * np.linspace(-12, 12, 200_001)
    density = np.exp(-(((y - mean) / std) ** 2) / 2) / (std * math.sqrt(2 * math.pi))
    return float(np.trapezoid(function(y) * density, y))


@pytest.mark.parametrize("maximise", [True, False])
@pytest.mark.parametrize("margin", [0.0, 0.3])
def test_improvements_by_integration(maximise, margin):
    rng = np.random.default_rng(5)
    mean, std, labels = rng.standard_normal(8), rng.uniform(0.1, 2, 8), rng.standard_normal(4)
    best = labels.max() if maximise else labels.min()
    sign = 1 if maximise else -1
    for i in range(8):
        gain = normal_mean(lambda y: np.maximum(sign * (y - best) - margin, 0), mean[i], std[i])
        chance = normal_mean(lambda y: (sign * (y - best) > margin).astype(float), mean[i], std[i])
        got = [
            method(mean, std, labels, margin=margin, maximise=maximise)[i]
            for method in (score.expected_improvement, score.probability_of_improvement)
        ]
        assert got == pytest.approx([gain, chance], abs=1e-4)
    bound = score.upper_confidence_bound(mean, std, beta=1.5, maximise=maximise)
    np.testing.assert_allclose(bound, sign * mean + 1.5 * std)


def test_improvement_without_deviation_or_labels():
    mean, std, labels = np.array([0.0, 1.0, 2.0]), np.zeros(3), np.array([1.0])
    assert score.expected_improvement(mean, std, labels).tolist() == [0.0, 0.0, 1.0]
    assert score.probability_of_improvement(mean, std, labels).tolist() == [0.0, 0.0, 1.0]
    for name in ("expected_improvement", "pi"):
        with pytest.raises(aw.MissingEvidence, match="labels"):
            aw.select(1, name, mean=mean, std=std)
    with pytest.raises(BadInput, match="label one row first"):
        score.expected_improvement(mean, std, labels[:0])
