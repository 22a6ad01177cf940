"""The report of a suite: every section from real cells, its plain words checked against made-up scores."""

from __future__ import annotations

import re

import numpy as np
import pytest
from tests.lab.made_up import run
from tests.lab.made_up import study as made_up
from typer.testing import CliRunner

from askwise.cli import app
from askwise.core.errors import StoreError
from askwise.lab import Suite, run_suite
from askwise.lab.compare import compare
from askwise.lab.page import page
from askwise.lab.page.words import alone, headline, short
from askwise.lab.scores import Scores


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    suite = Suite.of(
        {
            "name": "tiny",
            "datasets": ["iris", "wine"],
            "strategies": ["margin", "typiclust"],
            "budget": 20,
            "batch": 10,
            "initial": 5,
            "seeds": 2,
        }
    )
    place = tmp_path_factory.mktemp("suite") / "tiny.lab"
    run_suite(suite, place, workers=1, progress=False)
    return place


@pytest.fixture(scope="module")
def study(folder):
    from askwise.lab import Study

    return Study.read(folder)


def test_the_page_holds_every_part(study):
    made = page(study, "askwise lab run tiny")
    titles = [section.title for section in made.sections]
    assert titles[:6] == [
        "What is significant, and what is not",
        "Ranks",
        "Where each strategy gains",
        "Each strategy against random",
        "Learning curves",
        "Labels to 95% of the full-data score",
    ]
    assert {"All measures", "Runtime against gain", "Do they ask for the same rows?", "Pairwise penalties"} <= {*titles}
    assert {"Against what could be had", "Yardsticks", "How it was run"} <= {*titles}
    [curves] = [section for section in made.sections if section.title == "Learning curves"]
    assert [part.title for part in curves.parts] == ["iris", "wine"] and all(part.svg for part in curves.parts)
    assert made.headline == "No strategy is shown to beat random here."
    assert "no test can show a difference at this level: it takes 7" in made.sections[0].lead


def test_the_page_is_complete_in_itself(study, tmp_path):
    html = study.report(tmp_path / "report.html").read_text(encoding="utf-8")
    assert not re.search(r'(src|href)="(?!#)', html)
    ids = re.findall(r'\bid="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    with pytest.raises(StoreError, match="cannot be written"):
        study.report(tmp_path / "report.html" / "no" / "x.html")


def test_the_command_writes_the_page_and_says_what_is_significant(folder):
    done = CliRunner().invoke(app, ["lab", "report", str(folder)])
    assert done.exit_code == 0, done.output
    said = " ".join(done.output.split())
    assert "No strategy is shown to beat random here. Over 2 settings." in said
    assert "* Not distinguishable from random: " in said
    assert (folder / "report.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def facts(study, title):
    [section] = [one for one in page(study).sections if one.title == title]
    return section


def test_what_crashed_is_shown_with_its_traceback():
    done = {(name, 0): run((10, 10, 0.5), (20, 20, 0.6)) for name in ("margin", "random")}
    trace = "Traceback:\n  in fit\nRuntimeError: boom"
    section = facts(made_up(done, failed=[("margin", trace), ("random", trace)]), "Failed cells")
    assert [row[2].text for row in section.table.rows] == ["margin", "random"]
    [part] = section.parts
    assert part.title == "Traceback of coins, default, margin, repeat 0 and 1 more" and part.code == trace


def test_results_without_a_finished_run_are_no_page():
    with pytest.raises(StoreError, match="no run of these results is finished"):
        page(made_up({}, failed=[("margin", "RuntimeError: boom")]))


def test_curves_over_money_and_time_where_they_differ_from_labels():
    lines = [{"labels": n, "cost": 2.5 * n, "annotation_seconds": 7.0 * n, "accuracy": n / 50} for n in (10, 20)]
    runs = {(name, 0): (lines, {"spent_cost": 50.0, "wall_seconds": 1.0}) for name in ("margin", "random")}
    section = facts(made_up(runs), "Learning curves")
    assert [part.title for part in section.parts] == ["coins, by cost", "coins, by annotators' seconds"]
    assert "by labels" in section.lead


def test_every_measure_has_its_line():
    lines = [{"labels": n, "accuracy": n / 50, "nll": 1 - n / 50} for n in (10, 20)]
    worse = [{"labels": n, "accuracy": n / 60, "nll": 1 - n / 60} for n in (10, 20)]
    runs = {("margin", 0): (lines, {"wall_seconds": 1.0}), ("random", 0): (worse, {"wall_seconds": 1.0})}
    table = facts(made_up(runs, measures=("accuracy", "nll")), "All measures").table
    # Means over 10 to 20 labels are at 15: 15 / 50 - 15 / 60; of the NLL less is better, and the sign is turned.
    assert [[cell.text for cell in row] for row in table.rows] == [["accuracy", "+0.050"], ["NLL", "+0.050"]]


def test_overlap_is_that_of_the_rows_asked(study):
    setting = study.settings[0]
    cells = [study.repeats(name, setting) for name in ("margin", "random")]
    shares = []
    for repeat in cells[0]:
        rows = [
            {one["row"] for one in study.picks.to_pylist() if one["cell"] == cell[repeat] and one["arm"] != "initial"}
            for cell in cells
        ]
        shares.append(len(rows[0] & rows[1]) / len(rows[0] | rows[1]))
    assert study.overlap("margin", "random", setting) == pytest.approx(np.mean(shares))


def scored(**gaps: float) -> Scores:
    generator = np.random.default_rng(0)
    base = generator.random((9, 5))
    values = [base + gap + 0.002 * generator.normal(size=base.shape) for gap in gaps.values()]
    return Scores((*gaps, "random"), tuple(f"d{i}" for i in range(9)), np.stack([*values, base]))


@pytest.mark.parametrize(
    ("gaps", "said"),
    [
        ({"a": 0.1, "b": 0.0}, "a beats random; no other strategy is shown to."),
        ({"a": 0.1, "b": 0.2}, "2 of 2 strategies beat random, b by most."),
        ({"a": 0.0, "b": -0.1}, "No strategy is shown to beat random here; b is worse."),
        ({"a": -0.1, "b": -0.1, "c": 0.1}, "c beats random; a and b are worse; no other strategy is shown to."),
    ],
)
def test_the_headline_claims_what_the_tests_allow(gaps, said):
    scores = scored(**gaps)
    assert headline(compare(scores, "random"), scores) == said


def test_settings_taken_alone_are_told_beside_the_test_over_all():
    found = compare(scored(a=0.1, b=0.0), "random")
    assert found[0].blocks == (9, 0, 0)
    assert alone(found).startswith(
        "Each setting taken alone, by the interval over its own seeds, uncorrected: a gains in 9"
    )
    assert alone(compare(scored(b=0.0), "random")[:0]) == ""


def test_names_of_settings_are_as_short_as_they_differ():
    blocks = [
        "iris, logistic, batch 5, initial 5, clean",
        "iris, forest, batch 5, initial 5, clean",
        "wine, logistic, batch 5, initial 5, clean",
    ]
    assert [short(block, blocks) for block in blocks] == ["iris, logistic", "iris, forest", "wine, logistic"]
    assert short(blocks[0], blocks[:1]) == "iris"
