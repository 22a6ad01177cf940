"""Screenshots of the pages for those who look after the work, for docs/how-to/review.md: `python docs/shoot_room.py`.

Needs Chromium, Playwright and ASKWISE_DATA with ag_news. Four annotators are made up; how often they err is said below.
"""

from __future__ import annotations

import csv
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from pyarrow import parquet

from askwise.cli.label import Wanted, begin
from askwise.session import Answer

sys.path.append(str(Path(__file__).parent))
from shoot_kinds import IMAGES, labelling

CLASSES = ["World", "Sports", "Business", "Sci/Tech"]
PEOPLE = {"Ana": (0.97, 4.3), "Ben": (0.88, 4.4), "Cleo": (0.82, 1.8), "Dmitri": (0.94, 4.6)}
"""How often each is right, and seconds for an answer."""

ROWS, EACH, ROUNDS, SHARE = 3000, 30, 36, 0.02
"""Rows of the pool, answers at once, such turns; how often somebody cannot tell."""


def labelled(folder: Path) -> Path:
    """A table of news, and beside it a session in which three of the four have answered each row that was asked."""
    table = parquet.read_table(Path(os.environ["ASKWISE_DATA"]) / "ag_news" / "test.parquet").slice(0, ROWS)
    texts, labels = table.column("text").to_pylist(), table.column("label").to_pylist()
    path = folder / "ag_news.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["text"], *([text] for text in texts)])
    wanted = Wanted(path, folder / "s.aw", text="text", classes=",".join(CLASSES), strategy="margin", budget=1500)
    rng = np.random.default_rng(0)
    with begin(wanted, overlap=3, truth="one_coin") as session:
        for turn in range(ROUNDS):
            name = [*PEOPLE][(turn % 3 + turn // 3) % 4]
            session.tell([said(rng, query, int(labels[query.row]), name) for query in session.ask(EACH, name)])
    return path


def said(rng: np.random.Generator, query: Any, truth: int, name: str) -> Answer:
    """What an annotator says of a row: mostly the truth, at times that she cannot tell."""
    right, seconds = PEOPLE[name]
    label = CLASSES[truth if rng.random() < right else (truth + int(rng.integers(1, 4))) % 4]
    unsure = rng.random() < SHARE
    return Answer(
        row=query.row,
        label=None if unsure else label,
        kind="abstain" if unsure else "label",
        annotator=name,
        query=query.number,
        seconds=float(rng.gamma(4.0, seconds / 4.0)),
    )


def shoot(page: Any, name: str) -> None:
    """The whole page, in all its colours."""
    page.mouse.move(2, 300)
    page.wait_for_timeout(500)
    path = IMAGES / f"{name}.png"
    page.screenshot(path=str(path), full_page=True)
    with Image.open(path) as image:
        image.convert("RGB").save(path, optimize=True)


def main() -> None:
    """Shoot both pages."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        with labelling(browser, labelled(Path(folder))) as page:
            page.set_default_timeout(600_000)
            page.set_viewport_size({"width": 1280, "height": 900})
            page.click(".menu a[href='/review']")
            page.wait_for_selector(".voices")
            shoot(page, "review")
            page.set_viewport_size({"width": 1180, "height": 700})
            page.click(".menu a[href='/insight']")
            page.wait_for_selector(".chart canvas")
            page.keyboard.press("s")
            page.wait_for_function("() => /With \\d+ labels/.test(document.getElementById('main').innerText)")
            shoot(page, "insight")
        browser.close()


if __name__ == "__main__":
    main()
