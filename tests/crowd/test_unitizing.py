"""Alpha for unitizing against the worked example of its author, loops over all sections, and chance."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from askwise.core.errors import BadInput
from askwise.crowd import Marked, unitizing_alpha

ONE = [(75, 145, "c"), (220, 250, "c"), (30, 90, "k"), (150, 200, "k")]
OTHER = [(70, 150, "c"), (205, 225, "c"), (250, 270, "c"), (30, 90, "k"), (150, 200, "k")]
"""Krippendorff 2004, Content Analysis, page 254, counted from the start of the continuum."""


@pytest.mark.parametrize(("label", "published"), [("c", 0.7286), ("k", 1.0), (None, 0.8591)])
def test_published(label, published):
    found = unitizing_alpha([Marked(300, {"i": ONE, "j": OTHER})], label)
    # The last is printed as 1 - 0.0144 / (0.0532 + 0.0490), of numbers already rounded.
    assert found.value == pytest.approx(published, abs=5e-5 if label else 5e-4)
    assert math.isnan(found.low) and math.isnan(found.high)  # one text says nothing of others


def sections(pieces, length, label):
    """Units and gaps as (start, length, is a unit), by walking over the text."""
    marked = np.zeros(length, dtype=bool)
    starts = set()
    for a, b, own in pieces:
        if own == label:
            marked[a:b] = True
            starts.add(a)
    out, at = [], 0
    for x in range(1, length + 1):
        if x == length or marked[x] != marked[at] or (marked[x] and x in starts):
            out.append((at, x - at, bool(marked[at])))
            at = x
    return out


def slow(texts, label):
    """Both disagreements term by term, as the source has them, summed over texts."""
    texts = [text for text in texts if len(text.pieces) > 1]
    size = sum(text.length for text in texts)
    total = sum(text.length * len(text.pieces) for text in texts)
    observed, units, gaps = 0.0, [], []
    for text in texts:
        each = [sections(pieces, text.length, label) for pieces in text.pieces.values()]
        units += [size for one in each for _, size, unit in one if unit]
        gaps += [size for one in each for _, size, unit in one if not unit]
        for one, other in itertools.permutations(each, 2):
            for (b, n, v), (d, k, w) in itertools.product(one, other):
                if v and w and -n < b - d < k:
                    observed += ((b - d) ** 2 + (b + n - d - k) ** 2) / (len(each) - 1)
                elif v and not w and k - n >= b - d >= 0:
                    observed += n**2 / (len(each) - 1)
                elif w and not v and n - k >= d - b >= 0:
                    observed += k**2 / (len(each) - 1)
    inner = sum(
        (len(units) - 1) / 3 * (2 * b**3 - 3 * b**2 + b) + b**2 * sum(k - b + 1 for k in gaps if k >= b) for b in units
    )
    return observed / (total * size), 2 / size * inner / (total * (total - 1) - sum(b * (b - 1) for b in units))


def draw(rng, texts, people):
    out = []
    for _ in range(texts):
        length = int(rng.integers(20, 60))
        pieces = {}
        for who in range(people):
            cuts = np.sort(rng.choice(length, 6, replace=False)).tolist()
            pieces[who] = [(a, b, str(rng.choice(["x", "y"]))) for a, b in zip(cuts[::2], cuts[1::2], strict=True)]
        out.append(Marked(length, pieces))
    return out


@pytest.mark.parametrize("seed", range(4))
def test_against_loops_over_all_sections(seed):
    rng = np.random.default_rng(seed)
    texts = [*draw(rng, 5, 3), *draw(rng, 2, 2), *draw(rng, 1, 1)]
    for label in ("x", "y"):
        observed, expected = slow(texts, label)
        assert unitizing_alpha(texts, label, draws=0).value == pytest.approx(1 - observed / expected)
    sides = [slow(texts, label) for label in ("x", "y")]
    both = 1 - sum(o for o, _ in sides) / sum(e for _, e in sides)
    found = unitizing_alpha(texts, draws=50)
    assert found.value == pytest.approx(both)
    assert found.low <= found.value <= found.high and found.rows == 7


def test_pieces_put_down_blindly_agree_by_chance_alone():
    rng = np.random.default_rng(0)
    texts = [
        Marked(2000, {who: [(at, at + 20, "x") for at in (rng.choice(99, 12, replace=False) * 20)] for who in range(2)})
        for _ in range(40)
    ]
    found = unitizing_alpha(texts, draws=100)
    assert abs(found.value) < 0.1 and found.low < 0.1


def test_overlapping_pieces_of_a_class_are_one():
    split = Marked(50, {"a": [(3, 9, "x"), (5, 12, "x")], "b": [(3, 12, "x")]})
    assert unitizing_alpha([split]).value == 1


def test_nothing_marked_is_undefined():
    assert math.isnan(unitizing_alpha([Marked(9, {"a": [], "b": []})]).value)


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        ([Marked(9, {"a": []})], "none of 1 texts has two annotators"),
        ([Marked(9, {"a": [(3, 12, "x")], "b": []})], "does not lie in its text of 9"),
    ],
)
def test_bad_input(texts, words):
    with pytest.raises(BadInput) as error:
        unitizing_alpha(texts)
    assert words in str(error.value)
