"""Who may come in, what leaves, and that text from the data stays text."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import askwise.server as server
from askwise.server.guard import LARGEST_BODY

STATIC = Path(server.__file__).parent / "static"

XSS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "javascript:alert(1)",
    "{{constructor.constructor('alert(1)')()}}",
    "</script><script>alert(1)</script>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "\u2028alert(1)\u2029",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "' onmouseover='alert(1)",
]


def test_the_link_works_once(make):
    caller = make(start=False)
    caller.http.cookies.clear()
    reply = caller.get(caller.access.link.replace("None", "x"))
    assert reply.status_code == 401
    assert "This room is locked" in reply.text
    assert "set-cookie" not in reply.headers


def test_the_cookie_is_strict_and_out_of_reach_of_scripts(make):
    from askwise.server.access import Access

    access = Access(8000)
    assert access.redeem("wrong") is None
    cookie = access.redeem(access.link.partition("token=")[2])
    assert cookie is not None and access.admits(cookie)
    assert not access.admits(None) and not access.admits("") and not access.admits("é")
    caller = make(start=False)
    caller.http.cookies.clear()
    caller.access._token = "again"
    header = caller.get("/?token=again").headers["set-cookie"]
    assert {"HttpOnly", "SameSite=strict", "Path=/"} <= {part.strip() for part in header.split(";")}
    assert header.startswith("askwise_8000=")


@pytest.mark.parametrize("path", ["/api/start", "/api/status", "/api/next", "/media/a/b", "/docs", "/openapi.json"])
def test_nothing_is_told_without_the_cookie(make, path):
    caller = make(start=False)
    caller.http.cookies.clear()
    assert caller.get(path).status_code == 401


@pytest.mark.parametrize("path", ["/api/answers", "/api/undo", "/api/skip", "/api/abstain"])
def test_nothing_is_taken_without_cookie_or_origin(make, path):
    caller = make()
    body = {"event": "event-xyz", "query": caller.items()[0]["query"], "label": "food"}
    for origin in ("http://evil.example", "null", "http://127.0.0.1:8001", "https://127.0.0.1:8000", ""):
        assert caller.post(path, body, origin=origin).status_code == 403
    assert caller.http.post(path, json=body).status_code == 403
    caller.http.cookies.clear()
    assert caller.post(path, body).status_code == 401
    assert caller.room.status().answers == 0


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:9", "localhost:8000.evil.example", ""])
def test_foreign_hosts_are_refused(make, host):
    caller = make(start=False)
    assert caller.get("/api/status", host=host).status_code == 403
    assert caller.get("/", host=host).status_code == 403


def test_loopback_names_are_hosts(make):
    caller = make(start=False)
    assert caller.get("/", host="localhost:8000").status_code == 200
    assert caller.get("/", host="[::1]:8000").status_code == 200


def test_methods_and_bodies_are_bounded(make):
    caller = make(start=False)
    big = {"event": "event-xyz", "query": 1, "label": "x" * LARGEST_BODY}
    assert caller.post("/api/answers", big).status_code == 413
    origin = {"origin": "http://127.0.0.1:8000"}
    assert caller.http.post("/api/answers", content=iter([b"{}"]), headers=origin).status_code == 411
    assert caller.http.delete("/api/answers", headers=origin).status_code in (405, 411)
    assert caller.http.post("/api/answers", content=b"{bad", headers=origin).status_code == 422
    form = {**origin, "content-type": "application/x-www-form-urlencoded"}
    assert caller.http.post("/api/answers", content=b"query=1", headers=form).status_code == 422


@pytest.mark.parametrize("path", ["/", "/api/status", "/static/icon.svg", "/nothing", "/media/a/b"])
def test_every_response_carries_the_headers(make, path):
    caller = make(start=False)
    headers = caller.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy and "unsafe" not in policy
    for rule in ("object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'", "script-src 'self'"):
        assert rule in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-frame-options"] == "DENY"
    assert headers["cache-control"] == ("no-cache" if path.startswith("/static/") else "no-store")
    assert "access-control-allow-origin" not in headers


def test_refusals_carry_the_headers_too(make):
    caller = make(start=False)
    assert "content-security-policy" in caller.get("/", host="evil.example").headers


@pytest.mark.parametrize("attack", XSS)
def test_text_from_data_and_labels_goes_out_as_json_only(make, attack):
    caller = make(pool=[f"{attack} {i}" for i in range(20)], classes=[attack, "b"], budget=None)
    reply = caller.get("/api/next?n=3&wait=10")
    assert reply.headers["content-type"] == "application/json"
    assert reply.json()["items"][0]["view"]["text"].startswith(attack)
    assert caller.label(reply.json()["items"][0]["query"], attack).status_code == 200
    refused = caller.label(reply.json()["items"][1]["query"], f"no {attack}")
    assert refused.status_code == 400
    assert refused.headers["content-type"] == "application/json"
    assert attack not in caller.get("/").text


def test_scripts_have_the_right_type_whatever_the_system_says(make):
    caller = make(start=False)
    for script in STATIC.rglob("*.js"):
        reply = caller.get(f"/static/{script.relative_to(STATIC).as_posix()}")
        assert reply.headers["content-type"].startswith("text/javascript")


def test_errors_never_echo_markup(make):
    caller = make(start=False)
    body = {"event": "<script>alert(1)</script>", "query": 1, "label": "food"}
    reply = caller.post("/api/answers", body)
    assert reply.status_code == 422
    assert "<script>" not in reply.text
    assert json.loads(reply.text)["detail"]
