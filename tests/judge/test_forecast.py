"""Forecasts: exact posterior, recovery of known curves, calibration, honest censoring, value of the next batch."""

from __future__ import annotations

import math

import numpy as np
import pytest

from askwise.core.errors import BadInput
from askwise.judge import forecast
from askwise.judge.forecast import FAMILIES, _inverse, _posteriors, left

COUNTS = np.array([20, 40, 80, 120, 160, 240, 320])


def made_up(seed, kinds=5):
    """Counts, noisy values, and the true curve: one of four families with rates off the grid, or a mixture of two."""
    rng = np.random.default_rng(seed)
    kind, k, first = int(rng.integers(kinds)), int(rng.integers(5, 13)), rng.choice([20, 50, 100])
    if rng.random() < 0.5:
        counts = np.unique(np.round(first * np.geomspace(1, rng.uniform(6, 20), k)))
    else:
        counts = first * np.arange(1.0, k + 1)
    limit = rng.uniform(0.7, 0.98)
    start = limit - rng.uniform(0.08, 0.5)
    r, share = rng.uniform(0.2, 1.5), rng.uniform(0.2, 0.8)

    def curve(n):
        x = n / counts[0]
        power, steep = x ** -min(r, 1.2), np.exp(-r * (x - 1) / 2)
        left = [power, steep, 1 / (1 + r * np.log(x)), np.exp(-r * (x**0.6 - 1)), share * power + (1 - share) * steep]
        return limit + (start - limit) * left[kind]

    noise = rng.choice([0.004, 0.01, 0.02])
    return counts, np.clip(curve(counts) + noise * rng.standard_normal(len(counts)), 0, 1), curve, noise, limit


def test_ninety_per_cent_bands_hold():
    """At 1.5, 2 and 3 times the last count: of new measurements and of the curve, 85 to 95 per cent."""
    measured, true = [], []
    for seed in range(160):
        counts, values, curve, noise, _ = made_up(seed)
        ahead = counts[-1] * np.array([1.5, 2, 3])
        new = np.clip(curve(ahead) + noise * np.random.default_rng(10**6 + seed).standard_normal(3), 0, 1)
        found = forecast(counts, values, draws=1000)
        band, line = found.at(ahead), found.at(ahead, measured=False)
        measured.append((band.low <= new) & (new <= band.high))
        true.append((line.low <= curve(ahead)) & (curve(ahead) <= line.high))
    assert 0.85 <= np.mean(measured) <= 0.95
    assert 0.83 <= np.mean(true) <= 0.97


def test_labels_needed_hold_too_and_say_when_they_cannot_tell():
    """The interval holds the true count; an infinite end stands for a target that the curve may never reach."""
    hits, open_ends = [], 0
    for seed in range(120):
        counts, values, curve, _, limit = made_up(seed, kinds=4)
        target = curve(counts[-1]) + 0.4 * (limit - curve(counts[-1]))
        grid = np.geomspace(counts[-1], 100 * counts[-1], 4000)
        there = np.flatnonzero(curve(grid) >= target)
        truth = grid[there[0]] if len(there) else math.inf
        found = forecast(counts, values, draws=800).needed(target)
        hits.append(found.low <= truth <= found.high)
        open_ends += math.isinf(found.high)
    assert np.mean(hits) >= 0.8
    assert 0 < open_ends < 120


@pytest.mark.parametrize("family", range(len(FAMILIES)))
def test_noiseless_curves_are_found(family):
    truth = 0.9 - 0.4 * left(family, np.array([0.8]), np.array(COUNTS) / 20.0)
    found = forecast(COUNTS, truth)
    wanted = 0.9 - 0.4 * left(family, np.array([0.8]), np.array([640 / 20.0]))[0]
    band = found.at(640)
    assert band.mean[0] == pytest.approx(wanted, abs=0.03) and band.low[0] <= wanted <= band.high[0]
    assert found.weights[FAMILIES[family]] == max(found.weights.values())
    assert sum(found.weights.values()) == pytest.approx(1)


def test_posterior_of_one_grid_point_against_numerical_integration():
    """Marginal likelihood and mean of (start, limit) by a fine two-dimensional grid."""
    shape = left(0, np.array([0.5]), COUNTS / 20.0)
    y = 0.8 - 0.3 * shape + 0.02 * np.array([1, -1, 0.5, 0, -0.5, 1, -1])
    centre, spread, noise = np.array([y[0], y[-1]]), np.array([0.5, 0.7]), 0.05
    logs, means, _ = _posteriors(shape[None], y, centre, spread, np.array([noise, 2 * noise]))
    a, b = np.meshgrid(np.linspace(-1, 2, 1201), np.linspace(-1, 3, 1201), indexing="ij")

    def evidence(s):
        fit = sum((y[k] - a * shape[k] - b * (1 - shape[k])) ** 2 for k in range(len(y))) / s**2
        prior = ((a - centre[0]) / spread[0]) ** 2 + ((b - centre[1]) / spread[1]) ** 2
        return np.exp(-0.5 * (fit + prior)) / s ** len(y)

    table = evidence(noise)
    mean = [(a * table).sum() / table.sum(), (b * table).sum() / table.sum()]
    np.testing.assert_allclose(means[0, 0], mean, atol=1e-4)
    assert logs[0, 1] - logs[0, 0] == pytest.approx(math.log(evidence(2 * noise).sum() / table.sum()), abs=1e-4)


def test_inverse_is_the_inverse():
    found = forecast(COUNTS, 0.9 - 0.4 * (COUNTS / 20) ** -0.5)
    target = 0.86
    reached = _inverse(found, target)
    for draw in np.flatnonzero(np.isfinite(reached) & (reached < 1e6))[:200]:
        assert found.curves(reached[draw])[draw, 0] == pytest.approx(target, abs=1e-9)
    assert (found.limit[np.isinf(reached)] <= target).mean() > 0.9


def test_needed_by_hand():
    """0.9 - 0.4 (n / 20)^-0.5 reaches 0.85 where (n / 20)^-0.5 = 1/8: at 1280 labels."""
    found = forecast(COUNTS, 0.9 - 0.4 * (COUNTS / 20) ** -0.5)
    needed = found.needed(0.85)
    assert needed.low <= 1280 <= needed.high and needed.labels == pytest.approx(1280, rel=0.3)
    assert "0.85 is reached with" in needed.sentence()
    never = found.needed(0.999)
    assert math.isinf(never.labels) and math.isinf(never.high) and never.chance < 0.1
    assert "out of reach within 32000 labels" in never.sentence()
    near = found.needed(0.85, horizon=600)
    assert (math.isinf(near.high) and "over 600" in near.sentence()) or "out of reach" in near.sentence()
    assert found.needed(0.3).labels == 20


def test_value_of_the_next_batch():
    """320 labels at 320 gain 0.4 (1/4 - 1/sqrt(32)) = 0.0293: at 1000 a point, 0.09 a label."""
    found = forecast(COUNTS, 0.9 - 0.4 * (COUNTS / 20) ** -0.5)
    true = 0.4 * (16**-0.5 - 32**-0.5)
    batch = found.batch(320, worth=1000.0, cost=0.05)
    assert batch.low <= true <= batch.high and batch.gain == pytest.approx(true, rel=0.2)
    assert batch.worth == pytest.approx(1000 * batch.gain) and batch.cost == pytest.approx(16)
    assert batch.pays and batch.chance > 0.9
    assert not found.batch(320, worth=1000.0, cost=0.2).pays
    gains = [found.batch(k).gain for k in (10, 100, 1000)]
    assert gains == sorted(gains)


def test_a_loss_falls():
    loss = 2.0 + 5.0 * (COUNTS / 20) ** -0.7
    found = forecast(COUNTS, loss, higher=False, bounds=None)
    assert found.at(640).mean[0] == pytest.approx(2 + 5 * 32**-0.7, rel=0.1)
    assert found.batch(320).gain > 0
    assert found.needed(2.8).labels == pytest.approx(20 * (0.8 / 5) ** (-1 / 0.7), rel=0.25)


def test_a_flat_curve_promises_nothing():
    rng = np.random.default_rng(0)
    found = forecast(COUNTS, 0.8 + 0.01 * rng.standard_normal(7))
    assert found.batch(100).low < 0.005
    assert found.needed(0.95).chance < 0.5


def test_same_seed_same_draws_and_scale_does_not_matter():
    y = 0.9 - 0.4 * (COUNTS / 20) ** -0.5
    one, two = forecast(COUNTS, y, seed=3), forecast(COUNTS, y, seed=3)
    assert (one.limit == two.limit).all()
    big = forecast(COUNTS, 100 * y, bounds=(0, 100), seed=3)
    assert big.at(640).mean[0] == pytest.approx(100 * one.at(640).mean[0], rel=0.01)


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda: forecast([1, 2, 3], [0.1, 0.2, 0.3]), "at least 4"),
        (lambda: forecast([1, 2, 2, 3], [0.1] * 4), "increase"),
        (lambda: forecast([1, 2, 3, 4], [0.1, 0.2, 0.3, math.nan]), "nan"),
        (lambda: forecast([1, 2, 3, 4], [1.0, 2.0, 3.0, 4.0]), "bounds=None"),
        (lambda: forecast(COUNTS, 0.2 + 0.5 * (COUNTS / 20) ** -0.5, draws=200), "higher=False"),
        (lambda: forecast(COUNTS, COUNTS / 400).at(10), "before the first measurement at 20"),
        (lambda: forecast(COUNTS, COUNTS / 400).needed(0.9, horizon=100), "horizon=100"),
        (lambda: forecast(COUNTS, COUNTS / 400).batch(0), "labels=0"),
    ],
)
def test_bad_input(act, words):
    with pytest.raises(BadInput) as error:
        act()
    assert words in str(error.value)
