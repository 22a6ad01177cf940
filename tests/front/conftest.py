"""Rooms in processes of their own, and real browsers on them."""

from __future__ import annotations

import itertools
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
SCRIPT = Path(__file__).parents[1] / "server" / "room_process.py"
FOOD, SPORT = ("soup", "bread", "pasta", "salad"), ("match", "goal", "race", "team")
CLASSES = ["food", "sport"]
LIMIT = 120.0
"""Seconds after which a state will never come: far more than a busy machine needs."""

POINTERS = """() => {
  window.pointers = 0;
  addEventListener("pointerdown", () => { window.pointers += 1; }, true);
}"""


def texts(n: int = 160) -> list[str]:
    """Texts that tell two classes apart, each with its number."""
    return [f"{word} number {i}" for i, word in zip(range(n), itertools.cycle(FOOD + SPORT), strict=False)]


def truth(text: str) -> str:
    """The class of one of these texts."""
    return CLASSES[0] if text.split()[0] in FOOD else CLASSES[1]


class Rooms:
    """Starts rooms, and ends what it started."""

    def __init__(self, folder: Path) -> None:
        self.session = folder / "room.aw"
        self.processes: list[subprocess.Popen[str]] = []

    def start(self, **given: Any) -> str:
        """The link of a new room over the same session file."""
        settings = {"session": str(self.session), "texts": texts(), "classes": CLASSES, "budget": 100} | given
        told = self.session.with_suffix(".json")
        told.write_text(json.dumps(settings), "utf-8")
        command = [sys.executable, str(SCRIPT), f"@{told}"]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.processes.append(process)
        assert process.stdout is not None
        return process.stdout.readline().strip()

    def kill(self) -> None:
        """As a power cut would: no signal that can be caught."""
        self.processes[-1].kill()
        self.processes[-1].wait(LIMIT)

    def close(self) -> None:
        for process in self.processes:
            process.terminate()
            process.wait(LIMIT)
            assert process.stdout is not None
            process.stdout.close()


class Reader:
    """One page in a browser of its own, driven by keys alone."""

    def __init__(self, page: Any, problems: list[str]) -> None:
        self.page, self.problems = page, problems

    def shown(self) -> str:
        """The text of the item, waiting for one if the room is still choosing."""
        self.page.wait_for_selector("#item:not(.waiting) .text")
        text: str = self.page.inner_text("#item .text")
        return text

    def number(self) -> int:
        return int(re.findall(r"\d+", self.shown())[-1])

    def press(self, key: str) -> None:
        """Press a key and wait until another item, or the end, is there."""
        before = self.page.inner_text("#item")
        self.page.keyboard.press(key)
        self.page.wait_for_function("before => document.querySelector('#item')?.innerText !== before", arg=before)

    def label(self) -> str:
        """Answer the item rightly; its text."""
        text = self.shown()
        self.press("1" if truth(text) == CLASSES[0] else "2")
        return text

    def saved(self) -> None:
        self.page.wait_for_selector("#saved[data-unsaved='0'][data-state='saved']")

    def log_in(self, name: str, password: str) -> None:
        self.page.fill("#name", name)
        self.page.fill("#password", password)
        self.page.keyboard.press("Enter")
        self.page.wait_for_selector("#item")


@pytest.fixture
def rooms(tmp_path: Path) -> Iterator[Rooms]:
    made = Rooms(tmp_path)
    yield made
    made.close()


@pytest.fixture
def browse() -> Iterator[Callable[..., Reader]]:
    """Opens a link in a browser that shares nothing with others."""
    if CHROMIUM is None:
        pytest.skip("no Chromium here")
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )

        def open_link(link: str, **settings: Any) -> Reader:
            page = browser.new_context(**settings).new_page()
            page.set_default_timeout(LIMIT * 1000)
            problems: list[str] = []
            page.on("pageerror", lambda error: problems.append(str(error)))
            page.on("console", lambda said: problems.append(said.text) if said.type == "error" else None)
            page.goto(link)
            page.evaluate(POINTERS)
            return Reader(page, problems)

        yield open_link
        browser.close()
