"""A room for several people: log-in, tokens, desks, overlap, and what each may not do."""

from __future__ import annotations

import json
import stat
import threading

import pytest
from typer.testing import CliRunner

from askwise.cli import app as cli
from askwise.core.errors import BadInput, StoreError
from askwise.server.app import create_app
from askwise.server.people import People, beside
from askwise.server.room import Room
from askwise.server.team import TeamAccess, TooMany
from askwise.session import Budget, Session

from .conftest import CLASSES, HOME, PORT, TestClient, texts

PASSWORD = "correct horse battery"


@pytest.fixture
def people(tmp_path):
    made = People(tmp_path / "room.aw.people.json")
    for name, role in (("ana", "annotator"), ("ben", "annotator"), ("rob", "machine")):
        made.add(name, role, None if role == "machine" else PASSWORD)
    return made


@pytest.fixture
def team(people, tmp_path):
    session = Session(
        tmp_path / "room.aw",
        pool=texts(),
        classes=CLASSES,
        strategy="margin",
        budget=Budget(answers=60),
        overlap=2,
        lease=600.0,
    )
    room = Room(session, title="texts.csv", team=True).start()
    access = TeamAccess(people, PORT)
    yield Team(room, access)
    room.close()


class Team:
    def __init__(self, room, access):
        self.room, self.access, self.count = room, access, 0

    def browser(self):
        return TestClient(create_app(self.room, self.access), base_url=HOME, raise_server_exceptions=False)

    def enter(self, name):
        http = self.browser()
        reply = http.post("/api/login", json={"name": name, "password": PASSWORD}, headers={"origin": HOME})
        assert reply.status_code == 200, reply.text
        return http

    def event(self):
        self.count += 1
        return f"event-{self.count:06d}"

    def items(self, http, n=6):
        return http.get(f"/api/next?n={n}&wait=10").json()["items"]

    def label(self, http, query, label="food"):
        body = {"event": self.event(), "query": query, "label": label, "seconds": 1.0}
        return http.post("/api/answers", json=body, headers={"origin": HOME})


def test_nobody_comes_in_without_a_password(team):
    http = team.browser()
    assert http.get("/").status_code == 401
    assert "Log in" in http.get("/").text
    assert http.get("/api/status").status_code == 401
    wrong = http.post("/api/login", json={"name": "ana", "password": "wrong wrong"}, headers={"origin": HOME})
    nobody = http.post("/api/login", json={"name": "eve", "password": PASSWORD}, headers={"origin": HOME})
    assert (wrong.status_code, nobody.status_code) == (401, 401)
    assert wrong.json() == nobody.json() == {"detail": "the name or the password is wrong"}
    machine = http.post("/api/login", json={"name": "rob", "password": ""}, headers={"origin": HOME})
    assert machine.status_code == 401
    foreign = http.post(
        "/api/login", json={"name": "ana", "password": PASSWORD}, headers={"origin": "http://evil.example"}
    )
    assert foreign.status_code == 403


def test_the_cookie_is_strict_and_ends_with_logging_out(team):
    http = team.enter("ana")
    cookie = next(iter(http.cookies.jar))
    assert cookie.has_nonstandard_attr("HttpOnly") and cookie.get_nonstandard_attr("SameSite") == "strict"
    assert http.get("/").status_code == 200
    assert http.get("/api/status").json()["annotator"] == "ana"
    value = cookie.value
    assert http.post("/api/logout", json={}, headers={"origin": HOME}).status_code == 200
    again = team.browser()
    again.cookies.set(cookie.name, value)
    assert again.get("/api/status").status_code == 401


def test_two_people_answer_the_same_rows_and_each_her_own_desk(team):
    ana, ben = team.enter("ana"), team.enter("ben")
    mine, theirs = team.items(ana), team.items(ben)
    assert {one["query"] for one in mine} == {one["query"] for one in theirs}  # overlap 2: both are to answer
    query = mine[0]["query"]
    assert team.label(ana, query).status_code == 200
    assert team.label(ana, query).status_code == 409  # she has answered this row
    assert team.label(ben, query, "sport").status_code == 200
    answers = {answer.annotator: answer.label for answer in team.room.session.answers}
    assert answers == {"ana": "food", "ben": "sport"}
    undone = ben.post("/api/undo", json={"event": team.event(), "query": query}, headers={"origin": HOME})
    assert undone.status_code == 200
    assert [answer.annotator for answer in team.room.session.answers] == ["ana"]
    assert (
        ana.post("/api/undo", json={"event": team.event(), "query": 999}, headers={"origin": HOME}).status_code == 400
    )


def test_a_machine_comes_with_a_token(team, people):
    token = people.issue("rob")
    http = team.browser()
    http.headers["authorization"] = f"Bearer {token}"
    item = team.items(http)[0]
    body = {"event": team.event(), "query": item["query"], "label": "food", "seconds": 0.1}
    assert http.post("/api/answers", json=body).status_code == 200  # no origin: a token is no cookie
    assert team.room.session.answers[0].annotator == "rob"
    http.headers["authorization"] = "Bearer aw_wrong"
    assert http.get("/api/status").status_code == 401
    people.remove("rob")
    http.headers["authorization"] = f"Bearer {token}"
    assert http.get("/api/status").status_code == 401


def test_ten_people_at_once_answer_each_row_as_often_as_wanted(tmp_path):
    people = People(tmp_path / "p.json")
    names = [f"p{i}" for i in range(10)]
    tokens = []
    for name in names:
        people.add(name, "machine")
        tokens.append(people.issue(name))
    session = Session(
        tmp_path / "r.aw",
        pool=texts(40),
        classes=CLASSES,
        strategy="random",
        budget=Budget(answers=40),
        overlap=2,
        lease=600.0,
    )
    room = Room(session, team=True).start()
    team = Team(room, TeamAccess(people, PORT))
    refused = []

    def work(token):
        http = team.browser()
        http.headers["authorization"] = f"Bearer {token}"
        place = 0
        for _ in range(40):
            page = http.get(f"/api/next?n=2&after={place}&wait=1").json()
            if not page["items"]:
                if page["finished"]:
                    return
                continue
            for item in page["items"]:
                place = item["place"]
                body = {
                    "event": f"{token[-12:]}-{item['query']:06d}",
                    "query": item["query"],
                    "label": "food",
                    "seconds": 0.1,
                }
                reply = http.post("/api/answers", json=body)
                if reply.status_code != 200:
                    refused.append(reply.text)

    threads = [threading.Thread(target=work, args=(token,)) for token in tokens]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    room.close()
    assert refused == []
    record = Session.open(tmp_path / "r.aw")
    given = [(answer.row, answer.annotator) for answer in record.answers]
    assert len(given) == len(set(given)) == 40
    per_row = [sum(row == other for other, _ in given) for row in {row for row, _ in given}]
    assert set(per_row) == {2}


def test_wrong_passwords_have_to_wait(people):
    now = [1000.0]
    access = TeamAccess(people, PORT, clock=lambda: now[0])
    for _ in range(5):
        assert access.log_in("ana", "wrong wrong", "10.0.0.1") is None
    with pytest.raises(TooMany, match="try again in 1 seconds"):
        access.log_in("ana", PASSWORD, "10.0.0.2")
    assert access.log_in("ben", PASSWORD, "10.0.0.1") is not None  # another name from there may still come
    now[0] += 1.5
    assert access.log_in("ana", "wrong wrong", "10.0.0.3") is None
    with pytest.raises(TooMany, match="try again in 2 seconds"):
        access.log_in("ana", PASSWORD, "10.0.0.2")
    now[0] += 2.5
    assert access.log_in("ana", PASSWORD, "10.0.0.2") is not None
    for i in range(20):
        access.log_in(f"guess{i}", "wrong wrong", "10.0.0.9")
    with pytest.raises(TooMany):
        access.log_in("ana", PASSWORD, "10.0.0.9")


def test_a_log_in_ends_after_a_day_and_with_removal(people):
    now = [1000.0]
    access = TeamAccess(people, PORT, clock=lambda: now[0])
    cookie = access.log_in("ana", PASSWORD, "x")
    assert access.who(cookie, None).name == "ana"
    now[0] += 86_401
    assert access.who(cookie, None) is None
    cookie = access.log_in("ana", PASSWORD, "x")
    people.remove("ana")
    assert access.who(cookie, None) is None


def test_people_are_kept_as_hashes_in_a_file_of_their_owner(people):
    token = people.issue("ana")
    text = people.path.read_text()
    assert stat.S_IMODE(people.path.stat().st_mode) == 0o600
    assert PASSWORD not in text and token not in text and "$argon2id$" in text
    again = People(people.path)
    assert again.by_password("ana", PASSWORD).role == "annotator"
    assert again.by_token(token).name == "ana"
    assert again.by_password("ana", "wrong wrong") is None


@pytest.mark.parametrize(
    ("name", "role", "password", "said"),
    [
        ("ana", "annotator", PASSWORD, "'ana' is there already"),
        ("", "annotator", PASSWORD, "cannot be used"),
        (" x", "annotator", PASSWORD, "cannot be used"),
        ("x\n", "annotator", PASSWORD, "cannot be used"),
        ("x", "anotator", PASSWORD, "no role 'anotator'.*'annotator'"),
        ("x", "annotator", "short", "a password of 5 characters is short"),
    ],
)
def test_odd_people_are_refused(people, name, role, password, said):
    with pytest.raises(BadInput, match=said):
        people.add(name, role, password)


def test_damaged_files_of_people_are_refused(tmp_path):
    (tmp_path / "p.json").write_text("{")
    with pytest.raises(StoreError, match="cannot be read"):
        People(tmp_path / "p.json")
    (tmp_path / "p.json").write_text(json.dumps({"format": 99, "people": []}))
    with pytest.raises(StoreError, match="no file of people of format 2"):
        People(tmp_path / "p.json")


def test_the_command_line_adds_lists_and_removes(tmp_path):
    run, session = CliRunner(), str(tmp_path / "s.aw")
    added = run.invoke(cli, ["people", session, "add", "ana"])
    assert added.exit_code == 0 and "with the password  " in added.output
    password = added.output.strip().split()[-1]
    assert People(beside(session)).by_password("ana", password) is not None
    assert run.invoke(cli, ["people", session]).output == "ana  annotator\n"
    token = run.invoke(cli, ["people", session, "token", "ana"]).output.strip()
    assert People(beside(session)).by_token(token).name == "ana"
    assert run.invoke(cli, ["people", session, "remove", "bob"]).exit_code == 2
    assert run.invoke(cli, ["people", session, "remove", "ana"]).exit_code == 0
    assert run.invoke(cli, ["people", session, "dance", "ana"]).exit_code == 2


def test_serving_needs_people_and_keeps_passwords_off_the_open_wire(tmp_path):
    file = tmp_path / "t.csv"
    file.write_text("text\n" + "\n".join(texts(20)))
    run, session = CliRunner(), str(tmp_path / "s.aw")
    given = ["serve", str(file), "--text", "text", "--classes", "food,sport", "--session", session]
    nobody = run.invoke(cli, given)
    assert nobody.exit_code == 2 and "add people first" in nobody.output
    run.invoke(cli, ["people", session, "add", "ana"])
    open_wire = run.invoke(cli, [*given, "--host", "0.0.0.0"])
    assert open_wire.exit_code == 2 and "passwords would travel in the clear" in open_wire.output
