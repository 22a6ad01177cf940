"""Many acts, one commit: what is acknowledged, what fails, and what a failed commit leaves."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from askwise.core.errors import BadInput, StoreError
from askwise.server.bell import Bell, heard
from askwise.server.tally import Tally
from askwise.server.writer import MOST, Writer
from askwise.session import Session


class Disk:
    """A group that counts commits and can be made to fail."""

    def __init__(self):
        self.kept, self.begun, self.fail, self.anew = [], [], False, 0
        self.gate = threading.Event()
        self.gate.set()

    @contextmanager
    def group(self):
        self.begun = []
        yield
        self.gate.wait(10)
        if self.fail:
            raise StoreError("the disk is full; make room")
        self.kept.append(self.begun)

    def failed(self):
        self.anew += 1

    def writer(self):
        return Writer(threading.RLock(), self.group, self.failed)

    def put(self, value):
        self.begun.append(value)
        return value


def test_acts_that_come_during_a_commit_share_the_next_one():
    disk = Disk()
    writer = disk.writer()
    disk.gate.clear()
    first = writer.do(lambda: disk.put("first"))
    later = [writer.do(lambda i=i: disk.put(i)) for i in range(10)]
    assert not first.done()
    disk.gate.set()
    assert [future.result(10) for future in [first, *later]] == ["first", *range(10)]
    assert len(disk.kept) <= 2 and [one for lot in disk.kept for one in lot] == ["first", *range(10)]
    writer.close()


def test_a_lot_has_a_limit_and_keeps_the_order():
    disk = Disk()
    writer = disk.writer()
    disk.gate.clear()
    futures = [writer.do(lambda i=i: disk.put(i)) for i in range(3 * MOST)]
    disk.gate.set()
    assert [future.result(10) for future in futures] == list(range(3 * MOST))
    assert all(len(lot) <= MOST for lot in disk.kept)
    writer.close()


def test_an_act_that_is_refused_leaves_the_others_alone():
    disk = Disk()
    writer = disk.writer()

    def refuse():
        raise BadInput("label 'foot' is none of the classes; give 'food'")

    disk.gate.clear()
    one, bad, bug, two = (
        writer.do(lambda: disk.put(1)), writer.do(refuse), writer.do(lambda: 1 // 0), writer.do(lambda: disk.put(2))
    )  # fmt: skip
    disk.gate.set()
    assert (one.result(10), two.result(10)) == (1, 2)
    with pytest.raises(BadInput, match="foot"):
        bad.result(10)
    with pytest.raises(ZeroDivisionError):
        bug.result(10)
    assert disk.anew == 0
    writer.close()


def test_a_commit_that_fails_acknowledges_nothing_of_its_lot():
    disk = Disk()
    writer = disk.writer()
    disk.fail = True
    futures = [writer.do(lambda i=i: disk.put(i)) for i in range(5)]
    for future in futures:
        with pytest.raises(StoreError, match="disk is full"):
            future.result(10)
    assert disk.kept == [] and disk.anew >= 1
    disk.fail = False
    assert writer.do(lambda: disk.put("again")).result(10) == "again"
    writer.close()
    with pytest.raises(StoreError, match="closed"):
        writer.do(lambda: None)


def test_a_room_stands_as_its_log_after_a_commit_that_failed(make, monkeypatch):
    caller = make()
    room, (first, second) = caller.room, caller.items()[:2]
    assert caller.label(first["query"], event="kept-before").status_code == 200

    @contextmanager
    def full():
        with group():
            yield
            raise StoreError("no space left on the disk; make room")

    group = room.session._store.group
    with monkeypatch.context() as patch:
        patch.setattr(room.session._store, "group", full)
        reply = caller.label(second["query"], event="not-kept-yet")
        assert reply.status_code == 503 and "no space left" in reply.json()["detail"]
    status = caller.get("/api/status").json()
    assert (status["labels"], status["answers"], status["last"]) == (1, 1, first["query"])
    assert second["query"] in {item["query"] for item in caller.items(n=50)}
    assert caller.label(second["query"], event="not-kept-yet").json()["status"]["labels"] == 2
    assert [answer.event for answer in room.session.answers] == ["kept-before", "not-kept-yet"]


def test_fifty_waiters_hear_one_ring():
    bell = Bell()

    async def scene():
        rings = [bell.next_ring() for _ in range(50)]
        ringer = threading.Thread(target=lambda: [bell.ring() for _ in range(20)])
        ringer.start()
        assert all(await asyncio.gather(*(heard(ring, 5.0) for ring in rings)))
        ringer.join()
        await asyncio.sleep(0)  # for the last of the twenty
        assert not await heard(bell.next_ring(), 0.05)

    asyncio.run(scene())
    bell.ring()  # a loop that has ended disturbs nobody
    asyncio.run(scene())


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["label", "abstain", "undo", "again"]), st.integers(0, 19)), max_size=30))
def test_a_tally_counts_what_the_session_holds(steps):
    with Session(None, pool=[[float(i)] for i in range(20)], classes=["a", "b"], strategy="random") as session:
        tally = Tally(session, tests=False, pause=0.0)
        for kind, row in steps:
            if kind == "undo":
                session.undo(1)
            else:
                one = {"row": row, "kind": "abstain"} if kind == "abstain" else {"row": row, "label": "a"}
                session.tell({**one, "annotator": "ben" if kind == "again" else "ana"})
        assert tally.answers == len(session.answers)
        assert tally.unsure == sum(a.kind == "abstain" for a in session.answers)
        assert tally.labels == len(session.labels)
        assert sum(one.count for one in tally.insight().balance) == len(session.labels)


def test_a_pause_keeps_the_insight_and_not_the_counts():
    with Session(None, pool=[[0.0], [1.0]], classes=["a", "b"], strategy="random") as session:
        tally = Tally(session, tests=False, pause=1000.0)
        before = tally.insight()
        session.tell({"row": 0, "label": "a"})
        assert tally.insight() is before and (tally.answers, tally.labels) == (1, 1)


def test_the_writer_takes_acts_from_many_threads():
    disk = Disk()
    writer = disk.writer()
    with ThreadPoolExecutor(8) as threads:
        got = list(threads.map(lambda i: writer.do(lambda: disk.put(i)).result(10), range(500)))
    assert got == list(range(500))
    assert sorted(one for lot in disk.kept for one in lot) == list(range(500))
    writer.close()
