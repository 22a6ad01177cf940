"""Items that a page puts by for when the network is gone."""

from __future__ import annotations

import time

from askwise.server.room import AHEAD, SPARE, SPARE_SHARE, Room
from askwise.session import Budget, Session


def wait_until(true, seconds=120.0):
    """What `true()` gives once it is true."""
    end = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < end, "it did not come true"
        time.sleep(0.02)
    return found


def page(caller, after=0, n=AHEAD + SPARE):
    return caller.get(f"/api/next?after={after}&n={n}&wait=10").json()


def test_nothing_is_put_by_before_there_is_a_model(make):
    caller = make(pool=[f"text {i}" for i in range(400)], budget=Budget(answers=400))
    found = page(caller)
    assert found["spare"] == 0 and len(found["items"]) <= AHEAD


def test_with_a_model_a_tenth_of_what_is_left_and_choosing_goes_on(make):
    caller = make(pool=[f"text {i}" for i in range(400)], budget=Budget(answers=150))
    room = caller.room
    for i in range(12):
        caller.label(caller.items(n=1)[0]["query"], ("food", "sport")[i % 2])
    assert wait_until(lambda: page(caller)["spare"] == (150 - 12) // SPARE_SHARE)
    held = wait_until(lambda: len(found := page(caller)["items"]) >= 13 + 8 and found)
    assert len({item["query"] for item in held}) == len(held)
    before = len(room.session.queries)
    for item in held[:6]:
        caller.label(item["query"], "food")
    assert wait_until(lambda: len(room.session.queries) > before), "what is put by counts for nothing"
    assert page(caller)["spare"] == (150 - 18) // SPARE_SHARE


def test_every_item_that_was_put_by_is_asked_before_the_end(make):
    caller = make(pool=[f"text {i}" for i in range(80)], budget=Budget(answers=40))
    done = 0
    while not (found := page(caller))["finished"]:
        item = found["items"][-1 if done % 2 else 0]
        caller.label(item["query"], ("food", "sport")[done % 2])
        done += 1
    assert done == 40


def test_a_team_puts_nothing_by():
    room = Room(Session(None, pool=["a", "b", "c", "d"], classes=["x", "y"], strategy="random"), team=True)
    assert room.next(who="ana").spare == 0
    room.close()
