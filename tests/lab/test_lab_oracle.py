"""Simulated annotators: the same for all strategies of a seed, wrong as often as they should be, late and slow."""

from __future__ import annotations

import numpy as np
import pytest

import askwise as aw
from askwise.core.errors import BadInput
from askwise.core.noise import row_keys
from askwise.lab.oracle import Crowd, Facts, OracleSpec, SimulatedOracle, costs
from askwise.session import Query

N = 4000
CLASSES = ("a", "b", "c")
LABELS = [CLASSES[i % 3] for i in range(N)]
FACTS = Facts(row_keys(np.arange(N)), LABELS, CLASSES)


def queries(rows, start=0):
    return [Query(start + i, int(row), int(row), 1, "strategy") for i, row in enumerate(rows)]


def oracle(seed=0, facts=FACTS, **spec):
    return SimulatedOracle(OracleSpec.of(spec), facts, seed)


def said(made, rows=range(N)):
    return [answer.label for answer in made(queries(rows))]


def wrong(labels):
    return np.mean([label != true for label, true in zip(labels, LABELS, strict=True)])


def test_the_clean_oracle_tells_the_truth_at_once():
    answers = oracle()(queries([4, 2]))
    assert [(a.row, a.label, a.kind, a.annotator, a.seconds) for a in answers] == [
        (4, "b", "label", "oracle", None),
        (2, "c", "label", "oracle", None),
    ]


def test_noise_is_as_often_as_it_should_be_and_spread_over_the_others():
    found = said(oracle(noise=0.3))
    assert wrong(found) == pytest.approx(0.3, abs=0.03)
    as_b = [label for label, true in zip(found, LABELS, strict=True) if true == "a" and label != "a"]
    assert np.mean([label == "b" for label in as_b]) == pytest.approx(0.5, abs=0.06)


def test_what_is_said_depends_on_seed_and_row_alone():
    whole = said(oracle(noise=0.3))
    part = oracle(noise=0.3)
    assert said(part, [7, 3]) + said(part, [11]) == [whole[7], whole[3], whole[11]]
    assert said(oracle(seed=1, noise=0.3)) != whole


def test_a_confusion_matrix_by_hand():
    matrix = [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.2, 0.0, 0.8]]
    found = np.array(said(oracle(noise=matrix)))
    true = np.array(LABELS)
    assert set(found[true == "a"]) == {"a"} and set(found[true == "b"]) == {"c"}
    assert np.mean(found[true == "c"] == "a") == pytest.approx(0.2, abs=0.04)


def test_annotators_differ_in_skill_and_each_row_has_its_own():
    made = oracle(annotators=5, skill=[0.5, 1.0], answers=3)
    answers = made(queries(range(N)))
    assert len(answers) == 3 * N
    assert all(len({a.annotator for a in answers[i : i + 3]}) == 3 for i in range(0, len(answers), 3))
    right = {}
    for answer in answers:
        right.setdefault(answer.annotator, []).append(answer.label == LABELS[answer.row])
    shares = {name: float(np.mean(hits)) for name, hits in right.items()}
    assert set(shares) == {f"annotator {i}" for i in range(5)} and len({round(s, 2) for s in shares.values()}) > 2
    for name, share in shares.items():
        assert share == pytest.approx(made._accuracy(int(name.split()[1])), abs=0.04)


def test_a_row_that_is_asked_again_is_answered_by_somebody_else():
    made = oracle(annotators=4, skill=[0.5, 1.0], relabel=3)
    again = [Query(i, 7, 7, 1, "strategy", wants=wants) for i, wants in enumerate((None, 2, 3))]
    assert len({answer.annotator for answer in made(again)}) == 3 and made.most() == 3
    assert [a.annotator for a in made(again[:1])] == [who for who, _, _ in made.row(7)]
    given = [[("x", "a", None), ("y", "b", None)], [("y", "c", None)]]
    facts = Facts(row_keys(np.arange(2)), ["a", "c"], CLASSES, crowd=Crowd(given))
    assert oracle(facts=facts, annotators="real", relabel=5).most() == 1
    second = oracle(facts=facts, annotators="real", relabel=2)([Query(0, 0, 0, 1, "strategy", wants=2)])
    first = oracle(facts=facts, annotators="real", relabel=2)(queries([0]))
    assert {a.annotator for a in (*first, *second)} == {"x", "y"}


def test_real_annotators_say_what_they_said():
    given = [[("x", "a", 3.0), ("y", "b", None)], [("y", "c", 9.0)]]
    facts = Facts(row_keys(np.arange(2)), ["a", "c"], CLASSES, crowd=Crowd(given))
    answers = oracle(facts=facts, annotators="real", answers=2)(queries([0, 1]))
    assert sorted((a.row, a.annotator, a.label, a.seconds) for a in answers if a.row == 1) == [(1, "y", "c", 9.0)]
    assert {(a.annotator, a.label) for a in answers if a.row == 0} == {("x", "a"), ("y", "b")}
    one = oracle(facts=facts, annotators="real")(queries([0]))
    assert len(one) == 1


def test_abstentions_and_unknown_classes():
    found = oracle(abstain=0.25)(queries(range(N)))
    assert np.mean([a.kind == "abstain" for a in found]) == pytest.approx(0.25, abs=0.03)
    open_set = Facts(FACTS.keys, LABELS, ("a", "b"))
    assert {a.kind for a in oracle(facts=open_set)(queries([2, 5]))} == {"abstain"}


def test_delayed_answers_come_rounds_later_and_the_rest_in_the_end():
    made = oracle(delay=2)
    assert made(queries([0])) == [] and made(queries([1])) == []
    assert [a.row for a in made(queries([2]))] == [0]
    assert [a.row for a in made.rest()] == [1, 2] and made.rest() == []


def test_late_answers_come_when_they_are_asked_again():
    made = oracle(late=0.5)
    asked = queries(range(20))
    first = {a.row for a in made(asked)}
    again = made([query for query in asked if query.row not in first])
    assert 0 < len(first) < 20 and {a.row for a in again} == set(range(20)) - first
    assert sorted({a.annotator for a in again}) == ["late", "oracle"] and len(again) == 2 * (20 - len(first))
    assert len({a.event for a in again}) == len(again)


def test_numbers_are_disturbed_by_a_share_of_their_spread():
    y = np.random.default_rng(0).normal(3.0, 2.0, N)
    facts = Facts(FACTS.keys, y.tolist(), ())
    error = np.array([a.label for a in oracle(facts=facts, noise=0.5)(queries(range(N)))]) - y
    assert error.std() == pytest.approx(0.5 * y.std(), rel=0.05) and abs(error.mean()) < 0.1


def test_seconds_have_the_mean_that_was_asked_for():
    seconds = [a.seconds for a in oracle(seconds=8.0)(queries(range(N)))]
    assert np.mean(seconds) == pytest.approx(8.0, rel=0.05) and np.std(np.log(seconds)) == pytest.approx(0.5, rel=0.05)


def test_prices():
    assert costs(OracleSpec(), FACTS, 0).tolist() == [1.0] * N
    drawn = costs(OracleSpec(cost=(1, 100)), FACTS, 0)
    assert drawn.min() >= 1 and drawn.max() <= 100 and np.median(drawn) == pytest.approx(10, rel=0.15)
    texts = Facts(row_keys(np.arange(3)), ["a"] * 3, CLASSES, np.array([1.0, 2.0, 3.0]))
    assert costs(OracleSpec(cost="length"), texts, 0).tolist() == [0.5, 1.0, 1.5]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"noize": 0.1}, "Did you mean 'noise'"),
        ("noisy", "'noisy' is none"),
        ({"abstain": 1.5}, "abstain=1.5.*from 0 to below 1"),
        ({"noise": -0.1}, "noise=-0.1"),
        ({"answers": 2}, "answers=2 of 1 annotators"),
        ({"relabel": 3, "annotators": 2}, "relabel=3 with 2 annotators"),
        ({"relabel": 2, "annotators": 4, "answers": 2}, "give one of them"),
        ({"skill": [0.9, 0.5]}, "skill=.*lowest, highest"),
        ({"delay": -1}, "delay=-1"),
    ],
)
def test_oracles_that_cannot_be(given, said):
    with pytest.raises(BadInput, match=said):
        OracleSpec.of(given)


@pytest.mark.parametrize(
    ("given", "task", "said"),
    [
        ({"noise": [[1.0]]}, "choice", r"\(1, 1\) for 3 classes"),
        ({"noise": 2.0}, "choice", "no share of answers"),
        ({"skill": [0.5, 0.9]}, "number", "confuses classes"),
        ({"relabel": 2, "annotators": 3}, "number", "weighs answers of one class"),
        ({"annotators": "real"}, "choice", "real annotators, and the data has none"),
    ],
)
def test_oracles_that_do_not_fit_the_task(given, task, said):
    with pytest.raises(BadInput, match=said):
        OracleSpec.of(given).check(task, 3 if task == "choice" else 0, crowd=False)


def test_prices_that_cannot_be():
    with pytest.raises(BadInput, match="needs texts"):
        costs(OracleSpec(cost="length"), FACTS, 0)
    with pytest.raises(BadInput, match=r"cost=\(5, 1\)"):
        costs(OracleSpec(cost=(5, 1)), FACTS, 0)


def test_a_session_with_late_answers_ends_with_every_query_answered():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(60, 2)), [CLASSES[i % 3] for i in range(60)]
    spec = OracleSpec.of({"late": 0.4})
    made = SimulatedOracle(spec, Facts(row_keys(np.arange(60)), y, CLASSES), 0)
    session = aw.Session(pool=X, classes=CLASSES, budget=aw.Budget(answers=30), lease=spec.lease, control=0.0)
    while asked := session.ask(6):
        session.tell(made(asked))
    assert not session.open_queries and sum(a.annotator == "late" for a in session.answers) > 3
    assert all(session.labels[row] == y[row] for row in session.labels)
