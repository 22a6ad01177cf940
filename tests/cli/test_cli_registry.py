"""`askwise` itself: what it imports, what it lists."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from askwise import __version__, catalogue
from askwise.cli import COMMANDS, app
from askwise.cli.common import make_app
from askwise.core import registry


def run(*args):
    return CliRunner().invoke(app, list(args))


def _python(code, *args):
    environment = {**os.environ, "NO_COLOR": "1"}
    return subprocess.run(
        [sys.executable, "-c", code, *args], capture_output=True, text=True, timeout=60, env=environment, check=False
    )


def test_help_imports_nothing_heavy():
    code = (
        "import sys\nfrom askwise.cli import app\n"
        "try:\n    app(['--help'])\nexcept SystemExit:\n    pass\n"
        "print('heavy:', *(m for m in ('sklearn', 'scipy', 'pyarrow', 'fastapi', 'matplotlib', 'numba', 'torch')"
        " if m in sys.modules))"
    )
    out = _python(code).stdout
    assert "simulate" in out and out.rstrip().endswith("heavy:")
    assert "\x1b[" not in out


def test_every_command_has_a_line_of_help():
    out = run("--help").stdout
    for name in ("simulate", "demo", "report", "strategies"):
        assert name in out and name in COMMANDS


def test_a_command_that_is_not_there_yet_is_left_out():
    result = CliRunner().invoke(make_app(["strategies", "teleport"]), ["teleport"])
    assert result.exit_code == 2 and "teleport" in result.stderr


def test_the_package_runs_as_a_module():
    ran = _python("import runpy, sys; sys.argv[1:] = ['--version']; runpy.run_module('askwise', run_name='__main__')")
    assert ran.returncode == 0
    assert __version__ in ran.stdout


def test_version():
    assert run("--version").stdout.strip() == __version__


def test_strategies_lists_every_registered_method():
    rows = json.loads(run("strategies", "--json").stdout)
    listed = {(row["kind"], row["name"]) for row in rows}
    assert {(method.kind, method.name) for method in registry.methods()} <= listed
    assert {("strategy", name) for name in catalogue.NAMED} <= listed
    assert len(listed) == len(rows)
    for row in rows:
        assert row["about"] and set(row) == {
            "name",
            "kind",
            "streams",
            "aliases",
            "needs",
            "wishes",
            "settings",
            "source",
            "about",
        }


@pytest.mark.parametrize("name", ["margin", "badge", "auto", "at_most", "agreement", "margin_k_means"])
def test_strategies_in_text(name):
    assert f"  {name} " in run("strategies").stdout


def test_an_error_leaves_no_traceback():
    result = _python("from askwise.cli import main; main()", "report", "nowhere.aw")
    assert result.returncode == 2
    assert result.stderr.startswith("askwise: ") and "Traceback" not in result.stderr


def test_an_unknown_command_is_refused():
    assert run("simulat").exit_code == 2
