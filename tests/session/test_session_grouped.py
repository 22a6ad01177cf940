"""Choosing apart from handing out, many answers in one commit, and what becomes of a commit that fails."""

from __future__ import annotations

import numpy as np
import pytest

from askwise.core.errors import StoreError
from askwise.session import Budget, Session

POOL = np.linspace(-1, 1, 60).reshape(-1, 1)


def open_session(path, **settings):
    given = {"pool": POOL, "classes": [0, 1], "strategy": "margin", "guard": False} | settings
    return Session(path, **given)


def test_what_is_chosen_is_free_for_whoever_claims_it(tmp_path):
    with open_session(tmp_path / "a.aw") as session:
        chosen = session.choose(5)
        assert [q.number for q in session.claimable("ana")] == [q.number for q in chosen]
        mine, theirs = session.claim(3, "ana"), session.claim(9, "ben")
        assert [q.number for q in mine] + [q.number for q in theirs] == [q.number for q in chosen]
        assert session.claim(1, "cal") == [] == list(session.claimable("ana"))
        assert [q.number for q in session.ask(2, "cal")] == [5, 6]


def test_choosing_and_claiming_ask_what_ask_would_have_asked(tmp_path):
    with open_session(None) as one, open_session(None) as two:
        for _ in range(4):
            two.choose(6)
            asked, claimed = one.ask(6), two.claim(6)
            assert [(q.number, q.row, q.arm) for q in asked] == [(q.number, q.row, q.arm) for q in claimed]
            for session, queries in ((one, asked), (two, claimed)):
                session.tell([{"row": q.row, "label": int(q.row > 25), "query": q.number} for q in queries])


def test_a_group_of_answers_is_one_commit(tmp_path):
    with open_session(tmp_path / "a.aw") as session:
        queries = session.ask(6, "ana")
        with session.grouped():
            for query in queries[:4]:
                session.tell({"row": query.row, "label": 1, "query": query.number, "annotator": "ana"})
            assert Session.open(tmp_path / "a.aw").answers == []  # nobody else sees them yet
            assert len(session.answers) == 4
        assert len(Session.open(tmp_path / "a.aw").answers) == 4


def test_a_group_that_fails_leaves_the_session_as_the_log_is(tmp_path):
    with open_session(tmp_path / "a.aw") as session:
        first, second, third = session.ask(3, "ana")
        session.tell({"row": first.row, "label": 1, "query": first.number, "annotator": "ana"})
        with pytest.raises(StoreError, match="disk is full"), session.grouped():
            session.tell({"row": second.row, "label": 1, "query": second.number, "annotator": "ana"})
            raise StoreError("the disk is full; make room")
        assert [answer.row for answer in session.answers] == [first.row]
        assert list(session.state.open) == [second.number, third.number]
        assert [q.number for q in session.claim(9, "ben")] == [second.number, third.number]
        session.tell({"row": second.row, "label": 0, "query": second.number, "annotator": "ben"})
        assert session.labels == {first.row: 1, second.row: 0}
    with open_session(tmp_path / "a.aw") as again:
        assert again.labels == {first.row: 1, second.row: 0}


def test_a_watcher_hears_of_every_event_once(tmp_path):
    with open_session(tmp_path / "a.aw", budget=Budget(answers=9)) as session:
        heard = []
        session.watch(lambda event: heard.append((event.seq, event.kind)))
        query = session.ask(1)[0]
        answer = {"row": query.row, "label": 1, "query": query.number, "event": "once"}
        session.tell(answer)
        session.tell(answer)
        session.undo()
        assert heard == [(2, "asked"), (3, "answered"), (4, "undone")]
