"""The table of answers, majority vote, Dawid and Skene's EM, and statistics of annotators."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from askwise.core.errors import BadInput
from askwise.crowd import annotators, co_agreement, dawid_skene, majority, table

RIGHT_DIAGONAL = 0.85


def crowd(seed, rows=200, annotators=6, classes=3, per_row=3, trace=RIGHT_DIAGONAL):
    """Answers of annotators who are right with chance `trace` on average, some better than others; and the truth."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, classes, rows)
    right = np.clip(trace + 0.15 * np.linspace(-1, 1, annotators), 0.05, 0.99)
    item = np.repeat(np.arange(rows), per_row)
    who = np.concatenate([rng.choice(annotators, per_row, replace=False) for _ in range(rows)])
    wrong = (truth[item] + rng.integers(1, classes, len(item))) % classes
    label = np.where(rng.random(len(item)) < right[who], truth[item], wrong)
    return {"item": item, "annotator": who, "label": label}, truth, right


def pairs(answers):
    return list(zip(answers.item.tolist(), answers.annotator.tolist(), answers.label.tolist(), strict=True))


def test_table_counts_and_keeps_the_last_word():
    said = table({"item": [1, 0, 1, 1], "annotator": ["b", "a", "a", "b"], "label": [0, 1, 2, 1]}, rows=4, classes=4)
    assert pairs(said) == [(0, 0, 1), (1, 0, 2), (1, 1, 1)]
    assert said.counts.tolist() == [[0, 1, 0, 0], [0, 1, 1, 0], [0, 0, 0, 0], [0, 0, 0, 0]]
    assert said.sums(np.array([0.5, 2.0])).tolist()[1] == [0, 2, 0.5, 0]
    assert said.per_annotator(1.0).tolist() == [2, 1]


@pytest.mark.parametrize("seed", range(5))
def test_majority_against_a_loop(seed):
    rng = np.random.default_rng(seed)
    given, _, _ = crowd(seed, rows=60, per_row=1 + seed % 4, trace=0.5)
    said = table(given, rows=70, classes=3)
    P = rng.integers(0, 3, (70, 3)) / 4 + 0.1
    used = np.bincount(said.label, minlength=3)
    for probs in (None, P):
        got = majority(said, probs)
        for row in range(70):
            votes = [label for item, _, label in pairs(said) if item == row]
            if not votes:
                assert got[row] == -1
                continue
            key = [(votes.count(k), 0 if probs is None else P[row, k], -used[k], -k) for k in range(3)]
            assert got[row] == max(range(3), key=key.__getitem__)


def test_ties_go_to_the_model_then_to_the_rarer_class():
    said = table({"item": [0, 0, 1, 2, 2], "annotator": [0, 1, 0, 0, 1], "label": [0, 1, 0, 1, 2]})
    assert majority(said).tolist() == [0, 0, 2]
    assert majority(said, np.array([[0.2, 0.7, 0.1]] * 3)).tolist() == [1, 0, 1]


def test_co_agreement_against_every_pair():
    for seed in range(4):
        said = table(crowd(seed, rows=30, per_row=1 + seed % 3)[0])
        got = co_agreement(said)
        lines = pairs(said)
        for j in range(len(said.annotators)):
            same = [a[2] == b[2] for a, b in itertools.permutations(lines, 2) if a[0] == b[0] and a[1] == j]
            assert got[j] == pytest.approx(np.mean(same)) if same else math.isnan(got[j])


def test_annotator_statistics():
    given, truth, right = crowd(3, rows=2000)
    said = table(given)
    found = annotators(said, truth)
    assert np.abs(found.with_consensus - right).max() < 0.05
    assert found.answers.sum() == 6000 and (found.shared == found.answers).all()
    assert found.confusion.sum() == 6000 and found.names.tolist() == list(range(6))
    skill = found.skill()
    np.testing.assert_allclose(skill.sum(2), 1)
    assert np.abs(skill[:, 0, 0] - right).max() < 0.08
    nobody = annotators(table({"item": [0], "annotator": [7], "label": [1]}), [-1])
    assert np.isnan(nobody.with_consensus).all() and np.isnan(nobody.agreement).all()


def slow_em(said, smoothing, steps):
    """Dawid and Skene in plain loops."""
    n, c, a = said.rows, said.classes, len(said.annotators)
    belief = [[said.counts[i, k] / max(said.answers_per_row[i], 1) for k in range(c)] for i in range(n)]
    for _ in range(steps):
        shares = [sum(belief[i][t] for i in range(n)) + smoothing for t in range(c)]
        shares = [s / sum(shares) for s in shares]
        confusion = np.zeros((a, c, c))
        for j, t, s in itertools.product(range(a), range(c), range(c)):
            confusion[j, t, s] = smoothing * (10 if t == s else 1)
            confusion[j, t, s] += sum(belief[i][t] for i, who, label in pairs(said) if who == j and label == s)
        confusion /= confusion.sum(2, keepdims=True)
        for i in range(n):
            odds = [
                shares[t] * math.prod(confusion[j, t, s] for row, j, s in pairs(said) if row == i) for t in range(c)
            ]
            belief[i] = [o / sum(odds) for o in odds]
    return np.array(belief), confusion


def test_em_against_loops():
    said = table(crowd(1, rows=12, annotators=4, classes=3)[0])
    for smoothing in (0.1, 1.0):
        found = dawid_skene(said, smoothing=smoothing, steps=5, tolerance=-1)
        belief, confusion = slow_em(said, smoothing, 5)
        np.testing.assert_allclose(found.posterior, belief, atol=1e-10)
        np.testing.assert_allclose(found.confusion, confusion, atol=1e-10)


@pytest.mark.parametrize("coin", [False, True])
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_em_climbs(coin, smoothing):
    found = dawid_skene(table(crowd(2)[0]), coin=coin, smoothing=smoothing)
    assert (np.diff(found.likelihood) >= -1e-9).all() and len(found.likelihood) < 200
    np.testing.assert_allclose(found.posterior.sum(1), 1)
    np.testing.assert_allclose(found.confusion.sum(2), 1)


def test_em_beats_majority_where_annotators_differ_and_finds_who_lies():
    given, truth, _ = crowd(4, rows=400, annotators=5, per_row=5, trace=0.6)
    liar = given["annotator"] == 0
    given["label"] = np.where(liar, (truth[given["item"]] + 1) % 3, given["label"])
    said = table(given)
    for coin in (False, True):
        found = dawid_skene(said, coin=coin)
        assert (found.labels == truth).mean() > (majority(said) == truth).mean()
        assert np.trace(found.confusion, axis1=1, axis2=2).argmin() == 0
    assert dawid_skene(said).confusion[0, 0, 1] > 0.9


def test_em_edges():
    alone = dawid_skene(table({"item": [0, 2], "annotator": [0, 0], "label": [0, 0]}, rows=3, classes=2))
    assert alone.labels.tolist() == [0, -1, 0] and np.isfinite(alone.posterior).all()
    one_class = dawid_skene(table({"item": [0], "annotator": [0], "label": [0]}))
    assert one_class.posterior.tolist() == [[1.0]]
    strict = dawid_skene(table({"item": [0, 1], "annotator": [0, 1], "label": [0, 1]}, classes=3), smoothing=0.0)
    assert np.isfinite(strict.posterior).all()  # each annotator knows one class only


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda: table({"item": [0], "label": [0]}), "no column 'annotator'"),
        (lambda: table({"item": [], "annotator": [], "label": []}), "every annotator is silent"),
        (lambda: table({"item": [0], "annotator": [0, 1], "label": [0]}), "1 items, 2 annotators"),
        (lambda: table({"item": [0], "annotator": [0], "label": [-1]}), "label holds -1"),
        (lambda: table({"item": [0], "annotator": [0], "label": ["cat"]}), "whole numbers"),
        (lambda: table({"item": [4], "annotator": [0], "label": [0]}, rows=3), "item holds 4"),
        (lambda: table({"item": [0], "annotator": [0], "label": [2]}, classes=2), "label holds 2"),
        (lambda: majority(table({"item": [0], "annotator": [0], "label": [1]}), [[1.0]]), "(1, 1)"),
        (lambda: dawid_skene(table({"item": [0], "annotator": [0], "label": [1]}), smoothing=-1), "smoothing=-1"),
        (lambda: annotators(table({"item": [0], "annotator": [0], "label": [1]}), [0, 1]), "(2,)"),
    ],
)
def test_bad_input(act, words):
    with pytest.raises(BadInput) as error:
        act()
    assert words in str(error.value)
