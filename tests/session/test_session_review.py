"""The review queue, a reviewer's word, and labels with how sure they are."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from typer.testing import CliRunner

import askwise as aw
from askwise.cli import app
from askwise.crowd import dawid_skene, table
from askwise.session.state import fold

POOL = np.arange(24.0).reshape(12, 2)


def begin(path=None, **given):
    return aw.Session(path, **{"pool": POOL, "classes": ["no", "yes"], "strategy": "random", "overlap": 2, **given})


def tell(session, said):
    for row, voices in said.items():
        for name, label in voices.items():
            session.tell(aw.Answer(row=row, label=label, annotator=name, kind="label" if label else "abstain"))


SAID = {
    0: {"ana": "no", "ben": "no", "cleo": "yes"},
    1: {"ana": "yes", "ben": "yes"},
    2: {"ana": "no", "ben": "no"},
    3: {"ben": "yes", "cleo": "no"},
    4: {"ana": None},
    5: {"ana": "yes", "ben": "yes", "cleo": "yes"},
    6: {"ana": "no"},
}


def test_the_queue_has_what_is_not_settled_worth_the_most_first():
    with begin() as session:
        tell(session, SAID)
        queue = session.disputes()
        assert {one.row: one.about for one in queue} == {0: "disagreement", 3: "disagreement", 4: "unsure"}
        assert [one.value for one in queue] == sorted((one.value for one in queue), reverse=True)
        lines = [(row, who, session.classes.index(x)) for row, v in SAID.items() for who, x in v.items() if x]
        rows = sorted({row for row, _, _ in lines})
        item, who, label = zip(*((rows.index(r), w, x) for r, w, x in lines), strict=True)
        chance = dawid_skene(table({"item": item, "annotator": who, "label": label}), coin=True).posterior
        by_row = {one.row: one for one in queue}
        assert by_row[0].value == pytest.approx(1 - chance[rows.index(0), 0], abs=1e-6)
        assert {a.annotator: a.label for a in by_row[0].answers} == SAID[0]


def test_the_word_of_a_reviewer_is_the_label_until_it_is_undone():
    with begin(truth="dawid_skene", budget=aw.Budget(answers=24)) as session:
        tell(session, SAID)
        session.settle()
        before, spent = session.labels, session.spent
        assert session.adjudicate(3, "no", reviewer="rita", reason="ambiguous") == 1
        session.settle()
        assert session.labels == {**before, 3: "no"} and session.spent == spent
        assert 3 not in {one.row for one in session.disputes()}
        (ruled,) = session.disputes(ruled=True)
        assert (ruled.row, ruled.ruling.annotator, ruled.ruling.reason) == (3, "rita", "ambiguous")
        session.adjudicate(3, "yes", reviewer="rob", reason="mistake")
        assert session.labels[3] == "yes"
        assert session.undo_adjudication(3).annotator == "rob" and session.labels[3] == "no"
        session.undo_adjudication(3)
        session.settle()
        assert session.labels == before
        assert fold(session.events()).labels == before
        with pytest.raises(aw.BadInput, match="no adjudication to undo"):
            session.undo_adjudication(3)


def test_a_row_that_a_reviewer_settled_waits_for_nobody():
    with begin() as session:
        (query,) = session.ask(1, "ana")
        session.tell(aw.Answer(row=query.row, label="no", annotator="ana", query=query.number))
        assert query in session.open_queries
        session.adjudicate(query.row, "yes", reviewer="rita")
        assert query not in session.open_queries and query not in session.ask(12, "ben")
        session.undo_adjudication(query.row)
        assert query in session.open_queries
        assert session.state.answered_by(query.row) == {"ana"}


def test_the_same_word_twice_counts_once(tmp_path):
    with begin(tmp_path / "s.aw") as session:
        tell(session, SAID)
        words = [session.adjudicate(0, "no", reviewer="rita", event="word-0001") for _ in range(2)]
        assert words == [1, 0]
    assert aw.Session.open(tmp_path / "s.aw").labels[0] == "no"


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda s: s.adjudicate(9, "no", reviewer="rita"), "row 9 has no answer to adjudicate"),
        (lambda s: s.adjudicate(0, "maybe", reviewer="rita"), "none of the 2 classes"),
        (lambda s: s.adjudicate(0, "no", reviewer=""), "has no name"),
        (lambda s: s.adjudicate(0, "no", reviewer="rita", reason="mood"), "reason='mood'"),
    ],
)
def test_bad_words_are_refused_and_change_nothing(act, words):
    with begin() as session:
        tell(session, SAID)
        before = session.state.seq
        with pytest.raises(aw.BadInput, match=words):
            act(session)
        assert session.state.seq == before


def test_labels_come_with_how_sure_they_are_and_who_says_so():
    with begin(truth="one_coin") as session:
        tell(session, SAID)
        session.adjudicate(0, "yes", reviewer="rita", reason="hard")
        session.settle()  # two answers against one another, by how good their annotators are
        found = {one.row: one for one in session.resolved()}
        assert set(found) == {0, 1, 2, 3, 5, 6}
        assert (found[0].by, found[0].confidence, found[0].reviewer, found[0].reason) == ("review", 1.0, "rita", "hard")
        assert found[6].by == "answer" and found[5].by == "one_coin"
        assert 0.5 < found[6].confidence < found[2].confidence < 1, "two who agree are surer than one"
        assert found[5].annotators == ("ana", "ben", "cleo")
        assert all(sum(one.shares.values()) == pytest.approx(1, abs=1e-5) for one in found.values())


def test_while_no_row_has_two_answers_nothing_is_said_of_sureness():
    with begin() as session:
        tell(session, {0: {"ana": "no"}})
        (one,) = session.resolved()
        assert one.confidence is None and one.shares == {}


def test_voices_are_exported_as_shares():
    with begin(truth="voices") as session:
        tell(session, SAID)
        assert {one.row: one.shares["no"] for one in session.resolved()}[0] == pytest.approx(2 / 3, abs=1e-6)


def test_numbers_that_differ_are_disputed():
    with begin(classes=None, task="number") as session:
        tell(session, {0: {"a": 1.0, "b": 2.0}, 1: {"a": 3.0, "b": 3.0}})
        assert [(one.row, one.value) for one in session.disputes()] == [(0, 0.5)]


def test_three_files(tmp_path):
    with begin(tmp_path / "s.aw", control=0.5, overlap=1) as session:
        queries = session.ask(4, "ana")
        for query in queries:
            session.tell(aw.Answer(row=query.row, label="no", annotator="ana", query=query.number))
        session.tell(aw.Answer(row=queries[0].row, label="yes", annotator="ben", bulk=True))
        session.adjudicate(queries[0].row, "yes", reviewer="rita", reason="guidelines")
        session.undo(1, "ben")
    result = CliRunner().invoke(app, ["export", str(tmp_path / "s.aw"), str(tmp_path / "out")])
    assert result.exit_code == 0, result.output
    files = {path.stem: path.read_text("utf-8").splitlines() for path in (tmp_path / "out").iterdir()}
    read = {name: [json.loads(one) for one in lines] for name, lines in files.items()}
    assert [one["seq"] for one in read["events"]] == list(range(1, len(read["events"]) + 1))
    assert {one["kind"] for one in read["events"]} == {"created", "asked", "answered", "undone"}
    labels = {one["row"]: one for one in read["labels"]}
    assert set(labels) == {query.row for query in queries}
    first = labels[queries[0].row]
    assert (first["label"], first["by"], first["reviewer"], first["reason"]) == ("yes", "review", "rita", "guidelines")
    for query in queries:
        one = labels[query.row]
        assert (one["query"], one["arm"]) == (query.number, query.arm)
        assert (one["chance"] is not None) == (query.arm == "control")
    answers = {(one["row"], one["annotator"]): one for one in read["answers"]}
    ben = answers[queries[0].row, "ben"]
    assert ben["undone"] and ben["bulk"] and not answers[queries[1].row, "ana"]["undone"]
    assert answers[queries[0].row, "rita"]["kind"] == "adjudicate"
    file = tmp_path / "plain"
    file.write_text("x")
    refused = CliRunner().invoke(app, ["export", str(tmp_path / "s.aw"), str(file)])
    assert refused.exit_code == 2 and "is a file" in refused.output and file.read_text() == "x"


class Desk(RuleBasedStateMachine):
    """Annotators answer and undo, a reviewer rules and takes back: her word stands, and the log says the same."""

    @initialize(overlap=st.integers(1, 3))
    def start(self, overlap):
        self.session = begin(overlap=overlap, truth="one_coin")
        self.words = {}

    @rule(row=st.integers(0, 5), who=st.sampled_from(["ana", "ben"]), label=st.sampled_from(["no", "yes", None]))
    def answer(self, row, who, label):
        tell(self.session, {row: {who: label}})

    @rule(who=st.sampled_from(["ana", "ben"]))
    def ask(self, who):
        for query in self.session.ask(2, who):
            self.session.tell(aw.Answer(row=query.row, label="no", annotator=who, query=query.number))

    @rule(who=st.sampled_from(["ana", "ben"]))
    def undo(self, who):
        self.session.undo(1, who)

    @rule(row=st.integers(0, 5), label=st.sampled_from(["no", "yes"]))
    def adjudicate(self, row, label):
        if row in self.session.state.by_row:
            self.session.adjudicate(row, label, reviewer="rita")
            self.words.setdefault(row, []).append(label)

    @rule(row=st.integers(0, 5))
    def take_back(self, row):
        if self.words.get(row):
            self.session.undo_adjudication(row)
            self.words[row].pop()

    @invariant()
    def her_word_stands(self):
        if not hasattr(self, "session"):
            return
        labels = self.session.labels
        assert all(labels[row] == words[-1] for row, words in self.words.items() if words)
        state, again = self.session.state, fold(self.session.events())
        assert again.labels == state.labels and set(again.open) == set(state.open)
        assert all(state.owed(query) > 0 for query in state.open.values())
        for row, words in self.words.items():
            assert not words or all(query.row != row for query in state.open.values())


TestDesk = Desk.TestCase
TestDesk.settings = settings(max_examples=30, stateful_step_count=20, deadline=None)
