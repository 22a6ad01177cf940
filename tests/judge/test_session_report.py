"""The report of a session: the control arm's outcomes, the advice, and who answered."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from askwise.core.history import Round
from askwise.judge import Measured
from askwise.judge.control import recent
from askwise.judge.report import session_report


def query(number, arm="strategy", **why):
    return SimpleNamespace(number=number, row=number, arm=arm, round=number // 2 + 1, why=why)


def answer(number, label, annotator="ann", kind="label", seconds=2.0):
    return SimpleNamespace(row=number, label=label, annotator=annotator, kind=kind, seconds=seconds, query=number)


def session(queries=(), answers=(), rounds=(), **changes):
    labels = {one.row: one.label for one in answers if one.kind == "label"}
    batches = sorted({one.round for one in queries})
    asked = [
        {"round": r, "model": r - 1, "strategy": {"pick": {"name": "badge"}}, "reason": "because"} for r in batches
    ]
    config = {
        "pool": {"n": 1000},
        "budget": {"answers": 50, "cost": None, "seconds": None},
        "strategy": {"policy": {"name": "auto"}},
        "learner": "Toy",
        "control": 0.1,
        "seed": 7,
        "askwise": "0",
    }
    given = {
        "answers": list(answers),
        "labels": labels,
        "test_labels": {},
        "queries": {one.number: one for one in queries},
        "open_queries": [],
        "rounds": list(rounds),
        "asked": asked,
        "measures": [],
        "outcomes": [
            (0, q.why["predicted"] == a.label) for q, a in zip(queries, answers, strict=False) if q.arm == "control"
        ],
        "classes": ["no", "yes"],
        "config": config,
        "finished": "",
        "stops": lambda rules=None, most=None: [],
        "paid": dict,
        "commonest": 0.0,
    }
    return SimpleNamespace(**{**given, **changes})


def test_the_control_arm_is_the_headline():
    queries = [query(i, "control", predicted="yes") for i in range(20)]
    answers = [answer(i, "yes" if i < 16 else "no") for i in range(20)]
    report = session_report(session(queries, answers))
    assert report.control is not None and report.control.value == 0.8
    text = str(report)
    assert "20 of 1,000 rows labelled; the model is right on 58% to 92% of the rest." in text
    assert "0.800 (95% interval 0.584 to 0.919, 20 rows)" in text
    assert "<svg" in report.html() and "80%" in report.html()
    assert json.loads(json.dumps(report.to_dict()))["control"]["n"] == 20


def test_the_headline_is_about_the_model_of_late():
    assert recent([False] * 30 + [True] * 20) == [False] * 5 + [True] * 20
    assert recent([True] * 7) == [True] * 7


def test_an_empty_session_has_a_report():
    text = str(session_report(session()))
    assert "0 of 1,000 rows labelled." in text
    assert "None yet: no control query was asked with a model at hand." in text
    assert "Too early to say" in text
    assert session_report(session()).html().startswith("<!doctype html>")


@pytest.mark.parametrize(
    ("agreements", "classes", "advice"),
    [
        ((0.995, 0.99, 0.999), 3, "The last models agree (mean kappa 0.995)"),
        ((0.80, 0.90, 0.94), 3, "Go on: the models still change (mean kappa 0.880"),
        ((0.995, 0.99, 0.999), 1, "Go on: the model predicts one single class"),
    ],
)
def test_advice_to_stop_or_go_on(agreements, classes, advice):
    rounds = [Round(i, 10 * i, kappa, classes) for i, kappa in enumerate(agreements, 1)]
    assert advice in str(session_report(session(rounds=rounds)))


def test_answers_by_annotator_and_class():
    answers = [
        answer(0, "no", "ann", seconds=1.0),
        answer(1, "no", "ann", seconds=4.0),
        answer(2, "yes", "bob", seconds=None),
        answer(3, None, "bob", kind="abstain", seconds=None),
    ]
    found = session_report(session([query(i) for i in range(4)], answers)).to_dict()["sections"]
    assert found["Annotators"]["rows"] == [
        {"annotator": "ann", "answers": "2", "labels": "2", "median seconds": "2.5"},
        {"annotator": "bob", "answers": "2", "labels": "1", "median seconds": "–"},
    ]
    assert [row["share"] for row in found["Labels by class"]["rows"]] == ["67%", "33%"]
    assert found["Where it stands"]["facts"]["answers"] == "4, 1 without a label"


def test_of_many_classes_the_rarest_are_shown():
    classes = [f"c{i}" for i in range(40)]
    made = session([query(0)], [answer(0, "c0")], classes=classes)
    section = session_report(made).to_dict()["sections"]["Labels by class"]
    assert section["text"].startswith("40 classes, 39 of them without a label; the 30 with the fewest")
    assert len(section["rows"]) == 30 and "c0" not in {row["class"] for row in section["rows"]}


def test_each_round_says_how_it_chose():
    rounds = [Round(1, 2, None, 2)]
    found = session_report(session([query(i) for i in range(4)], rounds=rounds)).to_dict()["sections"]["How it chose"]
    assert found["rows"][1] == {
        "round": "2",
        "queries": "2",
        "model trained on": "2 labels",
        "agreement": "–",
        "strategy": "badge",
        "why": "because",
    }


def test_measured_accuracy_is_thinned_with_its_end_kept():
    measures = [{"labels": i, "accuracy": i / 100} for i in range(1, 41)]
    rows = session_report(session(measures=measures)).to_dict()["sections"]["Measured accuracy"]["rows"]
    assert len(rows) == 12 and rows[-1] == {"labels": "40", "accuracy": "0.400"}


def test_a_finished_session_says_why():
    assert "budget spent: 50 of 50 answers" in str(session_report(session(finished="budget spent: 50 of 50 answers")))


def test_the_last_estimate_is_the_headline():
    """It counts control rows and tests together, so it comes before the control arm alone."""
    found = Measured("accuracy", 0.9, 0.02, 0.85, 0.94, 120, 1000).to_dict()
    measures = [{"labels": 30, "model": 3, "estimate": {"accuracy": found}}]
    queries = [query(i, "control", predicted="yes") for i in range(40)]
    made = session(queries, [answer(i, "yes") for i in range(40)], measures=measures, test_labels={99: "no"})
    text = str(session_report(made))
    assert "the model is right on 85% to 94% of rows like these." in text
    assert "The model of 30 labels, over all 1,000 rows: estimated from 120 rows drawn at random" in text
    assert "10 labels came after." in text and "test labels" in text
