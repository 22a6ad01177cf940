"""The ML backend against the bodies that Label Studio 1.23.2 sends."""

from __future__ import annotations

import base64
import itertools
import time
import warnings
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from askwise.bridge.ml_backend import Backend, create_app
from askwise.bridge.ml_backend.wire import control_of
from askwise.core.errors import BadInput
from askwise.session import Budget, Session

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

CLASSES = ["food", "sport"]
CONFIG = (
    '<View><Text name="txt" value="$text"/><Choices name="topic" toName="txt">'
    '<Choice value="food"/><Choice value="sport"/></Choices></View>'
)
PROJECT = {"id": 7, "label_config": CONFIG, "title": "t"}


def text(row: int) -> str:
    words = itertools.cycle(["soup", "match", "bread", "goal"])
    return f"the {next(itertools.islice(words, row, None))} was good, number {row}"


def truth(row: int) -> str:
    return CLASSES[row % 2]


def task(row: int, **data: Any) -> dict[str, Any]:
    """A task as `/predict` has it."""
    return {
        "id": 1000 + row,
        "data": data or {"text": text(row)},
        "meta": {},
        "project": 7,
        "annotations": [],
        "predictions": [],
        "is_labeled": False,
    }


def created(row: int, label: str | None = None, number: int | None = None, at: str = "2026-11-27T08:00:00Z") -> Any:
    """A webhook's body of an annotation that was created."""
    value = {"choices": [label or truth(row)]}
    result = [
        {"id": "r1", "from_name": "topic", "to_name": "txt", "type": "choices", "origin": "manual", "value": value}
    ]
    annotation = {
        "id": row if number is None else number,
        "completed_by": 1,
        "result": result,
        "was_cancelled": False,
        "ground_truth": False,
        "lead_time": 2.5,
        "created_at": "2026-11-27T08:00:00Z",
        "updated_at": at,
        "unique_id": "c0ffee00-0000-4000-8000-000000000000",
    }
    return {"action": "ANNOTATION_CREATED", "annotation": annotation, "task": task(row), "project": PROJECT}


@pytest.fixture
def backend(tmp_path: Path) -> Iterator[Backend]:
    session = Session(
        tmp_path / "s.aw", pool=[text(i) for i in range(60)], classes=CLASSES, strategy="margin", lease=None
    )
    made = Backend(session, ahead=10)
    yield made
    made.close()


@pytest.fixture
def http(backend: Backend) -> Any:
    return TestClient(create_app(backend), raise_server_exceptions=False)


def hear(http: Any, body: Any) -> dict[str, Any]:
    reply = http.post("/webhook", json=body)
    assert reply.status_code == 200, reply.text
    found: dict[str, Any] = reply.json()
    return found


def test_health_setup_and_versions(http: Any) -> None:
    assert http.get("/health").json()["status"] == "UP" and http.get("/").json()["status"] == "UP"
    body = {
        "project": "7.1764230000",
        "schema": CONFIG,
        "hostname": "http://localhost:8080",
        "access_token": "secret-token",
        "extra_params": None,
    }
    assert (
        http.post("/setup", json=body).json() == http.post("/setup", json=body).json() == {"model_version": "askwise-0"}
    )
    assert http.get("/versions").json() == {"versions": ["askwise-0"]}
    for path in ("/validate", "/job_status", "/delete", "/duplicate_model"):
        assert http.post(path, json={}).status_code == 404


def test_before_the_first_label_there_is_an_order_and_no_result(backend: Backend, http: Any) -> None:
    backend.learn()
    body = {
        "tasks": [task(i) for i in range(60)],
        "project": "7.1",
        "label_config": CONFIG,
        "params": {"context": None},
    }
    results = http.post("/predict", json=body).json()["results"]
    assert len(results) == 60 and all(one["result"] == [] for one in results)
    first = sorted(range(60), key=lambda i: results[i]["score"])[:10]
    assert first == [query.row for query in backend.session.open_queries]


def test_annotations_become_answers_and_predictions_follow(backend: Backend, http: Any) -> None:
    for row in range(12):
        assert hear(http, created(row)) == {"status": "ok", "answers": 1}
    backend.learn()
    answer = backend.session.answers[0]
    assert (answer.label, answer.annotator, answer.seconds) == ("food", "label-studio:1", 2.5)
    body = {"tasks": [task(40), task(41)], "label_config": CONFIG, "project": "7.1", "params": {}}
    results = http.post("/predict", json=body).json()["results"]
    assert [one["result"][0]["value"]["choices"] for one in results] == [["food"], ["sport"]]
    one = results[0]["result"][0]
    assert (one["from_name"], one["to_name"], one["type"]) == ("topic", "txt", "choices")
    assert results[0]["model_version"] == "askwise-1" and 0.5 < one["score"] <= 1
    assert http.post("/setup", json={}).json() == {"model_version": "askwise-1"}


def test_what_the_strategy_asks_comes_first(backend: Backend, http: Any) -> None:
    for row in range(6):
        hear(http, created(row))
    backend.learn()
    asked = [query.row for query in backend.session.open_queries]
    results = backend.predict([task(i) for i in range(60)], CONFIG)
    scores = [one["score"] for one in results]
    assert sorted(range(60), key=lambda i: scores[i])[: len(asked)] == asked
    hear(http, created(asked[0], number=99))
    answer = backend.session.answers[-1]
    assert answer.query is not None and backend.session.queries[answer.query].row == asked[0]


def test_a_message_twice_counts_once(backend: Backend, http: Any) -> None:
    assert hear(http, created(3))["answers"] == 1
    assert hear(http, created(3))["answers"] == 0
    assert len(backend.session.answers) == 1


def test_a_change_revises_even_back_again(backend: Backend, http: Any) -> None:
    def changed(label: str, at: str) -> Any:
        return {**created(4, label, at=at), "action": "ANNOTATION_UPDATED"}

    hear(http, created(4, "food", at="2026-11-27T08:00:00Z"))
    hear(http, changed("sport", "2026-11-27T08:00:05Z"))
    assert backend.session.labels == {4: "sport"} and len(backend.session.answers) == 1
    hear(http, changed("food", "2026-11-27T08:00:09Z"))
    assert backend.session.labels == {4: "food"} and len(backend.session.answers) == 1
    assert hear(http, changed("food", "2026-11-27T08:00:09Z"))["answers"] == 0
    assert [event.kind for event in backend.session.events()].count("undone") == 2


def test_a_deletion_takes_back(backend: Backend, http: Any) -> None:
    for row in (1, 2, 3):
        hear(http, created(row))
    body = {"action": "ANNOTATIONS_DELETED", "annotations": [{"id": 1}, {"id": 3}, {"id": 77}], "project": PROJECT}
    assert hear(http, body) == {"status": "ok", "withdrawn": 2}
    assert hear(http, body)["withdrawn"] == 0
    assert set(backend.session.labels) == {2}


def test_a_skip_is_an_abstention_and_many_come_together(backend: Backend, http: Any) -> None:
    one = created(5)
    one["annotation"] |= {"was_cancelled": True, "result": []}
    hear(http, one)
    assert backend.session.answers[0].kind == "abstain"
    bodies = [created(row) for row in (8, 9)]
    many = {
        "action": "ANNOTATIONS_CREATED",
        "annotation": [body["annotation"] for body in bodies],
        "task": [body["task"] for body in bodies],
        "project": PROJECT,
    }
    assert hear(http, many)["answers"] == 2
    assert backend.session.labels == {8: "food", 9: "sport"}


def test_what_is_not_ours_is_left_alone(backend: Backend, http: Any) -> None:
    for action in ("PROJECT_UPDATED", "TASKS_CREATED", "LABEL_LINK_CREATED", "SOMETHING_NEW", None):
        assert hear(http, {"action": action, "project": PROJECT}) == {"status": "ignored"}
    foreign = created(1)
    foreign["task"]["data"] = {"text": "never seen"}
    assert hear(http, foreign)["answers"] == 0 and backend.foreign == 1
    assert backend.session.answers == []
    assert http.post("/predict", json={"tasks": [task(0, text="never seen")]}).json()["results"][0]["result"] == []


def test_rows_are_found_by_id_as_well(backend: Backend) -> None:
    assert backend.row_of({"askwise_id": 12}) == 12 == backend.row_of({"body": text(12), "source": "x"})
    assert backend.row_of({"askwise_id": "999"}) is None is backend.row_of({})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"annotation": None}, "holds no annotation"),
        ({"annotation": [1]}, "holds no annotation"),
        ({"task": None}, "holds no annotation"),
    ],
)
def test_odd_webhooks_are_refused(http: Any, change: dict[str, Any], said: str) -> None:
    reply = http.post("/webhook", json={**created(1), **change})
    assert reply.status_code == 400 and said in reply.json()["detail"]


def test_a_label_that_is_no_class_is_refused_and_nothing_is_lost(backend: Backend, http: Any) -> None:
    hear(http, created(1))
    reply = http.post("/webhook", json=created(2, "cow"))
    assert reply.status_code == 400 and "none of the 2 classes" in reply.json()["detail"]
    assert set(backend.session.labels) == {1}


@pytest.mark.parametrize("body", [{}, {"tasks": 3}, {"tasks": [1]}])
def test_odd_predictions_are_refused(http: Any, body: Any) -> None:
    assert http.post("/predict", json=body).status_code == 400


def test_configs() -> None:
    assert control_of(CONFIG, "choice").classes == ("food", "sport")
    with pytest.raises(BadInput, match="no control for answers of the kind 'number'"):
        control_of(CONFIG, "number")
    with pytest.raises(BadInput, match="is no XML"):
        control_of("<View>", "choice")
    with pytest.raises(BadInput, match="document type"):
        control_of('<!DOCTYPE x [<!ENTITY a "b">]><View/>', "choice")


def test_a_password(backend: Backend) -> None:
    http = TestClient(create_app(backend, "let me in"))
    assert http.get("/health").status_code == 401
    right, wrong = (base64.b64encode(b"any:" + word).decode() for word in (b"let me in", b"no"))
    assert http.get("/health", headers={"authorization": f"Basic {right}"}).status_code == 200
    for header in (f"Basic {wrong}", f"Bearer {right}", "Basic !!", ""):
        assert http.get("/health", headers={"authorization": header}).status_code == 401


def test_it_trains_behind_the_scenes_and_resumes(backend: Backend, http: Any, tmp_path: Path) -> None:
    backend.start()
    for row in range(10):
        hear(http, created(row))
    until = time.monotonic() + 30
    while backend.version == "askwise-0" and time.monotonic() < until:
        time.sleep(0.05)
    assert backend.version != "askwise-0"
    backend.close()
    again = Backend(
        Session(tmp_path / "s.aw", pool=[text(i) for i in range(60)], classes=CLASSES, strategy="margin", lease=None)
    )
    assert again.heard(deepcopy(created(3)))["answers"] == 0  # known from the log
    assert (
        again.heard({"action": "ANNOTATIONS_DELETED", "annotations": [{"id": 3}], "project": PROJECT})["withdrawn"] == 1
    )
    again.close()


def test_it_learns_though_answers_never_pause(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("askwise.bridge.ml_backend.backend.PATIENCE", 0.3)
    monkeypatch.setattr("askwise.bridge.ml_backend.backend.SETTLE", 0.2)
    backend.start()
    until, row = time.monotonic() + 30, 0
    while backend.version in ("askwise-0", "askwise-1") and time.monotonic() < until and row < 60:
        backend.heard(created(row))
        row += 1
        time.sleep(0.1)
    assert backend.version not in ("askwise-0", "askwise-1")


def test_a_spent_budget_is_said(tmp_path: Path) -> None:
    session = Session(
        tmp_path / "b.aw", pool=[text(i) for i in range(9)], classes=CLASSES, budget=Budget(answers=1), lease=None
    )
    made = Backend(session)
    http = TestClient(create_app(made), raise_server_exceptions=False)
    assert http.post("/webhook", json=created(0)).status_code == 200
    reply = http.post("/webhook", json=created(1))
    assert reply.status_code == 409 and "raise the budget" in reply.json()["detail"]
    made.close()
