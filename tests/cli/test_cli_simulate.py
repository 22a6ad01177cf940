"""`askwise simulate`, `demo` and `report`, run as a user runs them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import askwise as aw
from askwise.cli import app
from askwise.cli.common import holding_ctrl_c
from askwise.session import Session


def run(*args):
    return CliRunner().invoke(app, [str(arg) for arg in args])


@pytest.fixture
def table(tmp_path):
    rng = np.random.default_rng(0)
    lines = ["a,b,label"]
    for i in range(120):
        x = rng.normal(size=2) + 2 * np.array([i % 2, -(i % 2)])
        lines.append(f"{x[0]:.4f},{x[1]:.4f},{'yes' if i % 2 else 'no'}")
    path = tmp_path / "points.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def given(table, report):
    asked = ["--features", "a,b", "--label", "label", "--strategy", "margin", "--against", "random"]
    amount = ["--budget", 20, "--batch", 10, "--repeats", 2, "--workers", 1]
    return ["simulate", table, *asked, *amount, "--report", report]


def test_simulate_writes_the_report_and_prints_the_table(table, tmp_path):
    report = tmp_path / "out.html"
    result = run(*given(table, report))
    assert result.exit_code == 0, result.output
    assert "margin" in result.stdout and f"Report: {report}" in result.stdout
    html = report.read_text()
    assert "simulation on points" in html and "<svg" in html
    assert (tmp_path / "out.work" / "margin-0.aw").exists()
    again = run(*given(table, report), "--json")
    found = json.loads(again.stdout)
    assert found["about"]["budget"] == 20 and set(found["strategies"]) == {"margin", "random"}


def test_a_changed_budget_is_refused_in_one_line(table, tmp_path):
    run(*given(table, tmp_path / "out.html"))
    changed = [40 if arg == 20 else arg for arg in given(table, tmp_path / "out.html")]
    result = run(*changed)
    assert result.exit_code == 2
    assert result.stderr.startswith("askwise: ") and result.stderr.count("\n") == 1
    assert "budget was 20 and is now 40" in result.stderr and "--fresh" in result.stderr
    assert run(*changed, "--fresh").exit_code == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (["--label", "lable"], "Did you mean 'label'"),
        (["--budget", "9999"], "budget of 9999 labels does not fit the pool; give 1 to 96"),
        (["--strategy", "margn"], "Did you mean 'margin'"),
        (["--learner", "forst"], "Did you mean 'forest'"),
        (["--strategy", ","], "--strategy ',' names none"),
        (["--seed", "-1"], "seed=-1 is negative"),
    ],
)
def test_bad_input_is_one_line_on_stderr(table, tmp_path, change, message):
    result = run(*given(table, tmp_path / "out.html"), *change)
    assert result.exit_code == 2
    assert message in result.stderr and result.stderr.count("\n") == 1
    assert not result.stdout


def test_a_missing_file_is_named(tmp_path):
    result = run("simulate", tmp_path / "nowhere.csv")
    assert result.exit_code == 2 and "nowhere.csv" in result.stderr


def session(path, **changes):
    rng = np.random.default_rng(0)
    y = np.arange(80) % 2
    X = rng.normal(size=(80, 2)) + 2 * y[:, None]
    with Session(
        path, pool=X, classes=["no", "yes"], budget=aw.Budget(answers=40), seed=1, **{"control": 0.5, **changes}
    ) as made:
        oracle = aw.Oracle(np.array(["no", "yes"])[y])
        while queries := made.ask(10):
            made.tell(oracle(queries))
    return path


def test_report_of_a_session_as_text_json_and_page(tmp_path):
    path = session(tmp_path / "points.aw")
    text = run("report", path)
    assert text.exit_code == 0
    for part in ("Labels by class", "Annotators", "oracle", "How it chose", "Stop or go on?", "budget spent: 40 of 40"):
        assert part in text.stdout
    page = tmp_path / "points.html"
    assert run("report", path, "--html", page).exit_code == 0
    assert "Labels by class" in page.read_text()
    found = json.loads(run("report", path, "--json").stdout)
    assert found["sections"]["Where it stands"]["facts"]["labels"] == "40"


def test_report_of_no_session_is_refused(tmp_path):
    result = run("report", tmp_path / "none.aw")
    assert result.exit_code == 2 and "none.aw" in result.stderr


def test_report_without_control_arm_says_so(tmp_path):
    assert "the session has no control arm" in run("report", session(tmp_path / "a.aw", control=0.0)).stdout


def test_an_interruption_says_how_to_resume(table, tmp_path, monkeypatch):
    def interrupted(*args, **settings):
        raise KeyboardInterrupt

    monkeypatch.setattr("askwise.lab.simulate", interrupted)
    result = run(*given(table, tmp_path / "out.html"))
    assert result.exit_code == 130
    assert "out.work; run the same command" in result.stderr


def test_ctrl_c_is_held_back_while_extensions_load():
    done, before = [], signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt), holding_ctrl_c():
        signal.raise_signal(signal.SIGINT)
        done.append("the block")
    assert done == ["the block"]
    assert signal.getsignal(signal.SIGINT) is before  # a shell that starts tests in the background ignores it


@pytest.mark.slow
def test_ctrl_c_ends_cleanly_and_the_same_command_resumes(table, tmp_path):
    report = tmp_path / "out.html"
    args = [str(a) for a in given(table, report)]
    args[args.index("--budget") + 1], args[args.index("--batch") + 1] = "30", "1"
    command = [sys.executable, "-c", "from askwise.cli import main; main()", *args]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=_plain())
    while not (tmp_path / "out.work" / "margin-0.aw-wal").exists() and process.poll() is None:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)  # kernels are being compiled now, in whose callbacks an exception would be lost
    _, err = process.communicate(timeout=600)
    assert process.returncode == 130, err
    assert "run the same command" in err and "Traceback" not in err
    result = run(*args)
    assert result.exit_code == 0 and report.exists()


def _plain() -> dict[str, str]:
    return {**os.environ, "NO_COLOR": "1"}


@pytest.mark.slow
def test_demo_shows_what_was_saved(tmp_path):
    result = run("demo", "--out", tmp_path / "demo", "--picture", tmp_path / "curve.svg")
    assert result.exit_code == 0, result.output
    assert "labels (95% interval" in result.stdout and "against random at accuracy" in result.stdout
    assert Path(tmp_path / "demo" / "report.html").exists() and (tmp_path / "curve.svg").exists()
