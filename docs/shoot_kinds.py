"""Screenshots of how each kind of answer is given, for docs/how-to/kinds-of-answer.md: `python docs/shoot_kinds.py`.

Needs Chromium and Playwright. The rows are made here; the picture is drawn here.
"""

from __future__ import annotations

import csv
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from askwise.cli.kinds import kind_of
from askwise.cli.label import Wanted, begin

IMAGES = Path(__file__).parent / "images"
SIZE = (1200, 800)
STORY = (
    "On Monday, Ada Lovelace 😀 met the Analytical Society of London at Trinity College, Cambridge. Charles Babbage"
    " could not come: he was in Genève."
)
REVIEWS = (
    "The soup was warm, and the people at the next table were kind.",
    "Cold soup, a loud room, and we waited for an hour.",
    "It was fine. Nothing special.",
)
TOPICS = {
    "food": ("The {} was well seasoned and came hot.", ("soup", "bread", "salad", "pasta", "curry")),
    "service": ("The {} was friendly and never far away.", ("waiter", "cook", "host", "owner", "barman")),
    "price": ("The {} was more than we had meant to spend.", ("bill", "wine", "menu", "tip", "cover charge")),
    "place": ("The {} was bright and well kept.", ("room", "terrace", "garden", "bar", "view")),
}


def texts(folder: Path) -> Path:
    """A table with a story and three reviews in each row."""
    path = folder / "visits.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["story", "first", "second", "third"])
        writer.writerows([STORY if not i else f"{STORY} This was day {i}.", *REVIEWS] for i in range(40))
    return path


def topics(folder: Path, kind: str) -> Path:
    """Single sentences of four topics, and a session in which a model has learned from 160 of them."""
    rows = [
        (f"{said.format(word)} ({i})", name)
        for i in range(24)
        for name, (said, many) in TOPICS.items()
        for word in many
    ]
    path = folder / "sentences.csv"
    path.write_text("text\n" + "".join(f"{text}\n" for text, _ in rows), encoding="utf-8")
    said = {"text": "text", "classes": ",".join(TOPICS), "strategy": "random"}
    with begin(Wanted(path, folder / "s.aw", **said, kind=kind_of(kind))) as session:
        for _ in range(8):
            session.tell([{"row": q.row, "query": q.number, "label": rows[q.row][1]} for q in session.ask(20)])
    return path


def picture(folder: Path) -> Path:
    """A folder with two drawn landscapes."""
    (folder / "views").mkdir()
    for i in range(2):
        landscape(i).save(folder / "views" / f"{i}.png")
    return folder / "views"


def landscape(seed: int, scale: int = 2) -> Image.Image:
    """A lake, hills, a house and trees, 720 x 480, drawn at twice the size and made a little rough."""
    width, height = 720 * scale, 480 * scale
    rng = np.random.default_rng(seed)
    down = np.linspace(0, 1, height)[:, None, None]
    sky = (1 - down) * np.array([96, 156, 214]) + down * np.array([244, 226, 196])
    image = Image.fromarray(np.broadcast_to(sky, (height, width, 3)).astype(np.uint8).copy())
    draw = ImageDraw.Draw(image)

    def shape(points: Sequence[tuple[float, float]], colour: str) -> None:
        draw.polygon([(x * scale, y * scale) for x, y in points], fill=colour)

    def disc(x: float, y: float, r: float, colour: str) -> None:
        draw.ellipse([(x - r) * scale, (y - r) * scale, (x + r) * scale, (y + r) * scale], fill=colour)

    disc(590, 80, 32, "#fff3c8")
    shape([(0, 250), (120, 170), (250, 235), (400, 150), (560, 230), (720, 180), (720, 300), (0, 300)], "#7d92a8")
    shape([(0, 290), (160, 240), (330, 285), (520, 235), (720, 280), (720, 480), (0, 480)], "#6f9a52")
    shape([(0, 380), (240, 350), (520, 372), (720, 350), (720, 480), (0, 480)], "#3f7fa6")
    shape([(0, 392), (240, 366), (520, 388), (720, 366), (720, 376), (520, 398), (240, 376), (0, 402)], "#8fbcd4")
    shape([(300, 230), (420, 230), (420, 335), (300, 335)], "#e3d3b8")
    shape([(288, 232), (360, 178), (432, 232)], "#a2452f")
    for x in (318, 380):
        shape([(x, 255), (x + 22, 255), (x + 22, 283), (x, 283)], "#4b5b6b")
    shape([(350, 290), (372, 290), (372, 335), (350, 335)], "#6b4a33")
    for x, y, r in ((120, 255, 46), (170, 275, 34), (560, 260, 40), (615, 278, 30), (505, 290, 22)):
        shape([(x - 5, y), (x + 5, y), (x + 6, y + r + 34), (x - 6, y + r + 34)], "#5a4030")
        for dx, dy, part in ((0, 0, 1.0), (-0.5, 0.25, 0.7), (0.5, 0.2, 0.72)):
            disc(x + dx * r, y + dy * r, r * part, "#2f6b3c")
    small = image.filter(ImageFilter.GaussianBlur(1.2)).resize((720, 480), Image.Resampling.LANCZOS)
    rough = np.asarray(small, dtype=np.float64) + rng.normal(0, 7, (480, 720, 1)) + rng.normal(0, 3, (480, 720, 3))
    return Image.fromarray(np.clip(rough, 0, 255).astype(np.uint8))


@contextmanager
def labelling(browser: Any, file: Path, *flags: str) -> Iterator[Any]:
    """The page of `askwise label FILE flags`."""
    command = [sys.executable, "-c", "from askwise.cli import main; main()", "label", str(file), *flags]
    command += ["--no-browser", "--session", str(file.parent / "s.aw")]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            page = browser.new_page(viewport={"width": SIZE[0], "height": SIZE[1]})
            page.goto(next(line.strip() for line in process.stdout or () if "token=" in line))
            page.wait_for_selector("#item:not(.waiting)")
            yield page
            page.close()
        finally:
            process.terminate()
            process.wait(120)


def shoot(page: Any, name: str, scheme: str) -> None:
    """One screenshot down to the last button, in few colours so that the file is small."""
    page.emulate_media(color_scheme=scheme)
    page.wait_for_timeout(300)
    page.mouse.move(2, 2)
    page.evaluate("window.scrollTo(0, 0)")
    bottom = page.evaluate("document.querySelector('#actions').getBoundingClientRect().bottom")
    clip = {"x": 0, "y": 0, "width": SIZE[0], "height": min(SIZE[1], int(bottom) + 12)}
    path = IMAGES / f"kind-{name}{'-dark' if scheme == 'dark' else ''}.png"
    page.screenshot(path=str(path), clip=clip)
    with Image.open(path) as image:
        few = image.convert("RGB").quantize(255, dither=Image.Dither.NONE)
    few.save(path, optimize=True)


def keys(*names: str) -> Callable[[Any], None]:
    """Press these keys; "5*ArrowLeft" five times."""

    def press(page: Any) -> None:
        for name in names:
            count, _, key = name.rpartition("*")
            for _ in range(int(count or 1)):
                page.keyboard.press(key)

    return press


def until(pattern: str, *then: str) -> Callable[[Any], None]:
    """Skip items until the page says this, then press keys."""

    def act(page: Any) -> None:
        for _ in range(30):
            if re.search(pattern, page.inner_text(".answer")):
                break
            page.keyboard.press("s")
            page.wait_for_timeout(200)
        keys(*then)(page)

    return act


SPANS = keys(
    *(
        "2*ArrowRight",
        "Shift+ArrowRight",
        "1",
        "4*ArrowRight",
        "3*Shift+ArrowRight",
        "2",
        "ArrowRight",
        "ArrowLeft",
        "3",
    ),
    *("2*ArrowRight", "Shift+ArrowRight", "2", "ArrowRight", "3", "ArrowRight", "Shift+ArrowRight", "1", "End"),
)
REGIONS = keys(
    *("4*ArrowLeft", "3*ArrowUp", "8*Shift+ArrowUp", " ", "8*ArrowRight", "8*ArrowDown", "13*Shift+ArrowDown", " "),
    *(
        "2",
        "20*ArrowLeft",
        "7*Shift+ArrowLeft",
        "7*ArrowUp",
        " ",
        "6*ArrowRight",
        "3*Shift+ArrowRight",
        "7*ArrowDown",
        " ",
    ),
    *("3", ";", "3*ArrowDown", "10*ArrowLeft", " ", "13*ArrowRight", "ArrowUp", " ", "16*ArrowRight", "ArrowDown", " "),
    *("11*ArrowRight", "ArrowUp", " ", "5*ArrowDown"),
)

Act = Callable[[Any], None]
CASES: dict[str, tuple[Callable[[Path], Path], list[str], Act]] = {
    "multilabel": (
        texts,
        ["--task", "multilabel", "--text", "first", "--labels", "food,service,price,place,noise"],
        keys("1", "4"),
    ),
    "number": (
        texts,
        ["--task", "number", "--text", "second", "--low", "0", "--high", "10", "--unit", "points"],
        keys("7", ".", "5"),
    ),
    "span": (texts, ["--task", "span", "--text", "story", "--labels", "person,organisation,place,date"], SPANS),
    "region": (picture, ["--task", "region", "--labels", "house,tree,lake"], REGIONS),
    "pixel": (picture, ["--task", "pixel", "--labels", "sky,hill,house,tree,water"], keys("1", "2", "2", "4")),
    "pair": (
        texts,
        ["--task", "pair", "--text", "first,second", "--question", "Do they say the same of the soup?"],
        keys(),
    ),
    "ranking": (
        texts,
        ["--task", "ranking", "--text", "first,second,third", "--question", "Which review helps the most?"],
        keys("2"),
    ),
    "candidates": (lambda folder: topics(folder, "candidates"), [], until("None of these")),
    "verify": (lambda folder: topics(folder, "verify"), [], until("Is this")),
}


def main(names: Sequence[str]) -> None:
    """Shoot the kinds named, or all."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for name, (rows, flags, act) in CASES.items():
            if names and name not in names:
                continue
            with tempfile.TemporaryDirectory() as folder, labelling(browser, rows(Path(folder)), *flags) as page:
                act(page)
                for scheme in ("light",):
                    shoot(page, name, scheme)
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1:])
