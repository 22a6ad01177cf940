"""Every operation of the API by Schemathesis: what it makes up gets no 500, and only answers that are described."""

from __future__ import annotations

import warnings

import pytest
from hypothesis import HealthCheck, Phase, settings

from askwise.server import guard
from askwise.server.app import create_app
from askwise.server.people import People
from askwise.server.room import Room
from askwise.server.routes import label
from askwise.server.team import TeamAccess
from askwise.session import Session

from .conftest import CLASSES, HOME, PORT, TestClient, texts

schemathesis = pytest.importorskip("schemathesis")

STREAMS = "/api/events"
"""Does not end by itself; tests/server/test_live.py has it."""

pytestmark = pytest.mark.filterwarnings("ignore")  # of a library that warns of its own dependencies


@pytest.fixture(scope="module")
def described(tmp_path_factory):
    """The description of a room for many, bound to its application, as its owner sees it."""
    folder, patch = tmp_path_factory.mktemp("fuzz"), pytest.MonkeyPatch()
    patch.setattr(guard, "PERSON_CALLS", (1e9, 1e9))
    patch.setattr(guard, "STRANGER_CALLS", (1e9, 1e9))
    patch.setattr(label, "LONGEST_WAIT", 0.1)
    people = People(folder / "people.json")
    people.add("olga", "owner", "a long password")
    session = Session(folder / "room.aw", pool=texts(60), classes=CLASSES, strategy="random", overlap=2, guard=False)
    room = Room(session, team=True).start()
    app = create_app(room, TeamAccess(people, PORT))
    headers = {"authorization": f"Bearer {people.issue('olga')}", "host": f"127.0.0.1:{PORT}"}
    http = TestClient(app, base_url=HOME)
    http.get("/api/next?n=12&wait=10", headers=headers)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        schema = schemathesis.openapi.from_asgi("/openapi.json", app, headers=headers)
    schema.config.base_url = HOME
    yield schema, headers, room, http
    room.close()
    patch.undo()


def check_operation(described, path, method, examples):
    schema, headers, _, _ = described
    checks = [
        schemathesis.checks.not_a_server_error,
        *(
            getattr(schemathesis.specs.openapi.checks, name)
            for name in ("status_code_conformance", "content_type_conformance", "response_schema_conformance")
        ),
    ]
    strategy = schema[path][method].as_strategy()

    @settings(
        max_examples=examples, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck),
        database=None, derandomize=True,
    )  # fmt: skip
    @__import__("hypothesis").given(case=strategy)
    def run(case):
        case.call_and_validate(base_url=HOME, headers=headers, checks=checks)

    run()


def operations(described):
    raw = described[0].raw_schema
    return [(path, method) for path, found in raw["paths"].items() for method in found if path != STREAMS]


def test_a_few_made_up_calls_of_every_operation(described):
    found = operations(described)
    assert len(found) >= 20
    for path, method in found:
        check_operation(described, path, method, 6)
    check_the_room_stands(described)


@pytest.mark.slow
def test_many_made_up_calls_of_every_operation(described):
    for path, method in operations(described):
        check_operation(described, path, method, 300)
    check_the_room_stands(described)


def check_the_room_stands(described):
    """After all that: the room answers, and its log folds to its state."""
    from askwise.session.state import fold

    _, headers, room, http = described
    assert http.get("/api/status", headers=headers).status_code == 200
    with room._lock:
        again = fold(room.session.events())
        assert (again.labels, set(again.open), again.seq) == (
            room.session.state.labels,
            set(room.session.state.open),
            room.session.state.seq,
        )
