"""GALAXY and DIRECT against loops over rows; the class balancer; the guard for many dimensions."""

from __future__ import annotations

import numpy as np
import pytest

import askwise as aw
from askwise import score
from askwise.core.errors import BadInput
from askwise.core.evidence import Taken
from askwise.core.noise import Noise
from askwise.pick.class_quota import class_balancer
from askwise.pick.dimension_guard import dimension_guard
from askwise.pick.galaxy import Line, direct, galaxy, margins
from askwise.pick.top import top


def line(text: str) -> Line:
    """A line from letters: 1 in the class, 0 outside, . unknown."""
    state = np.array([{"1": 1, "0": 0, ".": -1}[letter] for letter in text])
    return Line(np.where(state < 0, np.arange(len(text)), -1), state)


def bisected(text: str) -> int | None:
    """The shortest path between unlike labels, by looking at every pair."""
    best = None
    for i, a in enumerate(text):
        for j in range(i + 2, len(text)):
            path = a in "01" and text[j] in "01" and a != text[j] and set(text[i + 1 : j]) == {"."}
            if path and (best is None or j - i < best[1] - best[0]):
                best = (i, j)
    return None if best is None else sum(best) // 2


def nearest_to_a_cut(text: str) -> int | None:
    cuts = [i + 0.5 for i in range(len(text) - 1) if {text[i], text[i + 1]} == {"0", "1"}]
    free = [i for i, letter in enumerate(text) if letter == "."]
    return min(free, key=lambda i: min(abs(i - cut) for cut in cuts)) if cuts and free else None


@pytest.mark.parametrize("seed", range(60))
def test_lines_by_loops(seed):
    rng = np.random.default_rng(seed)
    text = "".join(rng.choice(list("10...") if seed % 2 else list("110."), size=rng.integers(1, 14)))
    one = line(text)
    assert one.bisection() == bisected(text)
    assert one.beside_a_cut() == nearest_to_a_cut(text)
    right = [text[:i].count("1") + text[i:].count("0") for i in range(len(text) + 1)]
    best = [i for i, value in enumerate(right) if value == max(right)]
    assert one.threshold() == best[(len(best) - 1) // 2]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("1..0", (1, 3)), ("1.1.0.0", (3, 4)), (".1.0.1.0.", (2, 7)), ("...", (0, 3)), ("0..1", (0, 4)), ("11", (2, 2))],
)
def test_the_stretch_in_doubt(text, wanted):
    assert line(text).uncertain() == wanted


def test_margins_of_one_class_are_its_probability():
    assert margins(np.array([[1.0]])).tolist() == [[1.0]]


def world(seed: int, m: int = 30, c: int = 3, labelled: int = 9):
    rng = np.random.default_rng(seed)
    P = rng.dirichlet(np.full(c, 0.5), m + labelled)
    return P[:m], P[m:], rng.integers(0, c, labelled)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("c", [2, 3])
def test_galaxy_by_loops(seed, c):
    P, L, y = world(seed, c=c)
    got = galaxy(P, L, y, n=12, rng=seed)
    both, predicted = np.r_[P, L], P.argmax(1)
    known = {len(P) + i: int(label) for i, label in enumerate(y)}
    classes, draws = range(c if c > 2 else 1), Noise(seed, len(P)).generator("galaxy")
    at_random = np.argsort(Noise(seed, len(P)).bits("galaxy random")).tolist()
    for row in got.tolist():
        k = int(draws.integers(len(classes)))
        gap = both[:, k] - np.delete(both, k, axis=1).max(1)
        order = np.argsort(-gap, kind="stable").tolist()
        text = "".join("." if i not in known else str(int(known[i] == k)) for i in order)
        found = bisected(text)
        found = nearest_to_a_cut(text) if found is None else found
        assert row == (next(i for i in at_random if i not in known) if found is None else order[found])
        known[row] = int(predicted[row])


def test_galaxy_bisects_where_the_rare_class_ends():
    """One row in 50 is positive and p = 1/2 lies far from where they end: margin looks in the wrong place."""
    p = np.linspace(0.01, 0.4, 200)
    P = np.c_[1 - p, p]
    positive = p > 0.385
    held = np.array([0, 199])
    free = np.setdiff1d(np.arange(200), held)
    for _ in range(8):
        row = int(galaxy(P[free], P[held], positive[held].astype(int), n=1, rng=0)[0])
        held, free = np.append(held, free[row]), np.delete(free, row)
    found = np.sort(p[held])
    edge = np.flatnonzero(np.diff((found > 0.385).astype(int)))[0]
    assert found[edge + 1] - found[edge] < 0.004
    assert top(score.margin(P[free]), n=1, rng=0)[0] == len(free) - 1


@pytest.mark.parametrize("seed", range(6))
def test_direct_splits_its_batch_between_doubt_and_thresholds(seed):
    P, L, y = world(seed, m=60, labelled=12)
    got = direct(P, L, y, n=12, rng=seed)
    assert len(set(got.tolist())) == 12
    both = np.r_[P, L]
    near = set()
    for k in range(3):
        gap = both[:, k] - np.delete(both, k, axis=1).max(1)
        order = np.argsort(-gap, kind="stable")
        text = "".join("." if i < 60 else str(int(y[i - 60] == k)) for i in order)
        cut = line(text).threshold()
        places = sorted((i for i, letter in enumerate(text) if letter == "."), key=lambda i: abs(i + 0.5 - cut))
        near |= set(order[places[:8]].tolist())
    assert set(got[6:].tolist()) <= near


def test_a_wrong_label_hardly_moves_the_threshold_of_direct():
    p = np.linspace(0.0, 1.0, 101)
    P = np.c_[1 - p, p]
    held = np.arange(0, 101, 5)
    y = (p[held] > 0.7).astype(int)
    free = np.setdiff1d(np.arange(101), held)
    clean = direct(P[free], P[held], y, n=4, rng=0, explore=0.0)
    y[1] = 1
    np.testing.assert_array_equal(direct(P[free], P[held], y, n=4, rng=0, explore=0.0), clean)
    assert abs(p[free[clean]] - 0.675).max() < 0.03


def test_bad_input():
    P, L, y = world(0)
    with pytest.raises(BadInput, match="labels holds 7"):
        galaxy(P, L, np.full(9, 7), n=1, rng=0)
    with pytest.raises(BadInput, match="explore=2"):
        direct(P, L, y, n=1, rng=0, explore=2)
    with pytest.raises(BadInput, match="share=2"):
        dimension_guard(np.zeros(3), np.zeros((3, 2)), n=1, rng=0, share=2)
    with pytest.raises(BadInput, match="labels holds 7"):
        class_balancer(np.zeros(30), P, np.full(9, 7), n=1, rng=0)
    with pytest.raises(BadInput, match="sharpness=0"):
        score.inverse_gap(P, sharpness=0)


@pytest.mark.parametrize("seed", range(10))
def test_class_balancer_by_loops(seed):
    rng = np.random.default_rng(seed)
    P, labels = rng.dirichlet(np.ones(3), 20), rng.integers(0, 3, 7)
    scores = rng.random(20)
    got = class_balancer(scores, P, labels, n=20, rng=seed).tolist()
    counts, ranks = np.bincount(labels, minlength=3), Noise(seed, 20).generator("class_balancer").permutation(3)
    left = set(range(20))
    for row in got:
        there = {int(P[i].argmax()) for i in left}
        c = min(there, key=lambda c: (counts[c], ranks[c]))
        assert row == max((i for i in left if P[i].argmax() == c), key=lambda i: scores[i])
        counts[c] += 1
        left.remove(row)


def test_class_balancer_counts_what_is_out():
    P = np.array([[0.9, 0.1], [0.2, 0.8]])
    out = Taken({"probs": np.array([[0.1, 0.9], [0.3, 0.7]])}, np.array([True, True]))
    assert class_balancer(np.zeros(2), P, n=1, rng=0, taken=out).tolist() == [0]


def test_the_guard_draws_half_at_random_while_labels_are_few():
    rng = np.random.default_rng(0)
    scores, wide = rng.random(400), rng.standard_normal((400, 30))
    best = np.argsort(-scores)
    few = Taken({"embeddings": wide[:29]}, np.zeros(29, dtype=bool))
    enough = Taken({"embeddings": wide[:30]}, np.zeros(30, dtype=bool))
    got = dimension_guard(scores, wide, n=20, rng=0, taken=few)
    assert got[:10].tolist() == best[:10].tolist()
    assert len(set(got.tolist()) & set(best[:20].tolist())) < 15
    assert dimension_guard(scores, wide, n=20, rng=0, taken=enough).tolist() == best[:20].tolist()
    assert dimension_guard(scores, wide, n=20, rng=0, taken=few, ratio=0.5).tolist() == best[:20].tolist()


def test_inverse_gap_is_a_chance_that_power_draws_by():
    """P(first) = (1 / (1 + gap)) / sum: gaps 0, 1 and 3 give 4/7, 2/7 and 1/7."""
    Z = np.array([[1.0, 1.0], [2.0, 1.0], [0.0, 3.0]])
    assert score.inverse_gap(Z).tolist() == [1.0, 0.5, 0.25]
    first = [aw.select(1, "selective_margin", logits=Z, seed=seed).rows[0] for seed in range(2000)]
    np.testing.assert_allclose(np.bincount(first, minlength=3) / 2000, [4 / 7, 2 / 7, 1 / 7], atol=0.04)
