"""Lightweight core-sets: the law of the first draw."""

from __future__ import annotations

import numpy as np

from askwise import pick


def test_the_first_draw_follows_the_law():
    X = np.array([[0.0], [1.0], [2.0], [9.0]])
    far = ((X - X.mean()) ** 2).ravel()
    wanted = 0.5 / 4 + 0.5 * far / far.sum()
    first = [pick.lightweight(X, n=1, rng=seed)[0] for seed in range(4000)]
    np.testing.assert_allclose(np.bincount(first, minlength=4) / 4000, wanted, atol=0.03)


def test_equal_rows_are_drawn_uniformly():
    first = [pick.lightweight(np.ones((4, 2)), n=1, rng=seed)[0] for seed in range(4000)]
    np.testing.assert_allclose(np.bincount(first, minlength=4) / 4000, 0.25, atol=0.03)
