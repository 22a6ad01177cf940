"""Stopping rules by change, doubt and plateau on worked pasts, and in a session."""

from __future__ import annotations

import numpy as np
import pytest

import askwise as aw
from askwise.core.errors import BadInput
from askwise.core.history import History, Round
from askwise.session.training import changes


def past(measure, *values, classes=3):
    """One round a value; None for a round in which the measure is not known."""
    rounds = tuple(
        Round(i + 1, 10 * (i + 1), None, classes, {} if value is None else {measure: value})
        for i, value in enumerate(values)
    )
    return History(rows=100, batch=10, rounds=rounds)


@pytest.mark.parametrize(("name", "measure"), [("classification_change", "changed"), ("delta_f", "delta_f")])
def test_change_must_stay_low_for_the_whole_window(name, measure):
    rule = getattr(aw.stop, name)(threshold=0.1, window=2)
    assert not rule.run(past(measure, None, 0.0)).stop
    assert "1 of 2 pairs" in rule.run(past(measure, None, 0.0)).reason
    assert not rule.run(past(measure, None, 0.0, 0.2, 0.05)).stop
    got = rule.run(past(measure, None, 0.5, 0.1, 0.05))
    assert got.stop and "up to 0.1000, at most 0.1" in got.reason
    got = rule.run(past(measure, None, 0.0, 0.0, classes=1))
    assert not got.stop and "one single class" in got.reason
    for settings in ({"threshold": -0.1}, {"threshold": 1.0}, {"window": 0}):
        with pytest.raises(BadInput, match=f"{name}\\(threshold="):
            getattr(aw.stop, name)(**settings).run(past(measure, 0.0))


def test_defaults_of_change():
    assert aw.stop.classification_change().run(past("changed", None, 0.01, 0.0, 0.01)).stop
    assert not aw.stop.classification_change().run(past("changed", None, 0.0, 0.0)).stop
    assert not aw.stop.classification_change().run(past("changed", None, 0.01, 0.0, 0.011)).stop
    assert aw.stop.delta_f().run(past("delta_f", None, 0.05, 0.01, 0.02)).stop


@pytest.mark.parametrize(("name", "measure"), [("overall_uncertainty", "entropy"), ("max_confidence", "entropy_max")])
def test_doubt_of_the_last_model(name, measure):
    rule = getattr(aw.stop, name)(threshold=0.1)
    assert rule.run(past(measure, 0.5, 0.1)).stop
    assert not rule.run(past(measure, 0.05, 0.11)).stop
    assert "not known" in rule.run(past(measure, 0.05, None)).reason
    assert not rule.run(past(measure, 0.0, classes=1)).stop
    for threshold in (0.0, 1.0):
        with pytest.raises(BadInput, match=f"threshold={threshold}"):
            getattr(aw.stop, name)(threshold=threshold).run(past(measure, 0.0))


def test_plateau():
    rule = aw.stop.metric_plateau(patience=2, gain=0.01)
    assert not rule.run(past("accuracy", 0.8, 0.8)).stop
    assert rule.run(past("accuracy", 0.8, 0.805, 0.8)).stop
    assert not rule.run(past("accuracy", 0.8, 0.81, 0.7)).stop  # a gain of 0.01 within the window
    assert rule.run(past("accuracy", 0.8, None, 0.9, None, 0.9, 0.85)).stop  # 0.9 is the best before the last two
    assert not rule.run(past("accuracy", 0.8, 0.82, 0.84, 0.86)).stop
    loss = aw.stop.metric_plateau(measure="loss", patience=2, gain=0.0, higher=False)
    assert not loss.run(past("loss", 0.5, 0.4, 0.45)).stop
    got = loss.run(past("loss", 0.4, 0.4, 0.45))
    assert got.stop and got.reason == "loss 0.4 in the last 2 models, no better than 0.4 before"
    for settings in ({"patience": 0}, {"gain": -1.0}):
        with pytest.raises(BadInput, match="metric_plateau"):
            aw.stop.metric_plateau(**settings).run(past("accuracy", 0.1))


def test_changes_by_counting():
    rng = np.random.default_rng(0)
    for _ in range(20):
        a, b = rng.integers(0, 4, 30).tolist(), rng.integers(0, 4, 30).tolist()
        falls = []
        for c in set(a) | set(b):
            both = sum(x == c and y == c for x, y in zip(a, b, strict=True))
            either = sum((x == c) != (y == c) for x, y in zip(a, b, strict=True))
            falls.append(1 - 2 * both / (2 * both + either))
        got = changes(a, b)
        assert got["changed"] == sum(x != y for x, y in zip(a, b, strict=True)) / 30
        assert got["delta_f"] == pytest.approx(np.mean(falls))
    assert changes(None, [1]) == changes([1], None) == changes([1], [1, 2]) == {}


def test_a_session_knows_these_measures_and_stops_by_them(tmp_path):
    from sklearn.linear_model import LogisticRegression

    rng = np.random.default_rng(1)
    y = np.arange(120) % 2
    X = np.c_[8.0 * y, np.zeros(120)] + rng.standard_normal((120, 2))
    settings = {"pool": X, "learner": LogisticRegression(), "classes": [0, 1], "strategy": "margin", "seed": 0}
    rule = aw.stop.classification_change(threshold=0.0, window=2)
    oracle = aw.Oracle(y)
    with aw.Session(tmp_path / "s.aw", budget=aw.Budget(answers=100), stop=rule, **settings) as session:
        while queries := session.ask(10):
            session.tell(oracle(queries))
        assert len(session.answers) < 100
        assert "change of classification" in session.finished
        assert {"changed", "delta_f", "entropy", "entropy_max"} <= set(session.rounds[-1].measures)
        assert 0 <= session.rounds[-1].measures["entropy"] <= session.rounds[-1].measures["entropy_max"] <= 1
        assert session.rounds[-1].measures["changed"] == 0.0
