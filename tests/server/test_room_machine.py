"""A room under anything that people, time, full disks and crashes do to it, beside a plain model of what must hold."""

from __future__ import annotations

import itertools
import shutil
import tempfile
import types
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, multiple, rule

from askwise.core.errors import BadInput, StoreError
from askwise.server.room import Conflict, Room
from askwise.session import Budget, Session, leases
from askwise.session.state import fold

PEOPLE = st.sampled_from(["ana", "ben", "cal"])
LABELS = st.sampled_from(["x", "y"])
LEASE = 60.0
ROWS = 14


class Rooms(RuleBasedStateMachine):
    """Claims, answers, repeats, skips, undoes, lets time pass, fails to write, and crashes."""

    shown = Bundle("shown")
    sent = Bundle("sent")

    @initialize(overlap=st.integers(1, 2))
    def begin(self, overlap):
        self.folder = Path(tempfile.mkdtemp(prefix="aw-machine-"))
        self.now, self.count = 1000.0, itertools.count()
        self.clock = leases.time
        leases.time = types.SimpleNamespace(time=lambda: self.now)
        self.overlap = overlap
        self.in_force: dict[tuple[int, str], tuple[str, str]] = {}  # (row, who) -> (event, label)
        self.order: dict[str, list[tuple[int, str]]] = {}
        self.kept: set[str] = set()
        self.open()
        self.choose(8)

    def open(self):
        session = Session(
            self.folder / "room.aw", pool=[[float(i)] for i in range(ROWS)], classes=["x", "y"], strategy="random",
            start="random", refit=1000, control=0.0, guard=False, lease=LEASE, overlap=self.overlap,
            budget=Budget(answers=ROWS), truth="majority",
        )  # fmt: skip
        self.room = Room(session, team=True)

    def teardown(self):
        if hasattr(self, "room"):
            self.room.close()
            leases.time = self.clock
            shutil.rmtree(self.folder, ignore_errors=True)

    def act(self, act):
        return self.room.soon(act).result(20)

    def hands(self):
        """Who holds each open query now and has yet to answer it, and how many more answers it takes."""
        state, held = self.room.session.state, self.room.session._leases.holders
        return {n: (held(n) - state.answered_by(q.row), state.owed(q)) for n, q in state.open.items()}

    def check_grants(self, who, before):
        """Whatever she holds now and did not hold before was free for one more."""
        for number, (holders, _) in self.hands().items():
            others, owed = before[number]
            if who in holders and who not in others:
                assert len(others) < owed, f"{who} was handed {number}, which {others} hold, and which takes {owed}"

    # ---- what people do -------------------------------------------------------------------------------------------

    @rule(n=st.integers(1, 4))
    def choose(self, n):
        with self.room._lock:
            self.room.session.choose(n)

    @rule(target=shown, who=PEOPLE, n=st.integers(1, 3))
    def look(self, who, n):
        with self.room._lock:
            free = [q.number for q in itertools.islice(self.room.session.claimable(who), n)]
        before = self.hands()
        page = self.act(lambda: self.room.next(0, n, 0.0, who))
        self.check_grants(who, before)
        desk = self.room._desks[who].items
        assert page.items or not free, "an annotator was told to wait while an item was free for her"
        for item in page.items:
            row = self.room.session.queries[item.query].row
            assert (row, who) not in self.in_force, "somebody was shown a row that she has answered"
            assert item.query in desk
        return multiple(*((who, item.query) for item in page.items))

    @rule(target=sent, who=PEOPLE, label=LABELS)
    def work(self, who, label):
        page = self.act(lambda: self.room.next(0, 1, 0.0, who))
        return self.answer_to((who, page.items[0].query), label) if page.items else multiple()

    @rule(target=sent, item=shown, label=LABELS)
    def answer(self, item, label):
        return self.answer_to(item, label)

    def answer_to(self, item, label):
        who, query = item
        event = f"event-{next(self.count):05d}"
        row = self.room.session.queries[query].row
        if (row, who) in self.in_force:
            with pytest.raises(Conflict):
                self.act(lambda: self.room.answer(event, query, label, 1.0, who))
            return multiple()
        self.act(lambda: self.room.answer(event, query, label, 1.0, who))
        self.in_force[row, who] = (event, label)
        self.order.setdefault(who, []).append((query, "answer"))
        self.kept.add(event)
        return (who, query, event, label)

    @rule(one=sent)
    def repeat(self, one):
        who, query, event, label = one
        before = self.room.session.state.seq
        self.act(lambda: self.room.answer(event, query, label, 1.0, who))
        assert self.room.session.state.seq == before, "a repeat wrote something"

    @rule(one=sent, who=PEOPLE)
    def steal_the_name_of_an_event(self, one, who):
        owner, query, event, label = one
        if who == owner:
            return
        before = self.room.session.state.seq
        with pytest.raises(BadInput, match="used for something else"):
            self.act(lambda: self.room.answer(event, query, label, 1.0, who))
        assert self.room.session.state.seq == before

    @rule(item=shown)
    def skip(self, item):
        who, query = item
        if query in self.room._desks.get(who, types.SimpleNamespace(items={})).items:
            self.order.setdefault(who, []).append((query, "skip"))
        self.act(lambda: self.room.skip(f"event-{next(self.count):05d}", query, who))

    @rule(item=shown)
    def undo(self, item):
        who, query = item
        past = self.order.get(who, [])
        before = dict(self.in_force)
        row = self.room.session.queries[query].row
        try:
            self.act(lambda: self.room.undo(f"event-{next(self.count):05d}", query, who))
        except Conflict:
            assert not past or past[-1][0] != query or past[-1][1] == "skip" or (row, who) not in before
            return
        if past and past[-1] == (query, "answer") and query in self.room._desks[who].items:
            self.in_force.pop((row, who), None)
            past.pop()
        elif past and past[-1] == (query, "skip"):
            past.pop()

    @rule(who=PEOPLE)
    def heartbeat(self, who):
        before = self.hands()
        status = self.act(lambda: self.room.status(who))
        assert status.answers == len(self.in_force)
        self.check_grants(who, before)
        assert all(who in self.hands()[query][0] for query in self.room._desks[who].items)

    @rule(who=PEOPLE, other=PEOPLE)
    def be_away_and_come_back(self, who, other):
        self.act(lambda: self.room.next(0, 3, 0.0, who))
        self.now += LEASE + 1
        self.look(other, 3)
        self.heartbeat(who)

    # ---- what happens to them -------------------------------------------------------------------------------------

    @rule(seconds=st.sampled_from([1.0, LEASE / 2, LEASE + 1]))
    def wait(self, seconds):
        self.now += seconds

    @rule(item=shown, label=LABELS)
    def answer_to_a_full_disk(self, item, label):
        who, query = item
        store, row = self.room.session._store, self.room.session.queries[item[1]].row
        if (row, who) in self.in_force:
            return
        whole = store.group

        @contextmanager
        def full():
            with whole():
                yield
                raise StoreError("the disk is full; make room")

        store.group = full
        try:
            with pytest.raises(StoreError, match="disk is full"):
                self.act(lambda: self.room.answer(f"event-{next(self.count):05d}", query, label, 1.0, who))
        finally:
            del store.group
        self.order = {name: [one for one in past if one[1] == "answer"] for name, past in self.order.items()}

    @rule()
    def crash(self):
        self.room.close()
        self.order = {name: [one for one in past if one[1] == "answer"] for name, past in self.order.items()}
        self.open()

    # ---- what must hold -------------------------------------------------------------------------------------------

    @invariant()
    def the_log_says_what_the_model_says(self):
        if not hasattr(self, "room"):
            return
        session = self.room.session
        got = {(a.row, a.annotator): (a.event, a.label) for a in session.answers}
        assert got == self.in_force and len(session.answers) == len(got)
        again = fold(session.events())
        assert (again.labels, list(again.open), again.skipped) == (
            session.state.labels,
            list(session.state.open),
            session.state.skipped,
        )
        assert self.kept <= {event.key for event in session.events()}
        assert self.room._tally.answers == len(got)


TestRooms = Rooms.TestCase
TestRooms.settings = settings(max_examples=20, stateful_step_count=40, deadline=None)
