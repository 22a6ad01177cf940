"""`askwise lab`, run as a user runs it."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from askwise.cli import app


def run(*args):
    return CliRunner().invoke(app, ["lab", *(str(arg) for arg in args)])


TOML = """
datasets = ["iris"]
strategies = ["margin"]
learners = [{class = "sklearn.naive_bayes.GaussianNB", name = "bayes"}]
budget = 30
seeds = 2
bound = {rows = 0}

[quick]
seeds = 1
"""


@pytest.fixture
def suite(tmp_path):
    path = tmp_path / "flowers.toml"
    path.write_text(TOML)
    return path


def test_a_suite_runs_and_is_reported(suite, tmp_path):
    out = tmp_path / "out"
    result = run("run", suite, "--out", out, "--workers", 1)
    assert result.exit_code == 0, result.output
    assert "5 of 5 cells" in result.stderr and "the range over 2 seeds" in result.stdout
    assert "iris, bayes" in result.stdout and "margin" in result.stdout and f"Results: {out}" in result.stdout
    assert {"cells.parquet", "rounds.parquet", "picks.parquet", "suite.json"} <= {one.name for one in out.iterdir()}
    again = run("report", out)
    assert again.stdout == result.stdout and again.stdout.endswith(f"Report: {out / 'report.html'}\n")
    found = json.loads(run("report", out, "--json").stdout)
    assert {line["strategy"] for line in found["summary"]} == {"margin", "random"} and found["failed"] == []


def test_the_level_is_taken(suite, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = run("run", suite, "--level", "quick", "--workers", 1, "--json")
    assert json.loads(result.stdout)["suite"]["seeds"] == 1 and (tmp_path / "flowers-quick.lab").is_dir()


def test_bad_input_is_one_line(suite, tmp_path):
    for args, said in (
        (("run", tmp_path / "no.toml"), "no suite"),
        (("run", suite, "--level", "slow"), "no level 'slow'"),
        (("report", tmp_path), "holds no cells.parquet"),
    ):
        result = run(*args)
        assert result.exit_code == 2 and said in result.stderr and result.stderr.count("\n") == 1


def test_a_failed_cell_is_told_and_ends_with_1(suite, tmp_path):
    suite.write_text(TOML.replace("GaussianNB", "CategoricalNB") + "\n")
    result = run("run", suite, "--out", tmp_path / "out", "--workers", 1)
    assert result.exit_code == 1 and "cells failed" in result.stderr and "FAILED iris" in result.stdout


def test_an_interruption_says_how_to_resume(suite, tmp_path, monkeypatch):
    def interrupted(*args, **settings):
        raise KeyboardInterrupt

    monkeypatch.setattr("askwise.lab.run_suite", interrupted)
    result = run("run", suite, "--out", tmp_path / "out")
    assert result.exit_code == 130 and "run the same command to resume" in result.stderr


def test_suites_are_listed():
    result = run("suites")
    assert result.exit_code == 0 and "tabular" in result.stdout and "regression" in result.stdout
    assert "tabular" in json.loads(run("suites", "--json").stdout)
