"""What the room does with labels, skips, undos and repeats, over HTTP."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from askwise.core.errors import StoreError
from askwise.session import Budget, Session


def wait_until(true, seconds=120.0):
    end = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)
    return found


def test_start_tells_all_that_the_page_needs(make):
    caller = make()
    opening = caller.get("/api/start").json()
    assert [option["key"] for option in opening["task"]["options"]] == ["1", "2"]
    status = opening["status"]
    assert (status["labels"], status["budget"], status["rows"], status["title"]) == (0, 60, 120, "texts.csv")
    assert status["balance"] == [{"label": c, "text": c, "count": 0} for c in ("food", "sport")]
    assert status["export_command"].startswith("askwise export")


def test_items_come_in_order_with_view_and_reason(make):
    caller = make()
    items = caller.items()
    assert len(items) == 6
    assert [item["place"] for item in items] == sorted(item["place"] for item in items)
    assert items[0]["view"]["kind"] == "text" and "number" in items[0]["view"]["text"]
    assert {"strategy", "reason", "rank", "score"} <= set(items[0]["why"])
    later = caller.items(after=items[-1]["place"])
    assert not {item["query"] for item in items} & {item["query"] for item in later}


def test_the_room_keeps_at_least_five_ahead(make):
    caller = make()
    caller.items()
    for _ in range(20):
        wait_until(lambda: len(caller.items(n=50)) >= 5)
        caller.label(caller.items(n=1)[0]["query"])


def test_a_label_is_stored_when_the_call_returns(make, tmp_path):
    caller = make()
    item = caller.items()[0]
    receipt = caller.label(item["query"], "sport")
    assert receipt.status_code == 200
    assert receipt.json()["status"]["labels"] == 1
    (answer,) = Session.open(tmp_path / "room.aw").answers
    assert (answer.label, answer.query, answer.seconds, answer.annotator) == ("sport", item["query"], 1.5, "me")


def test_a_repeated_event_counts_once(make, tmp_path):
    caller = make()
    query = caller.items()[0]["query"]
    replies = [caller.label(query, "food", event="same-event-1") for _ in range(3)]
    assert [reply.status_code for reply in replies] == [200, 200, 200]
    assert {reply.json()["status"]["labels"] for reply in replies} == {1}
    assert len(Session.open(tmp_path / "room.aw").answers) == 1


def test_a_second_answer_under_another_event_is_a_conflict(make):
    caller = make()
    query = caller.items()[0]["query"]
    caller.label(query, "food")
    again = caller.label(query, "sport")
    assert again.status_code == 409
    assert "answered already ('food'); undo that first" in again.json()["detail"]


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        ({"label": "foot"}, 400, "Did you mean 'food'?"),
        ({"label": 3}, 400, "none of the 2 classes"),
        ({"label": None}, 400, "the label None is none of the 2 classes"),
        ({"label": {"a": 1}}, 400, "none of the 2 classes"),
        ({}, 422, "label"),
        ({"label": "food", "query": 99_999}, 400, "never asked"),
        ({"label": "food", "query": "0"}, 422, "query"),
        ({"label": "food", "event": "x"}, 422, "event"),
        ({"label": "food", "event": "has spaces in it"}, 422, "event"),
        ({"label": "food", "seconds": -1}, 422, "seconds"),
        ({"label": "food", "row": 7}, 422, "row"),
    ],
)
def test_bad_answers_are_refused_and_leave_nothing(make, body, status, says):
    caller = make()
    query = caller.items()[0]["query"]
    reply = caller.post("/api/answers", {"event": caller.event(), "query": query, **body})
    assert reply.status_code == status
    assert says in reply.json()["detail"]
    assert caller.get("/api/status").json()["answers"] == 0


def test_undo_brings_the_item_back_and_frees_its_answer(make):
    caller = make()
    first, second = caller.items()[:2]
    caller.label(first["query"], "food")
    caller.label(second["query"], "food")
    receipt = caller.act("undo", second["query"]).json()
    assert receipt["reopened"]["query"] == second["query"]
    assert receipt["reopened"]["view"] == second["view"]
    assert receipt["status"]["labels"] == 1
    assert caller.items(n=1)[0]["query"] == second["query"]
    assert caller.label(second["query"], "sport").json()["status"]["labels"] == 2
    assert caller.room.session.labels[caller.room.session.queries[second["query"]].row] == "sport"


def reload(caller, first=None, n=6):
    """What a page gets that was loaded anew: it knows of no place, and at best what it showed."""
    named = "" if first is None else f"&first={first}"
    return [item["query"] for item in caller.get(f"/api/next?n={n}&wait=10{named}").json()["items"]]


def test_a_page_that_is_loaded_anew_shows_what_it_showed(make):
    caller = make()
    held = [item["query"] for item in caller.items()]
    assert reload(caller) == held and reload(caller, held[4]) == [held[4], *held[:4], held[5]]
    assert reload(caller) == [held[4], *held[:4], held[5]]  # from now on it lies there
    caller.label(held[0])
    assert caller.act("undo", held[0]).json()["reopened"]["place"] < 1
    assert reload(caller)[0] == held[0]  # what was brought back lies before all others


def test_a_skipped_item_that_was_brought_back_stays_through_status_and_reload(make):
    caller = make()
    held = [item["query"] for item in caller.items()]
    caller.act("skip", held[0])
    assert caller.act("undo", held[0]).json()["reopened"]["query"] == held[0]
    caller.get("/api/status")
    assert reload(caller)[0] == reload(caller, held[0])[0] == held[0]
    caller.act("skip", held[0])
    assert held[0] not in reload(caller, held[0], n=50)


def test_what_is_not_hers_any_more_is_not_shown_first(make):
    caller = make()
    held = [item["query"] for item in caller.items()]
    caller.label(held[0])
    for other in (held[0], 10_000, -1):
        assert reload(caller, other)[0] == held[1]
    room = caller.room
    (lent,) = room.session.ask(1, "somebody else")
    assert lent.number not in reload(caller, lent.number, n=50)


def test_after_a_restart_the_page_gets_the_item_that_it_showed(make):
    caller = make()
    held = [item["query"] for item in caller.items()]
    caller.room.close()
    assert reload(make(), held[3])[0] == held[3]


def test_undo_is_harmless_when_repeated_and_refused_out_of_order(make):
    caller = make()
    first, second = caller.items()[:2]
    caller.label(first["query"])
    caller.label(second["query"])
    assert caller.act("undo", first["query"]).status_code == 409
    for _ in range(3):
        assert caller.act("undo", second["query"], event="undo-event-1").status_code == 200
    assert caller.get("/api/status").json()["labels"] == 1
    assert caller.act("undo", first["query"]).status_code == 200
    assert caller.act("undo", 99_999).status_code == 400


def test_undo_takes_back_nothing_that_was_told_from_elsewhere(make, tmp_path):
    pool = [f"text number {i}" for i in range(20)]
    given = {"pool": pool, "budget": Budget(answers=9), "strategy": "margin", "lease": None}
    with Session(tmp_path / "room.aw", classes=["food", "sport"], **given) as session:
        asked = session.ask(1)[0]
        session.tell({"row": asked.row, "label": "food", "query": asked.number})
        free = 0 if asked.row else 1
        session.tell({"row": free, "label": "sport"})
    again = make(**given)
    reply = again.act("undo", asked.number)
    assert reply.status_code == 409 and f"about row {free!r}, given without this page" in reply.json()["detail"]
    assert again.get("/api/status").json()["labels"] == 2


def test_no_time_is_left_when_all_is_answered(make):
    caller = make(pool=[f"text {i}" for i in range(6)], budget=Budget(answers=6), control=0.0)
    for _ in range(6):
        status = caller.label(caller.items(n=1)[0]["query"]).json()["status"]
    assert (status["answers"], status["eta_seconds"]) == (6, None)


def test_a_skipped_row_costs_nothing_and_comes_back(make):
    caller = make(pool=[f"text {i}" for i in range(8)], budget=Budget(answers=8), control=0.0)
    skipped = caller.items(n=1)[0]
    assert caller.act("skip", skipped["query"]).json()["status"]["skipped"] == 1
    assert caller.act("skip", skipped["query"]).status_code == 200
    seen = []
    while not caller.get("/api/status").json()["finished"]:
        for item in caller.items(n=1):
            seen.append(item["id"])
            caller.label(item["query"])
    assert len(seen) == 8
    assert skipped["id"] in seen


def test_undo_after_a_skip_shows_the_item_again_without_undoing_an_answer(make):
    caller = make()
    first, second = caller.items()[:2]
    caller.label(first["query"])
    caller.act("skip", second["query"])
    receipt = caller.act("undo", second["query"]).json()
    assert receipt["reopened"]["query"] == second["query"]
    assert receipt["status"]["labels"] == 1
    assert caller.label(second["query"]).json()["status"]["labels"] == 2


def test_a_row_brought_back_and_asked_anew_is_answered_once(make):
    caller = make(pool=[f"text {i}" for i in range(8)], budget=Budget(answers=8), control=0.0)
    items = wait_until(lambda: len(found := caller.items(n=50)) == 8 and found)
    skipped = items[0]
    caller.act("skip", skipped["query"])
    wait_until(lambda: any(item["id"] == skipped["id"] for item in caller.items(n=50)))
    caller.act("undo", skipped["query"])
    caller.label(skipped["query"])
    assert not any(item["id"] == skipped["id"] for item in caller.items(n=50))
    for item in items[1:]:
        caller.label(item["query"])
    wait_until(lambda: caller.get("/api/status").json()["finished"])
    assert len(caller.room.session.answers) == 8


def test_unsure_is_an_answer_without_a_label(make):
    caller = make()
    item = caller.items()[0]
    receipt = caller.act("abstain", item["query"], event="abstain-event")
    caller.act("abstain", item["query"], event="abstain-event")
    status = receipt.json()["status"]
    assert (status["unsure"], status["labels"], status["answers"]) == (1, 0, 1)
    (answer,) = caller.room.session.answers
    assert (answer.kind, answer.label) == ("abstain", None)
    assert caller.act("undo", item["query"]).json()["status"]["unsure"] == 0


def test_it_learns_suggests_and_finishes(make):
    caller = make(budget=Budget(answers=40))
    suggested = []
    while not (page := caller.get("/api/next?n=1&wait=10").json())["finished"]:
        for item in page["items"]:
            suggested.append((item["arm"], item["suggestion"]))
            food = any(word in item["view"]["text"] for word in ("soup", "bread", "salad", "pasta"))
            assert caller.label(item["query"], "food" if food else "sport").status_code == 200
    status = caller.get("/api/status").json()
    assert (status["answers"], status["labels"]) == (40, 40)
    assert "budget" in page["finished"] and page["items"] == []
    assert status["model"] >= 2
    shown = [suggestion for arm, suggestion in suggested if suggestion]
    assert shown and all(0.5 <= one["probability"] <= 1.0 for one in shown)
    assert sum(entry["count"] for entry in status["balance"]) == 40


def test_control_items_show_no_suggestion_and_measure_accuracy(make):
    caller = make(budget=Budget(answers=60), control=0.5)
    arms = []
    while not (page := caller.get("/api/next?n=1&wait=10").json())["finished"]:
        for item in page["items"]:
            arms.append(item["arm"])
            assert item["arm"] != "control" or item["suggestion"] is None
            food = any(word in item["view"]["text"] for word in ("soup", "bread", "salad", "pasta"))
            caller.label(item["query"], "food" if food else "sport")
    status = caller.get("/api/status").json()
    assert arms.count("control") == 30
    assert status["accuracy"]["n"] >= 15
    assert status["accuracy"]["low"] <= status["accuracy"]["value"] <= status["accuracy"]["high"]
    assert [point["labels"] for point in status["curve"]] == sorted(point["labels"] for point in status["curve"])


def test_images_are_served_by_opaque_name_only(make):
    import io

    from PIL import Image

    def png(value):
        stream = io.BytesIO()
        Image.fromarray(np.full((8, 8), value, dtype=np.uint8)).save(stream, "png")
        return stream.getvalue()

    caller = make(pool=[png(i) for i in range(20)], budget=None)
    item = caller.items(n=1)[0]
    url = item["view"]["url"]
    assert item["view"] == {"kind": "image", "url": url, "width": 8, "height": 8}
    reply = caller.get(url)
    assert reply.headers["content-type"] == "image/png"
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert reply.content == png(item["id"])
    token, name = url.split("/")[2:]
    for wrong in (f"/media/{token}/0", f"/media/{token}/x", f"/media/x/{name}", f"/media/{token}/{name}x"):
        assert caller.get(wrong).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/media/../../etc/passwd",
        "/media/x/..%2f..%2f..%2fetc%2fpasswd",
        "/media/x/%252e%252e%252fetc%252fpasswd",
        "/media/..%5c..%5cetc/passwd",
        "/static/../app.py",
        "/static/..%2fapp.py",
        "/static/%2e%2e/app.py",
        "/static/....//app.py",
        "/static//etc/passwd",
        "/static/assets/..%2f..%2f..%2froom.py",
    ],
)
def test_no_path_leads_out(make, path):
    caller = make(start=False)
    reply = caller.get(path)
    assert reply.status_code in (404, 405)
    assert b"root:" not in reply.content and b"import" not in reply.content


def test_concurrent_submits_lose_and_double_nothing(make, tmp_path):
    caller = make(budget=Budget(answers=60))
    done: set[int] = set()
    lock = threading.Lock()

    def work(_):
        for item in caller.room.next(n=3).items:
            event = f"concurrent-{item.query}"
            reply = caller.label(item.query, "food", event=event)
            assert reply.status_code == 200
            with lock:
                done.add(item.query)

    with ThreadPoolExecutor(8) as threads:
        while len(done) < 60:
            list(threads.map(work, range(8)))
    answers = Session.open(tmp_path / "room.aw").answers
    assert len(answers) == len({answer.row for answer in answers}) == 60
    assert {answer.query for answer in answers} == done


def test_answers_get_in_while_the_model_is_being_fitted(make):
    caller = make()
    room = caller.room
    entered, leave = threading.Event(), threading.Event()
    trainer = room.session._trainer
    fit = trainer.fit

    def slow(*args):
        entered.set()
        assert leave.wait(10)
        return fit(*args)

    trainer.fit = slow
    items = wait_until(lambda: len(found := caller.items(n=50)) > 8 and found)
    for item in items[:4]:
        caller.label(item["query"])
    assert entered.wait(10)
    started = time.perf_counter()
    assert caller.label(items[4]["query"]).status_code == 200
    assert caller.act("undo", items[4]["query"]).status_code == 200
    assert caller.items(n=1)[0]["query"] == items[4]["query"]
    assert caller.get("/api/status").json()["training"] is True
    assert time.perf_counter() - started < 2.0
    leave.set()
    wait_until(lambda: caller.get("/api/status").json()["model"] >= 1)


def test_trouble_in_the_worker_is_shown_and_mended(make):
    caller = make(start=False)
    room = caller.room
    choose, calls = room.session.choose, []

    def failing(n):
        calls.append(n)
        if len(calls) == 1:
            raise StoreError("the disk is full; make room")
        return choose(n)

    room.session.choose = failing
    room.start()
    wait_until(lambda: "disk is full" in caller.get("/api/status").json()["trouble"])
    assert caller.items()
    assert caller.get("/api/status").json()["trouble"] == ""


def test_a_full_disk_is_not_acknowledged(make, monkeypatch):
    caller = make()
    query = caller.items()[0]["query"]

    def full(*events):
        raise StoreError("no space left on the disk")

    with monkeypatch.context() as patch:
        patch.setattr(caller.room.session, "_append", full)
        reply = caller.label(query, "food", event="kept-by-page")
        assert reply.status_code == 503
        assert "no space left" in reply.json()["detail"]
    assert caller.label(query, "food", event="kept-by-page").json()["status"]["labels"] == 1


def test_a_new_room_goes_on_where_the_old_one_stopped(make, tmp_path):
    caller = make()
    items = caller.items()
    caller.label(items[0]["query"], "food", event="before-restart")
    caller.label(items[1]["query"], "sport")
    caller.room.close()
    again = make()
    open_before = {item["query"] for item in items[2:]}
    assert open_before <= {item["query"] for item in again.items(n=50)}
    assert again.label(items[0]["query"], "food", event="before-restart").json()["status"]["labels"] == 2
    status = again.get("/api/status").json()
    assert (status["labels"], status["last"]) == (2, items[1]["query"])
    assert again.act("undo", items[1]["query"]).json()["reopened"]["view"] == items[1]["view"]
