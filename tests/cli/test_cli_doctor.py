"""`askwise doctor`: versions, devices, extras, and the soundness of a session file."""

from __future__ import annotations

import importlib.metadata
import json
import platform
import sqlite3
from contextlib import closing

import numpy as np
import pytest
from typer.testing import CliRunner

from askwise.cli import app
from askwise.cli import doctor as module
from askwise.session import Answer, Session


@pytest.fixture(autouse=True)
def without_torch(monkeypatch):
    """Importing torch takes seconds; whether it is there is another test's business."""
    monkeypatch.setattr(module, "_gpu", lambda: None)


def run(*words):
    return CliRunner().invoke(app, ["doctor", *map(str, words)])


@pytest.fixture
def made(tmp_path):
    with Session(tmp_path / "a.aw", pool=np.eye(9), classes=["x", "y"], strategy="random") as session:
        queries = session.ask(4)
        session.tell([Answer(row=query.row, label="x", query=query.number) for query in queries[:3]])
        session.undo(1)
    return tmp_path / "a.aw"


def test_json_has_versions_devices_and_extras():
    result = run("--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.output)
    assert found["python"]["version"] == platform.python_version()
    assert found["packages"]["numpy"] == importlib.metadata.version("numpy")
    assert found["machine"]["cores"] >= 1
    assert found["kernels"]["backend"] in ("numba", "numpy")
    assert set(found["extras"]) == {"report", "images", "llm", "server", "postgres", "torch", "text", "pandas"}
    assert "session" not in found


def test_the_extras_are_those_of_the_package():
    wanted: dict[str, set[str]] = {}
    for line in importlib.metadata.requires("askwise") or ():
        name, _, marker = line.partition(";")
        extra = marker.partition("extra == ")[2].strip().strip("'\"")
        wanted.setdefault(extra, set()).add(name.split(">")[0].split("[")[0].strip())
    for extra, names in module.EXTRAS.items():
        assert set(names) <= wanted[extra], extra
    assert set(module.CORE) <= wanted[""]


def test_text_says_how_to_get_what_is_missing(monkeypatch):
    versions = dict.fromkeys(module.CORE, "1.0")
    monkeypatch.setattr(module, "version_of", versions.get)
    result = run()
    assert result.exit_code == 0
    assert 'not installed (fastapi, uvicorn): pip install "askwise[server]"' in result.output
    assert "numpy 1.0" in result.output


def test_the_backend_and_the_data_folder_come_from_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("ASKWISE_BACKEND", "numpy")
    monkeypatch.setenv("ASKWISE_DATA", str(tmp_path))
    found = json.loads(run("--json").output)
    assert found["kernels"] == {"backend": "numpy", "set_by": "ASKWISE_BACKEND"}
    assert found["data"] == {"ASKWISE_DATA": str(tmp_path), "found": True}


def test_a_session_file_is_counted(made):
    found = json.loads(run("--json", made).output)["session"]
    assert (found["rows"], found["classes"], found["queries"], found["answers"]) == (9, 2, 4, 2)
    assert found["open_queries"] == 2
    assert found["events"]["answered"] == 3 and found["events"]["undone"] == 1
    assert found["events"]["total"] == sum(count for kind, count in found["events"].items() if kind != "total")
    text = run(made).output
    assert "open queries" in text and "checksum agrees" in text


def test_a_damaged_file_is_refused(made):
    with closing(sqlite3.connect(made)) as connection:
        connection.execute("UPDATE event SET body = '{}' WHERE seq = 2")
        connection.commit()
    result = run(made)
    assert result.exit_code == 2
    assert "event 2" in result.output and "damaged" in result.output


def test_a_missing_file_is_refused(tmp_path):
    result = run(tmp_path / "none.aw")
    assert result.exit_code == 2
    assert "does not exist" in result.output
