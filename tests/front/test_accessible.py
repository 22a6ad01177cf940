"""WCAG 2.2 A and AA, as far as a program can check it: axe-core over every state of the labelling page."""

from __future__ import annotations

from pathlib import Path

import pytest

AXE = Path(__file__).parents[2] / "front" / "node_modules" / "axe-core" / "axe.min.js"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not installed: make front"),
]

RUN = """() => axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] })
  .then((found) => found.violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html).join(" | ")}`))"""


def check(page, state):
    page.wait_for_timeout(250)  # what fades in has its final colours
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate(RUN)
    assert found == [], f"{state}: {found}"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_every_state_of_the_labelling_page(rooms, browse, tmp_path, scheme, width):
    (tmp_path / "guide.md").write_text(
        "# Rules\n\n1. one [link](https://a.example)\n\n| a | b |\n|---|---|\n| 1 | 2 |\n"
    )
    settings = {"viewport": {"width": width, "height": 844}, "color_scheme": scheme, "bypass_csp": True}
    link = rooms.start(guidelines=str(tmp_path / "guide.md"), classes=["food", "sport", *(f"c{i}" for i in range(12))])
    reader = browse(link, **settings)
    page = reader.page
    for _ in range(25):
        reader.label()
    reader.saved()
    check(page, "an item with a suggestion")
    for key, selector in (("w", "#reasons dl"), ("n", "#note textarea"), ("?", "#help dl"), ("/", "#search li")):
        page.keyboard.press(key)
        page.wait_for_selector(selector)
        check(page, selector)
        page.keyboard.press("Escape")
        page.wait_for_selector(selector, state="detached")
    page.click("text=Settings")
    page.wait_for_selector(".settings")
    check(page, "settings")
    page.keyboard.press("Escape")
    reader.shown()
    page.keyboard.press("g")
    page.wait_for_selector("#guidelines table")
    check(page, "guidelines")
    page.context.set_offline(True)
    reader.label()
    page.wait_for_selector("#saved[data-state='offline']")
    check(page, "offline")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_door_and_the_end(rooms, browse, scheme):
    settings = {"color_scheme": scheme, "bypass_csp": True}
    reader = browse(rooms.start(people={"ana": "a long password"}, budget=4), **settings)
    check(reader.page, "log in")
    reader.page.fill("#name", "ana")
    reader.page.fill("#password", "a wrong password")
    reader.page.keyboard.press("Enter")
    reader.page.wait_for_selector("#notice:not([hidden])")
    check(reader.page, "a wrong password")
    reader.log_in("ana", "a long password")
    for _ in range(3):
        reader.label()
    reader.page.keyboard.press("1")
    reader.page.wait_for_selector("#finished")
    check(reader.page, "finished")
    reader.page.context.clear_cookies()
    reader.page.reload()
    check(reader.page, "the door again")
