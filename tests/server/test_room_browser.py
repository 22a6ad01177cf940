"""A hundred labels by keyboard alone in a real browser, five of them offline, and how fast the page is."""

from __future__ import annotations

import itertools
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from askwise.session import Session

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here"),
]

SCRIPT = Path(__file__).with_name("room_process.py")
FOOD, SPORT = ("soup", "bread", "pasta", "salad"), ("match", "goal", "race", "team")
ATTACK = "<img src=x onerror='document.title=1'><script>document.title=2</script>"
TEXTS = [f"{word} number {i} {ATTACK}" for i, word in zip(range(160), itertools.cycle(FOOD + SPORT), strict=False)]
CLASSES = ["food", f"sport {ATTACK}"]
BUDGET = 100

WATCH = """() => {
  window.latencies = [];
  window.pointers = 0;
  let pressed = 0;
  addEventListener("keydown", (event) => { pressed = event.timeStamp; }, true);
  addEventListener("pointerdown", () => { window.pointers += 1; }, true);
  new MutationObserver(() => {
    const start = pressed;
    if (start) requestAnimationFrame(() => window.latencies.push(performance.now() - start));
  }).observe(document.getElementById("item"), { childList: true });
}"""


SUBMITS = """() => performance.getEntriesByType("resource")
  .filter((entry) => entry.name.endsWith("/api/answers"))
  .map((entry) => entry.duration)"""


@pytest.fixture
def room(tmp_path):
    given = {"session": str(tmp_path / "room.aw"), "texts": TEXTS, "classes": CLASSES, "budget": BUDGET}
    command = [sys.executable, str(SCRIPT), json.dumps(given)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        yield process.stdout.readline().strip()
        process.terminate()
        assert process.wait(120) == 0


@pytest.fixture
def page(room):
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        page = browser.new_page()
        page.set_default_timeout(120_000)
        page.problems = []
        page.on("pageerror", lambda error: page.problems.append(str(error)))
        page.on("console", lambda said: page.problems.append(said.text) if said.type == "error" else None)
        page.goto(room)
        page.wait_for_selector("#item:not(.waiting) .text")
        page.evaluate(WATCH)
        yield page
        browser.close()


def shown(page):
    """Number of the item on the page, waiting for one if the room is still choosing."""
    page.wait_for_selector("#item:not(.waiting) .text")
    return int(re.search(r"number (\d+)", page.inner_text("#item .text")).group(1))


def press(page, key):
    """Press a key and wait until the page has moved on."""
    before = page.inner_text("#item")
    page.keyboard.press(key)
    page.wait_for_function("before => document.getElementById('item').innerText !== before", arg=before)


def truth(number):
    return CLASSES[0] if TEXTS[number].split()[0] in FOOD else CLASSES[1]


def label(page, given):
    number = shown(page)
    given[number] = truth(number)
    press(page, "1" if given[number] == CLASSES[0] else "2")
    return number


def saved(page):
    page.wait_for_selector("#saved[data-unsaved='0'][data-state='saved']")


def share(values, part):
    return sorted(values)[min(len(values) - 1, int(part * len(values)))]


def test_a_hundred_items_by_keyboard_alone(page, tmp_path, capsys):
    given: dict[int, str] = {}
    for _ in range(30):
        label(page, given)

    undone = label(page, given)
    press(page, "u")
    assert shown(page) == undone
    label(page, given)
    skipped = shown(page)
    press(page, "s")
    assert shown(page) != skipped
    press(page, "u")
    assert shown(page) == skipped
    label(page, given)
    saved(page)

    page.wait_for_timeout(1_000)
    page.context.set_offline(True)
    for _ in range(5):
        label(page, given)
    page.wait_for_function("() => document.getElementById('saved').dataset.state === 'offline'")
    assert "5 kept here" in page.inner_text("#saved")
    assert len(Session.open(tmp_path / "room.aw").answers) == 32
    page.context.set_offline(False)
    saved(page)
    assert len(Session.open(tmp_path / "room.aw").answers) == 37

    while len(given) < BUDGET:
        label(page, given)
    saved(page)
    page.wait_for_selector("#finished:not([hidden])")
    assert "budget" in page.inner_text("#finished")
    assert "askwise export" in page.inner_text("#finished")

    stored = {answer.row: answer.label for answer in Session.open(tmp_path / "room.aw").answers}
    assert stored == given
    assert page.evaluate("() => window.pointers") == 0
    assert page.title().startswith("texts.csv")  # no text of the data ran as a script
    assert [one for one in page.problems if "ERR_INTERNET_DISCONNECTED" not in one] == []
    keys = page.evaluate("() => window.latencies")
    calls = page.evaluate(SUBMITS)
    with capsys.disabled():
        print(
            f"\nkey to next item: median {share(keys, 0.5):.0f} ms, p95 {share(keys, 0.95):.0f} ms;"
            f" submit: median {share(calls, 0.5):.0f} ms, p95 {share(calls, 0.95):.0f} ms"
        )


def test_a_reload_keeps_what_was_not_sent_and_undo_reaches_back(page, tmp_path):
    given: dict[int, str] = {}
    for _ in range(3):
        last = label(page, given)
    saved(page)
    page.route("**/api/answers", lambda route: route.abort())
    kept = label(page, given)
    page.wait_for_function("() => document.getElementById('saved').dataset.state === 'offline'")
    page.unroute("**/api/answers")
    page.reload()
    saved(page)
    assert shown(page) not in given
    assert set(given) == {answer.row for answer in Session.open(tmp_path / "room.aw").answers}
    press(page, "u")
    assert shown(page) == kept
    press(page, "u")
    assert shown(page) == last
    page.keyboard.press("?")
    assert page.is_visible("#help")
    page.keyboard.press("1")  # keys of the page are off while the help is open
    assert shown(page) == last
    page.keyboard.press("Escape")
    assert not page.is_visible("#help")


def test_undo_after_a_reload_reaches_the_very_first_answer(page, tmp_path):
    given: dict[int, str] = {}
    first = label(page, given)
    saved(page)
    page.reload()
    assert shown(page) != first
    press(page, "u")
    assert shown(page) == first
    saved(page)
    assert Session.open(tmp_path / "room.aw").answers == []
