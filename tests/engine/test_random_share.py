"""The random share of a batch is a draw without replacement, also when it takes much of the pool."""

from __future__ import annotations

import numpy as np
import pytest

import askwise as aw


@pytest.mark.parametrize("share", [0.5, 1.0])
def test_no_row_is_drawn_twice(share):
    probs = np.random.default_rng(0).dirichlet(np.ones(3), 12)
    for seed in range(5):
        rows = aw.select(12, aw.Strategy("margin", mix_random=share), probs=probs, seed=seed).rows
        assert sorted(rows.tolist()) == list(range(12))


def test_the_random_share_is_uniform():
    probs = np.random.default_rng(0).dirichlet(np.ones(3), 12)
    half = aw.Strategy("margin", mix_random=1.0)
    counts = np.bincount(
        np.concatenate([aw.select(4, half, probs=probs, seed=s).rows for s in range(900)]), minlength=12
    )
    assert (abs(counts - 300) < 70).all()
