"""Review, insight, the map and people over HTTP: what judges see, what they do, and who may not."""

from __future__ import annotations

import time

import pytest

from askwise.server.app import create_app
from askwise.server.people import People
from askwise.server.room import Room
from askwise.server.team import TeamAccess
from askwise.session import Answer, Budget, Session
from askwise.session.state import fold

from .conftest import CLASSES, HOME, PORT, TestClient, texts

SAID = {3: ("food", "sport", "food"), 5: ("food", "food"), 8: ("sport", "food"), 9: (None,), 11: ("sport", "sport")}


@pytest.fixture
def room(make):
    """A room whose rows some people answered before."""
    caller = make(overlap=3, budget=Budget(answers=100))
    answers = [
        Answer(row=row, label=label, annotator=who, kind="label" if label else "abstain", seconds=2.0)
        for row, labels in SAID.items()
        for who, label in zip(("ana", "ben", "cleo"), labels, strict=False)
    ]
    caller.room.soon(lambda: caller.room.session.tell(answers)).result(10)
    return caller


def word(room, row, label="food", **more):
    return room.post(
        "/api/review/rulings", {"event": room.event(), "row": row, "label": label, "reason": "hard", **more}
    )


def test_the_queue_hides_names_and_shows_answers_side_by_side(room):
    queue = room.get("/api/review/queue").json()
    assert queue["total"] == 3 and {one["row"] for one in queue["items"]} == {3, 8, 9}
    values = [one["value"] for one in queue["items"]]
    assert values == sorted(values, reverse=True)
    item = next(one for one in queue["items"] if one["row"] == 3)
    assert sorted(v["who"] for v in item["voices"]) == ["A", "B", "C"]
    assert sorted(v["label"] for v in item["voices"]) == ["food", "food", "sport"]
    assert item["view"]["text"] == texts()[3]
    named = room.get("/api/review/queue?names=true").json()["items"]
    assert {v["who"] for one in named for v in one["voices"]} == {"ana", "ben", "cleo"}


def test_a_word_is_the_label_and_is_undone(room):
    reply = word(room, 8, "sport")
    assert reply.status_code == 200 and reply.json()["label"] == "sport" and reply.json()["total"] == 2
    ruled = room.get("/api/review/queue?ruled=true").json()
    assert ruled["items"][0]["ruling"] == {**ruled["items"][0]["ruling"], "reviewer": "me", "reason": "hard"}
    assert fold(room.room.session.events()).labels[8] == "sport"
    assert room.post("/api/review/undo", {"row": 8}).json()["total"] == 3
    assert room.post("/api/review/undo", {"row": 8}).status_code == 400


def test_bad_words_are_refused(room):
    assert word(room, 50).status_code == 400 and "no answer to judge" in word(room, 50).json()["detail"]
    assert word(room, 3, "fool").status_code == 400
    assert word(room, 3, reason="mood").status_code == 400
    assert word(room, -1).status_code == 422


def test_agreement(room):
    found = room.get("/api/review/agreement").json()
    assert found["shared"] == 4 and {one["name"] for one in found["coefficients"]} >= {"percent", "fleiss_kappa"}
    assert room.get("/api/review/agreement?scale=odd").status_code == 400


def test_insight_counts_what_is_there(room):
    found = room.get("/api/insight").json()
    assert found["classes"] == CLASSES and found["disputes"] == 3 and found["truth"] == "majority"
    people = {one["name"]: one for one in found["workers"]}
    assert people["ana"]["answers"] == 5 and people["ana"]["unsure"] == 1 and people["ana"]["seconds"] == 2.0
    assert people["ana"]["confusion"] is None  # four shared rows say too little
    assert "Too early" in found["advice"] and not found["stop"]


def test_savings_are_worked_out_beside_and_trouble_is_said(room):
    room.post("/api/insight/savings", {})
    until = time.monotonic() + 300
    while (found := room.get("/api/insight").json())["working"] and time.monotonic() < until:
        time.sleep(0.05)
    assert "control arm" in found["trouble"] and found["savings"] is None


def test_the_map_has_a_place_for_every_row_and_colours_once_there_is_a_model(room):
    drawn = room.get("/api/insight/map").json()
    assert drawn["rows"] == list(range(120)) and len(drawn["x"]) == len(drawn["y"]) == 120
    assert all(0 <= value <= 4095 for value in drawn["x"] + drawn["y"]) and 0 < drawn["explained"] <= 1
    assert room.get("/api/insight/map?method=tsne").status_code == 400
    for item in room.items(6):
        room.label(item["query"], "food")
    until = time.monotonic() + 300
    while (ground := room.get("/api/insight/ground").json())["doubts"] is None and time.monotonic() < until:
        time.sleep(0.1)
    assert len(ground["doubts"]) == 120 and all(0 <= doubt <= 100 for doubt in ground["doubts"])
    assert ground["labels"][5] == CLASSES.index("food") and ground["labels"][11] == CLASSES.index("sport")


def test_search_by_text_and_by_neighbours(room):
    found = room.get("/api/insight/find?text=SOUP").json()
    assert found["rows"] == [row for row, text in enumerate(texts()) if "soup" in text] and found["total"] == 15
    near = room.get("/api/insight/find?near=3").json()
    assert near["rows"][0] == 3 and near["scores"] == sorted(near["scores"], reverse=True)
    shown = room.get("/api/insight/rows?rows=3,5").json()["rows"]
    assert [one["view"]["text"] for one in shown] == [texts()[3], texts()[5]] and shown[1]["label"] == "food"
    assert room.get("/api/insight/rows?rows=3,999").status_code == 400
    assert room.get("/api/insight/rows?rows=3;drop").status_code == 422
    assert room.get("/api/insight/find?text=%20").status_code == 400


def test_a_lasso_labels_what_has_no_label_and_is_undone_as_a_whole(room):
    rows = [0, 3, 5, 20, 21, 22]
    body = {"event": "lasso-000001", "rows": rows, "label": "sport"}
    assert room.post("/api/insight/bulk", body).json() == {"event": "lasso-000001", "done": 4, "left": 2}
    assert room.post("/api/insight/bulk", body).json()["done"] == 0  # once more changes nothing
    session = room.room.session
    marked = [answer for answer in session.answers if answer.bulk]
    assert {answer.row for answer in marked} == {0, 20, 21, 22} and session.labels[5] == "food"
    assert room.post("/api/insight/unbulk", {"event": "lasso-000001"}).json()["done"] == 4
    assert not set(session.labels) & {20, 21, 22}
    many = {"event": "lasso-000002", "rows": list(range(100)), "label": "sport"}
    assert room.post("/api/insight/bulk", many).status_code == 409
    assert room.post("/api/insight/bulk", {**many, "rows": [500]}).status_code == 400


def test_the_owner_looks_after_people(tmp_path):
    people = People(tmp_path / "people.json")
    people.add("olga", "owner", "a long password")
    people.add("rita", "reviewer", "a long password")
    token = people.issue("olga")
    room = Room(Session(None, pool=texts(), classes=CLASSES, strategy="random"), team=True)
    http = TestClient(create_app(room, TeamAccess(people, PORT)), base_url=HOME)
    http.headers["authorization"] = f"Bearer {token}"
    known = http.get("/api/admin/people").json()
    assert [one["name"] for one in known["people"]] == ["olga", "rita"] and not known["single"]
    assert known["people"][0]["tokens"][0]["prefix"] == token[:8] and "sha256" not in str(known)
    made = http.post("/api/admin/people", json={"name": "ana", "role": "annotator"}).json()
    assert people.by_password("ana", made["secret"]).role == "annotator"
    assert http.post("/api/admin/people", json={"name": "ana", "role": "king"}).status_code == 400
    issued = http.post("/api/admin/token", json={"name": "ana", "days": 3}).json()["secret"]
    assert people.by_token(issued).name == "ana"
    left = http.post("/api/admin/remove", json={"name": "ana"}).json()["people"]
    assert [one["name"] for one in left] == ["olga", "rita"] and people.by_token(issued) is None
    assert "is you" in http.post("/api/admin/remove", json={"name": "olga"}).json()["detail"]
    room.close()


def test_a_room_for_one_has_nobody_to_let_in(room):
    assert room.get("/api/admin/people").json()["single"]
    assert room.post("/api/admin/people", {"name": "ana", "role": "owner"}).status_code == 400
