"""ACAL's selectors, IE-Thresh and pairs of row and annotator, each against plain loops and by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from askwise.core.errors import BadInput
from askwise.core.noise import Noise
from askwise.crowd import (
    ie_thresh,
    interval_accuracy,
    minority_bias,
    pairs,
    random_annotator,
    representation_diversity,
    semantic_diversity,
    table,
)


def cosine(a, b):
    return float(a @ b / (np.linalg.norm(a) * np.linalg.norm(b)))


def world(seed, n=12, a=5, d=4, past=60):
    """Rows, availability, and answers of all but the last annotator."""
    rng = np.random.default_rng(seed)
    available = rng.random((n, a)) < 0.7
    available[0] = False
    given = {"item": rng.integers(0, 30, past), "annotator": rng.integers(0, a - 1, past)}
    given["annotator"][: a - 1] = np.arange(a - 1)
    given["label"] = rng.integers(0, 3, past) * (rng.random(past) < 0.6)
    return available, rng.standard_normal((n, d)), rng.standard_normal((30, d)), given


def check_choice(got, available, value, met):
    """Nobody where nobody is free; a newcomer where one is; else the lowest value among the available."""
    for row, mask in enumerate(available):
        free = np.flatnonzero(mask)
        if not len(free):
            assert got[row] == -1
        elif not met[free].all():
            assert got[row] in free[~met[free]]
        else:
            assert got[row] in free
            assert value(row, got[row], free) == pytest.approx(min(value(row, j, free) for j in free), abs=1e-9)


@pytest.mark.parametrize("newcomer", [True, False])
@pytest.mark.parametrize("seed", range(4))
def test_selectors_against_loops(seed, newcomer):
    available, rows, items, given = world(seed)
    a = available.shape[1]
    if not newcomer:
        given["annotator"][a - 1] = a - 1
    met = np.isin(np.arange(a), given["annotator"])
    got = semantic_diversity(available, rows, items[given["item"]], given["annotator"])
    check_choice(
        got,
        available,
        lambda row, j, _: np.mean([cosine(rows[row], items[i]) for i in given["item"][given["annotator"] == j]]),
        met,
    )
    said = table(given, rows=30, classes=3)
    used = [(said.label == k).sum() for k in range(3)]
    rarest = int(np.argmin(used))
    lean = [np.mean(said.label[said.annotator == j] == rarest) if j < len(said.annotators) else 0 for j in range(a)]
    check_choice(minority_bias(available, said), available, lambda row, j, _: -lean[j], met)
    people = len(said.annotators)
    means = np.array(
        [
            np.mean(
                [
                    np.r_[items[i], np.eye(3)[k]]
                    for i, w, k in zip(said.item, said.annotator, said.label, strict=True)
                    if w == j
                ],
                axis=0,
            )
            for j in range(people)
        ]
    )
    centred = means - means.mean(0)
    reduced = centred @ np.linalg.svd(centred, full_matrices=False)[2][:10].T
    got = representation_diversity(available, said, items)
    check_choice(
        got,
        available,
        lambda row, j, free: np.mean([cosine(reduced[j], reduced[k]) for k in free if k != j] or [0]),
        met,
    )


def test_random_is_uniform_among_the_available_and_keyed_by_row():
    available = np.tile([True, False, True, True], (6000, 1))
    got = random_annotator(available, rng=3)
    assert np.abs(np.bincount(got, minlength=4) / 6000 - [1 / 3, 0, 1 / 3, 1 / 3]).max() < 0.03
    noise = Noise(3, 6000)
    order = np.random.default_rng(0).permutation(6000)
    assert (random_annotator(available[order], rng=noise.take(order)) == got[order]).all()
    assert (random_annotator(available, rng=4) != got).any()


def test_newcomers_share_the_rows():
    got = semantic_diversity(np.ones((300, 3), bool), np.ones((300, 2)), np.ones((1, 2)), [1])
    assert set(got.tolist()) == {0, 2}


def test_interval_accuracy_by_hand():
    """Annotator 0 agrees on 2 of 2 rows: rewards (1, 0, 1, 1): mean 3/4, s = 1/2, t(3, .975) = 3.1824, k = 4."""
    said = table({"item": [0, 0, 0, 1], "annotator": [0, 1, 2, 0], "label": [1, 1, 0, 0]})
    found = interval_accuracy(said)
    assert found.mean[0] == 0.75
    assert found.high[0] == pytest.approx(0.75 + 3.18244631 * 0.5 / 2)
    rewards = [1, 0, 1]
    assert found.high[1] - found.mean[1] == pytest.approx(4.30265273 * np.std(rewards, ddof=1) / math.sqrt(3))
    assert interval_accuracy(said, truth=[0, -1]).mean.tolist() == [1 / 3, 1 / 3, 2 / 3]


def test_ie_thresh_drops_the_bad_and_keeps_the_unknown():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, 60)
    item, who, label = [], [], []
    for j, right in enumerate((0.95, 0.9, 0.9, 0.3)):
        item += list(range(60))
        who += [j] * 60
        label += np.where(rng.random(60) < right, truth, 1 - truth).tolist()
    said = table({"item": [*item, 0], "annotator": [*who, 4], "label": [*label, int(truth[0])]})
    assert ie_thresh(said).tolist()[3:] == [False, True]
    assert ie_thresh(said, epsilon=0.0).all()
    assert ie_thresh(said, epsilon=1.0).sum() == 1


def slow_pairs(benefit, skill, n, price, per_row, capacity, budget):
    """Greedy by trying every pair anew."""
    chosen = []
    while len(chosen) < n:
        best = None
        for i, j in np.ndindex(*skill.shape):
            before = [k for row, k in chosen if row == i]
            spent = sum(price[r, k] for r, k in chosen)
            if (i, j) in chosen or len(before) >= per_row or sum(k == j for _, k in chosen) >= capacity:
                continue
            if spent + price[i, j] > budget + 1e-9:
                continue
            gain = benefit[i] * math.prod(1 - skill[i, k] for k in before) * skill[i, j] / price[i, j]
            if best is None or gain > best[0] + 1e-15:
                best = (gain, i, j)
        if best is None:
            break
        chosen.append(best[1:])
    return chosen


@pytest.mark.parametrize("seed", range(5))
def test_pairs_against_trying_all(seed):
    rng = np.random.default_rng(seed)
    benefit, skill, price = rng.random(6), rng.random((6, 3)), rng.random((6, 3)) + 0.2
    got = pairs(benefit, skill, 9, price=price, per_row=2, capacity=4, budget=4.0)
    assert got.tolist() == [list(pair) for pair in slow_pairs(benefit, skill, 9, price, 2, 4, 4.0)]


def test_pairs_respect_availability_load_and_inputs():
    benefit, mask = np.array([1.0, 0.5, 0.25]), np.array([[True, False], [True, True], [False, False]])
    assert pairs(benefit, [0.9, 0.8], 5, available=mask).tolist() == [[0, 0], [1, 0]]
    assert pairs(benefit, [0.9, 0.8], 5, available=mask, load=[2.0, 0.0], capacity=2).tolist() == [[1, 1]]
    assert benefit.tolist() == [1.0, 0.5, 0.25] and mask.sum() == 3
    assert pairs(benefit, [0.9], 0).shape == (0, 2)


def test_the_cheap_worker_is_sent_where_the_expert_is_not_worth_it():
    expert_and_worker = np.array([[0.99, 0.95], [0.99, 0.3]])
    assert pairs([1.0, 1.0], expert_and_worker, 2, price=[3.0, 1.0]).tolist() == [[0, 1], [1, 0]]


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda: random_annotator([[1, 0]]), "give True or False"),
        (lambda: random_annotator(np.zeros((2, 0), bool)), "(2, 0)"),
        (lambda: semantic_diversity([[True]], [[1.0]], [[1.0]], [1]), "from 0 to 0"),
        (lambda: semantic_diversity([[True]], [[1.0]], [[1.0, 2.0]], [0]), "do not fit"),
        (lambda: minority_bias([[True]], SAID), "available has 1 annotators, but 2"),
        (lambda: representation_diversity([[True, True]], SAID, [[1.0]]), "each of 2 rows"),
        (lambda: interval_accuracy(SAID, alpha=1), "alpha=1"),
        (lambda: ie_thresh(SAID, epsilon=2), "epsilon=2"),
        (lambda: pairs([-1.0], [0.5], 1), "benefit holds -1.0"),
        (lambda: pairs([1.0], [1.5], 1), "skill holds 1.5"),
        (lambda: pairs([1.0], [0.5], 1, price=0), "price holds 0"),
        (lambda: pairs([1.0], [0.5], 1, per_row=0), "per_row=0"),
        (lambda: pairs([1.0], [0.5], 1, available=[[True, True]]), "available has shape"),
        (lambda: pairs([1.0], [[0.5], [0.5]], 1), "skill has shape (2, 1)"),
    ],
)
def test_bad_input(act, words):
    with pytest.raises(BadInput) as error:
        act()
    assert words in str(error.value)


SAID = table({"item": [0, 1], "annotator": [0, 1], "label": [0, 1]})
