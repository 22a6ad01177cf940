"""Reject, note, guidelines, what people saw of the model, why an item is asked, and an answer in another's place."""

from __future__ import annotations

import math
import os

import pytest

from askwise.core.errors import BadInput
from askwise.server.calibration import LEAST, calibrated, outcomes, platt
from askwise.server.exposure import Exposure
from askwise.server.guidelines import Guidelines, tree
from askwise.session import Session

GUIDE = """# What counts as food

Anything one *eats*. See [the rules](https://rules.example/a), not <b onclick="x()">this</b>.

1. soup
2. bread

| a | b |
|---|---|
| 1 | 2 |

<script>alert(1)</script> <img src=x onerror=alert(1)> [bad](javascript:alert(1))
"""


def learnt(caller, n=24):
    """Answer n items rightly, so that there is a model."""
    for _ in range(n):
        item = caller.items(n=1)[0]
        word = item["view"]["text"].split()[1]
        assert caller.label(
            item["query"], "food" if word in ("soup", "bread", "salad", "pasta") else "sport"
        ).is_success
    return caller


def guessed(caller, arm="strategy"):
    """The next item that a model has guessed, of an arm, answering others on the way."""
    for _ in range(40):
        item = caller.items(n=1)[0]
        known = caller.room._exposure.guess(caller.room.session.queries[item["query"]])
        if item["arm"] == arm and known is not None:
            return item
        caller.label(item["query"])
    raise AssertionError(f"no item of the arm {arm} came with a guess")


def test_reject_is_an_answer_that_can_be_undone(make):
    caller = make()
    item = caller.items()[0]
    reply = caller.act("reject", item["query"], event="event-reject")
    assert reply.status_code == 200 and reply.json()["status"]["rejected"] == 1
    again = caller.act("reject", item["query"], event="event-reject")
    assert again.status_code == 200 and again.json()["status"]["rejected"] == 1
    assert caller.room.session.answers[0].kind == "reject"
    back = caller.act("undo", item["query"]).json()
    assert back["reopened"]["query"] == item["query"] and back["status"]["rejected"] == 0


def test_a_note_leaves_the_item_where_it_is(make):
    caller = make()
    item = caller.items()[0]
    body = {"event": "event-note", "query": item["query"], "note": "looks <b>cut off</b>"}
    for _ in range(2):
        reply = caller.post("/api/flag", body)
        assert reply.status_code == 200 and reply.json()["status"]["flagged"] == 1
    assert caller.items()[0]["query"] == item["query"]
    assert [flag.note for flag in caller.room.session.flags] == ["looks <b>cut off</b>"]
    assert sum(event.kind == "flagged" for event in caller.room.session.events()) == 1
    assert caller.post("/api/flag", {**body, "event": "event-two", "note": ""}).json()["status"]["flagged"] == 0
    assert caller.post("/api/flag", {**body, "event": "event-three", "note": "x" * 2001}).status_code == 422
    assert caller.post("/api/flag", {**body, "event": "event-four", "query": 10_000}).status_code == 400


def test_a_second_answer_says_what_is_there_and_may_take_its_place(make):
    caller = make()
    query = caller.items()[0]["query"]
    caller.label(query, "food")
    clash = caller.label(query, "sport")
    assert clash.status_code == 409
    standing = clash.json()["standing"]
    assert (standing["kind"], standing["label"]) == ("label", "food") and standing["seconds_ago"] >= 0
    assert "food" in clash.json()["detail"] and clash.json()["query"] == query
    body = {"event": caller.event(), "query": query, "label": "sport", "base": standing["base"]}
    assert caller.post("/api/answers", body).status_code == 200
    assert [a.label for a in caller.room.session.answers] == ["sport"]
    assert caller.post("/api/answers", body).status_code == 200, "a repeat changes nothing"
    late = caller.post("/api/answers", {**body, "event": caller.event(), "label": "food"})
    assert late.status_code == 409 and late.json()["standing"]["label"] == "sport"
    back = caller.act("undo", query).json()
    assert back["reopened"]["query"] == query and back["status"]["answers"] == 0


@pytest.mark.parametrize("mode", ["show", "after", "never"])
def test_what_people_see_of_the_model_is_kept_with_their_answers(make, mode):
    caller = learnt(make(suggestions=mode))
    item = guessed(caller)
    guess = caller.room._exposure.guess(caller.room.session.queries[item["query"]]).model_dump()
    assert item["suggestion"] == (guess if mode == "show" else None)
    assert ("predicted" in item["why"]) == (mode == "show")
    reply = caller.label(item["query"])
    assert reply.json()["revealed"] == (guess if mode == "after" else None)
    kept = caller.room.session.answers[-1].context
    assert kept == {"suggestion": guess, "shown": {"show": "before", "after": "after", "never": "never"}[mode]}
    back = caller.act("undo", item["query"]).json()["reopened"]
    assert back["suggestion"] == (None if mode == "never" else guess)
    caller.label(item["query"])
    seen = "never" if mode == "never" else "before"
    assert caller.room.session.answers[-1].context["shown"] == seen, "whoever was shown it once has seen it"


@pytest.mark.parametrize("mode", ["show", "after"])
def test_nobody_is_led_at_random_rows(make, mode):
    caller = learnt(make(suggestions=mode))
    item = guessed(caller, "control")
    assert item["suggestion"] is None and "predicted" not in item["why"] and "probability" not in item["why"]
    why = caller.get(f"/api/why?query={item['query']}").json()
    assert why["neighbours"] == [] and "random" in why["blind"] and "predicted" not in why["why"]
    assert caller.label(item["query"]).json()["revealed"] is None
    assert caller.room.session.answers[-1].context["shown"] == "never"


def test_an_unknown_mode_is_refused():
    with pytest.raises(BadInput, match="after"):
        Exposure(Session(None, pool=["a", "b"], classes=["x", "y"]), "afters")


def test_why_an_item_is_asked(make):
    caller = learnt(make())
    item = guessed(caller)
    why = caller.get(f"/api/why?query={item['query']}").json()
    assert why["blind"] == "" and why["why"]["strategy"] == "margin" and why["why"]["model"] >= 1
    near = why["neighbours"]
    assert len(near) == 3 and [one["similarity"] for one in near] == sorted([one["similarity"] for one in near])[::-1]
    assert all(one["label"] in ("food", "sport") and one["view"]["kind"] == "text" for one in near)
    word = item["view"]["text"].split()[1]
    assert word in near[0]["view"]["text"], "the nearest text shares the only word that differs"
    assert caller.get("/api/why?query=99999").status_code == 400


def test_guidelines_are_sanitised_and_their_version_is_stamped_on_answers(make, tmp_path):
    path = tmp_path / "guide.md"
    path.write_text(GUIDE, "utf-8")
    caller = make(guidelines=Guidelines(path))
    found = caller.get("/api/guidelines").json()
    flat = str(found["tree"])
    assert "onclick" not in flat and "onerror" not in flat and "'script'" not in flat and "'img'" not in flat
    assert "['a', {'href': 'https://rules.example/a'}, ['the rules']]" in flat
    assert "['td', {}, ['1']]" in flat and found["tree"][0] == ["h1", {}, ["What counts as food"]]
    assert caller.get("/api/status").json()["guidelines"] == found["version"]
    query = caller.items()[0]["query"]
    body = {"event": caller.event(), "query": query, "label": "food", "guidelines": found["version"]}
    assert caller.post("/api/answers", body).status_code == 200
    path.write_text("# Shorter", "utf-8")
    os.utime(path, ns=(1, 1))
    newer = caller.get("/api/status").json()["guidelines"]
    assert newer != found["version"] and caller.get("/api/guidelines").json()["tree"] == [["h1", {}, ["Shorter"]]]
    session = caller.room.session
    assert session.answers[0].context["guidelines"] == found["version"]
    assert session.guidelines == {found["version"]: GUIDE, newer: "# Shorter"}
    path.unlink()
    assert caller.get("/api/status").json()["guidelines"] == newer, "a file that is gone changes nothing"


def test_a_room_without_guidelines_says_how_to_have_some(make):
    caller = make()
    assert caller.get("/api/status").json()["guidelines"] == ""
    reply = caller.get("/api/guidelines")
    assert reply.status_code == 400 and "--guidelines" in reply.json()["detail"]


def test_guidelines_that_cannot_be_read_are_refused(tmp_path):
    (tmp_path / "latin.md").write_bytes(b"caf\xe9")
    for name in ("none.md", "latin.md"):
        with pytest.raises(BadInput, match=name):
            Guidelines(tmp_path / name)


@pytest.mark.parametrize(
    "attack",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](data:text/html,<script>alert(1)</script>)",
        "<a href='java\nscript:alert(1)'>x</a>",
        "<svg><script>alert(1)</script></svg>",
        "<math><mtext><style><img src=x onerror=alert(1)>",
        "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
        "<form action=//evil><button>x</button></form>",
        "<p style='position:fixed' onmouseover=alert(1)>x</p>",
    ],
)
def test_nothing_that_acts_gets_through(attack):
    def walk(nodes):
        for node in nodes:
            if not isinstance(node, str):
                tag, attributes, children = node
                assert tag not in {"script", "img", "svg", "math", "style", "iframe", "form", "button"}
                assert set(attributes) <= {"href", "start"}
                assert not attributes.get("href") or attributes["href"].startswith(("http://", "https://", "mailto:"))
                walk(children)

    walk(tree(f"before\n\n{attack}\n\nafter"))


def test_calibration_follows_what_random_items_showed():
    # Of 0.7 six in ten are right, of 0.95 eight in ten: too sure of itself, by the same rule at both.
    known = tuple((says, i % 10 < tenths) for i in range(400) for says, tenths in ((0.7, 6), (0.95, 8)))
    slope, offset = platt(known)
    for says, tenths in ((0.7, 6), (0.95, 8)):
        odds = math.log(says / (1 - says))
        assert 1 / (1 + math.exp(-(slope * odds + offset))) == pytest.approx(tenths / 10, abs=0.02)
    assert platt(known[: LEAST - 1]) is None
    assert platt(((0.9, True),) * LEAST) is None, "all right says nothing about being wrong"
    backwards = tuple((0.9, i % 5 == 0) if i % 2 else (0.55, i % 5 > 0) for i in range(100))
    assert platt(backwards) is None, "a model that is the surer the wronger it is cannot be set right"


def test_without_random_items_the_model_speaks_for_itself():
    session = Session(None, pool=["a", "b"], classes=["x", "y"])
    assert calibrated(outcomes(session), 0.7) == (0.7, 0)
