"""The tail filter: ranks by sorting, never fewer rows than asked, and the gain on a pool with outliers."""

from __future__ import annotations

import numpy as np
import pytest

import askwise as aw
from askwise.core.errors import BadInput


def test_skips_the_highest_by_sorting():
    for seed in range(20):
        rng = np.random.default_rng(seed)
        m = int(rng.integers(5, 60))
        scores = rng.permutation(m).astype(float)
        n, fraction = int(rng.integers(1, m)), float(rng.choice([0.0, 0.1, 0.3]))
        skipped = min(int(fraction * m), m - n)
        wanted = np.argsort(-scores)[skipped : skipped + n]
        np.testing.assert_array_equal(aw.pick.skip_tail(scores, n=n, rng=0, fraction=fraction), wanted)


def test_without_a_fraction_it_is_top():
    scores = np.random.default_rng(0).integers(0, 4, 40).astype(float)
    np.testing.assert_array_equal(aw.pick.skip_tail(scores, n=9, rng=3, fraction=0.0), aw.pick.top(scores, n=9, rng=3))


@pytest.mark.parametrize("fraction", [-0.1, 1.0])
def test_bad_fraction(fraction):
    with pytest.raises(BadInput, match=f"fraction={fraction}"):
        aw.pick.skip_tail(np.zeros(3), n=1, rng=0, fraction=fraction)


def test_mislabelled_rows_at_the_boundary_are_passed_over():
    """5 % of the pool are outliers with p = 1/2 exactly: plain margin asks nothing else."""
    rng = np.random.default_rng(1)
    p = np.concatenate([np.full(50, 0.5), rng.uniform(0.55, 1.0, 950)])
    P = np.stack([p, 1 - p], axis=1)
    plain = aw.select(40, "margin", probs=P).rows
    tail = aw.select(40, aw.Strategy("margin", pick=aw.pick.skip_tail.using(fraction=0.05)), probs=P).rows
    assert (plain < 50).all() and (tail >= 50).all()
