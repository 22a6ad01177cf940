"""Rooms over small sessions, and clients that are let in."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from askwise.server.access import Access
from askwise.server.app import create_app
from askwise.server.room import Room
from askwise.session import Budget, Session

with warnings.catch_warnings():
    # Starlette moves from httpx to a successor; either serves here.
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

PORT = 8000
HOME = f"http://127.0.0.1:{PORT}"
CLASSES = ["food", "sport"]


def texts(n: int = 120) -> list[str]:
    """Sentences that tell the two classes apart, by turns."""
    food, sport = ("soup", "bread", "salad", "pasta"), ("match", "goal", "race", "team")
    return [
        f"the {word} was good, number {i}" for i, word in zip(range(n), itertools.cycle(food + sport), strict=False)
    ]


class Caller:
    """A browser's side of the API: the cookie, the Origin header, a fresh event id for each act."""

    def __init__(self, room: Room, access: Access) -> None:
        self.room, self.access = room, access
        self.http = TestClient(create_app(room, access), base_url=HOME, raise_server_exceptions=False)
        self.events = itertools.count()

    def enter(self) -> Caller:
        assert self.http.get(self.access.link).status_code == 200
        return self

    def get(self, path: str, **headers: str) -> Any:
        return self.http.get(path, headers=headers)

    def post(self, path: str, body: dict[str, Any], **headers: str) -> Any:
        return self.http.post(path, json=body, headers={"origin": HOME, **headers})

    def event(self) -> str:
        return f"event-{next(self.events):06d}"

    def items(self, n: int = 6, after: int = 0) -> list[dict[str, Any]]:
        found = self.get(f"/api/next?after={after}&n={n}&wait=10").json()
        items: list[dict[str, Any]] = found["items"]
        return items

    def label(self, query: int, label: Any = "food", event: str | None = None) -> Any:
        return self.post(
            "/api/answers", {"event": event or self.event(), "query": query, "label": label, "seconds": 1.5}
        )

    def act(self, name: str, query: int, event: str | None = None) -> Any:
        return self.post(f"/api/{name}", {"event": event or self.event(), "query": query})


@pytest.fixture
def make(tmp_path: Any) -> Iterator[Callable[..., Caller]]:
    """Opens rooms; closes them at the end."""
    rooms: list[Room] = []

    def open_room(
        path: str | None = "room.aw",
        start: bool = True,
        suggestions: str = "show",
        guidelines: Any = None,
        **settings: Any,
    ) -> Caller:
        settings = {
            "pool": texts(),
            "classes": CLASSES,
            "lease": None,
            "budget": Budget(answers=60),
            "strategy": "margin",
        } | settings
        session = Session(None if path is None else tmp_path / path, **settings)
        room = Room(
            session,
            title="texts.csv",
            export_command="askwise export room.aw labels.jsonl",
            suggestions=suggestions,
            guidelines=guidelines,
        )
        rooms.append(room)
        return Caller(room.start() if start else room, Access(PORT)).enter()

    yield open_room
    for room in rooms:
        room.close()
