"""Hierarchical sampling: the division, the pruning against all prunings, and the law of the draws."""

from __future__ import annotations

import numpy as np
import pytest

import askwise as aw
from askwise.core.errors import BadInput
from askwise.core.evidence import Taken
from askwise.kernels.division import Hierarchy
from askwise.pick.hierarchical_sampling import bounds, label_counts, pruned


@pytest.mark.parametrize("seed", range(20))
def test_the_hierarchy_divides_and_does_not_depend_on_order(seed):
    rng = np.random.default_rng(seed)
    X = rng.integers(-3, 4, (int(rng.integers(1, 40)), 2)).astype(float) + rng.random(2)
    k = int(rng.integers(1, 12))
    tree = Hierarchy.of(X, k)
    assert len(tree.leaves()) <= k and sorted(np.concatenate(tree.leaves()).tolist()) == list(range(len(X)))
    for inside, below in zip(tree.members, tree.children, strict=True):
        if below is not None:
            parts = [tree.members[b] for b in below]
            assert all(len(part) for part in parts)
            assert sorted(np.concatenate(parts).tolist()) == inside.tolist()
    if len(tree.leaves()) < k:  # nothing was left to cut
        assert all(len(np.unique(X[leaf], axis=0)) == 1 for leaf in tree.leaves())
    order = rng.permutation(len(X))
    again = Hierarchy.of(X[order], k)
    assert [sorted(map(tuple, X[leaf])) for leaf in tree.leaves()] == [
        sorted(map(tuple, X[order][leaf])) for leaf in again.leaves()
    ]


def test_the_cut_is_at_the_mean_of_the_principal_direction():
    X = np.array([[0.0, 0.1], [1.0, -0.1], [2.0, 0.0], [9.0, 0.0]])
    assert [leaf.tolist() for leaf in Hierarchy.of(X, 2).leaves()] == [[0, 1, 2], [3]]


def every_pruning(tree, v: int, admissible):
    """All prunings of the tree below v; a node may be cut only where it has an admissible label."""
    yield [v]
    if tree.children[v] is not None and admissible[v]:
        a, b = tree.children[v]
        for left in every_pruning(tree, a, admissible):
            for right in every_pruning(tree, b, admissible):
                yield left + right


def slow_errors(counts, beta: float):
    """(error, has an admissible label) of each node, by the paper's words."""
    errors, good = [], []
    for row in counts:
        n, best = row.sum(), []
        for label in range(len(row)):
            p = row / n if n else row
            slack = 1 / n + np.sqrt(p * (1 - p) / n) if n else np.full(len(row), np.inf)
            low, high = np.maximum(p - slack, 0), np.minimum(p + slack, 1)
            if all(1 - low[label] < beta * (1 - high[other]) for other in range(len(row)) if other != label):
                best.append(1 - p[label])
        errors.append(min(best, default=1.0))
        good.append(bool(best))
    return errors, good


@pytest.mark.parametrize("seed", range(60))
def test_the_pruning_has_the_least_error_of_all(seed):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((60, 2))
    tree = Hierarchy.of(X, 6)
    known = int(rng.integers(0, 60))
    y = np.where(rng.random(known) < 0.1, rng.integers(0, 3, known), (X[60 - known :, 0] > 0).astype(int))
    counts = label_counts(tree, 60 - known, y)
    beta = float(rng.choice([1.5, 2.0, 4.0]))
    errors, good = slow_errors(counts, beta)
    got = pruned(tree, counts, beta)

    def total(nodes):
        return sum(len(tree.members[v]) * errors[v] for v in nodes)

    # A cut below a node that is itself without a label cannot help: such nodes count one.
    assert sorted(np.concatenate([tree.members[v] for v in got]).tolist()) == list(range(60))
    assert np.isclose(total(got), min(total(nodes) for nodes in every_pruning(tree, 0, good)))


def test_bounds_by_hand():
    seen = bounds(np.array([3.0, 1.0]))
    slack = 0.25 + np.sqrt(0.75 * 0.25 / 4)
    np.testing.assert_allclose(seen.low, [0.75 - slack, 0.0])
    np.testing.assert_allclose(seen.high, [1.0, 0.25 + slack])


def test_rows_are_drawn_where_labels_disagree():
    """Two clusters of equal size, one pure in 16 labels, the other 13 to 3: by the law of their bounds."""
    X = np.concatenate([np.linspace(0, 1, 30), np.linspace(50, 51, 30)])[:, None]
    known = np.concatenate([np.linspace(0, 1, 16), np.linspace(50, 51, 16)])[:, None]
    y = np.array([0] * 16 + [1] * 13 + [0] * 3)
    got = np.array([aw.pick.hierarchical_sampling(X, known, y, n=1, rng=i, leaves=2)[0] for i in range(600)])
    pure, mixed = 1 / 16, 1 - (13 / 16 - 1 / 16 - np.sqrt(13 * 3 / 16**3))
    tree = Hierarchy.of(np.concatenate([X, known]), 2)
    assert len(pruned(tree, label_counts(tree, 60, y), 2.0)) == 2
    np.testing.assert_allclose((got >= 30).mean(), mixed / (pure + mixed), atol=0.03)
    # Inside a cluster every row is as likely as another.
    inside = np.bincount(got[got >= 30] - 30, minlength=30)
    assert inside.max() < 3.5 * inside.mean() and (inside > 0).all()


def test_without_labels_it_is_random():
    X = np.random.default_rng(0).standard_normal((10, 2))
    got = np.bincount([int(aw.pick.hierarchical_sampling(X, n=1, rng=i)[0]) for i in range(1000)], minlength=10)
    assert (abs(got - 100) < 45).all()


def test_pending_rows_are_in_the_hierarchy_without_a_label():
    X = np.array([[0.0], [1.0], [9.0]])
    out = Taken({"embeddings": np.array([[9.0], [9.5]])}, np.array([True, True]))
    got = aw.pick.hierarchical_sampling(X, X[:1], np.zeros(1), n=3, rng=0, taken=out)
    assert sorted(got.tolist()) == [0, 1, 2]


def test_bad_settings_are_named():
    with pytest.raises(BadInput, match="leaves=0"):
        aw.pick.hierarchical_sampling(np.eye(3), n=1, rng=0, leaves=0)
    with pytest.raises(BadInput, match="holds -1"):
        aw.pick.hierarchical_sampling(np.eye(3), np.eye(3)[:1], np.array([-1.0]), n=1, rng=0)
