"""MLflow: a client that is played notes what it is told; the real one is run by benchmarks/interop/mlflow_store.py."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from askwise.bridge.mlflow import UPTO, parameters, points, track
from askwise.cli import app
from askwise.core.errors import BadInput, StoreError
from askwise.core.event import Event
from askwise.session import Answer, Session


class Refusal(Exception):
    """What mlflow raises."""


@dataclass
class Server:
    """Runs by id: tags, params, metrics, status."""

    runs: dict[str, Any] = field(default_factory=dict)
    experiments: dict[str, str] = field(default_factory=dict)

    def client(self, tracking_uri: str) -> Any:
        if tracking_uri == "bad://":
            raise Refusal("no such store")
        return self

    def get_experiment_by_name(self, name: str) -> Any:
        known = self.experiments.get(name)
        return None if known is None else SimpleNamespace(experiment_id=known)

    def create_experiment(self, name: str) -> str:
        self.experiments[name] = str(len(self.experiments))
        return self.experiments[name]

    def search_runs(self, places: list[str], filter_string: str, max_results: int) -> list[Any]:
        value = filter_string.split(" = ")[1].strip("'")
        return [run for run in self.runs.values() if value in run.data.tags.values() and run.place in places]

    def create_run(self, place: str, tags: dict[str, str], run_name: str | None) -> Any:
        name = f"run{len(self.runs)}"
        run = SimpleNamespace(info=SimpleNamespace(run_id=name), data=SimpleNamespace(tags=dict(tags)), place=place)
        run.name, run.metrics, run.params, run.status = run_name, [], {}, ""
        self.runs[name] = run
        return run

    def log_batch(self, run: str, metrics: Any = (), params: Any = (), tags: Any = ()) -> None:
        assert len(metrics) <= 1000 and len(params) <= 100
        self.runs[run].metrics += metrics
        self.runs[run].params |= dict(params)
        self.runs[run].data.tags |= dict(tags)

    def set_terminated(self, run: str, status: str) -> None:
        self.runs[run].status = status


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    made = Server()
    pair = lambda key, value: (key, value)  # noqa: E731
    parts = {
        "mlflow": {},
        "mlflow.entities": {"Metric": lambda *words: words, "Param": pair, "RunTag": pair},
        "mlflow.exceptions": {"MlflowException": Refusal},
        "mlflow.tracking": {"MlflowClient": made.client},
    }
    for name, content in parts.items():
        module = ModuleType(name)
        module.__dict__.update(content)
        monkeypatch.setitem(sys.modules, name, module)
    return made


@pytest.fixture
def session(tmp_path: Path) -> Any:
    X = np.random.default_rng(0).normal(size=(80, 3))
    with Session(tmp_path / "s.aw", pool=X, classes=[0, 1], strategy="margin", seed=3) as made:
        for _ in range(3):
            made.tell(Answer(q.row, int(X[q.row, 0] > 0), query=q.number) for q in made.ask(10))
        made.refit()
        yield made


def test_the_step_is_the_number_of_labels(session: Session, server: Server) -> None:
    found = track(session, "here", "exp", "mine")
    (run,) = server.runs.values()
    assert found.new and found.sent == len(run.metrics) > 0 and run.name == "mine" and run.status == "RUNNING"
    steps = [step for name, _, _, step in run.metrics if name == "seconds"]
    assert steps == [round_.labels for round_ in session.rounds] == [10, 20, 30]
    assert all(isinstance(at, int) and at > 1e12 for _, _, at, _ in run.metrics)
    assert run.params["seed"] == "3" and run.params["rows"] == "80" and run.params["task"] == "choice"


def test_telling_again_tells_what_is_new(session: Session, server: Server) -> None:
    first = track(session, "here")
    assert track(session, "here").sent == 0
    session.measure(accuracy=0.5, deep={"value": 0.25, "name": "x", "bad": 1})
    again = track(session, "here")
    assert (again.run, again.new, again.sent) == (first.run, False, 3)
    (run,) = server.runs.values()
    assert sorted((name, value, step) for name, value, _, step in run.metrics[-3:]) == [
        ("accuracy", 0.5, 30),
        ("deep.bad", 1.0, 30),
        ("deep.value", 0.25, 30),
    ]
    assert run.data.tags[UPTO] == str(session.state.seq)
    assert track(session, "here", "another").new


def test_only_numbers_are_points() -> None:
    body = {"labels": 5, "model": 1, "savings": "many", "nan": float("nan"), "right": True, "predicted": [1, 2], "x": 2}
    assert [(one.name, one.value) for one in points(iter([Event("measured", body, seq=1)]))] == [
        ("right", 1.0),
        ("x", 2.0),
    ]
    assert list(points(iter([Event("measured", body, seq=1)]), after=1)) == []


def test_parameters_are_short(session: Session) -> None:
    found = parameters({**session.config, "strategy": "x" * 9999})
    assert len(found["strategy"]) == 500 and found["classes"] == "2"


def test_what_goes_wrong_is_said(session: Session, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(StoreError, match="no such store"):
        track(session, "bad://")
    monkeypatch.setitem(sys.modules, "mlflow.entities", None)
    with pytest.raises(BadInput, match="mlflow is not installed"):
        track(session, "here")


def test_the_command(session: Session, server: Server, tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["track", str(tmp_path / "s.aw"), "--mlflow", "here"])
    assert done.exit_code == 0 and "a new run run0" in done.stdout
    assert server.runs["run0"].name == "s.aw"
