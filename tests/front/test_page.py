"""The labelling page in a real browser: everything by keys, nothing lost, nobody led."""

from __future__ import annotations

import json
import os
import threading
import time
from pathlib import Path

import pytest

from askwise.session import Session

pytestmark = [pytest.mark.browser, pytest.mark.slow]

AG_NEWS = Path(os.environ.get("ASKWISE_DATA", "")) / "ag_news" / "test.parquet"
GUIDE = "# What is food?\n\nWhat one *eats*. <script>document.title = 'x'</script>\n"


WORDS = ("soup", "bread", "pasta", "salad", "match", "goal", "race", "team")
"""Of the texts, in turn; the first four are food."""


def texts(n):
    return [f"{WORDS[i % 8]} number {i}" for i in range(n)]


def texts_of(answer):
    return texts(answer.row + 1)[-1]


def truth(text):
    return "food" if text.split()[0] in WORDS[:4] else "sport"


def truth_key(text):
    return "1" if truth(text) == "food" else "2"


def answers(rooms):
    return Session.open(rooms.session).answers


@pytest.mark.skipif(not AG_NEWS.is_file(), reason="ASKWISE_DATA has no ag_news")
def test_a_hundred_news_by_keyboard_alone(rooms, browse):
    import pyarrow.parquet as pq

    table = pq.read_table(AG_NEWS).slice(0, 2000)
    classes = ["world", "sports", "business", "science"]
    news = table["text"].to_pylist()
    right = dict(zip(news, table["label"].to_pylist(), strict=True))
    reader = browse(rooms.start(texts=news, classes=classes, budget=100))
    given = {}
    for _ in range(100):
        reader.page.wait_for_selector("#item:not(.waiting) .text")
        text = reader.page.text_content("#item .text")
        given[text] = classes[right[text]]
        reader.press(str(right[text] + 1))
    reader.saved()
    reader.page.wait_for_selector("#finished")
    assert {news[answer.row]: answer.label for answer in answers(rooms)} == given
    assert all(answer.seconds is not None and answer.seconds >= 0 for answer in answers(rooms))
    assert reader.page.evaluate("() => window.pointers") == 0
    assert reader.problems == []


def test_skip_unsure_reject_and_note_are_four_things(rooms, browse):
    reader = browse(rooms.start())
    skipped = reader.number()
    reader.press("s")
    unsure = reader.number()
    reader.press("x")
    rejected = reader.number()
    reader.press("r")
    noted = reader.number()
    reader.page.keyboard.press("n")
    reader.page.wait_for_selector("#note textarea:focus")
    reader.page.keyboard.type("1 of two requests; s")  # keys of the page are text in here
    reader.page.keyboard.press("Control+Enter")
    reader.page.wait_for_selector("#note", state="detached")
    assert reader.number() == noted, "a note leaves the item where it is"
    reader.label()
    reader.saved()
    record = Session.open(rooms.session)
    kinds = {answer.row: answer.kind for answer in record.answers}
    assert kinds == {unsure: "abstain", rejected: "reject", noted: "label"}
    assert [(flag.row, flag.note) for flag in record.flags] == [(noted, "1 of two requests; s")]
    assert [record.queries[e.body["query"]].row for e in record.events() if e.kind == "skipped"] == [skipped]
    reader.press("u")
    reader.press("u")
    assert reader.number() == rejected
    reader.saved()
    assert {answer.row for answer in answers(rooms)} == {unsure}


def test_guidelines_lie_beside_the_item_and_answers_name_their_version(rooms, browse, tmp_path):
    path = tmp_path / "guide.md"
    path.write_text(GUIDE, "utf-8")
    reader = browse(rooms.start(guidelines=str(path)))
    reader.shown()
    reader.page.keyboard.press("g")
    reader.page.wait_for_selector("#guidelines .prose em")
    assert "What is food?" in reader.page.inner_text("#guidelines")
    reader.label()  # keys go on working beside an open panel
    reader.saved()
    path.write_text("# Shorter", "utf-8")
    reader.page.wait_for_function("() => document.querySelector('#guidelines').innerText.includes('Shorter')")
    reader.label()
    reader.saved()
    record = Session.open(rooms.session)
    first, second = [answer.context["guidelines"] for answer in record.answers]
    assert record.guidelines == {first: GUIDE, second: "# Shorter"} and first != second
    reader.page.keyboard.press("g")
    reader.page.wait_for_selector("#guidelines", state="detached")
    assert reader.page.title().startswith("texts.csv") and reader.problems == []


def test_why_and_help_are_opened_and_closed_by_keys(rooms, browse):
    reader = browse(rooms.start())
    for _ in range(30):
        reader.label()
    shown = reader.number()
    reader.page.keyboard.press("w")
    reader.page.wait_for_selector("#reasons dl")
    reader.page.wait_for_function("() => !document.querySelector('#reasons').innerText.includes('Looking')")
    reader.page.keyboard.press("1")  # keys of the page are off
    reader.page.keyboard.press("w")
    reader.page.wait_for_selector("#reasons", state="detached")
    reader.page.keyboard.press("?")
    listed = reader.page.inner_text("#help")
    assert all(word in listed for word in ("food", "Undo", "Skip", "Unsure", "Reject", "Note", "Why"))
    reader.page.keyboard.press("Escape")
    reader.page.wait_for_selector("#help", state="detached")
    assert reader.number() == shown


def test_in_a_blind_room_the_model_speaks_after_the_answer(rooms, browse):
    reader = browse(rooms.start(suggestions="after"))
    seen = []
    for _ in range(40):
        assert not reader.page.query_selector(".option.likely")
        reader.label()
        reader.saved()
        line = reader.page.query_selector(".revealed")
        seen.append(line.inner_text() if line else "")
    assert any("agrees" in line for line in seen)
    kept = [answer.context.get("shown") for answer in answers(rooms)]
    assert set(kept) <= {None, "after", "never"} and "after" in kept


def test_twenty_answers_without_a_network(rooms, browse):
    reader = browse(rooms.start(texts=texts(400), budget=300))
    before = {reader.label() for _ in range(20)}
    reader.saved()
    reader.page.wait_for_function("() => window.askwise.ahead() >= 22")
    reader.page.context.set_offline(True)
    without = [reader.label() for _ in range(20)]
    reader.page.wait_for_selector("#saved[data-state='offline']")
    assert "20 kept here" in reader.page.inner_text("#saved")
    assert len(answers(rooms)) == 20
    reader.page.context.set_offline(False)
    reader.saved()
    stored = [texts_of(answer) for answer in answers(rooms)]
    assert len(stored) == len(set(stored)) == 40
    assert stored[20:] == without, "in the order given"
    assert {texts_of(a): a.label for a in answers(rooms)} == {text: truth(text) for text in [*before, *without]}
    reader.label()


def test_two_pages_of_one_person_are_merged(rooms, browse):
    reader = browse(rooms.start())
    reader.shown()
    other = reader.page.context.new_page()
    other.goto(reader.page.url)
    other.wait_for_selector("#item:not(.waiting) .text")
    assert other.inner_text("#item .text") == reader.shown(), "both hold the same item"
    text = reader.label()
    reader.saved()
    other.bring_to_front()
    wrong = "2" if truth_key(text) == "1" else "1"
    other.keyboard.press(wrong)
    other.wait_for_selector("#merge")
    assert len(answers(rooms)) == 1
    other.reload()  # what is not settled is not forgotten
    other.wait_for_selector("#merge")
    other.keyboard.press("2")  # take the new one instead
    other.wait_for_selector("#merge", state="detached")
    other.wait_for_selector("#saved[data-unsaved='0'][data-state='saved']")
    (answer,) = [one for one in answers(rooms) if texts_of(one) == text]
    assert answer.label == ("food" if wrong == "1" else "sport")


def test_two_people_never_get_the_same_item(rooms, browse):
    people = {"ana": "a long password", "bo": "another password"}
    link = rooms.start(people=people, budget=60)
    readers = []
    for name, password in people.items():
        reader = browse(link)
        reader.log_in(name, password)
        readers.append(reader)
    seen = [[], []]
    for _ in range(20):
        for reader, own in zip(readers, seen, strict=True):
            own.append(reader.number())
            reader.label()
    for reader in readers:
        reader.saved()
        assert reader.page.evaluate("() => document.querySelector('.option').getAttribute('aria-keyshortcuts')") == "1"
    assert not set(seen[0]) & set(seen[1]) and len(set(seen[0] + seen[1])) == 40
    given = answers(rooms)
    assert {a.annotator: sum(b.annotator == a.annotator for b in given) for a in given} == {"ana": 20, "bo": 20}


def test_kill_the_server_while_answers_are_on_their_way(rooms, browse):
    """Every acknowledged answer is there; those that were not are sent to the next server, none twice."""
    link = rooms.start(budget=150)
    port = int(link.split(":")[2].split("/")[0])
    reader = browse(link)
    acknowledged: list[int] = []

    def heard(response):
        if response.url.endswith("/api/answers") and response.status == 200:
            acknowledged.append(json.loads(response.request.post_data)["query"])

    reader.page.on("response", heard)
    given = {}
    for _ in range(12):
        given[reader.number()] = truth_key(reader.shown())
        reader.label()
    killer = threading.Timer(0.05, rooms.kill)
    killer.start()
    for _ in range(5):
        if not reader.page.query_selector("#item:not(.waiting) .text"):
            break
        given[reader.number()] = truth_key(reader.shown())
        reader.page.keyboard.press(given[reader.number()])
        time.sleep(0.02)
    killer.join()
    reader.page.wait_for_selector("#saved[data-state='offline'], #saved[data-unsaved='0']")
    stored = {answer.query for answer in answers(rooms)}
    assert set(acknowledged) <= stored, "an acknowledged answer is on disk"
    again = rooms.start(budget=150, port=port)
    reader.page.goto(again)
    reader.saved()
    rows = [answer.row for answer in answers(rooms)]
    assert len(rows) == len(set(rows))
    assert set(rows) == set(given), "what was typed while the server was away is there too"


def test_a_reload_shows_the_item_that_was_there(rooms, browse):
    reader = browse(rooms.start(texts=texts(400), budget=300))
    for _ in range(20):
        reader.label()
    reader.page.wait_for_function("() => window.askwise.ahead() >= 22")  # some are put by: older ones
    reader.label()
    for before in (lambda: None, lambda: reader.press("s"), lambda: reader.press("u")):
        before()
        reader.saved()
        text = reader.shown()
        reader.page.reload()
        assert reader.shown() == text


def test_a_page_of_a_room_that_was_started_anew_asks_for_the_new_link(rooms, browse):
    """It has nothing to send, and nobody touches it."""
    link = rooms.start(budget=150)
    reader = browse(link)
    reader.label()
    reader.saved()
    rooms.kill()
    rooms.start(budget=150, port=int(link.split(":")[2].split("/")[0]))
    reader.page.wait_for_selector("#saved[data-state='locked']")
    assert reader.page.inner_text("#saved") == "Locked; open the new link from the terminal, or log in again"


def test_whoever_has_no_right_to_a_page_sees_that_alone_and_the_way_back(rooms, browse):
    reader = browse(rooms.start(people={"ana": "a long password"}, budget=60))
    reader.log_in("ana", "a long password")
    home = reader.page.url
    for path, title in (("review", "Review is for owners and reviewers"), ("people", "People is for owners")):
        reader.page.goto(f"{home}{path}")
        assert title in reader.page.inner_text("#refused")
        assert not reader.page.query_selector("#main form, #main input, #main .actions")
        reader.page.keyboard.press("Escape")
        reader.shown()
    assert not [said for said in reader.problems if "401" not in said]  # the door says so before the log-in


def test_a_phone_has_everything_within_reach(rooms, browse):
    settings = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    reader = browse(rooms.start(), **settings)
    reader.shown()
    for path in ("/review", "/insight", "/map", "/people", "/settings", "/"):
        reader.page.goto(reader.page.url.rsplit("/", 1)[0] + path)
        reader.page.wait_for_selector("#main > :not([hidden])")
        wide = reader.page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, f"{path} is {wide} px too wide"
    reader.shown()
    small = reader.page.evaluate(
        """() => [...document.querySelectorAll('button')].filter((button) => {
             const box = button.getBoundingClientRect();
             return box.height < 44 || box.width < 44 || box.bottom > innerHeight;
           }).map((button) => button.innerText)"""
    )
    assert small == [], "too small for a finger, or below the fold"
    before = reader.number()
    reader.page.tap(".option")
    reader.page.wait_for_function(
        "before => !document.querySelector('#item').innerText.includes(before)", arg=f"number {before}"
    )
    reader.saved()
    assert [answer.label for answer in answers(rooms)] == ["food"]
