"""Savings inside a session: the strategy's model against models of the control arm alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

import askwise as aw
from askwise.core.noise import row_keys
from askwise.session.gains import gains
from askwise.session.training import Trainer


class Spy:
    """A learner that notes what it was trained on and what it was asked about."""

    provides = frozenset({"probs"})

    def __init__(self) -> None:
        self.log: list[tuple[set[int], set[int]]] = []
        self.seen: set[int] = set()

    def fit(self, rows: Any, labels: Any, weights: Any, *, seed: int) -> None:
        self.seen = {int(row) for row in rows[:, 0]}

    def evidence(self, rows: Any, names: frozenset[str]) -> dict[str, Any]:
        self.log.append((self.seen, {int(row) for row in rows[:, 0]}))
        return {"probs": np.tile([1.0, 0.0], (len(rows), 1))}


def pool_of(n: int) -> Any:
    from askwise.pool import as_pool

    return as_pool(np.arange(float(n))[:, None])


def test_no_row_is_judged_by_a_model_that_saw_it() -> None:
    spy = Spy()
    pool = pool_of(100)
    trainer = Trainer(pool, row_keys(pool.ids), spy, seed=0)
    rows, control = np.arange(0, 80), np.arange(40, 70)
    needs = gains(trainer, rows, np.zeros(80, dtype=np.int64), control)
    assert len(spy.log) == 35
    assert all(not seen & tested for seen, tested in spy.log)
    assert set.union(*(tested for _, tested in spy.log)) == set(control.tolist())
    # Control-only models grow up to 24 of the 30 control rows; the strategy's have all rows but the fold.
    assert sorted({len(seen) for seen, _ in spy.log}) == [4, 8, 12, 16, 20, 24, 74]
    assert needs.accuracy == 1.0
    assert needs.labels == 4


def test_savings_on_digits_are_noted_and_change_nothing() -> None:
    X, y = load_digits(return_X_y=True)
    sessions = [
        aw.Session(None, pool=X, learner=LogisticRegression(max_iter=300), classes=range(10), control=0.25, seed=1)
        for _ in range(2)
    ]
    oracle = aw.Oracle(y)
    for session in sessions:
        for _ in range(6):
            session.tell(oracle(session.ask(25)))
    needs = sessions[0].savings()
    assert 0.5 < needs.accuracy <= 1.0
    assert needs.low <= needs.labels <= needs.high
    assert needs.sentence() in str(sessions[0].report())
    first, second = ([q.row for q in session.ask(25)] for session in sessions)
    assert first == second


def test_too_small_a_control_arm_is_refused() -> None:
    X, y = load_digits(return_X_y=True)
    session = aw.Session(None, pool=X, learner=LogisticRegression(max_iter=300), classes=range(10), control=0.1)
    session.tell(aw.Oracle(y)(session.ask(30)))
    with pytest.raises(aw.BadInput, match="3 labelled rows, and savings need at least 20"):
        session.savings()
