"""power against the law of sampling without replacement; top against a full sort."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

import askwise as aw
from askwise import engine
from askwise.core.errors import BadInput
from askwise.core.source import ArraySource

SCORES = np.array([0.05, 0.1, 0.2, 0.4, 0.8, 1.0])


def draws(scores, n, beta, seeds=4000):
    return np.array([aw.pick.power(scores, n=n, rng=seed, beta=beta) for seed in range(seeds)])


@pytest.mark.parametrize("beta", [0.5, 1.0, 2.0])
def test_first_draw_is_proportional_to_the_power(beta):
    law = SCORES**beta / (SCORES**beta).sum()
    counts = np.bincount(draws(SCORES, 1, beta)[:, 0], minlength=6)
    assert stats.chisquare(counts, law * counts.sum()).pvalue > 0.001


def test_second_draw_is_without_replacement():
    law = SCORES / SCORES.sum()
    pairs = draws(SCORES, 2, 1.0)
    wanted = np.array([[law[i] * law[j] / (1 - law[i]) if i != j else 0.0 for j in range(6)] for i in range(6)])
    counts = np.zeros((6, 6))
    np.add.at(counts, (pairs[:, 0], pairs[:, 1]), 1)
    keep = wanted > 1e-3
    assert counts[np.eye(6, dtype=bool)].sum() == 0
    expected = wanted[keep] / wanted[keep].sum() * counts[keep].sum()
    assert stats.chisquare(counts[keep], expected).pvalue > 0.001


def test_scores_down_to_minus_one_are_shifted():
    """margin is minus the gap, in [-1, 0]: its weight is one minus the gap."""
    shifted = draws(-(1 - SCORES), 1, 1.0, 500)
    np.testing.assert_array_equal(shifted, draws(SCORES, 1, 1.0, 500))


def test_zero_scores_come_last():
    got = draws(np.array([0.0, 0.5, 0.0, 0.5]), 4, 1.0, 50)
    assert (np.sort(got[:, :2]) == [1, 3]).all() and (np.sort(got[:, 2:]) == [0, 2]).all()


def test_bad_input():
    with pytest.raises(BadInput, match=r"beta=0 would draw the wrong end; give a positive beta"):
        aw.pick.power(SCORES, n=1, beta=0)
    with pytest.raises(BadInput, match=r"beta=nan"):
        aw.pick.power(SCORES, n=1, beta=float("nan"))
    with pytest.raises(BadInput, match=r"scores that are not negative, .*, got -1.5"):
        aw.pick.power(np.array([-1.5, 0.0]), n=1)
    with pytest.raises(BadInput, match=r"all in \[-1, 0\] as margin is, got -0.3 beside 0.7; .* pick 'softmax'"):
        aw.pick.power(np.array([-0.3, 0.7]), n=1)


def test_a_hair_below_zero_is_zero():
    """A certain row whose probabilities sum to a little more than one has an entropy below zero, and shifts nothing."""
    probs = np.array([[1.0 + 5e-4, 0.0], [0.5, 0.5], [0.9, 0.1], [1.0, 0.0]])
    entropies = aw.score.entropy(probs)
    assert -1e-3 < entropies.min() < 0
    np.testing.assert_array_equal(draws(entropies, 3, 1.0, 300), draws(np.maximum(entropies, 0.0), 3, 1.0, 300))
    strategy = aw.Strategy("entropy", pick="power")
    for seed in range(20):
        assert 1 in aw.select(2, strategy, probs=probs, seed=seed).rows


def test_a_sharp_power_is_the_top():
    assert aw.pick.power(SCORES, n=3, beta=500.0).tolist() == aw.pick.top(SCORES, n=3).tolist() == [5, 4, 3]


def test_top_is_the_sort():
    rng = np.random.default_rng(0)
    for seed in range(10):
        scores = rng.standard_normal(200)
        assert aw.pick.top(scores, n=30, rng=seed).tolist() == np.argsort(-scores)[:30].tolist()
    assert {aw.pick.top(np.zeros(5), n=1, rng=seed)[0] for seed in range(60)} == set(range(5))


@pytest.mark.parametrize("beta", [0.3, 1.0, 8.0])
@pytest.mark.parametrize("place", ["numba", "numpy"])
def test_a_race_needs_few_scores_and_draws_the_same_rows(beta, place, monkeypatch):
    """Power on BALD with and without its sieve: the same rows in the same order, ties and zeros among them."""
    monkeypatch.setenv("ASKWISE_BACKEND", place)
    rng = np.random.default_rng(4)
    samples = rng.dirichlet(np.full(5, 0.4), (1500, 6)).astype(np.float32)
    samples[200:500] = samples[100, 0]  # draws that agree: zero
    samples[600:700] = samples[601]
    strategy = aw.Strategy("bald", pick=aw.pick.power.using(beta=beta))
    for seed, n in ((0, 1), (1, 40), (2, 700)):
        monkeypatch.setattr(engine, "SIEVE_FROM", 10**9)
        want = aw.select(n, strategy, samples=samples, seed=seed)
        monkeypatch.setattr(engine, "SIEVE_FROM", 0)
        for chunk in (17, 400, 5000):
            monkeypatch.setattr(ArraySource, "chunk", chunk)
            monkeypatch.setattr(engine, "_FIRST_SPAN", 64)
            got = aw.select(n, strategy, samples=samples, seed=seed)
            np.testing.assert_array_equal(got.rows, want.rows)
            np.testing.assert_array_equal(got.scores, want.scores)


def test_a_race_scores_few_rows(monkeypatch):
    samples = np.random.default_rng(4).dirichlet(np.full(5, 0.4), (20_000, 4))
    scored = []
    plain = engine._Job._values
    monkeypatch.setattr(engine, "SIEVE_FROM", 0)
    monkeypatch.setattr(
        engine._Job, "_values", lambda job, rows, *more: (scored.append(len(rows)), plain(job, rows, *more))[1]
    )
    aw.select(30, aw.Strategy("bald", pick="power"), samples=samples)
    assert sum(scored) < 2048 + 1000
