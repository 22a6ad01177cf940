"""LURE against enumeration of every order, its variance and intervals, and the published bar on wdbc."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from askwise.core.errors import BadInput
from askwise.judge.active import (
    Draws,
    draw,
    expected_loss,
    expected_squared_error,
    importance_weighted,
    lure,
    lure_weights,
    proposal,
)
from askwise.judge.risk import risk, simulated, standard_error


def orders(weights, m):
    """Every order of m rows with the chance of each step and of the whole; weights may depend on the past."""
    n = len(weights(()))
    for order in itertools.permutations(range(n), m):
        chances, whole = [], 1.0
        for step, row in enumerate(order):
            w = weights(order[:step])
            left = [i for i in range(n) if i not in order[:step]]
            chances.append(w[row] / w[left].sum())
            whole *= chances[-1]
        yield np.array(order), np.array(chances), whole


@pytest.mark.parametrize("seed", range(8))
def test_unbiased_over_every_order(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 7))
    w, losses = rng.random(n) + 0.1, rng.standard_normal(n)
    for m in range(1, min(n, 4) + 1):
        mean = sum(p * lure(losses[rows], q, n) for rows, q, p in orders(lambda past: w, m))
        assert abs(mean - losses.mean()) < 1e-12


def test_unbiased_when_the_weights_follow_what_was_drawn():
    """The surrogate is refreshed with test labels: chances depend on the losses seen so far."""
    losses = np.array([0.0, 2.0, 0.3, 1.0, 0.1])

    def weights(past):
        return 0.2 + (1 + np.arange(5)) * (1.0 + losses[list(past)].sum())

    mean = sum(p * lure(losses[rows], q, 5) for rows, q, p in orders(weights, 3))
    assert abs(mean - losses.mean()) < 1e-12


def test_the_naive_mean_is_biased_where_lure_is_not():
    losses = np.array([0.0, 0.0, 0.0, 1.0])
    w = 0.1 + losses
    naive = sum(p * losses[rows].mean() for rows, _, p in orders(lambda past: w, 2))
    assert naive > 1.5 * losses.mean()


def test_weights_are_one_when_every_row_is_drawn_and_when_all_are_alike():
    drawn = draw(np.random.default_rng(0).random(9) + 0.1, 9)
    assert (lure_weights(drawn.chances, 9) == 1).all()
    uniform = draw(np.ones(30), 12)
    np.testing.assert_allclose(lure_weights(uniform.chances, 30), 1, atol=1e-12)


def test_worked_weights():
    """N = 4, M = 2, q = (1/2, 1/4): v = (1 + 2/3 (1/2 - 1), 1 + 2/2 (4/3 - 1)) = (2/3, 4/3)."""
    np.testing.assert_allclose(lure_weights([0.5, 0.25], 4), [2 / 3, 4 / 3])
    assert lure_weights([0.1, 0.9], 3)[1] < lure_weights([0.1, 0.6], 3)[1] < 1
    assert lure_weights([0.9, 0.9], 10)[0] == pytest.approx(1 + 8 / 9 * (1 / 9 - 1))


def test_chances_are_those_of_drawing_one_after_another():
    w = np.array([1.0, 2.0, 3.0, 4.0])
    drawn = draw(w, 4, rng=3)
    for step, row in enumerate(drawn.rows):
        left = w[drawn.rows[step:]]
        assert drawn.chances[step] == pytest.approx(w[row] / left.sum())
        assert drawn.least[step] == pytest.approx(left.min() / left.sum())
    counts = np.zeros((4, 4))
    for seed in range(4000):
        first, second = draw(w, 2, rng=seed).rows
        counts[first, second] += 1
    wanted = (w[:, None] / 10) * (w[None] / (10 - w[:, None])) * (1 - np.eye(4))
    assert np.abs(counts / 4000 - wanted).max() < 0.025


def test_drawing_goes_on_where_it_stopped_and_changes_no_input():
    w = np.random.default_rng(1).random(20) + 0.1
    copy = w.copy()
    first = draw(w, 5, rng=7)
    both = draw(w * np.arange(1, 21), 6, rng=7, before=first)
    assert len(both) == 11 and len(set(both.rows.tolist())) == 11
    assert both.rows[:5].tolist() == first.rows.tolist() and both.chances[:5].tolist() == first.chances.tolist()
    assert draw(w, 5, rng=7).rows.tolist() == first.rows.tolist()
    assert (w == copy).all()


def test_proposals():
    losses = np.array([0.0, 1.0, 2.0, 7.0])
    assert proposal(losses, floor=0.0, uniform=0.5).sum() == pytest.approx(1)
    assert (proposal(losses, floor=0.0) > 0).all()
    np.testing.assert_allclose(proposal(losses, floor=0.5), np.array([1.5, 1.5, 2, 7]) / 12)
    np.testing.assert_allclose(proposal(losses, floor=0.0, uniform=1.0), 0.25)
    np.testing.assert_allclose(proposal(np.zeros(5)), 0.2)


def test_expected_losses():
    rng = np.random.default_rng(0)
    P, S = rng.dirichlet(np.ones(3), 6), rng.dirichlet(np.ones(3), 6)
    zero_one = [sum(S[i, c] * (c != P[i].argmax()) for c in range(3)) for i in range(6)]
    np.testing.assert_allclose(expected_loss(P, S), zero_one)
    entropy = [-sum(S[i, c] * math.log(P[i, c]) for c in range(3)) for i in range(6)]
    np.testing.assert_allclose(expected_loss(P, S, loss="cross_entropy"), entropy)
    sure = np.array([[1.0, 0.0, 0.0]])
    assert np.isfinite(expected_loss(sure, S[:1], loss="cross_entropy")).all()
    flat = expected_loss(sure, np.array([[0.9, 0.05, 0.05]]), temperature=4.0)
    assert 0.1 < flat[0] < 2 / 3
    draws = 1.0 + 0.5 * rng.standard_normal(200_000)
    assert expected_squared_error([3.0], [1.0], [0.5])[0] == pytest.approx(((draws - 3) ** 2).mean(), rel=0.01)


def test_importance_weighting_over_every_pair_with_replacement():
    losses, q = np.array([1.0, 0.0, 3.0]), np.array([0.5, 0.3, 0.2])
    pairs = list(itertools.product(range(3), repeat=2))
    mean = sum(q[i] * q[j] * importance_weighted(losses[[i, j]], q[[i, j]], 3) for i, j in pairs)
    assert abs(mean - losses.mean()) < 1e-12
    assert importance_weighted([2.0, 2.0], [0.1, 0.7], 9, self_normalised=True) == pytest.approx(2)


@pytest.mark.parametrize("seed", range(6))
def test_standard_error_is_not_too_small_on_average(seed):
    """Over every order the squared error is the variance or a little more, and near it where M is small against N."""
    rng = np.random.default_rng(seed)
    n, m = (7, 2) if seed % 2 else (6, 4)
    w, losses = rng.random(n) + 0.2, rng.random(n) ** 2
    found = [
        (p, lure(losses[r], q, n), standard_error(losses[r], Draws(r, q, q, n)))
        for r, q, p in orders(lambda past: w, m)
    ]
    variance = sum(p * value**2 for p, value, _ in found) - losses.mean() ** 2
    squared = sum(p * error**2 for p, _, error in found)
    assert 1.0 <= squared / variance < (1.3 if m == 2 else 2.0)


def coverage(truth, weights, n, level, quantiles=None, repeats=600):
    hits = []
    for seed in range(repeats):
        drawn = draw(weights, n, rng=seed)
        found = risk(truth[drawn.rows], drawn, level=level, quantiles=quantiles)
        hits.append(found.low <= truth.mean() <= found.high)
    return np.mean(hits)


def test_intervals_hold_their_level():
    """Squared losses, surrogate half right: the t interval holds; with rare errors the simulated one is closer."""
    rng = np.random.default_rng(5)
    scale = rng.random(400) + 0.1
    losses = scale * rng.chisquare(1, 400)
    assert 0.86 <= coverage(losses, proposal(scale), 40, 0.9) <= 0.96
    chance = rng.beta(0.6, 4, 400)
    wrong = (rng.random(400) < chance).astype(float)
    table, weights = np.tile([0.0, 1.0], (400, 1)), proposal(chance)
    ends = simulated(table, np.c_[1 - chance, chance], weights, 30, level=0.9, worlds=500)
    assert coverage(wrong, weights, 30, 0.9, ends) >= 0.85


def test_finding_nothing_wrong_is_not_proof_of_none():
    """Uniform draws of 50 from 1000: the upper end is where (1 - p)^50 is about 5 per cent (the rule of three)."""
    drawn = draw(np.ones(1000), 50)
    found = risk(np.zeros(50), drawn)
    assert found.low == 0 and found.method == "none found"
    exact = max(k for k in range(900) if math.comb(1000 - k, 50) / math.comb(1000, 50) >= 0.05) / 1000
    assert found.high == pytest.approx(exact, abs=1e-9) and 0.05 < found.high < 0.06


def test_every_row_is_the_truth_itself():
    losses = np.array([1.0, 0.0, 5.0])
    drawn = draw(np.array([1.0, 2.0, 3.0]), 3)
    found = risk(losses[drawn.rows], drawn)
    assert found.value == found.low == found.high == pytest.approx(2) and "every row" in str(found)


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda: lure_weights([0.0], 3), "chances holds 0.0"),
        (lambda: lure_weights([0.5] * 4, 3), "4 test rows of 3"),
        (lambda: lure([1.0], [0.5, 0.5], 3), "1 losses for 2"),
        (lambda: lure([math.nan], [0.5], 3), "holds nan"),
        (lambda: draw([1.0, 0.0], 1), "biases the estimate"),
        (lambda: draw([1.0, 1.0], 3), "2 of 2 are left"),
        (lambda: draw([1.0], 0, before=draw([1.0, 1.0], 1)), "made from 2"),
        (lambda: proposal([-1.0]), "-1.0"),
        (lambda: proposal([1.0], floor=2), "floor=2"),
        (lambda: expected_loss([[1.0]], [[0.5, 0.5]]), "(1, 2)"),
        (lambda: expected_loss([[1.0]], [[1.0]], loss="zero"), "zero_one"),
        (lambda: importance_weighted([1.0], [0.0], 3), "above 0"),
        (lambda: risk([1.0], draw([1.0, 1.0], 2)), "1 losses for 2"),
        (lambda: risk([1.0], draw([1.0, 1.0], 1), level=2), "level=2"),
        (lambda: simulated(np.eye(2), np.eye(2), [1.0], 1), "differ"),
        (lambda: simulated(np.zeros((9, 2)), np.full((9, 2), 0.5), np.ones(9), 3, worlds=50), "draw more"),
    ],
)
def test_bad_input(act, words):
    with pytest.raises(BadInput) as error:
        act()
    assert words in str(error.value)


@pytest.fixture(scope="module")
def wdbc():
    """(losses by class, classes, surrogate, proposal) of 539 rows: a model of 30 labels, judged by a forest."""
    from sklearn.datasets import load_breast_cancer
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    X, y = load_breast_cancer(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(X))
    train, test = order[:30], order[30:]
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=500)).fit(X[train], y[train])
    judge = RandomForestClassifier(200, random_state=0).fit(X[train], y[train])
    P, S = model.predict_proba(X[test]), judge.predict_proba(X[test])
    return -np.log(P), y[test], S, proposal(expected_loss(P, S, loss="cross_entropy"))


@pytest.mark.slow
@pytest.mark.parametrize(("m", "ratio"), [(50, 1.2), (200, 1.4)])
def test_wdbc_bar(wdbc, m, ratio):
    """Bias below 1 per cent, variance at most 1/ratio of uniform; the unweighted mean is off by more than half."""
    table, classes, _, weights = wdbc
    losses = table[np.arange(len(table)), classes]
    truth, size = losses.mean(), len(losses)
    assert size == 539
    runs = [draw(weights, m, rng=seed) for seed in range(4000)]
    active = np.array([lure(losses[one.rows], one.chances, size) for one in runs])
    uniform = np.array([losses[draw(np.ones(size), m, rng=seed).rows].mean() for seed in range(4000)])
    naive = np.mean([losses[one.rows].mean() for one in runs])
    assert abs(active.mean() / truth - 1) < 0.01
    assert uniform.var() / active.var() >= ratio
    if m == 50:
        assert naive / truth - 1 > 0.5


@pytest.mark.slow
def test_wdbc_intervals(wdbc):
    """Of 90 per cent intervals from 50 rows, those calibrated by simulation hold; the plain ones are too short."""
    table, classes, surrogate, weights = wdbc
    losses = table[np.arange(len(table)), classes]
    ends = simulated(table, surrogate, weights, 50, level=0.9, worlds=500)
    plain = coverage(losses, weights, 50, 0.9)
    assert 0.87 <= coverage(losses, weights, 50, 0.9, ends) <= 0.97
    assert plain < 0.88
