"""Every route at once: how many there are, how they describe themselves, and which role may call which."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.routing import APIRoute

from askwise.server.app import create_app
from askwise.server.guard import OPEN, PAGES
from askwise.server.people import ROLES, People
from askwise.server.room import Room
from askwise.server.routes import routers
from askwise.server.routes.common import Allowed
from askwise.server.team import TeamAccess
from askwise.session import Session

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

PORT = 8000
HOME = f"http://127.0.0.1:{PORT}"
MOST_ROUTES = 40
STREAMS = {"/api/events"}
FREE = {*PAGES, "/api/login", "/api/logout"}
"""What needs no role: the shell, which holds nothing, and the door."""


@pytest.fixture(scope="module")
def team(tmp_path_factory: Any) -> Iterator[tuple[Any, list[APIRoute], dict[str, str]]]:
    """The application of a room for many, its routes, and a token of somebody in each role."""
    folder = tmp_path_factory.mktemp("routes")
    people = People(folder / "people.json")
    tokens = {}
    for role in ROLES:
        people.add(f"{role} one", role, None if role == "machine" else "a long password")
        tokens[role] = people.issue(f"{role} one")
    room = Room(Session(None, pool=["a b", "c d", "e f"], classes=["x", "y"], strategy="random"), team=True)
    access = TeamAccess(people, PORT)
    found = [route for router in routers(room, access) for route in router.routes if isinstance(route, APIRoute)]
    yield create_app(room, access), found, tokens
    room.close()


def roles_of(route: APIRoute) -> frozenset[str] | None:
    found = [one.dependency.roles for one in route.dependencies if isinstance(one.dependency, Allowed)]
    return frozenset.intersection(*found) if found else None


def test_there_are_at_most_forty_routes(team):
    assert 0 < len(team[1]) <= MOST_ROUTES


def test_every_route_says_who_may_call_it(team):
    for route in team[1]:
        if route.path in FREE:
            continue
        allowed = roles_of(route)
        assert allowed is not None, f"{route.path} names no role: put it in a router with dependencies=roles(...)"
        assert allowed and allowed <= set(ROLES), route.path
    assert OPEN <= FREE


def test_every_route_answers_with_a_model(team):
    for route in team[1]:
        if not route.path.startswith("/api/") or route.path in STREAMS:
            continue
        assert route.response_model is not None, f"{route.path} has no typed response"


def test_each_role_gets_through_where_it_may_and_nowhere_else(team):
    app, routes, tokens = team
    http = TestClient(app, base_url=HOME, raise_server_exceptions=False)
    for route, role in itertools.product(routes, ROLES):
        allowed = roles_of(route)
        if allowed is None:
            continue
        path = route.path_format.replace("{token}", "t").replace("{", "").replace("}", "")
        path += "?seconds=0" if route.path in STREAMS else ""
        headers = {"authorization": f"Bearer {tokens[role]}"}
        for method in route.methods:
            body = {"json": {}} if method in ("POST", "PUT", "PATCH", "DELETE") else {}
            status = http.request(method, path, headers=headers, **body).status_code
            assert (status == 403) == (role not in allowed), f"{method} {path} as {role}: {status}"
            assert status < 500, f"{method} {path} as {role}: {status}"


def test_the_description_is_for_those_who_are_logged_in(team):
    app, routes, tokens = team
    http = TestClient(app, base_url=HOME)
    assert http.get("/openapi.json").status_code == 401
    reply = http.get("/openapi.json", headers={"authorization": f"Bearer {tokens['annotator']}"})
    assert reply.status_code == 200
    said = reply.json()
    assert set(said["paths"]) == {route.path for route in routes} - set(PAGES)
    assert "script" not in reply.headers["content-type"] and "content-security-policy" in reply.headers
    for path, operations in said["paths"].items():
        for operation in operations.values():
            assert operation["responses"]["200"], path
            assert "HTTPValidationError" not in str(operation), path


@pytest.mark.parametrize("path", PAGES)
def test_each_page_has_the_shell_behind_the_door(team, path):
    app, _, _ = team
    http = TestClient(app, base_url=HOME)
    assert http.get(path).status_code == 401
    login = http.post("/api/login", json={"name": "owner one", "password": "a long password"}, headers={"origin": HOME})
    assert login.json() == {"name": "owner one"}
    reply = http.get(path)
    assert reply.status_code == 200
    assert reply.headers["content-type"].startswith("text/html")
