"""Stopping rules on worked numbers."""

from __future__ import annotations

import pytest

import askwise as aw
from askwise.core.errors import BadInput
from askwise.core.history import History, Round


def past(*kappas, classes=3):
    rounds = tuple(Round(i, 10 * i, kappa, classes) for i, kappa in enumerate(kappas))
    return History(rows=100, batch=10, rounds=rounds)


def test_agreement_is_the_mean_of_the_last_window():
    rule = aw.stop.agreement(0.98, window=3)
    assert not rule.run(past(None, 0.99, 0.98)).stop  # two pairs of models, three wanted
    assert rule.run(past(None, 0.99, 0.98)).reason == "agreement of 2 of 3 pairs of models known"
    got = rule.run(past(None, 0.1, 0.99, 0.97, 0.98))
    assert got.stop and got.reason == "mean kappa of the last 3 rounds 0.9800, reached 0.98"
    got = rule.run(past(None, 0.99, 0.99, 0.99, 0.95))
    assert not got.stop and got.reason == "mean kappa of the last 3 rounds 0.9767, below 0.98"


def test_a_model_of_one_class_never_stops():
    got = aw.stop.agreement().run(past(1.0, 1.0, 1.0, 1.0, classes=1))
    assert not got.stop and "one single class" in got.reason


@pytest.mark.parametrize("settings", [{"threshold": 0.0}, {"threshold": 1.5}, {"window": 0}])
def test_bad_settings(settings):
    with pytest.raises(BadInput, match=r"use 0 < threshold <= 1 and window >= 1"):
        aw.stop.agreement(**settings).run(past(0.5))


@pytest.mark.parametrize(
    ("spent", "budget", "stop", "reason"),
    [
        ({}, {}, False, "budget left"),
        ({"answers": 9}, {"answers": 10}, False, "budget left"),
        ({"answers": 10}, {"answers": 10, "cost": None}, True, "budget spent: 10 of 10 answers"),
        ({"cost": 2.5}, {"answers": 10, "cost": 2}, True, "budget spent: 2.5 of 2 cost"),
        ({"seconds": 61.0}, {"seconds": 60.0}, True, "budget spent: 61 of 60 seconds"),
        ({"answers": 10}, {"answers": None}, False, "budget left"),
    ],
)
def test_budget(spent, budget, stop, reason):
    got = aw.stop.budget.run(History(rows=99, batch=1, spent=spent, budget=budget))
    assert (got.stop, got.reason) == (stop, reason)


def test_counts_of_history():
    history = History(rows=10, batch=2, counts=(3, 0, 1))
    assert (history.labels, history.classes_seen, history.rarest) == (4, 2, 0)
    assert (History(rows=1, batch=1).labels, History(rows=1, batch=1).rarest) == (0, 0)
