"""Choosing and learning in a process of their own: the same choices, no waiting, and a new process when one dies."""

from __future__ import annotations

import os
import pickle
import signal
import time

import numpy as np
import pytest

from askwise.core.errors import BadInput, StoreError
from askwise.server.access import Access
from askwise.server.apart import Apart, pack
from askwise.server.room import Room
from askwise.session import Budget, Session

from .conftest import CLASSES, PORT, Caller, texts


def open_session(path, **settings):
    given = {"pool": texts(), "classes": CLASSES, "strategy": "margin", "budget": Budget(answers=40), "lease": None}
    return Session(path, **(given | settings))


def label_of(text):
    return "food" if any(word in text for word in ("soup", "bread", "salad", "pasta")) else "sport"


def apart_over(session):
    return Apart(
        session,
        news=lambda after: list(session.events(after)),
        write=lambda events: session.write(*events),
        busy=lambda on: None,
    )


def test_it_chooses_and_learns_what_the_session_itself_would(tmp_path):
    with open_session(tmp_path / "a.aw") as one, open_session(tmp_path / "b.aw") as two:
        two.decide_elsewhere()
        apart = apart_over(two)
        for _ in range(3):
            mine = one.choose(6)
            apart.run("choose", 6)
            theirs = two.claim(6)
            assert [(q.number, q.row, q.arm) for q in mine] == [(q.number, q.row, q.arm) for q in theirs]
            for session, queries in ((one, one.claim(6)), (two, theirs)):
                session.tell([{"row": q.row, "label": label_of(texts()[q.row]), "query": q.number} for q in queries])
        kinds = [[event.kind for event in session.events()] for session in (one, two)]
        assert kinds[0] == kinds[1] and kinds[0].count("refit") == 2
        apart.close()


def test_errors_come_back_as_what_they_are_and_a_dead_process_is_replaced(tmp_path):
    with open_session(tmp_path / "a.aw") as session:
        session.decide_elsewhere()
        apart = apart_over(session)
        with pytest.raises(BadInput, match=r"savings|labelled"):
            apart.run("savings")
        assert len(apart.run("choose", 4)) == 4
        first = apart.pid
        os.kill(first, signal.SIGKILL)
        with pytest.raises(StoreError, match=r"exit code -9.*no answer is lost"):
            apart.run("choose", 4)
        assert [q.number for q in apart.run("choose", 4)] == [4, 5, 6, 7]
        assert apart.pid != first and len(session.queries) == 8
        apart.close()
        with pytest.raises(StoreError, match="closed"):
            apart.run("choose", 1)


def test_a_session_that_is_decided_elsewhere_hands_out_and_takes_in_only():
    with open_session(None) as session:
        session.decide_elsewhere()
        assert session.ask(3) == [] == session.choose(3)
        session.tell({"row": 0, "label": "food"})
        session.refit()
        assert session.rounds == [] and session.suggest(1) is None and session.finished == ""


def test_memory_maps_travel_as_files_and_functions_as_they_are(tmp_path):
    np.save(tmp_path / "x.npy", np.arange(200_000, dtype=np.float32).reshape(-1, 2))
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    sent = pack({"whole": mapped, "part": mapped[10:12], "make": lambda n: n + 1})
    assert len(sent) < 10_000
    got = pickle.loads(sent)
    assert isinstance(got["whole"], np.memmap)
    np.testing.assert_array_equal(got["whole"], mapped)
    np.testing.assert_array_equal(got["part"], mapped[10:12])
    assert got["make"](1) == 2


def test_a_room_apart_labels_to_the_end_and_survives_the_death_of_its_learner(tmp_path):
    room = Room(open_session(tmp_path / "room.aw"), apart=True).start()
    try:
        caller, killed = Caller(room, Access(PORT)).enter(), False
        end = time.monotonic() + 300
        while not (page := caller.get("/api/next?n=1&wait=10").json())["finished"]:
            assert time.monotonic() < end
            for item in page["items"]:
                assert caller.label(item["query"], label_of(item["view"]["text"])).status_code == 200
            if not killed and room.session.rounds:
                os.kill(room._supply.pid, signal.SIGKILL)
                killed = True
        status = caller.get("/api/status").json()
        assert killed and (status["answers"], status["labels"]) == (40, 40) and status["model"] >= 2
    finally:
        room.close()
    assert len({answer.row for answer in Session.open(tmp_path / "room.aw").answers}) == 40


def test_what_takes_its_time_is_computed_between_choices(tmp_path):
    room = Room(open_session(None, pool=[[float(i)] for i in range(40)], classes=[0, 1])).start()
    try:
        with room._lock:
            room.session.tell([{"row": row, "label": int(row > 20)} for row in range(0, 40, 5)])
        assert room.compute("predict", np.array([[0.0], [39.0]])).result(20).argmax(axis=1).tolist() == [0, 1]
        with pytest.raises(BadInput):
            room.compute("savings").result(20)
    finally:
        room.close()


def test_suggestions_of_every_kind_come_from_the_other_process(tmp_path):
    pool = [f"{word} number {i}" for i in range(30) for word in ("soup", "match")]
    given = {"strategy": "random", "lease": None, "guard": False, "control": 0.0}
    session = Session(tmp_path / "multi.aw", pool=pool, task={"kind": "multilabel", "classes": CLASSES}, **given)
    room = Room(session, apart=True).start()
    try:
        seen, end = [], time.monotonic() + 300
        while not any(seen) and time.monotonic() < end:
            for item in room.next(0, 4, 10.0).items:
                seen.append(item.suggestion)
                label = ["food"] if "soup" in item.view["text"] else ["sport"]
                room.answer(f"event-{item.query:04d}", item.query, label)
        assert seen[0] is None and any(seen), "no suggestion ever came"
        assert session.suggest(0) is None and room._supply.pid is not None
    finally:
        room.close()
