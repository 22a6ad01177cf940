"""Skill near a row by loops, and that experts get what they know when answers have prices."""

from __future__ import annotations

import numpy as np
import pytest

from askwise.core.errors import BadInput
from askwise.crowd import local_skill, pairs, table


def crowd(seed: int, n: int = 12):
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 3, n)
    item, who = np.divmod(rng.choice(n * 4, 30, replace=False), 4)
    item, who = np.r_[item, np.arange(n)], np.r_[who, rng.integers(0, 4, n)]
    label = np.where(rng.random(len(item)) < 0.6, truth[item], rng.integers(0, 3, len(item)))
    X = np.round(rng.standard_normal((n, 2)), 1)
    return table({"item": item, "annotator": who, "label": label}), X, truth, np.round(rng.standard_normal((5, 2)), 1)


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("k", [1, 3, 99])
def test_by_loops(seed, k):
    said, X, truth, Q = crowd(seed)
    got = local_skill(said, X, Q, truth=truth, neighbours=k, prior=2.0)
    for i, q in enumerate(Q):
        for a in range(len(said.annotators)):
            own = [
                (item, label)
                for item, who, label in zip(said.item, said.annotator, said.label, strict=False)
                if who == a
            ]
            right = [float(label == truth[item]) for item, label in own]
            order = sorted(range(len(own)), key=lambda r: ((X[own[r][0]] - q) ** 2).sum())[:k]
            wanted = (sum(right[r] for r in order) + 2.0 * np.mean(right)) / (len(order) + 2.0)
            assert got[i, a] == pytest.approx(wanted)


def test_each_expert_is_asked_about_their_own_field():
    """Two cheap experts of one half each, and a dear one who is always right: skill over price decides."""
    rng = np.random.default_rng(0)
    X = np.c_[rng.uniform(-1, 1, 60), np.zeros(60)]
    truth = rng.integers(0, 2, 60)
    left = X[:, 0] < 0
    label = np.stack([np.where(left, truth, 1 - truth), np.where(left, 1 - truth, truth), truth])
    item = np.tile(np.arange(60), 3)
    said = table({"item": item, "annotator": np.repeat(np.arange(3), 60), "label": label.ravel()})
    Q = np.array([[-0.8, 0.0], [0.8, 0.0]])
    skill = local_skill(said, X, Q, truth=truth)
    assert sorted(pairs([1.0, 1.0], skill, 2, price=[1.0, 1.0, 5.0]).tolist()) == [[0, 0], [1, 1]]
    assert pairs([1.0, 1.0], skill, 2, price=[1.0, 1.0, 1.0])[:, 1].tolist() == [2, 2]


def test_annotators_without_answers_and_bad_input():
    said = table({"item": [0, 0], "annotator": [0, 1], "label": [0, 1]})
    assert local_skill(said, [[0.0]], [[0.0]], truth=[-1]).tolist() == [[0.5, 0.5]]
    with pytest.raises(BadInput, match="do not fit"):
        local_skill(said, [[0.0], [1.0]], [[0.0]])
    with pytest.raises(BadInput, match="neighbours=0"):
        local_skill(said, [[0.0]], [[0.0]], neighbours=0)
