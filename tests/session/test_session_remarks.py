"""What is no label: items at fault, notes, guidelines, and an answer in the place of another."""

from __future__ import annotations

import pytest

from askwise.core.errors import BadInput
from askwise.session import Answer, Budget, Session
from askwise.session.intake import LONGEST_NOTE
from askwise.session.remarks import version_of

TEXTS = [f"text {i}" for i in range(12)]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "remarks.aw"


def session(path=None, **settings):
    return Session(path, pool=TEXTS, classes=["a", "b"], strategy="random", control=0.0, **settings)


def test_a_rejected_item_is_an_answer_without_a_label_and_never_asked_again(path):
    with session(path, budget=Budget(answers=12)) as s:
        (query,) = s.ask(1)
        s.reject(query, "ana", 2.5)
        asked = [q.row for _ in range(12) for q in s.ask(1)]
    again = Session.open(path)
    (answer,) = again.answers
    assert (answer.kind, answer.label, answer.annotator, answer.seconds) == ("reject", None, "ana", 2.5)
    assert again.labels == {} and query.row not in asked and len(asked) == 11


def test_a_rejected_item_can_be_taken_back(path):
    with session(path) as s:
        (query,) = s.ask(1)
        s.reject(query)
        assert s.open_queries == []
        s.undo()
        assert [q.number for q in s.open_queries] == [query.number]


def test_of_two_annotators_one_may_reject_what_the_other_labels():
    with session(overlap=2) as s:
        (query,) = s.ask(1, "ana")
        s.reject(query, "ana")
        assert [q.number for q in s.ask(1, "bo")] == [query.number]
        s.tell(Answer(row=query.row, label="a", annotator="bo", query=query.number))
        assert s.labels == {query.row: "a"} and not s.open_queries


def test_notes_stand_beside_answers_and_can_be_taken_back(path):
    with session(path) as s:
        (query,) = s.ask(1)
        s.flag(query.row, "two languages", "ana", event="flag-0001")
        s.flag(query.row, "two languages", "ana", event="flag-0001")
        s.flag(query.row, "  a duplicate of text 3 ", "ana")
        s.flag(query.row, "fine to me", "bo")
        assert [q.number for q in s.open_queries] == [query.number]
        assert [(f.annotator, f.note) for f in s.flags] == [("ana", "a duplicate of text 3"), ("bo", "fine to me")]
        s.flag(query.row, "", "bo")
    again = Session.open(path)
    assert [(f.row, f.id, f.annotator) for f in again.flags] == [(query.row, query.row, "ana")]
    assert [e.body["note"] for e in again.events() if e.kind == "flagged"] == [
        "two languages",
        "a duplicate of text 3",
        "fine to me",
        "",
    ]


def test_notes_are_checked():
    with session() as s:
        for row, note in ((99, "x"), (-1, "x"), (0, "x" * (LONGEST_NOTE + 1)), (0, None)):
            with pytest.raises(BadInput):
                s.flag(row, note)
        assert s.flags == []


def test_guidelines_have_versions_and_answers_name_the_one_they_were_given_under(path):
    with session(path) as s:
        first, second = s.guide("Be brief."), s.guide("Be *very* brief.")
        assert (first, second) == (version_of("Be brief."), version_of("Be *very* brief."))
        assert s.guide("Be *very* brief.") == second
        (query,) = s.ask(1)
        s.tell(Answer(row=query.row, label="a", query=query.number, context={"guidelines": second}))
        assert s.guide("Be brief.") == first
    again = Session.open(path)
    assert again.guidelines == {second: "Be *very* brief.", first: "Be brief."}
    assert list(again.guidelines) == [second, first]
    assert again.answers[0].context == {"guidelines": second}
    assert sum(event.kind == "guided" for event in again.events()) == 3


def test_a_context_is_plain_json():
    with session() as s:
        (query,) = s.ask(1)
        for context in ({"x": {1, 2}}, {"x": float("nan")}):
            with pytest.raises(BadInput, match="plain JSON"):
                s.tell(Answer(row=query.row, label="a", query=query.number, context=context))
        assert s.answers == []


def test_an_answer_takes_the_place_of_another_in_one_step(path):
    with session(path) as s:
        (query,) = s.ask(1)
        s.tell(Answer(row=query.row, label="a", annotator="ana", query=query.number))
        base = s.answers[0].seq
        s.revise(base, Answer(row=query.row, label="b", annotator="ana", query=query.number))
        assert [a.label for a in s.answers] == ["b"] and s.labels == {query.row: "b"} and not s.open_queries
        with pytest.raises(BadInput, match="in force"):
            s.revise(base, Answer(row=query.row, label="a", annotator="ana"))
        with pytest.raises(BadInput, match="in force"):
            s.revise(s.answers[0].seq, Answer(row=query.row, label="a", annotator="bo"))
    again = Session.open(path)
    assert [a.label for a in again.answers] == ["b"]
    assert [e.kind for e in again.events()][-3:] == ["answered", "undone", "answered"]
