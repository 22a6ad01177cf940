"""Every row, query and answer is accounted for, whatever was done; and what does not add up is found."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from askwise.core.event import Event
from askwise.session import Answer, Session
from askwise.session.audit import account
from askwise.session.state import fold

N = 12


class Standing:
    """A session in memory, as `account` reads it from a file."""

    def __init__(self, events: list[Event]) -> None:
        self._events = events
        self.state = fold(events)
        self.task, self.queries = self.state.task, self.state.queries
        self.answers = [self.state.answers[seq] for seq in sorted(self.state.answers)]

    def events(self) -> Any:
        return iter(self._events)


def of(session: Session) -> Any:
    return account(Standing(list(session.events())))  # type: ignore[arg-type]


def test_worked_by_hand(tmp_path: Path) -> None:
    with Session(tmp_path / "a.aw", pool=np.eye(N), classes=["x", "y"], strategy="random", lease=None) as session:
        first = session.ask(6)
        session.tell(Answer(q.row, "x", query=q.number) for q in first[:3])
        session.abstain(first[3])
        session.skip(first[4])
        session.undo(1)  # the abstention: its query is open again
        free = next(row for row in range(N) if row not in {q.row for q in first})
        session.tell(Answer(free, "y", annotator="ben"))
    found = account(Session.open(tmp_path / "a.aw"))
    assert found.sound and found.problems == ()
    assert found.rows == {"labelled": 4, "test": 0, "answered": 0, "open": 2, "aside": 1, "untouched": 5, "all": N}
    assert found.queries == {"answered": 3, "open": 2, "settled": 0, "aside": 1, "all": 6}
    assert found.answers == {"given": 5, "in_force": 4, "taken_back": 1, "late": 0}
    assert found.annotators == {"ben": 1, "me": 3}


ACTS = st.lists(
    st.tuples(
        st.sampled_from(["ask", "tell", "skip", "abstain", "reject", "undo", "volunteer", "revise", "decline"]),
        st.integers(0, 20),
    ),
    max_size=25,
)


@given(ACTS)
@settings(max_examples=60, deadline=None)
def test_all_adds_up_whatever_is_done(acts: list[tuple[str, int]]) -> None:
    session = Session(None, pool=np.eye(N), classes=["x", "y"], strategy="random", lease=None, guard=False)
    for act, k in acts:
        out = session.open_queries
        query = out[k % len(out)] if out else None
        label = ["x", "y"][k % 2]
        if act == "ask":
            session.ask(1 + k % 4)
        elif act == "undo":
            session.undo(k % 3)
        elif act == "volunteer":
            session.tell(Answer(k % N, label, annotator=f"a{k % 3}"))
        elif act == "revise" and session.answers:
            old = session.answers[k % len(session.answers)]
            session.revise(old.seq, Answer(old.row, label, annotator=old.annotator, query=old.query))
        elif query is not None and act == "tell":
            session.tell(Answer(query.row, label, query=query.number))
        elif query is not None and act == "decline":
            session.decline(query, "llm:x")
        elif query is not None and act in ("skip", "abstain", "reject"):
            getattr(session, act)(query)
    found = of(session)
    assert found.sound, found.problems
    rows, queries, answers = dict(found.rows), dict(found.queries), found.answers
    assert rows.pop("all") == N == sum(rows.values())
    assert queries.pop("all") == sum(queries.values()) == len(session.queries)
    assert answers["given"] == answers["in_force"] + answers["taken_back"]


def log() -> list[Event]:
    session = Session(None, pool=np.eye(N), classes=["x", "y"], strategy="random", lease=None)
    session.tell(Answer(q.row, "x", query=q.number) for q in session.ask(3))
    return list(session.events())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"row": 99}, "row 99 is named, and the pool has rows 0 to 11"),
        ({"query": 77}, "is to query 77, which is not about row"),
        ({"label": "cow"}, "none of the 2 classes"),
    ],
)
def test_what_does_not_add_up_is_said(change: dict[str, Any], said: str) -> None:
    events = log()
    at = next(i for i, event in enumerate(events) if event.kind == "answered")
    event = events[at]
    events[at] = Event("answered", {**event.body, **change}, event.key, event.at, event.seq)
    found = account(Standing(events))  # type: ignore[arg-type]
    assert not found.sound and any(said in problem for problem in found.problems)


def test_a_query_that_was_lost_is_found() -> None:
    events = log()
    standing = Standing(events[:2])  # asked, not answered
    standing.state.open.clear()
    found = account(standing)  # type: ignore[arg-type]
    assert len(found.problems) == 3 and "is neither open, answered nor put aside" in found.problems[0]
