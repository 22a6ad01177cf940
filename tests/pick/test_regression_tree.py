"""Regression-tree sampling: its allocation against enumeration, its leaves against scikit-learn's tree."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

import askwise as aw
from askwise.core.errors import BadInput
from askwise.core.evidence import Taken
from askwise.pick.regression_tree import _allocate


@pytest.mark.parametrize("seed", range(30))
def test_the_allocation_lowers_the_error_the_most(seed):
    """Of all ways to share n slots over leaves the greedy one has the least sum of p v / k (a convex sum)."""
    rng = np.random.default_rng(seed)
    leaves, n = int(rng.integers(1, 4)), int(rng.integers(1, 6))
    weight, counts = rng.random(leaves), rng.integers(1, 5, leaves)
    room = rng.integers(n, n + 3, leaves)
    queues = [list(range(10 * i, 10 * i + room[i])) for i in range(leaves)]
    got = np.bincount(_allocate(queues, weight, counts, n) // 10, minlength=leaves)
    best = min((weight / (counts + np.array(a))).sum() for a in product(range(n + 1), repeat=leaves) if sum(a) == n)
    assert got.sum() == n
    assert (weight / (counts + got)).sum() == pytest.approx(best)


def test_the_allocation_tends_to_the_papers_proportion():
    weight = np.array([0.5 * 4.0, 0.5 * 1.0])
    split = [list(range(1000, 1999)), list(range(2000, 2999))]
    rows = _allocate(split, weight, np.ones(2, dtype=np.int64), 900)
    # sqrt(p v): 1.414 to 0.707.
    assert abs((rows < 2000).mean() - 2 / 3) < 0.01


def test_noisy_half_is_asked_more():
    rng = np.random.default_rng(0)
    X, L = rng.random((200, 1)), rng.random((40, 1))
    y = (L[:, 0] > 0.5) * rng.normal(0, 3, 40) + 0.01 * rng.standard_normal(40)
    got = aw.pick.regression_tree(X, L, y, n=30, rng=0)
    assert (X[got, 0] > 0.5).mean() > 0.8


def test_inside_a_leaf():
    L, y = np.array([[0.0], [0.1], [9.0], [9.1]]), np.array([0.0, 0.0, 1.0, 7.0])
    X = np.array([[0.05], [8.0], [9.05], [9.06], [12.0]])
    got = aw.pick.regression_tree(X, L, y, n=3, rng=0, min_leaf=2)
    assert got.tolist() == [4, 1, 2]
    drawn = [aw.pick.regression_tree(X, L, y, n=1, rng=s, min_leaf=2, within="random")[0] for s in range(60)]
    assert set(drawn) == {1, 2, 3, 4}
    # A pending row at 12 counts: the farthest of the leaf is then at 8.
    taken = Taken({"embeddings": np.concatenate([L, [[12.1]]])}, np.arange(5) == 4)
    assert aw.pick.regression_tree(X, L, y, n=1, rng=0, min_leaf=2, taken=taken).tolist() == [1]


def test_without_labels_it_is_k_center():
    X = np.random.default_rng(0).standard_normal((40, 2))
    assert aw.pick.regression_tree(X, n=9, rng=0).tolist() == aw.pick.k_center(X, n=9, rng=0).tolist()


@pytest.mark.parametrize(
    ("settings", "match"), [({"min_leaf": 1}, "min_leaf=1"), ({"within": "randm"}, "within='randm'")]
)
def test_bad_settings(settings, match):
    with pytest.raises(BadInput, match=match):
        aw.pick.regression_tree(np.eye(3), n=1, rng=0, **settings)
