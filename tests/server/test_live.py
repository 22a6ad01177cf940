"""The stream of a page: what it tells, when it ends, and that it keeps items hers."""

from __future__ import annotations

import json
import threading
import time

import pytest

from askwise.server.people import People
from askwise.server.room import Room
from askwise.server.routes.live import MOST_STREAMS
from askwise.server.serve import serve
from askwise.server.team import TeamAccess
from askwise.session import Budget, Session

from .conftest import CLASSES, texts


class Served:
    """A room for many behind a real server, in a thread; streams need one."""

    def __init__(self, folder):
        self.people = People(folder / "people.json")
        self.people.add("ana", "annotator", "a long password")
        self.people.add("rob", "machine")
        session = Session(
            folder / "room.aw",
            pool=texts(),
            classes=CLASSES,
            strategy="random",
            budget=Budget(answers=60),
            lease=0.5,
            guard=False,
        )
        self.room = Room(session, team=True)
        self.ready = threading.Event()

    def door(self, number):
        self.access = TeamAccess(self.people, number)
        return self.access

    def opened(self, link):
        self.link = link
        self.ready.set()


@pytest.fixture
def served(tmp_path, monkeypatch):
    import uvicorn

    one = Served(tmp_path)
    monkeypatch.setattr(uvicorn.Server, "capture_signals", lambda self: __import__("contextlib").nullcontext())
    servers = []
    run = uvicorn.Server.run
    monkeypatch.setattr(uvicorn.Server, "run", lambda self, **given: (servers.append(self), run(self, **given))[1])
    thread = threading.Thread(target=serve, args=(one.room,), kwargs={"opened": one.opened, "door": one.door})
    thread.start()
    assert one.ready.wait(120)
    yield one
    one.room.stop()
    servers[0].should_exit = True
    thread.join(20)
    assert not thread.is_alive()


def stream(served, token, seconds=30):
    """Events as they come: (name, data), or None for a sign of life."""
    import httpx

    headers = {"authorization": f"Bearer {token}"}
    with httpx.stream("GET", f"{served.link}api/events?seconds={seconds}", headers=headers, timeout=120) as reply:
        assert reply.status_code == 200, reply.read()
        assert reply.headers["content-type"].startswith("text/event-stream")
        assert reply.headers["cache-control"] == "no-store"
        name = ""
        for line in reply.iter_lines():
            if line.startswith("event:"):
                name = line.partition(": ")[2]
            elif line.startswith("data:"):
                yield name, json.loads(line.partition(": ")[2])
            elif line.startswith(":"):
                yield None


def call(served, token, path, body=None):
    import httpx

    headers = {"authorization": f"Bearer {token}"}
    given = {"headers": headers, "timeout": 20}
    return httpx.post(served.link + path, json=body, **given) if body else httpx.get(served.link + path, **given)


def test_a_stream_tells_of_what_others_do_and_ends_with_the_token(served):
    token, other = served.people.issue("ana"), served.people.issue("rob")
    events = stream(served, token)
    name, first = next(events)
    assert (name, first["annotator"], first["answers"]) == ("status", "ana", 0)
    item, then = call(served, other, "api/next?n=2&wait=10").json()["items"]
    body = {"event": "from-another", "query": item["query"], "label": "food"}
    assert call(served, other, "api/answers", body).status_code == 200
    told = next(event for event in events if event and event[1]["answers"])
    assert told[1]["answers"] == 1 and told[1]["annotator"] == "ana"
    served.people.remove("ana")
    call(served, other, "api/answers", {**body, "event": "not-for-ana", "query": then["query"]})
    assert [event for event in events if event and event[1]["answers"] > 1] == []  # it ended by itself


def test_an_open_stream_keeps_the_items_of_its_page(served, monkeypatch):
    from askwise.server.routes import live

    monkeypatch.setattr(live, "QUIET", 0.2)
    monkeypatch.setattr(live, "PAUSE", 0.05)
    token = served.people.issue("ana")
    events = stream(served, token)
    next(events)
    mine = {item["query"] for item in call(served, token, "api/next?n=3&wait=10").json()["items"]}
    end = time.monotonic() + 1.5  # three times as long as a lease
    while time.monotonic() < end:
        next(events)
    theirs = call(served, served.people.issue("rob"), "api/next?n=50&wait=5").json()["items"]
    assert mine and not mine & {item["query"] for item in theirs}
    events.close()


def test_streams_end_when_told_and_are_limited_for_each_person(served):
    token = served.people.issue("ana")
    assert len(list(stream(served, token, seconds=0))) == 1
    held = [stream(served, token) for _ in range(MOST_STREAMS)]
    for one in held:
        next(one)
    refused = call(served, token, "api/events?seconds=1")
    assert refused.status_code == 429 and refused.headers["retry-after"] == "5"
    for one in held:
        one.close()
