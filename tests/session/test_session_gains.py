"""Savings inside a session: its strategy's rows against its control arm."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB

import askwise as aw
from askwise.core.noise import row_keys
from askwise.pool import as_pool
from askwise.session.gains import Rows, gains
from askwise.session.training import Trainer


class Spy:
    """A learner that notes what it was trained on and what it was asked about."""

    provides = frozenset({"probs"})

    def __init__(self) -> None:
        self.log: list[tuple[set[int], int, set[int]]] = []
        self.seen: set[int] = set()
        self.count = 0

    def fit(self, rows: Any, labels: Any, weights: Any, *, seed: int) -> None:
        self.seen, self.count = {int(row) for row in rows[:, 0]}, len(rows)

    def evidence(self, rows: Any, names: frozenset[str]) -> dict[str, Any]:
        self.log.append((self.seen, self.count, {int(row) for row in rows[:, 0]}))
        return {"probs": np.tile([1.0, 0.0], (len(rows), 1))}


def test_no_row_is_judged_by_a_model_that_saw_it() -> None:
    spy, pool = Spy(), as_pool(np.arange(100.0)[:, None])
    trainer = Trainer(pool, row_keys(pool.ids), spy, seed=0)
    asked, control, start = np.arange(10, 80), np.arange(50, 80), np.arange(5)
    took = {"labels": dict.fromkeys(range(100), 1.0)}
    found = gains(trainer, Rows(asked, control, start, dict.fromkeys(range(100), 0), took))
    assert all(not seen & tested for seen, _, tested in spy.log)
    assert set.union(*(tested for _, _, tested in spy.log)) == set(control.tolist())
    # Both arms begin with the five rows of the start. Random models grow up to 24 of the 30 control rows, the
    # session's up to the 64 of its 70 that are not in the fold, less one.
    random, strategy = spy.log[:45], spy.log[45:]
    assert sorted({count - 5 for _, count, _ in random}) == [4, 8, 12, 16, 20, 24]
    assert sorted({count - 5 for _, count, _ in strategy}) == [4, 8, 12, 16, 20, 24, 33, 46, 63]
    assert all(set(start.tolist()) <= seen for seen, _, _ in spy.log)
    assert all(seen <= {*start.tolist(), *asked.tolist()} for seen, _, _ in strategy)
    # All are right on every row, so the first four rows of either arm do as well as all.
    assert found.accuracy == 1.0 and (found.random_labels, found.strategy_labels) == (4, 4)


def test_savings_on_digits_are_noted_in_labels_cost_and_hours_and_change_nothing() -> None:
    X, y = load_digits(return_X_y=True)
    sessions = [
        aw.Session(
            None,
            pool=X,
            learner=LogisticRegression(max_iter=300),
            classes=range(10),
            control=0.25,
            seed=1,
            costs=np.full(len(X), 0.05),
        )
        for _ in range(2)
    ]
    for session in sessions:
        for _ in range(6):
            session.tell(
                [{"row": q.row, "label": int(y[q.row]), "query": q.number, "seconds": 36.0} for q in session.ask(25)]
            )
    found = sessions[0].savings()
    labels, cost, hours = found.amounts
    assert 0.5 < found.accuracy <= 1.0 and labels.low <= labels.saved <= labels.high
    # Every row costs 0.05 and a hundredth of an hour.
    assert (cost.saved, hours.saved) == pytest.approx((0.05 * labels.saved, 0.01 * labels.saved))
    report = str(sessions[0].report())
    assert found.sentence() in report and "hours" in report
    first, second = ([q.row for q in session.ask(25)] for session in sessions)
    assert first == second


def test_too_small_a_control_arm_is_refused() -> None:
    X, y = load_digits(return_X_y=True)
    session = aw.Session(None, pool=X, learner=LogisticRegression(max_iter=300), classes=range(10), control=0.1)
    session.tell(aw.Oracle(y)(session.ask(30)))
    with pytest.raises(aw.BadInput, match="3 labelled rows, and savings need at least 20"):
        session.savings()


def test_hours_are_left_out_where_most_seconds_are_unknown_and_cost_where_rows_have_no_price() -> None:
    X, y = load_digits(return_X_y=True)
    session = aw.Session(None, pool=X, learner=GaussianNB(), classes=range(10), control=0.4, seed=1)
    for _ in range(3):
        session.tell(aw.Oracle(y)(session.ask(25)))
    assert [one.unit for one in session.savings().amounts] == ["labels"]


@pytest.mark.slow
def test_random_sessions_are_not_distinguishable_from_random() -> None:
    """Of sixty sessions whose strategy is random, nine of ten or more say so."""
    rng = np.random.default_rng(0)
    unclear = 0
    for seed in range(60):
        y = rng.integers(4, size=1500)
        X = rng.normal(size=(1500, 6)) + 1.2 * np.eye(4, 6)[y]
        control = (0.1, 0.25, 0.5)[seed % 3]
        session = aw.Session(
            pool=X, learner=GaussianNB(), classes=range(4), strategy="random", control=control, seed=seed
        )
        while len(session.labels) < 300:
            session.tell(aw.Oracle(y)(session.ask(20)))
        found = session.savings()
        unclear += found.sentence().startswith("not yet distinguishable from random")
    assert unclear >= 54


def test_noise_of_training_is_what_moves_all_rows_together() -> None:
    """Rows that flip by themselves are the test's noise; a model that is better as a whole is training's."""
    from askwise.session.gains import _variance

    rng = np.random.default_rng(0)
    alone = np.mean([_variance((rng.random((3, 40)) < 0.7).astype(np.int64)) for _ in range(2000)])
    heights = 0.7 + rng.normal(0, 0.1, (2000, 3, 1))
    together = np.mean([_variance((rng.random((3, 40)) < height).astype(np.int64)) for height in heights])
    assert abs(alone) < 0.0005
    assert together == pytest.approx(0.01, rel=0.1)


def heaps(strategy: str, seed: int) -> Any:
    """A session on 130 heaps of rows, each of its own class, by nearest neighbours."""
    from sklearn.neighbors import KNeighborsClassifier

    rng = np.random.default_rng(seed)
    y = np.arange(2600) % 130
    X = 10.0 * rng.normal(size=(130, 5))[y] + rng.normal(0, 0.1, (2600, 5))
    session = aw.Session(
        pool=X,
        learner=KNeighborsClassifier(1),
        classes=range(130),
        strategy=strategy,
        control=0.3,
        seed=seed,
        budget=aw.Budget(800),
    )
    while queries := session.ask(100):
        session.tell(aw.Oracle(y)(queries))
    return session


def test_one_that_asks_each_heap_once_saves_and_random_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of some two hundred random rows many fall on heaps that are known already; farthest first never does."""
    monkeypatch.setattr("askwise.session.session.CHEAP", 60.0)  # on a busy machine a quick fit takes its time
    covering, chance = ([heaps(strategy, seed) for seed in range(3)] for strategy in ("k_center", "random"))
    found, nothing = ([one.savings() for one in some] for some in (covering, chance))
    assert min(one.labels.saved for one in found) > 20 and abs(np.mean([one.labels.saved for one in nothing])) < 20
    assert "saved" in [one.verdict for one in found] and "saved" not in [one.verdict for one in nothing]
    # At its end a session says so by itself, for these models are quickly fitted.
    assert covering[0].savings().sentence() in str(covering[0].report())
    assert sum("savings" in one for one in covering[0].measures) == 3
