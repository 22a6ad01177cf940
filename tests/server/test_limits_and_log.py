"""Tokens and what they are good for, limits of calls, and a log that holds no secret."""

from __future__ import annotations

import json
import logging
import threading
import time

import pytest
from typer.testing import CliRunner

from askwise.cli import app as cli
from askwise.core.errors import BadInput, StoreError
from askwise.server import guard
from askwise.server.app import create_app
from askwise.server.journal import JOURNAL, Lines, keep, redact
from askwise.server.people import USED_SECONDS, People, beside
from askwise.server.room import Room
from askwise.server.team import TeamAccess
from askwise.session import Session

from .conftest import CLASSES, HOME, PORT, TestClient, texts

PASSWORD = "correct horse battery"


@pytest.fixture
def people(tmp_path):
    made = People(tmp_path / "room.aw.people.json")
    made.add("olga", "owner", PASSWORD)
    made.add("rob", "machine")
    return made


@pytest.fixture
def browser(people):
    room = Room(Session(None, pool=texts(30), classes=CLASSES, strategy="random", guard=False), team=True).start()

    def enter(token=None):
        http = TestClient(create_app(room, TeamAccess(people, PORT)), base_url=HOME, raise_server_exceptions=False)
        if token:
            http.headers["authorization"] = f"Bearer {token}"
        return http

    yield enter
    room.close()


# ---- tokens -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("scope", "reads", "answers"), [("all", 200, 200), ("answer", 200, 200), ("read", 200, 403)])
def test_a_token_is_good_for_its_scope(people, browser, scope, reads, answers):
    http = browser(people.issue("olga", scope=scope))
    page = http.get("/api/next?n=1&wait=10")
    assert page.status_code == reads
    body = {"event": "event-0001", "query": page.json()["items"][0]["query"], "label": "food"}
    assert http.post("/api/answers", json=body).status_code == answers


def test_a_small_scope_takes_the_role_away(people):
    assert people.by_token(people.issue("olga", scope="all")).acts_as == "owner"
    assert people.by_token(people.issue("olga", scope="answer")).acts_as == "machine"
    with pytest.raises(BadInput, match=r"no scope 'reed'.*'read'"):
        people.issue("olga", scope="reed")


def test_the_last_use_of_a_token_is_kept_to_the_hour(people, monkeypatch):
    token = people.issue("rob")
    assert people.get("rob").tokens[0].used == 0.0
    now = [time.time()]
    monkeypatch.setattr(time, "time", lambda: now[0])
    people.by_token(token)
    first = People(people.path).get("rob").tokens[0].used
    assert first == now[0]
    now[0] += USED_SECONDS - 1
    people.by_token(token)
    assert People(people.path).get("rob").tokens[0].used == first
    now[0] += 2
    people.by_token(token)
    assert People(people.path).get("rob").tokens[0].used == now[0]


def test_an_ended_and_a_revoked_token_are_worth_nothing(people, browser, monkeypatch):
    token, other = people.issue("rob", days=1), people.issue("rob", days=30)
    people.revoke("rob", other[:8])
    assert browser(other).get("/api/status").status_code == 401
    assert browser(token).get("/api/status").status_code == 200
    later = time.time() + 86_401
    monkeypatch.setattr(time, "time", lambda: later)
    assert people.by_token(token) is None
    with pytest.raises(BadInput, match="no token that begins with 'aw_nope'"):
        people.revoke("rob", "aw_nope")


def test_what_another_process_changes_is_seen_at_once_and_never_undone(people):
    server, command = People(people.path), People(people.path)
    token = command.issue("rob")
    assert server.by_token(token).name == "rob"  # this writes when it was used
    command.add("ana", "annotator", PASSWORD)
    assert server.get("ana").role == "annotator"
    command.remove("rob")
    assert server.by_token(token) is None and server.get("rob") is None
    assert {one.name for one in People(people.path)} == {"ana", "olga"}


def test_many_changes_at_once_are_all_kept(people):
    def add(i):
        People(people.path).add(f"machine {i}", "machine")

    threads = [threading.Thread(target=add, args=(i,)) for i in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(people) == 14


def test_a_file_of_the_first_format_is_read(tmp_path):
    token = {"prefix": "aw_abcde", "sha256": "0" * 64, "ends": 9e9}
    old = {"format": 1, "people": [{"name": "ana", "role": "annotator", "password": "x", "tokens": [token]}]}
    (tmp_path / "p.json").write_text(json.dumps(old))
    people = People(tmp_path / "p.json")
    assert (people.get("ana").tokens[0].scope, people.get("ana").tokens[0].used) == ("all", 0.0)
    people.add("rob", "machine")
    assert json.loads((tmp_path / "p.json").read_text())["format"] == 2


def test_the_command_line_shows_scopes_and_revokes(tmp_path):
    run, session = CliRunner(), str(tmp_path / "s.aw")
    run.invoke(cli, ["people", session, "add", "rob", "--role", "machine"])
    token = run.invoke(cli, ["people", session, "token", "rob", "--scope", "read"]).output.strip()
    listed = run.invoke(cli, ["people", session]).output
    assert f"{token[:8]}...  read, ends 2" in listed and "never used" in listed and token not in listed
    assert run.invoke(cli, ["people", session, "revoke", "rob", token[:8]]).exit_code == 0
    assert People(beside(session)).get("rob").tokens == ()


# ---- limits -------------------------------------------------------------------------------------------------------


def test_who_calls_too_often_has_to_wait_and_others_do_not(people, browser, monkeypatch):
    monkeypatch.setattr(guard, "PERSON_CALLS", (0.001, 3))
    http = browser(people.issue("rob"))
    assert [http.get("/api/status").status_code for _ in range(5)] == [200, 200, 200, 429, 429]
    refused = http.get("/api/status")
    assert int(refused.headers["retry-after"]) > 0 and "too many calls" in refused.json()["detail"]
    http.headers["authorization"] = f"Bearer {people.issue('olga')}"
    assert http.get("/api/status").status_code == 200


def test_strangers_are_limited_by_address(browser, monkeypatch):
    monkeypatch.setattr(guard, "STRANGER_CALLS", (0.001, 4))
    http = browser()
    assert [http.get("/api/status").status_code for _ in range(6)] == [401] * 4 + [429] * 2
    assert http.get("/static/icon.svg").status_code == 200


# ---- the log ------------------------------------------------------------------------------------------------------


@pytest.fixture
def logged():
    lines = []

    class Keeper(logging.Handler):
        def emit(self, record):
            lines.append(Lines().format(record))

    keeper, level = Keeper(), JOURNAL.level
    JOURNAL.addHandler(keeper)
    JOURNAL.setLevel(logging.INFO)
    yield lines
    JOURNAL.removeHandler(keeper)
    JOURNAL.setLevel(level)


def test_a_request_is_one_line_without_what_it_held(people, browser, logged):
    token = people.issue("rob")
    http = browser(token)
    item = http.get("/api/next?n=1&wait=10").json()["items"][0]
    body = {"event": "event-0001", "query": item["query"], "label": "food", "seconds": 1.5}
    http.post("/api/answers", json=body)
    stranger = browser()
    stranger.post("/api/login", json={"name": "olga", "password": PASSWORD}, headers={"origin": HOME})
    stranger.get("/?token=geheim")
    stranger.get("/api/status", headers={"host": "evil.example"})
    said = [json.loads(line) for line in logged]
    assert [(one["method"], one["path"], one["status"]) for one in said] == [
        ("GET", "/api/next", 200),
        ("POST", "/api/answers", 200),
        ("POST", "/api/login", 200),
        ("GET", "/", 200),
        ("GET", "/api/status", 403),
    ]
    assert (said[0]["who"], said[0]["role"], said[4]["who"]) == ("rob", "machine", None)
    assert all(one["ms"] >= 0 and one["at"].endswith("+00:00") for one in said)
    everything = "\n".join(logged)
    for secret in (token, PASSWORD, "geheim", "food", item["view"]["text"], "askwise_team"):
        assert secret not in everything


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("GET /?token=abc.def-123&n=6", "GET /?token=...&n=6"),
        ("Authorization: Bearer aw_abcdefgh12345", "Authorization: Bearer ..."),
        ('{"password": "hunter2 ", "n": 1}', '{"password": "... ", "n": 1}'),
        ("cookie: askwise_8000=xyz", "cookie: ..."),
        ("could not open postgresql://ana:geheim@db/labels", "could not open postgresql://ana:...@db/labels"),
        ("hash $argon2id$v=19$m=65536 done", "hash $argon2... done"),
        ("a token bucket, a password field", "a token bucket, a password field"),
    ],
)
def test_secrets_are_taken_out(text, kept):
    assert redact(text) == kept


def test_a_line_stays_one_line_and_errors_are_redacted():
    record = logging.LogRecord("askwise", logging.ERROR, "x", 1, "two\nlines %s", ("password=geheim",), None)
    line = Lines().format(record)
    assert "\n" not in line and json.loads(line)["message"] == "two\nlines password=..."


def test_the_log_goes_to_a_file(tmp_path):
    before = {name: list(logging.getLogger(name).handlers) for name in ("askwise", "uvicorn")}
    try:
        keep(str(tmp_path / "log.jsonl"))
        logging.getLogger("askwise.server").info("hello %s", "token=abc")
        (line,) = (tmp_path / "log.jsonl").read_text().splitlines()
        assert json.loads(line)["message"] == "hello token=..."
        with pytest.raises(BadInput, match="cannot be written"):
            keep(str(tmp_path / "none" / "log.jsonl"))
    finally:
        for name, handlers in before.items():
            for handler in set(logging.getLogger(name).handlers) - set(handlers):
                logging.getLogger(name).removeHandler(handler)
                handler.close()


def test_people_that_cannot_be_written_are_a_clear_error(tmp_path):
    (tmp_path / "file").write_text("no folder")
    people = People(tmp_path / "file" / "people.json")
    with pytest.raises(StoreError, match="check the folder"):
        people.add("rob", "machine")
