"""Asking and telling: what comes back, in which order, and what is remembered of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import askwise as aw

Start = Callable[..., "aw.Session"]


def rows_of(queries: list[aw.Query]) -> list[int]:
    return [query.row for query in queries]


def kinds(session: aw.Session) -> list[str]:
    return [event.kind for event in session.events()]


def test_ask_tell_ask(start: Start, oracle: aw.Oracle) -> None:
    session = start(pool=np.eye(5), classes=["cat", "dog"], control=0.0)
    first = session.ask(3)
    assert [query.number for query in first] == [0, 1, 2]
    assert {(query.round, query.kind, query.arm) for query in first} == {(1, "choice", "strategy")}
    assert all(query.id == query.row for query in first)
    assert session.open_queries == first
    assert session.tell(oracle(first)) == 3
    assert session.labels == {row: session.answers[i].label for i, row in enumerate(rows_of(first))}
    second = session.ask(3)  # two rows are left
    assert sorted(rows_of(first + second)) == [0, 1, 2, 3, 4]
    assert second[0].round == 2
    assert kinds(session) == ["created", "asked", "answered", "answered", "answered", "refit", "asked"]


def test_why_says_strategy_score_seed_reason_and_model(start: Start, oracle: aw.Oracle) -> None:
    session = start(control=0.5)
    session.tell(oracle(session.ask(8)))
    queries = session.ask(8)
    by_arm = {query.arm: query for query in queries}
    why = by_arm["strategy"].why
    assert (why["strategy"], why["model"], why["row"]) == ("margin", 1, by_arm["strategy"].row)
    assert -1.0 <= why["score"] <= 0.0
    assert 0 <= why["rank"] < 8
    assert by_arm["control"].why["strategy"] == "random"
    assert by_arm["control"].why["score"] is None
    assert session.asked[0]["reason"] == "no model yet, so margin cannot choose: random starts"
    assert session.asked[1]["reason"] == ""


def test_partial_answers_leave_the_rest_open_and_nobody_is_asked_twice(start: Start, oracle: aw.Oracle) -> None:
    session = start()
    first = session.ask(6)
    session.tell(oracle([first[4], first[1]]))
    second = session.ask(6)
    assert not set(rows_of(second)) & set(rows_of(first))
    assert [query.number for query in session.open_queries] == [0, 2, 3, 5, *range(6, 12)]
    session.tell(oracle(second[:1]))
    session.tell(oracle(first[:1]))
    assert [answer.row for answer in session.answers] == rows_of([first[4], first[1], second[0], first[0]])


def test_a_lease_runs_out_and_a_late_answer_still_counts(
    start: Start, oracle: aw.Oracle, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = start(lease=60.0)
    first = session.ask(3)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 59.0)
    held = session.ask(1)
    assert held[0] not in first
    monkeypatch.setattr(time, "time", lambda: now + 61.0)
    assert session.ask(2) == first[:2]  # handed out again, as they are
    session.tell(oracle([first[0], first[2]]))
    assert [answer.late for answer in session.answers] == [False, True]
    assert set(session.labels) == {first[0].row, first[2].row}


def test_a_renewed_lease_and_a_lease_without_end(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    short, endless = start(lease=60.0), start(lease=None)
    kept, lost = short.ask(2)
    endless.ask(2)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 50.0)
    short.renew([kept])
    monkeypatch.setattr(time, "time", lambda: now + 100.0)
    assert short.ask(2) == [lost]
    monkeypatch.setattr(time, "time", lambda: now + 1e9)
    assert endless.ask(1)[0].number == 2


def test_telling_the_same_event_twice_counts_once(start: Start, oracle: aw.Oracle) -> None:
    session = start()
    answers = oracle(session.ask(3))
    assert session.tell(answers) == 3
    assert session.tell(answers) == 0
    assert session.tell([answers[0], answers[0]]) == 0
    assert len(session.answers) == 3
    assert kinds(session).count("answered") == 3


def test_mappings_are_answers(start: Start) -> None:
    session = start()
    query = session.ask(1)[0]
    session.tell({"row": query.row, "label": "dog", "annotator": "ann", "seconds": 2.5})
    (answer,) = session.answers
    assert (answer.row, answer.id, answer.label, answer.annotator, answer.seconds) == (
        query.row,
        query.row,
        "dog",
        "ann",
        2.5,
    )
    assert answer.query == query.number  # found by its row
    assert session.open_queries == []


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"row": 1, "label": "dgo"}, r"row 1: the label 'dgo' is none of the 2 classes. Did you mean 'dog'\?"),
        ({"row": 1, "label": None}, "row 1: the label None is none of the 2 classes"),
        ({"row": 1, "label": ["dog"]}, r"row 1: the label \['dog'\] is none of the 2 classes"),
        ({"row": 1, "lable": "dog"}, r"an answer has no field 'lable'. Did you mean 'label'\?"),
        ({"label": "dog"}, "names no row; give 'row'"),
        ({"row": 60, "label": "dog"}, "names row 60; the pool has rows 0 to 59"),
        ({"row": -1, "label": "dog"}, "names row -1"),
        ({"row": "1", "label": "dog"}, "names row '1'"),
        ({"row": True, "label": "dog"}, "names row True"),
        ({"row": 1, "label": "dog", "id": 2}, "row 1 has the id 1, not 2"),
        ({"row": 1, "label": "dog", "query": 9}, "query 9 was never asked"),
        ({"row": 1, "label": "dog", "query": [0]}, r"query \[0\] was never asked"),
        ({"row": 1, "label": "dog", "kind": "skip"}, "kind 'skip' is unknown; use 'label' or 'abstain'"),
        ({"row": 1, "label": "dog", "seconds": -1.0}, "seconds=-1.0 of the answer to row 1 is no time"),
        ({"row": 1, "label": "dog", "seconds": "3"}, "seconds='3'"),
        ({"row": 1, "label": "dog", "seconds": float("nan")}, "seconds=nan"),
        ({"row": 1, "label": "dog", "annotator": ["a"]}, r"the annotator \['a'\] has no name"),
        ({"row": 1, "label": "dog", "event": 7}, "key of an event must be a non-empty text, not 7"),
        ("dog", "'dog' is no answer; give an Answer or a mapping"),
    ],
)
def test_a_wrong_answer_is_refused_and_the_right_ones_beside_it_wait(start: Start, answer: Any, said: str) -> None:
    session = start()
    before = kinds(session)
    with pytest.raises(aw.BadInput, match=said):
        session.tell([{"row": 2, "label": "cat"}, answer])
    assert (session.answers, kinds(session)) == ([], before)
    assert session.tell([{"row": 2, "label": "cat"}]) == 1


def test_a_query_of_another_row_is_refused(start: Start) -> None:
    session = start()
    query = session.ask(1)[0]
    other = (query.row + 1) % 60
    with pytest.raises(aw.BadInput, match=f"query 0 was about row {query.row}, not {other}"):
        session.tell(aw.Answer(row=other, label="cat", query=0))


def test_labels_come_back_as_the_classes_are(start: Start) -> None:
    session = start(pool=np.eye(4), classes=[0, 1])
    session.tell([{"row": 0, "label": np.int64(1)}, {"row": 1, "label": 1.0}])
    assert [type(label) for label in session.labels.values()] == [int, int]
    with pytest.raises(aw.BadInput, match=r"row 2: the label '1' .* Did you mean 1, of type int\?"):
        session.tell({"row": 2, "label": "1"})


def test_the_same_annotator_revises(start: Start) -> None:
    session = start()
    query = session.ask(1)[0]
    session.tell(aw.Answer(row=query.row, label="cat", query=query.number))
    session.tell(aw.Answer(row=query.row, label="dog", query=query.number))
    assert session.labels == {query.row: "dog"}
    assert len(session.answers) == 2  # both were paid for


def test_annotators_vote_and_a_tie_is_no_label(start: Start) -> None:
    session = start()
    for name, label in (("a", "cat"), ("b", "dog")):
        session.tell({"row": 7, "label": label, "annotator": name})
    assert session.labels == {} and session.disputes()[0].label is None
    session.tell({"row": 7, "label": "dog", "annotator": "c"})
    assert session.labels == {7: "dog"}
    session.tell({"row": 7, "label": "cat", "annotator": "b"})  # b changes sides
    assert session.labels == {7: "cat"}
    session.tell({"row": 7, "label": None, "kind": "abstain", "annotator": "b"})  # and then is not sure
    assert session.labels == {}


def test_undo_gives_the_query_back_and_the_log_keeps_everything(start: Start, oracle: aw.Oracle) -> None:
    session = start()
    queries = session.ask(4)
    session.tell(oracle(queries))
    assert [answer.row for answer in session.undo(2)] == rows_of([queries[3], queries[2]])
    assert rows_of(session.open_queries) == rows_of([queries[3], queries[2]])
    assert set(session.labels) == set(rows_of(queries[:2]))
    assert rows_of(session.ask(4)) == rows_of([queries[3], queries[2]])
    assert kinds(session)[-2:] == ["undone", "undone"]
    assert kinds(session).count("answered") == 4
    session.tell(oracle(queries[2:]))
    assert set(session.labels) == set(rows_of(queries))


def test_undo_of_a_revision_brings_the_earlier_label_back_and_refits(start: Start, oracle: aw.Oracle) -> None:
    session = start()
    session.tell(oracle(session.ask(8)))
    row, label = next(iter(session.labels.items()))
    session.tell({"row": row, "label": "cat" if label == "dog" else "dog", "annotator": "oracle"})
    session.ask(2)
    revised = session.rounds[-1].number
    session.undo()
    assert session.labels[row] == label
    assert session.open_queries[0].number == 8  # the row itself stays answered
    session.tell(oracle(session.open_queries))
    session.undo(2)
    session.ask(2)
    session.skip(session.open_queries[0])
    session.skip(session.open_queries[0])
    session.ask(1)  # as many labels as when the last model was fitted, but not the same ones
    assert session.rounds[-1].number == revised + 1


def test_undo_with_nothing_to_undo_and_more_than_there_is(start: Start, oracle: aw.Oracle) -> None:
    session = start()
    assert session.undo() == []
    session.tell(oracle(session.ask(2)))
    assert len(session.undo(99)) == 2
    assert session.undo(0) == []
    assert session.labels == {}


def test_a_skipped_row_comes_again_in_a_later_round(start: Start, oracle: aw.Oracle) -> None:
    session = start(pool=np.arange(12.0).reshape(4, 3), control=0.0, strategy="random")
    first, second = session.ask(2)
    session.skip(first, annotator="ann")
    session.tell(oracle([second]))
    assert session.spent["answers"] == 1
    third = session.ask(2)
    assert first.row not in rows_of(third)
    session.tell(oracle(third))
    (again,) = session.ask(2)  # nothing else is left
    assert (again.row, again.number) == (first.row, 4)
    session.skip(again)
    (once_more,) = session.ask(2)
    assert once_more.row == first.row
    session.tell(oracle([once_more]))
    assert session.ask(1) == []
    assert session.finished == "every row has been asked"


def test_skipping_what_is_not_open_is_refused(start: Start, oracle: aw.Oracle) -> None:
    session = start()
    (query,) = session.ask(1)
    session.tell(oracle([query]))
    with pytest.raises(aw.BadInput, match="query 0 is not open any more"):
        session.skip(query)
    with pytest.raises(aw.BadInput, match="query 5 was never asked"):
        session.skip(aw.Query(5, 5, 5, 1, "strategy"))


def test_a_late_answer_to_a_skipped_query_closes_the_one_that_is_out(start: Start, oracle: aw.Oracle) -> None:
    session = start(pool=np.eye(1, 3), control=0.0)
    (first,) = session.ask(1)
    session.skip(first)
    (again,) = session.ask(1)
    session.tell(oracle([first]))
    assert session.open_queries == []
    assert session.answers[0].query == again.number


def test_an_abstention_is_an_answer_without_a_label(start: Start, oracle: aw.Oracle) -> None:
    session = start(pool=np.eye(2, 3), control=0.0)
    first, second = session.ask(2)
    session.abstain(first, annotator="ann", seconds=4.0)
    session.tell(oracle([second]))
    assert (set(session.labels), session.spent) == ({second.row}, {"answers": 2, "cost": 2.0, "seconds": 4.0})
    assert (session.answers[0].kind, session.answers[0].label, session.answers[0].annotator) == ("abstain", None, "ann")
    assert session.ask(1) == []  # it is not asked again
    session.tell({"row": first.row, "label": "dog", "annotator": "bob"})
    assert session.labels[first.row] == "dog"


def test_volunteered_answers_count_until_the_budget_is_gone(start: Start, oracle: aw.Oracle) -> None:
    session = start(budget=aw.Budget(answers=4))
    session.tell({"row": 3, "label": "cat"})
    (query,) = session.ask(1)
    assert query.row != 3
    with pytest.raises(aw.BudgetSpent, match=r"3 row\(s\) were never asked .* budget of 4 answers 2 are left"):
        session.tell([{"row": row, "label": "cat"} for row in range(60) if row not in (3, query.row)][:3])
    assert len(session.answers) == 1
    session.tell([{"row": row, "label": "dog"} for row in range(60) if row not in (3, query.row)][:2])
    session.tell(oracle([query]))  # an asked row is always welcome
    assert len(session.labels) == 4
    with pytest.raises(aw.BudgetSpent, match="raise the budget"):
        session.tell({"row": 59, "label": "cat"})
    session.tell({"row": 3, "label": "dog"})  # and so is a revision
    assert session.labels[3] == "dog"


def test_an_oracle_over_lists_columns_and_tensors() -> None:
    torch = pytest.importorskip("torch")
    pd = pytest.importorskip("pandas")
    query = [aw.Query(0, 1, 1, 1, "strategy")]
    for truth in ([5, 7], np.array([5, 7]), pd.Series([5, 7], index=[8, 9]), torch.tensor([5, 7])):
        (answer,) = aw.Oracle(truth, annotator="truth")(query)
        assert (answer.label, type(answer.label), answer.annotator, answer.query) == (7, int, "truth", 0)


@pytest.mark.parametrize("n", [0, -1, 2.0, "3", True])
def test_asking_for_nothing(start: Start, n: Any) -> None:
    with pytest.raises(aw.BadInput, match="asks for nothing; give a whole number of at least 1"):
        start().ask(n)


def test_looking_back_does_not_hand_out_the_state(start: Start, oracle: aw.Oracle) -> None:
    session = start()
    session.tell(oracle(session.ask(3)))
    session.labels.clear()
    session.answers.clear()
    session.config.clear()
    assert (len(session.labels), len(session.answers)) == (3, 3)
    assert session.classes == ["cat", "dog"]


def test_suggest_predict_and_measure(start: Start, oracle: aw.Oracle, clouds: tuple[Any, Any]) -> None:
    session = start()
    assert (session.suggest(0), session.predict(clouds[0])) == (None, None)
    session.tell(oracle(session.ask(20)))
    probs = session.predict(clouds[0])
    assert probs is not None
    assert probs.shape == (60, 2)
    label, chance = session.suggest(4) or ("", 0.0)
    assert (label, chance) == (session.classes[int(probs[4].argmax())], probs[4].max())
    session.measure(accuracy=0.75)
    assert session.measures == [{"labels": 20, "model": 1, "accuracy": 0.75}]
    assert session.rounds[-1].measures["accuracy"] == 0.75
