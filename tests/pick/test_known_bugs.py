"""Bugs of other libraries that the tests of each pick do not look at by themselves (`make mutants`)."""

from __future__ import annotations

import numpy as np
import pytest

import askwise as aw


@pytest.mark.parametrize("m", [499, 500, 523, 1001])
def test_prob_cover_sees_the_last_rows(m):
    """Elsewhere the last m mod 500 rows never become candidates, and a pool of fewer than 500 crashes."""
    X = np.arange(m, dtype=np.float64)[:, None] * 10.0
    X[-5:] = X[-1] + np.array([[0.0], [0.5], [1.0], [1.5], [2.0]])
    assert aw.pick.prob_cover(X, n=1, rng=0, delta=1.2).tolist() == [m - 3]


@pytest.mark.parametrize("c", [2, 3])
def test_badge_asks_the_uncertain_row_first(c):
    """Elsewhere two classes lose their uncertainty, and the predicted class keeps p in place of 1 - p."""
    share = np.linspace(0.51, 0.99, 20)
    probs = np.column_stack([share, *[(1 - share) / (c - 1)] * (c - 1)])
    rows = np.random.default_rng(0).standard_normal((20, 4))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    assert aw.pick.badge(probs, rows, n=1, rng=0).tolist() == [0]


@pytest.mark.parametrize("c", [2, 3])
def test_badge_follows_the_squared_norm_of_the_gradient(c):
    """Rows at the origin of the features but one pending: the draw is by (1 - p)^2 |h|^2, up to the classes' part."""
    share = np.array([0.6, 0.7, 0.8, 0.9])
    probs = np.column_stack([share, *[(1 - share) / (c - 1)] * (c - 1)])
    still = aw.core.evidence.Taken({"probs": probs[:1], "embeddings": np.zeros((1, 4))}, np.array([True]))
    drawn = [int(aw.pick.badge(probs, np.eye(4), n=1, rng=seed, taken=still)[0]) for seed in range(4000)]
    wanted = (1 - share) ** 2 / ((1 - share) ** 2).sum()
    np.testing.assert_allclose(np.bincount(drawn, minlength=4) / 4000, wanted, atol=0.03)
