"""Truth inference inside a session: labels of all answers together, soft labels, and the file that says the same."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

import askwise as aw
from askwise.core.event import Event
from askwise.crowd import crowdlab, dawid_skene, table
from askwise.session.belief import TRUTHS, Votes
from askwise.session.state import fold

PEOPLE = {"ana": 0.95, "ben": 0.9, "cleo": 0.5, "dan": 0.5, "fay": 0.5}
"""How often each is right."""


def crowd(session, truth, seed=0, rows=None):
    """Every row answered by everybody, as good as they are."""
    rng = np.random.default_rng(seed)
    classes = session.classes
    for row in range(len(truth)) if rows is None else rows:
        for name, skill in PEOPLE.items():
            wrong = classes[1 - classes.index(truth[row])]
            session.tell(aw.Answer(row=row, label=str(truth[row]) if rng.random() < skill else wrong, annotator=name))


def expected(session, truth):
    latest = {(a.row, a.annotator): a for a in session.answers}  # of whom cannot tell any more, the label is gone
    answers = [a for a in latest.values() if a.kind == "label"]
    index = {label: i for i, label in enumerate(session.classes)}
    columns = {
        "item": [a.row for a in answers],
        "annotator": [a.annotator for a in answers],
        "label": [index[a.label] for a in answers],
    }
    found = dawid_skene(table(columns, rows=len(session.pool)), coin=truth == "one_coin")
    chance = np.sort(found.posterior, axis=1)
    clear = {row for row in range(len(chance)) if chance[row, -1] - chance[row, -2] > 1e-9}
    return {row: session.classes[i] for row, i in enumerate(found.labels.tolist()) if i >= 0 and row in clear}


@pytest.mark.parametrize("truth", ["dawid_skene", "one_coin"])
def test_labels_are_those_of_all_answers_together(start, clouds, truth):
    session = start(truth=truth, overlap=5)
    crowd(session, clouds[1])
    by_majority = session.labels
    assert session.settle() > 0 and session.labels != by_majority
    assert session.labels == expected(session, truth)
    right = [np.mean([labels[row] == clouds[1][row] for row in labels]) for labels in (by_majority, session.labels)]
    assert right[1] > right[0], "three who guess no longer outvote those who know"
    assert session.settle() == 0


def test_asking_settles_and_the_log_keeps_what_changed(start, clouds, tmp_path):
    session = start(tmp_path / "s.aw", truth="dawid_skene", overlap=5)
    crowd(session, clouds[1], rows=range(30))
    session.ask(1)
    folded = [event for event in session.events() if event.kind == "folded"]
    assert len(folded) == 1 and folded[0].body["truth"] == "dawid_skene"
    assert session.labels == expected(session, "dawid_skene")
    assert fold(session.events()).labels == session.labels
    session.close()
    assert aw.Session.open(tmp_path / "s.aw").labels == session.labels


def test_a_settled_session_resumes_to_the_same_queries(start, clouds, tmp_path):
    asked = []
    for stop in (False, True):
        path = tmp_path / f"{stop}.aw"
        session = start(path, truth="crowdlab", overlap=2, control=0.0)
        crowd(session, clouds[1], rows=range(25))
        session.settle()
        if stop:
            session.close()
            session = start(path, truth="crowdlab", overlap=2, control=0.0)
        asked.append([query.row for query in session.ask(5, "eve")])
    assert asked[0] == asked[1]


@given(
    steps=st.lists(
        st.tuples(st.integers(0, 7), st.sampled_from(sorted(PEOPLE)), st.sampled_from(["cat", "dog", None, "undo"])),
        max_size=30,
    )
)
@settings(max_examples=30, deadline=None)
def test_after_any_answers_settling_gives_the_fold_of_those_in_force(steps):
    with aw.Session(pool=np.arange(16.0).reshape(8, 2), classes=["cat", "dog"], truth="one_coin") as session:
        for row, who, label in steps:
            if label == "undo":
                session.undo(1, who)
            else:
                session.tell(aw.Answer(row=row, label=label, annotator=who, kind="label" if label else "abstain"))
            if row == 0:
                session.settle()
        session.settle()
        votes = Votes.of(session.state)
        if votes is not None and votes.several:
            assert session.labels == expected(session, "one_coin")
        assert fold(session.events()).labels == session.labels


def test_crowdlab_reads_models_that_have_not_seen_the_row(start, clouds):
    session = start(truth="crowdlab", overlap=5)
    crowd(session, clouds[1])
    votes = Votes.of(session.state)
    probs = session._out_of_sample(votes)
    session.settle()
    wanted = crowdlab(votes.table, probs).labels
    assert [session.labels[row] for row in votes.rows.tolist()] == [session.classes[i] for i in wanted]
    session.refit()
    seen = session.predict(clouds[0])
    assert not np.allclose(seen[votes.rows], probs)


@pytest.mark.parametrize("truth", ["glad", "mace"])
def test_aggregators_of_crowd_kit_fold_too(start, clouds, truth):
    pytest.importorskip("crowdkit")
    session = start(truth=truth, overlap=5)
    crowd(session, clouds[1])
    session.settle()
    assert set(session.labels) == set(range(60)) and set(session.labels.values()) <= {"cat", "dog"}
    assert session.settle() == 0


def test_voices_teach_the_shares_of_the_answers(start, clouds):
    session = start(truth="voices", overlap=5, learner=LogisticRegression(C=1e6))
    for row in range(12):
        for i, name in enumerate(list(PEOPLE)[:4]):
            session.tell(aw.Answer(row=row, label="dog" if i < 1 + 2 * (row % 2) else "cat", annotator=name))
    session.refit()
    X = np.repeat(clouds[0][:12], 2, axis=0)
    weights = np.array([[0.75, 0.25], [0.25, 0.75]] * 6).ravel()
    by_hand = LogisticRegression(C=1e6).fit(X, np.tile([0, 1], 12), sample_weight=weights)
    np.testing.assert_allclose(session.predict(clouds[0]), by_hand.predict_proba(clouds[0]), atol=1e-4)


def test_a_soft_session_rebuilds_the_same_model(start, clouds, tmp_path):
    settled = {"truth": "dawid_skene", "soft": True, "overlap": 5}
    session = start(tmp_path / "s.aw", **settled)
    crowd(session, clouds[1], rows=range(20))
    session.refit()
    before = session.predict(clouds[0])
    session.close()
    np.testing.assert_array_equal(start(tmp_path / "s.aw", **settled).predict(clouds[0]), before)


def test_soft_labels_need_a_learner_that_takes_weights(start, clouds):
    session = start(truth="voices", learner=KNeighborsClassifier())
    crowd(session, clouds[1], rows=range(8))
    with pytest.raises(aw.BadInput, match="takes no sample weights"):
        session.refit()


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"truth": "dawid_skeen"}, "Did you mean 'dawid_skene'"),
        ({"truth": "mace", "soft": True}, "soft labels are shares of classes"),
        ({"truth": "dawid_skene", "classes": None, "task": "number"}, "this task is a number"),
    ],
)
def test_bad_settings_are_refused(start, settings, words):
    with pytest.raises(aw.BadInput, match=words):
        start(**settings)


def test_a_session_keeps_its_truth(start, tmp_path):
    start(tmp_path / "s.aw", truth="one_coin").close()
    with pytest.raises(aw.BadInput, match="created with truth='one_coin'"):
        start(tmp_path / "s.aw")
    assert len(TRUTHS) == 7


def test_what_was_answered_while_others_were_weighed_is_left_alone(start, clouds):
    """As when another process settles: its event comes after answers that it has not seen."""
    session = start(truth="dawid_skene", overlap=5)
    crowd(session, clouds[1], rows=range(30))
    upto = session.state.seq
    session.undo(1)  # of row 29
    session.tell(aw.Answer(row=3, label="cat", annotator="gil"))
    before = session.labels
    other = {row: "cat" if label == "dog" else "dog" for row, label in before.items()}
    session.write(Event("folded", {"upto": upto, "truth": "dawid_skene", "labels": [*other.items(), (55, "cat")]}))
    assert session.labels[3] == before[3] and 55 not in session.labels
    assert all(session.labels[row] == other[row] for row in range(28) if row != 3)
    session.settle()
    assert session.labels == expected(session, "dawid_skene")


def tied(**settings):
    """Twenty rows of two clouds, and on the first ten of them two annotators who say the opposite of each other."""
    X, truth = np.repeat([[-1.0, 0.0], [1.0, 0.0]], 20, axis=0), [0] * 20 + [1] * 20
    session = aw.Session(pool=X, classes=["no", "yes"], learner=LogisticRegression(), overlap=2, **settings)
    for row in (0, 1, 20, 21):
        session.tell({"row": row, "label": ["no", "yes"][truth[row]], "annotator": "ana"})
    for who, label in (("ana", "no"), ("ben", "yes")):
        session.tell({"row": 10, "label": label, "annotator": who})
    return session


def test_a_tie_teaches_nothing_until_it_is_settled():
    with tied() as session:
        session.refit()
        assert sorted(session.labels) == [0, 1, 20, 21] and session.state.refit["labels"] == 4
        assert session.state.tied(10) and session.state.unlabelled == set(), "nobody said that it cannot be labelled"
        session.adjudicate(10, "no", reviewer="rita")
        session.refit()
        assert session.labels[10] == "no" and session.state.refit["labels"] == 5
        session.undo_adjudication(10)
        assert 10 not in session.labels


@pytest.mark.parametrize("settings", [{"soft": True}, {"truth": "voices"}])
def test_with_soft_labels_a_tie_is_learnt_half_and_half(settings):
    with tied(**settings) as session:
        rows, _, chances = session._lessons(session.state)
        assert rows.tolist() == [0, 1, 10, 20, 21] and chances[2].tolist() == [0.5, 0.5]
        assert 10 not in session.labels


def test_truth_inference_settles_a_tie_by_who_is_better():
    with tied(truth="one_coin") as session:
        for row in range(2, 9):
            for who, label in (("ana", "no"), ("ben", "yes" if row % 2 else "no"), ("cleo", "no")):
                session.tell({"row": row, "label": label, "annotator": who})
        assert 10 not in session.labels
        session.settle()
        assert session.labels[10] == "no"
        again = fold(session.events())
        assert again.labels == session.labels, "the log says it"


def test_a_control_row_on_which_people_are_divided_is_no_outcome():
    with aw.Session(
        pool=np.eye(40), classes=["no", "yes"], learner=LogisticRegression(), overlap=2, control=1.0, strategy="random"
    ) as session:
        session.tell([{"row": row, "label": ["no", "yes"][row % 2]} for row in (38, 39)])
        session.refit()
        first, second = session.ask(2, "ana")
        assert session.ask(2, "ben") == [first, second]
        for query, labels in ((first, ("no", "yes")), (second, ("no", "no"))):
            for who, label in zip(("ana", "ben"), labels, strict=True):
                session.tell({"row": query.row, "label": label, "annotator": who, "query": query.number})
        assert len(session.outcomes) == 1
