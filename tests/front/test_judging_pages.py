"""Review, insight, map and people in a real browser: by keys where an answer is given, and what the file says then."""

from __future__ import annotations

import pytest

from askwise.session import Answer, Budget, Session

from .conftest import CLASSES, POINTERS, texts, truth
from .test_accessible import AXE, check

NEWS = ".seek [role=status]"

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def judged(rooms, browse):
    """A page on a room whose rows two people answered before, who disagree now and then."""
    reader = browse(answered(rooms))
    reader.page.evaluate(POINTERS)
    return reader


def answered(rooms):
    """The link of such a room."""
    with Session(rooms.session, pool=texts(), classes=CLASSES, lease=None, budget=Budget(answers=100)) as session:
        for row, text in enumerate(texts(24)):
            for who in ("Ana", "Ben"):
                wrong = who == "Ben" and row % 6 == 5
                label = next(one for one in CLASSES if (one == truth(text)) != wrong)
                session.tell(Answer(row=row, label=label, annotator=who, seconds=2.0))
    return rooms.start()


def go(reader, path):
    reader.page.wait_for_selector(".menu")
    reader.page.evaluate("path => document.querySelector(`.menu a[href='${path}']`).click()", path)


def until(page, where, text):
    """Wait until an element's text holds this, in any letters."""
    found = "([where, text]) => document.querySelector(where)?.innerText.toLowerCase().includes(text)"
    page.wait_for_function(found, arg=[where, text.lower()])


def test_four_disputes_are_settled_by_keys_alone(judged, rooms):
    page = judged.page
    go(judged, "/review")
    page.wait_for_selector(".voices")
    assert page.inner_text(".disputes h2").lower() == "4 open rows"
    assert "Ana" not in page.inner_text(".voices")
    page.keyboard.press("n")
    until(page, ".voices", "Ana")
    for left in (3, 2, 1, 0):
        text = page.inner_text(".case .text")
        page.keyboard.press("Shift+H")
        page.keyboard.press("1" if truth(text) == CLASSES[0] else "2")
        until(page, ".disputes h2", f"{left} open")
    page.keyboard.press("u")
    until(page, ".disputes h2", "1 open")
    assert page.evaluate("() => window.pointers") == 0 and not judged.problems
    rooms.close()
    rooms.processes.clear()
    record = Session.open(rooms.session)
    words = record.state.adjudicated
    assert len(words) == 3 and {word.reason for word in words.values()} == {"hard"}
    assert all(word.label == truth(texts()[row]) for row, word in words.items())


def test_what_a_search_marks_is_labelled_by_a_key_and_taken_back(judged, rooms):
    page = judged.page
    go(judged, "/map")
    page.wait_for_selector("canvas.map")
    page.keyboard.press("/")
    page.keyboard.type("soup")
    page.keyboard.press("Enter")
    until(page, NEWS, "20 rows")
    page.keyboard.press("1")
    until(page, NEWS, "17 rows labelled food; 3 had")
    page.keyboard.press("u")
    until(page, NEWS, "17 labels taken back")
    assert page.evaluate("() => window.pointers") == 0
    box = page.locator("canvas.map").bounding_box()
    left, top, width, height = (box[name] for name in ("x", "y", "width", "height"))
    corners = [(0, 0), (1, 0), (1, 1), (0, 1), (0, 0.02)]
    spots = [(left + 9 + x * (width - 18), top + 9 + y * (height - 18)) for x, y in corners]
    page.mouse.move(*spots[0])
    page.mouse.down()
    for spot in spots[1:]:
        page.mouse.move(*spot, steps=4)
    page.mouse.up()
    until(page, NEWS, "160 rows marked")
    page.keyboard.press("2")
    page.wait_for_selector(".notice")
    assert "answers are left in the budget" in page.inner_text(".notice")
    assert [problem for problem in judged.problems if "409" not in problem] == []
    rooms.close()
    rooms.processes.clear()
    assert not any(answer.bulk for answer in Session.open(rooms.session).answers)


def test_insight_shows_people_and_people_is_for_teams(judged):
    page = judged.page
    go(judged, "/insight")
    page.wait_for_selector("th:has-text('Ana')")
    assert "rows to review" in page.inner_text(".tiles") and "Krippendorff" in page.inner_text(".tiles")
    page.evaluate("() => document.querySelector('button[aria-expanded]').click()")
    assert page.inner_text(".confusion").count("%") >= 2
    go(judged, "/people")
    page.wait_for_selector("text=This room is for one")
    assert not judged.problems


@pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not installed: make front")
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_every_page_is_accessible(rooms, browse, scheme, width):
    link = answered(rooms)
    page = browse(link, viewport={"width": width, "height": 844}, color_scheme=scheme, bypass_csp=True).page
    for path, there in (("review", ".voices"), ("insight", ".tiles"), ("map", "canvas.map"), ("people", ".empty")):
        page.goto(f"{link.split('/?')[0]}/{path}")
        page.wait_for_selector(there)
        check(page, path)
        wide = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, f"{path} is {wide} pixels too wide"


def test_an_owner_looks_after_people_on_a_phone(rooms, browse):
    people = {"ana": "a long password", "bo": "another password"}
    link = rooms.start(people=people, roles={"ana": "owner"})
    reader = browse(link, viewport={"width": 390, "height": 844}, color_scheme="dark")
    reader.log_in("ana", people["ana"])
    page = reader.page
    page.evaluate("() => localStorage.setItem('askwise:settings', JSON.stringify({ theme: 'light' }))")
    page.goto(f"{link.split('/?')[0].rstrip('/')}/people")
    page.wait_for_selector(".members td button")
    for button in page.query_selector_all(".members button, .actions button"):
        place = button.bounding_box()
        assert place["x"] >= 0 and place["x"] + place["width"] <= 390 and place["height"] <= 60
    # The page is light by her own choice, on a system that is dark.
    assert page.evaluate("() => getComputedStyle(document.querySelector('.solid')).color") == "rgb(255, 255, 255)"


def test_no_button_below_a_page_is_cut_on_a_phone(judged):
    judged.page.set_viewport_size({"width": 390, "height": 844})
    for path in ("/insight", "/review", "/map"):
        go(judged, path)
        judged.page.wait_for_selector(".actions button")
        widths = "all => all.map((it) => [it.scrollWidth, it.clientWidth])"
        assert all(held <= shown + 1 for held, shown in judged.page.eval_on_selector_all(".actions button", widths))
