"""What one person wants of the page, in her browser: looks, keys, sending at once or not."""

from __future__ import annotations

import pytest

from askwise.session import Session

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def to_settings(page):
    page.click("text=Settings")
    page.wait_for_selector(".settings")


def to_labelling(page):
    page.keyboard.press("Escape")
    page.wait_for_selector("#item:not(.waiting)")


def test_looks_are_kept(rooms, browse):
    reader = browse(rooms.start())
    page = reader.page
    reader.shown()
    small = page.evaluate("() => parseFloat(getComputedStyle(document.querySelector('#item .text')).fontSize)")
    to_settings(page)
    page.get_by_label("Dark").check()
    page.get_by_label("150%").check()
    page.reload()
    page.wait_for_selector(".settings")
    assert page.evaluate("() => document.documentElement.dataset.theme") == "dark"
    assert page.evaluate("() => getComputedStyle(document.documentElement).backgroundColor") == "rgb(18, 18, 23)"
    to_labelling(page)
    large = page.evaluate("() => parseFloat(getComputedStyle(document.querySelector('#item .text')).fontSize)")
    assert large == pytest.approx(1.5 * small, rel=0.02)
    assert reader.problems == []


def test_a_key_can_be_moved_but_not_onto_another(rooms, browse):
    reader = browse(rooms.start())
    page = reader.page
    first = reader.label()
    to_settings(page)
    undo = page.locator(".remap li", has_text="Undo")
    for key, said in (("s", "taken by skip"), ("1", "gives an answer")):
        undo.locator("button").click()
        page.keyboard.press(key)
        assert said in undo.inner_text()
    undo.locator("button").click()
    page.keyboard.press("z")
    assert undo.locator("kbd").inner_text() == "Z"
    to_labelling(page)
    reader.press("z")
    assert reader.shown() == first
    page.keyboard.press("u")
    assert reader.shown() == first
    assert page.get_attribute("#actions button", "aria-keyshortcuts") == "z"


def test_an_answer_may_wait_for_enter(rooms, browse):
    reader = browse(rooms.start())
    page = reader.page
    shown = reader.shown()
    to_settings(page)
    page.get_by_label("Enter sends it").check()
    to_labelling(page)
    page.keyboard.press("1")
    page.wait_for_selector(".option.chosen")
    page.keyboard.press("2")
    page.wait_for_function("() => document.querySelector('.option.chosen')?.innerText.includes('sport')")
    assert reader.shown() == shown
    reader.press("Enter")
    reader.saved()
    (answer,) = Session.open(rooms.session).answers
    assert answer.label == "sport"


def test_somebody_in_a_team_can_leave(rooms, browse):
    reader = browse(rooms.start(people={"ana": "a long password"}))
    reader.log_in("ana", "a long password")
    reader.shown()
    to_settings(reader.page)
    reader.page.click("text=Log out")
    reader.page.wait_for_selector("#login")
    reader.page.goto(reader.page.url)
    assert reader.page.query_selector("#login") is not None
