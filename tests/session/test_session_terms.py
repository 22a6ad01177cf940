"""Budgets, stopping rules, refits and strategies of a session."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pytest
import scipy.sparse
from sklearn.linear_model import LogisticRegression

import askwise as aw
from askwise.catalogue import auto
from askwise.session.training import RefitPolicy, kappa

Start = Callable[..., "aw.Session"]


def loop(session: aw.Session, oracle: Callable[[Iterable[aw.Query]], list[aw.Answer]], n: int = 5) -> list[int]:
    """Ask and tell to the end; number of queries of each batch."""
    sizes = []
    while queries := session.ask(n):
        session.tell(oracle(queries))
        sizes.append(len(queries))
    return sizes


# ---- budgets ----------------------------------------------------------------------------------------------------


def test_a_budget_of_answers(start: Start, oracle: aw.Oracle) -> None:
    session = start(budget=aw.Budget(answers=12))
    assert loop(session, oracle) == [5, 5, 2]
    assert session.finished == "budget spent: 12 of 12 answers"
    assert session.ask(1) == []
    assert [event.kind for event in session.events()].count("finished") == 1


def test_pending_answers_hold_the_budget_but_do_not_finish_it(start: Start, oracle: aw.Oracle) -> None:
    session = start(budget=aw.Budget(answers=4))
    first = session.ask(3)
    assert len(session.ask(3)) == 1
    assert (session.ask(3), session.finished) == ([], "")
    session.skip(first[0])
    assert len(session.ask(3)) == 1
    session.tell(oracle(session.open_queries))
    assert (session.ask(1), session.finished) == ([], "budget spent: 4 of 4 answers")


def test_a_budget_of_cost_is_never_overrun(start: Start, oracle: aw.Oracle) -> None:
    costs = np.tile([1.0, 2.5, 4.0], 20)
    session = start(budget=aw.Budget(cost=30.0), costs=costs)
    while queries := session.ask(4):
        session.tell(oracle(queries))
        assert session.spent["cost"] <= 30.0
    assert session.spent["cost"] == sum(costs[row] for row in session.labels)
    assert session.spent["cost"] > 29.0  # what is left does not pay for the cheapest row
    assert session.finished.startswith("budget spent")


def test_what_is_left_buys_cheap_rows(start: Start, oracle: aw.Oracle) -> None:
    costs = np.array([9.0] * 57 + [1.0] * 3)
    session = start(budget=aw.Budget(cost=11.5), costs=costs, control=0.0)
    loop(session, oracle)
    assert session.spent["cost"] == 11.0
    assert session.finished == "budget spent: no row costs as little as the 0.5 that are left"


def test_pending_queries_hold_the_cost(start: Start, oracle: aw.Oracle) -> None:
    session = start(budget=aw.Budget(cost=3.0), control=0.0)
    queries = session.ask(2)
    assert len(session.ask(5)) == 1
    assert (session.ask(1), session.finished) == ([], "")
    session.tell(oracle(queries))
    assert session.spent["cost"] == 2.0


def test_a_budget_of_seconds(start: Start, clouds: tuple[Any, Any]) -> None:
    session = start(budget=aw.Budget(seconds=10.0))
    sizes = loop(
        session,
        lambda queries: [aw.Answer(row=q.row, label="cat", query=q.number, seconds=1.5) for q in queries],
        n=4,
    )
    assert sizes == [4, 4]  # a batch that was handed out is finished
    assert session.finished == "budget spent: 12 of 10 seconds"


def test_no_budget_ends_with_the_pool(start: Start, oracle: aw.Oracle) -> None:
    session = start()
    assert loop(session, oracle, n=25) == [25, 25, 10]
    assert session.finished == "every row has been asked"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"answers": 0}, r"Budget\(answers=0\) allows nothing"),
        ({"cost": -1.0}, r"Budget\(cost=-1.0\)"),
        ({"seconds": float("nan")}, r"Budget\(seconds=nan\)"),
    ],
)
def test_budgets_that_allow_nothing(given: dict[str, Any], said: str) -> None:
    with pytest.raises(aw.BadInput, match=said):
        aw.Budget(**given)


# ---- stopping ---------------------------------------------------------------------------------------------------


def test_agreement_stops_and_the_log_says_why(start: Start, oracle: aw.Oracle) -> None:
    session = start(stop=[aw.stop.agreement(threshold=0.5, window=2)])
    loop(session, oracle)
    last = [round.agreement for round in session.rounds[-2:]]
    assert session.finished.startswith("agreement: mean kappa of the last 2 rounds")
    assert session.finished.endswith("reached 0.5")
    assert sum(value or 0.0 for value in last) / 2 >= 0.5
    assert len(session.labels) < 60
    assert list(session.events())[-1].body == {"reason": session.finished}
    assert session.ask(5) == []


@pytest.mark.parametrize("rule", ["agreement", ["agreement"], aw.stop.agreement(threshold=0.99, window=3)])
def test_a_rule_by_name_and_a_rule_alone(start: Start, rule: Any) -> None:
    assert start(stop=rule).config["stop"] == [{"name": "agreement"}] or rule != "agreement"


def test_undo_takes_the_end_back(start: Start, oracle: aw.Oracle) -> None:
    session = start(budget=aw.Budget(answers=5))
    loop(session, oracle)
    session.undo()
    assert session.finished == ""
    assert loop(session, oracle) == [1]
    assert session.finished == "budget spent: 5 of 5 answers"


# ---- refits -----------------------------------------------------------------------------------------------------


def test_refit_after_each_batch_and_not_without_news(start: Start, oracle: aw.Oracle) -> None:
    session = start()
    for _ in range(3):
        session.tell(oracle(session.ask(5)))
    session.ask(1)
    session.ask(1)
    assert [round.labels for round in session.rounds] == [5, 10, 15]
    assert [round.number for round in session.rounds] == [1, 2, 3]


def test_refit_every_k_labels(start: Start, oracle: aw.Oracle) -> None:
    session = start(refit=12)
    loop(session, oracle)
    assert [round.labels for round in session.rounds] == [5, 20, 35, 50]  # the first model as soon as it can be


def test_refit_on_time(start: Start, oracle: aw.Oracle, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [time.time()]
    monkeypatch.setattr(time, "time", lambda: clock[0])
    session = start(refit="30s")
    for _ in range(6):
        session.tell(oracle(session.ask(5)))
        clock[0] += 12.0
    assert [round.labels for round in session.rounds] == [5, 20]


def test_refit_by_hand(start: Start, oracle: aw.Oracle) -> None:
    session = start(refit=1000)
    session.refit()
    assert session.rounds == []
    loop(session, oracle)
    session.refit()
    assert [round.labels for round in session.rounds] == [5, 60]
    assert session.rounds[0].agreement is None
    assert session.rounds[1].agreement is not None


@pytest.mark.parametrize("spec", ["bach", 0, -3, "30", "s", True, 2.5, "1.2.3s"])
def test_refit_policies_that_are_none(spec: Any) -> None:
    with pytest.raises(aw.BadInput, match="is no policy; use 'batch', a number of labels such as 50, or '30s'"):
        RefitPolicy(spec)


def test_kappa_by_hand() -> None:
    # 6 of 8 agree; chance is (4 * 4 + 4 * 4) / 64 = 1 / 2, so kappa is (3/4 - 1/2) / (1/2).
    assert kappa([0, 0, 0, 0, 1, 1, 1, 1], [0, 0, 0, 1, 1, 1, 1, 0]) == 0.5
    assert kappa([1, 1], [1, 1]) is None
    assert kappa(None, [1, 0]) is kappa([1], [1, 0]) is None


# ---- strategies -------------------------------------------------------------------------------------------------


def strategies(session: aw.Session) -> list[str]:
    return [query.why["strategy"] for query in session.queries.values() if query.arm == "strategy"]


def test_a_named_strategy_without_a_model_starts_with_start(start: Start, oracle: aw.Oracle) -> None:
    session = start(strategy="entropy", start="k_means", control=0.0)
    for _ in range(2):
        session.tell(oracle(session.ask(3)))
    assert strategies(session) == ["k_means"] * 3 + ["entropy"] * 3
    assert session.asked[0]["reason"] == "no model yet, so entropy cannot choose: k_means starts"


def test_a_strategy_that_needs_no_model_chooses_from_the_start(start: Start) -> None:
    session = start(strategy="k_center", control=0.0)
    session.ask(2)
    assert strategies(session) == ["k_center"] * 2


def test_auto_says_what_it_chose_and_why(start: Start, oracle: aw.Oracle) -> None:
    session = start(strategy="auto", control=0.0)
    loop(session, oracle, n=15)
    seen = list(dict.fromkeys(strategies(session)))
    assert all(name.startswith("auto: ") for name in seen)
    assert len(seen) > 1
    assert "margin" in seen[-1]
    assert all(batch["reason"] for batch in session.asked)
    assert session.queries[0].why["reason"] == session.asked[0]["reason"]


@pytest.mark.parametrize(
    "strategy",
    [
        "margin",
        aw.score.margin,
        aw.pick.k_center,
        aw.Strategy("margin", shortlist=20, pick="k_means"),
        {"score": {"name": "margin"}, "pick": {"name": "power", "settings": {"beta": 2.0}}},
        auto,
        auto.using(few=1),
        {"policy": {"name": "auto", "settings": {"few": 1}}},
        "margin_k_center",
    ],
    ids=str,
)
def test_a_strategy_in_every_form(start: Start, oracle: aw.Oracle, strategy: Any) -> None:
    session = start(strategy=strategy)
    session.tell(oracle(session.ask(10)))
    rows = [query.row for query in session.ask(5)]
    written = session.config["strategy"]
    again = start(strategy=written)  # what the log says is a strategy
    again.tell(oracle(again.ask(10)))
    assert [query.row for query in again.ask(5)] == rows
    assert again.config["strategy"] == written


@pytest.mark.parametrize(
    ("strategy", "said"),
    [
        ("margni", "there is no strategy called 'margni'. Did you mean 'margin'"),
        ({"scor": "margin"}, "a strategy has no field 'scor'. Did you mean 'score'"),
        ({"policy": {"name": "atuo"}}, "there is no policy called 'atuo'. Did you mean 'auto'"),
        (7, "7 is no strategy"),
    ],
)
def test_a_strategy_that_is_none(start: Start, strategy: Any, said: str) -> None:
    with pytest.raises(aw.BadInput, match=said):
        start(strategy=strategy)


def test_what_nobody_offers_is_refused_before_anything_is_asked(start: Start, oracle: aw.Oracle) -> None:
    session = start(strategy="badge", learner=LogisticRegression(), pool=scipy.sparse.eye(20).tocsr())
    session.tell(oracle(session.ask(5)))
    before = len(list(session.events()))
    with pytest.raises(aw.MissingEvidence, match="pick 'badge' needs 'embeddings'"):
        session.ask(5)
    assert [event.kind for event in session.events()][before:] == ["refit"]


def test_groups_limit_a_batch(start: Start, oracle: aw.Oracle, clouds: tuple[Any, Any]) -> None:
    from askwise.pool import as_pool

    patients = np.arange(60) // 6
    pool = as_pool(clouds[0], columns={"patient": patients})
    limited = aw.Strategy("margin", limits=(aw.limit.at_most(1, per="patient"),))
    session = start(pool=pool, strategy=limited, start=aw.Strategy("random", limits=limited.limits), control=0.0)
    for _ in range(3):
        queries = session.ask(8)
        assert len({int(patients[query.row]) for query in queries}) == 8
        assert queries[0].why["limits"] == ["at_most(count=1, per='patient')"]
        session.tell(oracle(queries))
