"""A session whose limits let fewer rows through than were asked for goes on with fewer."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

import askwise as aw
from askwise.pool import as_pool


def test_a_session_asks_fewer_rows_when_the_limits_allow_no_more() -> None:
    rng = np.random.default_rng(0)
    rows, labels = rng.normal(size=(12, 2)), np.array([0, 1] * 6)
    pool = as_pool(rows, columns={"patient": np.array(["a"] * 9 + ["b"] * 3)})
    strategy = aw.Strategy("random", limits=[aw.limit.at_most(2, per="patient")])  # type: ignore[arg-type]
    session = aw.Session(None, pool=pool, learner=LogisticRegression(), classes=[0, 1], strategy=strategy, control=0)
    queries = session.ask(8)
    assert [int(q.row >= 9) for q in sorted(queries, key=lambda q: q.row)] == [0, 0, 1, 1]
    while queries:
        session.tell(aw.Oracle(labels)(queries))
        queries = session.ask(8)
    assert len(session.answers) == 12
    assert session.finished == "every row has been asked"


def test_other_costs_at_reopening_are_refused(tmp_path: object) -> None:
    options = {"pool": np.eye(4), "learner": LogisticRegression(), "classes": [0, 1]}
    path = f"{tmp_path}/costs.aw"
    aw.Session(path, **options, costs=[1, 2, 3, 4]).close()  # type: ignore[arg-type]
    with pytest.raises(aw.BadInput, match="costs"):
        aw.Session(path, **options, costs=[1, 2, 3, 5])  # type: ignore[arg-type]


def test_prices_of_rows_are_evidence_for_strategies_that_weigh_them() -> None:
    rng = np.random.default_rng(0)
    rows, costs = rng.normal(size=(40, 2)), np.tile([1.0, 50.0], 20)
    per_cost = aw.Strategy("margin", pick=aw.pick.per_cost.using(zero=-1.0))
    options = {"pool": rows, "learner": LogisticRegression(), "classes": [0, 1], "strategy": per_cost, "control": 0}
    session = aw.Session(None, costs=costs, **options)  # type: ignore[arg-type]
    oracle = aw.Oracle((rows[:, 0] > 0).astype(int))
    session.tell(oracle(session.ask(10)))
    asked = session.ask(8)
    assert all(query.row % 2 == 0 for query in asked)
    unpriced = aw.Session(None, **options)  # type: ignore[arg-type]
    unpriced.tell(oracle(unpriced.ask(10)))
    with pytest.raises(aw.MissingEvidence, match=r"'costs'.*give a session costs="):
        unpriced.ask(8)
