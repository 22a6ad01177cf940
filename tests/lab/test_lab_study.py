"""What runs are compared over: by hand, from made-up results."""

from __future__ import annotations

import pytest
from tests.lab.made_up import run, study

from askwise.core.errors import BadInput
from askwise.lab import Study
from askwise.lab.axes import counted
from askwise.lab.tables import write


def settings(found):
    [one] = found.settings
    return one


def areas(found):
    scores = found.scores()
    return dict(zip(scores.strategies, scores.values[:, 0, 0].round(6).tolist(), strict=True))


def test_answers_that_gave_no_label_are_paid_for():
    # The wasteful one has 15 labels for its 40 answers: its last twenty taught nothing, and its curve is flat there.
    wasteful = run((10, 10, 0.5), (15, 20, 0.7), spent=40)
    chance = run((10, 10, 0.5), (20, 20, 0.6), (30, 30, 0.7), (40, 40, 0.8))
    found = study({("wasteful", 0): wasteful, ("random", 0): chance})
    assert found.axis(settings(found)) == "answers"
    spent, heights = found.runs("wasteful", settings(found))[0]
    assert spent.tolist() == [10, 20, 40] and heights.tolist() == [0.5, 0.7, 0.7]
    assert areas(found) == {"wasteful": round((0.6 * 10 + 0.7 * 20) / 30, 6), "random": 0.65}
    assert found.curve("wasteful", settings(found), over="labels").area().tolist() == pytest.approx([0.6])


def test_answers_that_are_labels_are_called_labels():
    found = study({("random", 0): run((10, 10, 0.5), (20, 20, 0.6))})
    assert found.axis(settings(found)) == "labels"
    with pytest.raises(BadInput, match=r"there is no 'labls' in these results.* Did you mean 'labels'"):
        found.curve("random", settings(found), over="labls")


@pytest.mark.parametrize(
    ("budget", "axis"), [({"cost": 40.0}, "cost"), ({"seconds": 60.0}, "annotation_seconds"), (0.5, "labels")]
)
def test_a_budget_says_what_runs_are_compared_over(budget, axis):
    assert counted(budget) == axis
    found = study({("random", 0): run((10, 10, 0.5), (20, 20, 0.6))}, budget=budget)
    assert found.axis(settings(found)) == axis


def test_money_is_the_axis_of_a_budget_of_money():
    # Twice as dear for each label: at equal money it is behind, at equal labels it is ahead.
    dear = [{"labels": n, "cost": 2.0 * n, "accuracy": 0.5 + n / 100} for n in (5, 10, 20)]
    cheap = [{"labels": n, "cost": 1.0 * n, "accuracy": 0.5 + n / 120} for n in (10, 20, 40)]
    found = study(
        {("dear", 0): (dear, {"spent_cost": 40.0}), ("random", 0): (cheap, {"spent_cost": 40.0})}, budget={"cost": 40.0}
    )
    assert areas(found)["dear"] < areas(found)["random"]
    mine, theirs = found.paired("dear", "random", settings(found), over="labels")
    assert mine.labels[0] == theirs.labels[0] == 10 and mine.labels[-1] == theirs.labels[-1] == 20
    assert mine.area()[0] > theirs.area()[0]


def test_who_has_a_model_sooner_is_not_measured_by_its_weakest_part():
    soon = run((5, 5, 0.2), (10, 10, 0.6), (20, 20, 0.8))
    late = run((10, 10, 0.6), (20, 20, 0.7))
    found = study({("soon", 0): soon, ("random", 0): late})
    assert areas(found) == {"soon": 0.7, "random": 0.65}
    assert found.summary()[0]["advantage"] == pytest.approx(0.05)


def test_results_from_before_a_column_was_added_are_read(tmp_path):
    found = study({("random", 0): run((10, 10, 0.5), (20, 20, 0.6))})
    older = {"cells": found.cells.drop_columns(["chosen_with"]), "rounds": found.rounds.drop_columns(["span_f1"])}
    write(tmp_path, {**older, "picks": found.picks})
    again = Study.read(tmp_path)
    assert again.rounds.column("span_f1").to_pylist() == [None, None] and again.measures == ("accuracy",)
    assert again.rounds.column_names == found.rounds.column_names and again.settings == found.settings


def test_classes_that_are_sought():
    lines = [
        {"labels": 10, "foreground": 2, "accuracy": 0.5},
        {"labels": 20, "foreground": 2, "accuracy": 0.55},
        {"labels": 40, "foreground": 10, "accuracy": 0.7},
    ]
    found = study({("random", 0): (lines, {"spent_answers": 40})})
    # 0.15 for the eight found after the second model: the last one at two labels counts.
    assert found.foreground_gains("random", settings(found)).round(6).tolist() == [round(0.15 / 8, 6)]
    assert found.foreground_share("random", settings(found)).tolist() == [0.25]
    assert found.varies(settings(found), "foreground") and not found.varies(settings(found), "cost")
