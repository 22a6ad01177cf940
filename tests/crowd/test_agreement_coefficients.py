"""Agreement coefficients against published worked examples, scikit-learn, loops over pairs, and simulation."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from askwise.core.errors import BadInput
from askwise.crowd import cohen_kappa, fleiss_kappa, krippendorff_alpha, percent_agreement, table

FLEISS = """0 0 0 0 14
0 2 6 4 2
0 0 3 5 6
0 3 9 2 0
2 2 8 1 1
7 7 0 0 0
3 2 6 3 0
2 5 3 2 2
6 5 2 1 0
0 2 2 3 7"""
"""Fourteen raters, ten subjects, five categories: the worked example of the coefficient's encyclopedia article."""

KRIPPENDORFF = """1 2 3 3 2 1 4 1 2 . . .
1 2 3 3 2 2 4 1 2 5 . 3
. 3 3 3 2 3 4 2 2 5 1 .
1 2 3 3 2 4 4 1 2 5 1 ."""
"""Krippendorff 2011, example C: four observers, twelve units, with missing values."""


def from_counts(counts):
    item, who, label = [], [], []
    for row, line in enumerate(counts):
        answers = [k for k, count in enumerate(line) for _ in range(count)]
        item += [row] * len(answers)
        who += range(len(answers))
        label += answers
    return table({"item": item, "annotator": who, "label": label})


def observers(text):
    cells = [line.split() for line in text.splitlines()]
    lines = [(u, o, int(x) - 1) for o, line in enumerate(cells) for u, x in enumerate(line) if x != "."]
    return table(dict(zip(("item", "annotator", "label"), zip(*lines, strict=True), strict=True)))


def test_fleiss_published():
    counts = [[int(x) for x in line.split()] for line in FLEISS.splitlines()]
    assert round(fleiss_kappa(from_counts(counts)).value, 3) == 0.210
    assert round(percent_agreement(from_counts(counts)).value, 3) == 0.378  # the mean of P_i there


@pytest.mark.parametrize(("scale", "published"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)])
def test_krippendorff_published(scale, published):
    found = krippendorff_alpha(observers(KRIPPENDORFF), scale=scale)
    assert round(found.value, 3) == published and found.rows == 11
    assert found.low < found.value < found.high <= 1


def test_cohen_published():
    """Fifty grants, two readers: 20 both yes, 15 both no, 5 and 10 apart: kappa 0.4."""
    found = cohen_kappa([0] * 25 + [1] * 25, [0] * 20 + [1] * 5 + [0] * 10 + [1] * 15)
    assert found.value == pytest.approx(0.4) and found.low < 0.4 < found.high


@pytest.mark.parametrize("weights", [None, "linear", "quadratic"])
def test_cohen_against_scikit_learn(weights):
    for seed in range(5):
        one, two = np.random.default_rng(seed).integers(0, 4, (2, 30))
        assert cohen_kappa(one, two, weights=weights, draws=5).value == pytest.approx(
            cohen_kappa_score(one, two, weights=weights)
        )


def slow_alpha(said, apart):
    """Alpha from every ordered pair of answers, observed within rows and expected over all."""
    rows = {}
    for item, label in zip(said.item.tolist(), said.label.tolist(), strict=True):
        rows.setdefault(item, []).append(label)
    rows = [labels for labels in rows.values() if len(labels) > 1]
    pooled = [label for labels in rows for label in labels]
    observed = sum(sum(apart(a, b) for a, b in itertools.permutations(r, 2)) / (len(r) - 1) for r in rows)
    expected = sum(apart(a, b) for a, b in itertools.permutations(pooled, 2)) / (len(pooled) - 1)
    return 1 - observed / expected


@pytest.mark.parametrize("seed", range(4))
def test_alpha_against_every_pair(seed):
    rng = np.random.default_rng(seed)
    given = {"item": rng.integers(0, 15, 40), "annotator": rng.integers(0, 6, 40), "label": rng.integers(0, 4, 40)}
    said = table(given, classes=4)
    values = np.array([0.0, 1.0, 5.0, 6.5])
    nominal = krippendorff_alpha(said, draws=3).value
    assert nominal == pytest.approx(slow_alpha(said, lambda a, b: a != b))
    interval = krippendorff_alpha(said, scale="interval", values=values, draws=3).value
    assert interval == pytest.approx(slow_alpha(said, lambda a, b: (values[a] - values[b]) ** 2))


def test_two_annotators_on_every_row_tie_the_three_together():
    """Alpha is Scott's pi with a correction for small samples, and Fleiss' kappa of two annotators is Scott's pi."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, (40, 2))
    said = table({"item": np.repeat(np.arange(40), 2), "annotator": np.tile([0, 1], 40), "label": labels.ravel()})
    pi = fleiss_kappa(said).value
    assert krippendorff_alpha(said).value == pytest.approx(1 - (1 - pi) * (80 - 1) / 80)


def test_intervals_hold_their_level():
    """Over 150 simulated studies the 90 per cent interval of kappa covers what 200,000 rows give."""
    rng = np.random.default_rng(1)

    def study(n):
        truth = rng.integers(0, 3, n)
        said = np.where(rng.random((2, n)) < 0.75, truth, rng.integers(0, 3, (2, n)))
        return said[0], said[1]

    target = cohen_kappa(*study(200_000), draws=1).value
    found = [cohen_kappa(*study(80), level=0.9, draws=150, seed=s) for s in range(150)]
    assert 0.83 <= np.mean([one.low <= target <= one.high for one in found]) <= 0.96


def test_extremes():
    agreed = table({"item": [0, 0, 1, 1], "annotator": [0, 1] * 2, "label": [0, 0, 1, 1]})
    assert fleiss_kappa(agreed).value == krippendorff_alpha(agreed).value == 1
    one_class = table({"item": [0, 0], "annotator": [0, 1], "label": [1, 1]})
    found = (fleiss_kappa(one_class), krippendorff_alpha(one_class), cohen_kappa([1, 1], [1, 1]))
    assert all(math.isnan(one.value) and math.isnan(one.low) for one in found)


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda: cohen_kappa([0], [0, 1]), "1 and 2 labels"),
        (lambda: cohen_kappa([0.5], [0]), "class indices"),
        (lambda: cohen_kappa([0], [0], weights="cubic"), "'cubic'"),
        (lambda: cohen_kappa([0], [1], level=2), "level=2"),
        (lambda: fleiss_kappa(table({"item": [0], "annotator": [0], "label": [0]})), "two answers"),
        (lambda: krippendorff_alpha(observers(KRIPPENDORFF), scale="ordnial"), "Did you mean 'ordinal'?"),
        (lambda: krippendorff_alpha(observers(KRIPPENDORFF), values=[1.0]), "5 classes"),
    ],
)
def test_bad_input(act, words):
    with pytest.raises(BadInput) as error:
        act()
    assert words in str(error.value)
