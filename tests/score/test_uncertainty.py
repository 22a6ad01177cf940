"""Uncertainty scores against one-line NumPy, worked numbers, and each other on two classes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import askwise as aw
from askwise.testing.suite import backend

REFERENCE = {
    "least_confidence": lambda p: 1 - p.max(1),
    "margin": lambda p: -np.diff(np.sort(np.pad(p, ((0, 0), (1, 0))), 1)[:, -2:], axis=1)[:, 0],
    "entropy": lambda p: stats.entropy(p, axis=1),
}


@pytest.mark.parametrize("kernels", ["numba", "numpy"])
@pytest.mark.parametrize("name", REFERENCE)
@given(m=st.integers(1, 30), c=st.integers(1, 12), seed=st.integers(0, 9999), sharp=st.booleans())
@settings(max_examples=40, deadline=None)
def test_equals_numpy(kernels, name, m, c, seed, sharp):
    probs = np.random.default_rng(seed).dirichlet(np.full(c, 0.05 if sharp else 1.0), m)
    probs[0] = np.eye(c)[0]
    probs[-1] = 1 / c
    with backend(kernels):
        got = getattr(aw.score, name)(probs)
    np.testing.assert_allclose(got, REFERENCE[name](probs), atol=1e-12)


def test_worked_numbers():
    probs = np.array([[0.5, 0.25, 0.25], [0.0, 0.0, 1.0], [1 / 3, 1 / 3, 1 / 3]])
    np.testing.assert_allclose(aw.score.least_confidence(probs), [0.5, 0, 2 / 3])
    np.testing.assert_allclose(aw.score.margin(probs), [-0.25, -1, 0])
    np.testing.assert_allclose(aw.score.entropy(probs), [1.5 * np.log(2), 0, np.log(3)], atol=1e-15)


def test_one_class_has_nothing_to_ask():
    for name in REFERENCE:
        values = getattr(aw.score, name)(np.ones((3, 1)))
        assert (values == values[0]).all() and np.isfinite(values).all()


def test_two_classes_rank_alike():
    first = np.random.default_rng(0).random(500)
    probs = np.column_stack([first, 1 - first])
    orders = {tuple(aw.select(500, name, probs=probs).rows) for name in REFERENCE}
    assert len(orders) == 1


def test_large_pools_cross_the_block_size():
    probs = np.random.default_rng(0).dirichlet(np.ones(3), 9000)
    with backend("numpy"):
        for name, reference in REFERENCE.items():
            np.testing.assert_allclose(getattr(aw.score, name)(probs), reference(probs), atol=1e-12)


def test_differences_stay_float32_and_sums_of_logarithms_are_float64():
    probs = np.random.default_rng(0).dirichlet(np.ones(3), 5).astype(np.float32)
    assert {aw.score.margin(probs).dtype, aw.score.least_confidence(probs).dtype} == {np.dtype(np.float32)}
    assert aw.score.entropy(probs).dtype == np.float64
    want = -(probs.astype(np.float64) * np.log(probs.astype(np.float64))).sum(axis=1)
    np.testing.assert_allclose(aw.score.entropy(probs), want, rtol=0, atol=1e-12)


def test_random_is_uniform_over_rows():
    counts = np.zeros(12)
    for seed in range(1200):
        counts[aw.select(3, "random", embeddings=np.zeros((12, 1)), seed=seed).rows] += 1
    assert stats.chisquare(counts).pvalue > 0.001


def test_random_does_not_follow_the_tie_breaks():
    """The score and the tie-break of a row are different streams: else a random shortlist would rank itself."""
    picked = aw.select(2000, "random", embeddings=np.zeros((2000, 1)))
    assert abs(np.corrcoef(picked.scores, picked.noise)[0, 1]) < 0.08
