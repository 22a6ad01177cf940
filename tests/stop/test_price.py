"""Gain below price: the slope and its upper end against SciPy's regression, prices, and what is not known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import linregress, t

import askwise as aw
from askwise.core.errors import BadInput
from askwise.core.history import History, Round


def past(values, labels=None, name="accuracy", **spent):
    labels = range(10, 10 * len(values) + 1, 10) if labels is None else labels
    rounds = tuple(
        Round(i, n, None, 2, {name: v}) for i, (n, v) in enumerate(zip(labels, values, strict=True), start=1)
    )
    return History(999, 5, (5, 5), rounds=rounds, spent=spent)


@pytest.mark.parametrize("seed", range(10))
def test_the_hopeful_slope(seed):
    """It stops exactly when the price passes worth times the upper end of the slope."""
    rng = np.random.default_rng(seed)
    labels, values = np.cumsum(rng.integers(5, 20, 8)), np.sort(rng.random(8))
    found = linregress(labels[-5:], values[-5:])
    value = 100.0 * (found.slope + t.ppf(0.9, 3) * found.stderr)
    rule = aw.stop.gain_below_price
    assert rule(worth=100.0, price=value * 1.001).run(past(values, labels.tolist())).stop
    assert not rule(worth=100.0, price=value * 0.999).run(past(values, labels.tolist())).stop


def test_a_loss_falls():
    flat, falling = [0.5, 0.5, 0.5, 0.5, 0.5], [0.9, 0.8, 0.7, 0.6, 0.5]
    rule = aw.stop.gain_below_price(worth=100.0, price=0.5, measure="loss", higher=False)
    assert rule.run(past(flat, name="loss")).stop
    assert not rule.run(past(falling, name="loss")).stop


def test_the_price_is_that_of_the_session():
    """A slope of 0.01 a label, worth 1 each at worth=100: at a price of 0.5 it goes on, at 2 it stops."""
    values = [0.1, 0.2, 0.3, 0.4, 0.5]
    rule = aw.stop.gain_below_price(worth=100.0)
    assert not rule.run(past(values, answers=50.0, cost=25.0)).stop
    assert rule.run(past(values, answers=50.0, cost=100.0)).stop
    assert rule.run(past([v / 2 for v in values])).stop  # 0.5 a label, below 1


def test_a_point_of_accuracy_is_worth_a_hundred_answers_whatever_they_cost():
    """Half a point in 50 labels is a 10,000th a label: worth one answer at any price; a little less is not enough."""
    rising = [0.5, 0.501, 0.502, 0.503, 0.504]
    for cost in (50.0, 4.0):
        assert not aw.stop.gain_below_price().run(past([1.01 * v for v in rising], answers=50.0, cost=cost)).stop
        assert aw.stop.gain_below_price().run(past([0.99 * v for v in rising], answers=50.0, cost=cost)).stop


def test_noise_goes_on_and_little_is_not_enough():
    rule = aw.stop.gain_below_price(worth=100.0, price=0.5)
    assert not rule.run(past([0.5, 0.9, 0.4, 0.9, 0.5])).stop
    assert not rule.run(past([0.5] * 4)).stop
    assert "4 of 5" in rule.run(past([0.5] * 4)).reason


def test_bad_settings():
    for given in ({"worth": 0.0}, {"price": -1.0}, {"window": 2}, {"level": 1.0}):
        with pytest.raises(BadInput, match="gain_below_price"):
            aw.stop.gain_below_price(**given).run(past([0.5] * 5))
