"""What answers cost: by annotator, answer and hour; in budgets, savings, stopping advice and the report."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.naive_bayes import GaussianNB

import askwise as aw
from askwise.judge.ahead import _since
from askwise.session import Price, Record
from askwise.session.prices import check_prices, filled
from askwise.session.took import took

RNG = np.random.default_rng(0)
Y = RNG.integers(2, size=400)
X = RNG.normal(size=(400, 3)) + 1.5 * Y[:, None]


def made(path: Path | None = None, **settings: Any) -> Any:
    given: dict[str, Any] = {"control": 0.25, "seed": 1, **settings}
    return aw.Session(path, pool=X, learner=GaussianNB(), classes=[0, 1], **given)


def answer(query: Any, **more: Any) -> dict[str, Any]:
    return {"row": query.row, "label": int(Y[query.row]), "query": query.number, **more}


def arms(session: Any) -> tuple[list[int], list[int]]:
    control = session.control_rows.tolist()
    return [row for row in session.state.first if row in session.labels], control


def each(amounts: Any, unit: str) -> float:
    """What every row took of a unit, all the same."""
    values = set(amounts[unit].values())
    assert len(values) == 1
    return float(values.pop())


def test_prices_in_each_form() -> None:
    assert check_prices({"ana": 0.08, "bob": "18/hour", "cy": {"answer": 0.02, "hour": 6}, "di": Price(hour=9.0)}) == {
        "ana": {"answer": 0.08},
        "bob": {"hour": 18.0},
        "cy": {"answer": 0.02, "hour": 6.0},
        "di": {"hour": 9.0},
    }
    assert check_prices("18/hour") == {"*": {"hour": 18.0}} and check_prices(0) == {"*": {"answer": 0.0}}
    assert check_prices({}) == {} and check_prices(None) is None
    # 0.02 an answer and 6 an hour: half a minute costs 0.02 + 0.05.
    assert Price(0.02, 6.0).of_answer(30.0) == pytest.approx(0.07)
    assert Price(hour=6.0).of_answer(None) is None and Price(0.02).of_answer(None) == 0.02


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"ana": -0.1}, "answer=-0.1"),
        ({"ana": "cheap"}, "the price 'cheap' is none; give 0.08"),
        ({"ana": True}, "answer=True"),
        ({"ana": {"day": 100}}, "a price has no 'day'"),
        ({"": 0.1}, "names the annotator ''"),
        (float("nan"), "answer=nan"),
    ],
)
def test_a_price_that_is_none_is_refused(given: Any, words: str) -> None:
    with pytest.raises(aw.BadInput) as error:
        made(prices=given)
    assert words in str(error.value)


def test_a_cost_that_is_none_is_refused() -> None:
    session = made()
    with pytest.raises(aw.BadInput, match=r"cost=-1 of the answer to row \d+ is no money; give a number >= 0, or None"):
        session.tell(answer(session.ask(1)[0], cost=-1))


def test_spent_is_what_answers_cost() -> None:
    """Ana 2 x 0.08; bob 18 an hour, 20 s and unknown: 2 x 0.10; a paid call 0.003; cy has no price: the mean."""
    session = made(prices={"ana": 0.08, "bob": "18/hour"}, control=0.0)
    who = [
        {"annotator": "ana"},
        {"annotator": "ana", "seconds": 99.0},
        {"annotator": "bob", "seconds": 20.0},
        {"annotator": "bob"},
        {"annotator": "llm:small", "cost": 0.003},
        {"annotator": "cy"},
    ]
    session.tell([answer(q, **one) for q, one in zip(session.ask(6), who, strict=True)])
    known = 0.08 + 0.08 + 0.1 + 0.003
    assert session.spent["cost"] == pytest.approx(known + 0.1 + known / 4)
    assert session.paid() == {
        "ana": (pytest.approx(0.16), 0),
        "bob": (pytest.approx(0.1), 1),
        "llm:small": (0.003, 0),
    }
    text = str(session.report())
    assert "0.10, 1 answers unknown" in text and "0.16" in text


def test_means_stand_for_what_is_missing_first_those_of_the_same_annotator() -> None:
    answers = [aw.Answer(0, annotator=name) for name in "aabbc"]
    assert filled(answers, [1.0, None, 3.0, 3.0, None]).tolist() == [1.0, 1.0, 3.0, 3.0, pytest.approx(7 / 3)]  # type: ignore[union-attr]
    assert filled(answers, [None] * 5) is None


def test_a_budget_in_money_holds_with_prices_of_annotators() -> None:
    session = made(prices=0.1, budget=aw.Budget(cost=1.05))
    asked = 0
    while queries := session.ask(4):
        session.tell([answer(query) for query in queries])
        asked += len(queries)
    assert asked == 10 and session.spent["cost"] == pytest.approx(1.0)
    assert "no row costs as little as the 0.05" in session.finished


def test_prices_are_kept_changed_and_read_without_the_pool(tmp_path: Path) -> None:
    path = tmp_path / "s.aw"
    with made(path, prices={"me": 0.5}) as session:
        session.tell([answer(query) for query in session.ask(4)])
        assert session.spent["cost"] == 2.0
    with made(path) as session:  # nothing is said of prices: they are as they were
        assert session.spent["cost"] == 2.0
        before = len(list(session.events()))
    with made(path, prices={"me": 0.25}) as session:
        assert session.spent["cost"] == 1.0 and len(list(session.events())) == before + 1
    assert Record(path).paid() == {"me": (1.0, 0)}


def test_a_label_costs_the_same_mix_of_annotators_in_both_arms() -> None:
    """People answer the random rows for 0.08, a model the others for 0.001: random queries would have used it too.

    Of 80 answers 20 are by ana and 60 by the model: a label costs 0.25 x 0.08 + 0.75 x 0.001 in either arm.
    """
    session = made(prices={"ana": 0.08})
    for _ in range(4):
        for query in session.ask(20):
            person = {"annotator": "ana", "seconds": 36.0}
            machine = {"annotator": "llm:small", "cost": 0.001}
            session.tell(answer(query, **(person if query.arm == "control" else machine)))
    assert sum(a.annotator == "ana" for a in session.answers) == 20
    asked, control = arms(session)
    found = took(session.state, asked, control, None)
    for rows, arm in ((asked, found.asked), (control, found.control)):
        assert each(arm, "cost") == pytest.approx(0.02075) and arm["cost"].keys() == set(rows)
        # Only people's time is counted: a quarter of the answers took a hundredth of an hour.
        assert each(arm, "hours") == pytest.approx(0.0025)
    assert found.notes == ()
    labels, cost, hours = session.savings().amounts
    for one, price in ((cost, 0.02075), (hours, 0.0025)):
        assert (one.saved, one.low, one.high) == pytest.approx(
            tuple(price * x for x in (labels.saved, labels.low, labels.high))
        )


def test_what_is_slow_to_answer_costs_more_by_the_hour_and_twice_where_two_answer() -> None:
    """At 36 an hour: 10 s for a random row are 0.10, 30 s for a chosen one 0.30; two people answer each row."""
    session = made(prices="36/hour", overlap=2)
    for _ in range(3):
        for name in ("ana", "bob"):
            queries = session.ask(20, name)
            session.tell([answer(q, annotator=name, seconds=10.0 if q.arm == "control" else 30.0) for q in queries])
    asked, control = arms(session)
    chosen = len(asked) - sum(q.arm == "control" for q in session.queries.values())
    found = took(session.state, asked, control, None)
    whole = 2 * (0.3 * chosen + 0.1 * (len(asked) - chosen)) / len(asked)
    assert each(found.asked, "cost") == pytest.approx(whole)
    slow = sum(session.queries[session.state.first[row]].arm == "strategy" for row in control)
    assert each(found.control, "cost") == pytest.approx(2 * (0.1 * (len(control) - slow) + 0.3 * slow) / len(control))


def test_what_is_missing_is_said() -> None:
    session = made()
    for number in range(3):
        session.tell([answer(q, seconds=5.0 if number or q.arm == "control" else None) for q in session.ask(20)])
    found = took(session.state, *arms(session), None)
    assert set(found.asked) == {"labels", "hours"}
    assert found.notes == (
        "money: no price is known of 60 of 60 answers (me); so it is not told (say it with prices=, or --price)",
        "hours: 15 of 60 answers came without their seconds (me); they are taken at the mean of the others",
    )
    for _ in range(2):
        session.tell([answer(q, seconds=5.0) for q in session.ask(20)])
    session.savings()
    assert "Hours: 15 of 100 answers came without their seconds" in str(session.report())


def test_prices_of_rows_are_counted_row_by_row() -> None:
    costs = np.arange(400.0)
    session = made(costs=costs)
    session.tell([answer(query) for query in session.ask(20)])
    asked, control = arms(session)
    found = took(session.state, asked, control, costs)
    assert found.asked["cost"] == {row: float(row) for row in asked}
    assert found.control["cost"] == {row: float(row) for row in control}


def test_what_a_rule_would_have_saved_in_money() -> None:
    session = made(prices={"me": 0.25})
    for _ in range(6):
        session.tell([answer(query) for query in session.ask(10)])
    session.refit()
    (one,) = session.stops([aw.stop.agreement.using(threshold=0.01, window=1)])
    assert one.labels is not None and one.after == 60 - one.labels and one.cost == pytest.approx(0.25 * one.after)
    (free,) = made_free().stops([aw.stop.agreement.using(threshold=0.01, window=1)])
    assert free.cost is None
    assert (_since(one), _since(free)) == ("40, for 10.00", "40")


def made_free() -> Any:
    session = made()
    for _ in range(6):
        session.tell([answer(query) for query in session.ask(10)])
    return session
