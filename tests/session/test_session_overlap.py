"""Several annotators: leases by name, k answers to each row, nobody asked twice, nothing handed out too often."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

import askwise as aw
from askwise.session import leases as leases_module

POOL = np.arange(24.0).reshape(12, 2)
PEOPLE = ("ana", "ben", "cleo")


@pytest.fixture
def clock(monkeypatch):
    class Clock:
        now = 1000.0

        def time(self) -> float:
            return self.now

    made = Clock()
    monkeypatch.setattr(leases_module, "time", made)
    return made


def begin(path=None, **given):
    settled = {"pool": POOL, "classes": ["no", "yes"], "strategy": "random", "control": 0.0, "overlap": 2, **given}
    return aw.Session(path, **settled)


def answer(session, query, who, label="yes"):
    session.tell(aw.Answer(row=query.row, label=label, annotator=who, query=query.number))


def test_two_annotators_answer_each_row_and_nobody_twice():
    session = begin(budget=aw.Budget(answers=8))
    mine = session.ask(2, "ana")
    theirs = session.ask(2, "ben")
    assert mine == theirs
    assert session.ask(2, "cleo") != mine  # two hold these, so she has others
    for query in mine:
        answer(session, query, "ana")
    assert set(mine) <= set(session.open_queries)
    assert not set(session.ask(5, "ana")) & set(mine)
    for query in mine:
        answer(session, query, "ben", "no")
    assert not set(mine) & set(session.open_queries)
    assert session.labels == {}  # even: nothing is settled
    assert [one.row for one in session.disputes()] == sorted(query.row for query in mine)


def test_the_budget_counts_answers_that_are_owed():
    session = begin(budget=aw.Budget(answers=5))
    first = session.ask(9, "ana")
    assert len(first) == 2  # of five answers, two rows take four
    assert session.ask(9, "cleo") == first
    for who in ("ana", "cleo"):
        for query in first:
            answer(session, query, who)
    assert session.ask(1, "ben") == []
    assert session.finished == "budget spent: 1 answers are left, and each row takes 2"


def test_costs_are_counted_for_every_annotator():
    session = begin(budget=aw.Budget(cost=10.0), costs=np.full(12, 2.0))
    queries = session.ask(9, "ana")
    assert len(queries) == 2  # each takes two answers at 2
    assert session.ask(9, "ana") == []


def test_a_lease_that_ran_out_goes_to_another_and_the_late_answer_is_kept(clock):
    session = begin(lease=60.0)
    (query,) = session.ask(1, "ana")
    session.ask(1, "ben")
    assert query not in session.ask(5, "cleo")
    clock.now += 30
    session.renew([query], "ben")
    clock.now += 40
    assert session.ask(1, "cleo") == [query]  # ana's ran out, ben's was renewed
    answer(session, query, "cleo")
    answer(session, query, "ana")
    late = {one.annotator: one.late for one in session.answers}
    assert late == {"cleo": False, "ana": True}
    assert query not in session.open_queries
    answer(session, query, "ben")  # one more than was asked for is no reason to lose it
    assert len(session.answers) == 3


def test_putting_aside_is_for_one_annotator():
    session = begin()
    (query,) = session.ask(1, "ana")
    session.skip(query, "ana")
    assert query not in session.ask(5, "ana")
    assert session.ask(1, "ben") == [query]
    assert session.ask(1, "cleo") == [query]


def test_undoing_one_answer_opens_the_query_for_its_annotator():
    session = begin()
    (query,) = session.ask(1, "ana")
    session.ask(1, "ben")
    answer(session, query, "ana")
    answer(session, query, "ben")
    assert query not in session.open_queries
    session.undo(1)
    assert query in session.open_queries
    assert query in session.ask(9, "ben")
    assert query not in session.ask(9, "ana")


def test_a_test_row_takes_one_answer():
    session = begin()
    for query in session.ask(6, "ana"):
        for who in ("ana", "ben"):
            answer(session, query, who, ("no", "yes")[query.row % 2])
    (tested,) = session.test(1, annotator="ana")
    answer(session, tested, "ana")
    assert tested not in session.open_queries


def test_a_resumed_session_hands_out_what_was_out(tmp_path):
    with begin(tmp_path / "s.aw") as session:
        first = session.ask(2, "ana")
        answer(session, first[0], "ana")
    with begin(tmp_path / "s.aw") as session:
        assert session.ask(1, "ana") == first[1:]
        assert session.ask(2, "ben") == first
    with pytest.raises(aw.BadInput, match="created with overlap=2, and is now opened with 3"):
        begin(tmp_path / "s.aw", overlap=3)


@pytest.mark.parametrize("bad", [0, -1, 1.5, True, "2"])
def test_bad_overlaps_are_refused(bad):
    with pytest.raises(aw.BadInput, match="give a whole number of at least 1"):
        begin(overlap=bad)


class Room(RuleBasedStateMachine):
    """Three annotators who ask, answer, put aside, undo, let leases run out, and crash, in any order."""

    @initialize(overlap=st.integers(1, 3), budget=st.integers(1, 20))
    def start(self, overlap, budget):
        self.overlap, self.budget = overlap, min(budget, 12)
        self.now = 1000.0
        self.real = leases_module.time
        leases_module.time = self  # its clock is this machine
        self.session = begin(overlap=overlap, budget=aw.Budget(answers=self.budget), lease=60.0)
        self.held = {who: [] for who in PEOPLE}

    def time(self):
        return self.now

    def teardown(self):
        if hasattr(self, "real"):
            leases_module.time = self.real

    @rule(who=st.sampled_from(PEOPLE), n=st.integers(1, 3))
    def ask(self, who, n):
        known = set(self.session.queries)
        queries = self.session.ask(n, who)
        state = self.session.state
        if set(state.queries) - known:  # what is new was affordable, with all that is still owed
            assert len(state.answers) + sum(state.owed(query) for query in state.open.values()) <= self.budget
        for query in queries:
            assert who not in self.session.state.answered_by(query.row), "asked what she has answered"
        assert not set(queries) & set(self.held[who]), "asked what she holds"
        self.held[who] += queries

    @rule(who=st.sampled_from(PEOPLE), label=st.sampled_from(["no", "yes"]))
    def answer(self, who, label):
        if self.held[who]:
            answer(self.session, self.held[who].pop(0), who, label)

    @rule(who=st.sampled_from(PEOPLE))
    def put_aside(self, who):
        if self.held[who]:
            query = self.held[who].pop(0)
            if query in self.session.open_queries:
                self.session.skip(query, who)

    @rule()
    def undo(self):
        self.session.undo(1)

    @rule()
    def leases_run_out(self):
        self.now += 61.0
        self.held = {who: [] for who in PEOPLE}

    @rule()
    def crash(self):
        """Everything but the log is gone; the leases were in memory."""
        from askwise.session.leases import Leases
        from askwise.session.state import fold

        before = self.session.labels
        self.session.state = fold(self.session.events())
        self.session._leases = Leases(60.0)
        self.held = {who: [] for who in PEOPLE}
        assert self.session.labels == before

    @invariant()
    def nothing_is_promised_twice(self):
        if not hasattr(self, "session"):
            return
        state = self.session.state
        owed = sum(state.owed(query) for query in state.open.values())
        assert all(state.owed(query) > 0 for query in state.open.values())
        assert owed <= self.budget
        for query in state.open.values():
            done = state.answered_by(query.row)
            assert len(self.session._leases.holders(query.number) - done) <= self.overlap


TestRoom = Room.TestCase
TestRoom.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)


def test_a_control_row_that_several_answer_is_one_test_by_what_they_say_together():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 60)
    X = np.stack([y * 6.0 + rng.normal(size=60), rng.normal(size=60)], axis=1)
    session = begin(pool=X, control=0.5, overlap=3, guard=False)
    for _ in range(4):
        for query in session.ask(8, "ana"):
            right = ["no", "yes"][y[query.row]]
            answer(session, query, "ana", "no" if right == "yes" else "yes")  # ana is always wrong, and outvoted
            answer(session, query, "ben", right)
            answer(session, query, "cleo", right)
    controls = [query for query in session.queries.values() if query.arm == "control" and "predicted" in query.why]
    assert len(controls) > 8
    expected = [query.why["predicted"] == session.labels[query.row] for query in controls]
    assert [right for _, right in session.outcomes] == expected
    assert sum(expected) > len(expected) / 2
