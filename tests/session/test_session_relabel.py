"""A new row, or another label for an old one: ActiveLab's choice inside a session."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB

import askwise as aw
from askwise.crowd import active_lab, table
from askwise.session.again import MOST_OPEN
from askwise.session.belief import Votes
from askwise.session.state import fold

PEOPLE = ("ana", "ben", "cleo")


@pytest.fixture
def begin(start):
    def made(path=None, **given):
        usual = {"strategy": "active_lab", "relabel": 3, "truth": "crowdlab", "control": 0.0, "learner": GaussianNB()}
        return start(path, **{**usual, **given})

    return made


def answer(session, queries, who, truth, rng=None, right=1.0):
    for query in queries:
        said = truth[query.row]
        if rng is not None and rng.random() > right:
            said = next(one for one in session.classes if one != said)
        session.tell(aw.Answer(row=query.row, label=str(said), annotator=who, query=query.number))


def noisy(session, truth, rows=20, right=0.7, seed=0):
    rng = np.random.default_rng(seed)
    answer(session, session.ask(rows, "ana"), "ana", truth, rng, right)
    for row in list(session.labels)[: rows // 2]:
        said = truth[row] if rng.random() < right else session.classes[session.classes[0] == truth[row]]
        session.tell(aw.Answer(row=row, label=str(said), annotator="ben"))


def test_the_ranking_is_active_labs_over_new_and_answered_rows(begin, clouds):
    session = begin()
    noisy(session, clouds[1])
    queries = session.ask(6, "cleo")
    before = fold(event for event in session.events() if event.seq < queries[0].why.get("seq", session.state.seq))
    votes = Votes.of(before)
    probs = np.array(session.predict(clouds[0]))
    probs[votes.rows] = session._out_of_sample(votes)
    said = votes.table
    whole = table(
        {"item": votes.rows[said.item], "annotator": said.annotators[said.annotator], "label": said.label},
        rows=60,
        classes=2,
    )
    worth = active_lab(whole, probs)
    assert sorted(worth[[query.row for query in queries]]) == pytest.approx(sorted(np.sort(worth)[::-1][:6]))
    assert {query.wants is None for query in queries} == {True, False}, "some new, some again"
    for query in queries:
        known = len(before.answered_by(query.row))
        assert query.wants == (known + 1 if known else None)


def test_nobody_is_asked_what_she_has_answered(begin, clouds):
    session = begin(budget=aw.Budget(answers=120))
    rng = np.random.default_rng(1)
    again = 0
    for step in range(24):
        who = PEOPLE[step % 3]
        queries = session.ask(5, who)
        for query in queries:
            assert who not in session.state.answered_by(query.row)
            again += query.wants is not None
        answer(session, queries, who, clouds[1], rng, 0.7)
    assert again > 5
    assert max(len(session.state.answered_by(row)) for row in session.labels) <= 3


def test_one_annotator_alone_is_never_sent_back(begin, clouds):
    session = begin(pool=clouds[0][:12])
    while queries := session.ask(4, "ana"):
        assert all(query.wants is None for query in queries)
        answer(session, queries, "ana", clouds[1])
    assert session.finished == "every row has been asked" and len(session.labels) == 12


def test_queries_that_only_the_absent_could_answer_do_not_pile_up(begin, clouds):
    session = begin()
    noisy(session, clouds[1], rows=30)
    for _ in range(12):
        session.choose(5)  # for whoever comes, as a room does
    waiting = [query for query in session.open_queries if query.wants]
    assert len(waiting) < MOST_OPEN + 5


def test_a_resumed_session_asks_the_same(begin, clouds, tmp_path):
    asked = []
    for stop in (False, True):
        session = begin(tmp_path / f"{stop}.aw")
        noisy(session, clouds[1])
        if stop:
            session.close()
            session = begin(tmp_path / f"{stop}.aw")
        asked.append([(query.row, query.wants) for query in session.ask(6, "cleo")])
        session.close()
    assert asked[0] == asked[1]
    with pytest.raises(aw.BadInput, match="created with relabel=3, and is now opened with 4"):
        begin(tmp_path / "False.aw", relabel=4)


def test_an_answer_taken_back_opens_the_query_again(begin, clouds):
    session = begin()
    noisy(session, clouds[1])
    query = next(query for query in session.ask(6, "cleo") if query.wants)
    answer(session, [query], "cleo", clouds[1])
    assert query not in session.open_queries
    session.undo(1, "cleo")
    assert query in session.open_queries and query.row in session.labels


def test_relabelling_pays_with_noisy_annotators(clouds):
    """Two hundred answers of annotators who err on three of ten: the labels that ActiveLab asks for are better."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 220)
    X = rng.normal(size=(220, 4)) + 1.2 * y[:, None]
    truth = np.array(["cat", "dog"])[y]
    right = {}
    for name, given in {"again": {"strategy": "active_lab", "relabel": 5}, "new": {"strategy": "random"}}.items():
        found = []
        for seed in range(2):
            settled = {"truth": "crowdlab", "control": 0.0, "guard": False, "seed": seed, **given}
            noise = np.random.default_rng(seed)
            with aw.Session(
                pool=X, classes=["cat", "dog"], learner=LogisticRegression(), budget=aw.Budget(answers=200), **settled
            ) as session:
                for step in range(20):
                    who = f"p{step % 10}"
                    answer(session, session.ask(10, who), who, truth, noise, 0.7)
                session.settle()
                found.append(np.mean([label == truth[row] for row, label in session.labels.items()]))
        right[name] = np.mean(found)
    assert right["again"] > right["new"]


def test_auto_covers_first_and_then_weighs_another_answer_against_a_new_row(begin, clouds):
    session = begin(strategy="auto")
    noisy(session, clouds[1])
    answer(session, session.ask(12, "cleo"), "cleo", clouds[1])
    assert session.queries[0].why["strategy"] == "auto: typiclust"
    later = [query for query in session.queries.values() if query.why["strategy"] == "auto: active_lab"]
    assert later and all(query.wants is None for query in session.queries.values() if query not in later)
    assert {query.wants for query in later} & {2, 3}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"relabel": 1}, "relabel=1 is no number of answers a row"),
        ({"strategy": "margin"}, "needs a strategy that weighs answers"),
        ({"strategy": "typiclust"}, "such as 'auto' or 'active_lab'; not 'typiclust'"),
    ],
)
def test_bad_settings_are_refused(begin, given, words):
    with pytest.raises(aw.BadInput, match=words):
        begin(**given)


class Room(RuleBasedStateMachine):
    """Three annotators answer, put aside and undo while rows come back: nobody is asked twice, no row too often."""

    @initialize(most=st.integers(2, 3), budget=st.integers(4, 30))
    def start(self, most, budget):
        rng = np.random.default_rng(0)
        self.most, self.budget = most, budget
        self.session = aw.Session(
            pool=rng.normal(size=(12, 2)),
            classes=["no", "yes"],
            learner=GaussianNB(),
            strategy="active_lab",
            relabel=most,
            control=0.0,
            guard=False,
            lease=None,
            budget=aw.Budget(answers=min(budget, 12 * most)),
        )
        self.held = {who: [] for who in PEOPLE}

    @rule(who=st.sampled_from(PEOPLE), n=st.integers(1, 4))
    def ask(self, who, n):
        for query in self.session.ask(n, who):
            assert who not in self.session.state.answered_by(query.row)
            assert query not in self.held[who]
            self.held[who].append(query)

    @rule(who=st.sampled_from(PEOPLE), label=st.sampled_from(["no", "yes"]))
    def answer(self, who, label):
        if self.held[who]:
            query = self.held[who].pop(0)
            self.session.tell(aw.Answer(row=query.row, label=label, annotator=who, query=query.number))

    @rule(who=st.sampled_from(PEOPLE))
    def put_aside(self, who):
        if self.held[who]:
            query = self.held[who].pop(0)
            if query in self.session.open_queries:
                self.session.skip(query, who)

    @rule(who=st.sampled_from(PEOPLE))
    def undo(self, who):
        self.session.undo(1, who)

    @invariant()
    def promises_are_kept(self):
        if not hasattr(self, "session"):
            return
        state = self.session.state
        assert all(state.owed(query) > 0 for query in state.open.values())
        assert all(query.wants is None or query.wants <= self.most for query in state.queries.values())
        owed = sum(state.owed(query) for query in state.open.values())
        assert owed <= self.budget
        assert fold(self.session.events()).labels == state.labels


TestRoom = Room.TestCase
TestRoom.settings = settings(max_examples=20, stateful_step_count=20, deadline=None)
