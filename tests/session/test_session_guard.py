"""The guard: a harmful strategy is caught, a good one and random are not, and `auto` turns to random for a while."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.naive_bayes import GaussianNB

import askwise as aw
from askwise.auto import accused, auto
from askwise.core.history import History, Round


def pool_of(seed: int) -> tuple[Any, Any]:
    rng = np.random.default_rng(seed)
    y = rng.integers(4, size=600)
    return rng.normal(size=(600, 4)) + 2.0 * np.eye(4)[y], y


def run(seed: int, teach: Any) -> list[bool]:
    """What the guard said at each look, of a session whose strategy rows get the labels that `teach` gives."""
    X, y = pool_of(seed)
    session = aw.Session(
        pool=X, learner=GaussianNB(), classes=range(4), strategy="margin", control=0.2, seed=seed, budget=aw.Budget(200)
    )
    while queries := session.ask(20):
        session.tell([{"row": q.row, "label": teach(q, int(y[q.row])), "query": q.number} for q in queries])
    return [bool(one["guard"]["worse"]) for one in session.measures if "guard" in one]


def wrong(query: Any, true: int) -> int:
    """Rows that the strategy asks are answered wrongly: they teach what is not so."""
    return true if query.arm == "control" else (true + 1) % 4


@pytest.mark.parametrize("sessions", [3, pytest.param(20, marks=pytest.mark.slow)])
def test_a_good_strategy_is_not_accused_and_one_whose_rows_mislead_is(sessions: int) -> None:
    """None of so many accused, and nine of ten caught."""
    good = [run(seed, lambda query, true: true) for seed in range(sessions)]
    harmful = [run(seed, wrong) for seed in range(sessions)]
    assert all(len(one) >= 2 for one in good) and sum(any(one) for one in good) == 0
    assert sum(any(one) for one in harmful) >= 0.9 * sessions


def test_auto_turns_to_random_until_half_as_many_labels_came() -> None:
    worse = Round(5, 100, 0.9, 2, {"guard": {"worse": True}})
    later = Round(6, 120, 0.9, 2, {"guard": {"worse": False}})

    def past(labels: int, *rounds: Round) -> History:
        return History(999, 10, (labels // 2, labels // 2), frozenset({"probs"}), rounds)

    assert accused(past(120, worse)) and not accused(past(150, worse)) and not accused(past(120, worse, later))
    assert auto(past(120, worse))[0].label == "random" and auto(past(150, worse))[0].label == "margin"


@pytest.mark.parametrize("guard", [True, False])
def test_it_can_be_left_out_and_is_noted_in_the_report(guard: bool) -> None:
    X, y = pool_of(0)
    session = aw.Session(pool=X, learner=GaussianNB(), classes=range(4), control=0.3, guard=guard, strategy="margin")
    oracle = aw.Oracle(y)
    for _ in range(5):
        session.tell(oracle(session.ask(20)))
    assert any("guard" in one for one in session.measures) == guard
    assert ("rows that the strategy chose is right" in str(session.report())) == guard
