"""Every kind of answer in a real browser, from `askwise label` on: given by keys alone, read back from the session."""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from askwise.session import Session

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here"),
]

TEXT = "😀 Ada Lovelace met 👩‍🚀 Mae Jemison in Genève."
POINTERS = "() => { window.pointers = 0; addEventListener('pointerdown', () => { window.pointers += 1; }, true); }"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        made = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        yield made
        made.close()


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    with (tmp_path / "rows.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "other"])
        writer.writerows((f"{TEXT} {i}", f"Somebody met somebody {i}") for i in range(30))
    return tmp_path / "rows.csv"


@pytest.fixture
def images(tmp_path: Path) -> Path:
    (tmp_path / "images").mkdir()
    for i in range(8):
        scene = np.zeros((100, 160, 3), dtype=np.uint8)
        scene[:60], scene[60:] = (120, 170, 230), (90, 90 + i, 90)
        scene[30:80, 40:90] = (200, 40, 40)
        Image.fromarray(scene).save(tmp_path / "images" / f"{i}.png")
    return tmp_path / "images"


@contextmanager
def labelling(browser: Any, file: Path, *flags: str) -> Iterator[Any]:
    """The page of `askwise label FILE flags`, in the session `s.aw` beside the file; no pointer, no error."""
    command = [sys.executable, "-c", "from askwise.cli import main; main()", "label", str(file), *flags, "--no-browser"]
    command += ["--session", str(file.parent / "s.aw")]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            link = next(line.strip() for line in process.stdout if "token=" in line)
            page = browser.new_page(viewport={"width": 1200, "height": 860})
            page.set_default_timeout(120_000)
            page.problems = []
            page.on("pageerror", lambda error: page.problems.append(str(error)))
            page.on("console", lambda said: page.problems.append(said.text) if said.type == "error" else None)
            page.goto(link)
            page.wait_for_selector("#item:not(.waiting)")
            page.evaluate(POINTERS)
            yield page
            page.wait_for_selector("#saved[data-state='saved']")
            assert page.evaluate("window.pointers") == 0
            assert page.problems == []
            page.close()
        finally:
            process.terminate()
            process.wait(120)


def press(page: Any, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key.replace("Ctrl+", "Control+"))


def sent(page: Any, before: int = 0) -> None:
    """Wait until the answer has been counted and stored."""
    page.wait_for_function(f"Number(document.querySelector('.count').innerText) > {before}")
    page.wait_for_selector("#saved[data-state='saved'][data-unsaved='0']")


def labels(file: Path) -> list[Any]:
    return [answer.label for answer in Session.open(file.parent / "s.aw").answers]


def test_spans_by_words_by_characters_and_overlapping_around_emoji(browser, rows):
    with labelling(browser, rows, "--task", "span", "--text", "text", "--labels", "PER,LOC,TEAM") as page:
        assert page.inner_text(".tools .told").startswith("“😀”")
        press(page, "ArrowRight", "Shift+ArrowRight", "1")  # Ada Lovelace
        press(page, "ArrowRight", "ArrowRight", "Shift+ArrowRight", "Shift+ArrowRight", "3")  # 👩‍🚀 Mae Jemison
        press(page, "Shift+ArrowLeft", "Shift+ArrowLeft", "ArrowRight", "Shift+ArrowRight", "1")  # inside it
        press(page, "ArrowRight", "ArrowRight")
        assert "“Genève”" in page.inner_text(".tools .told")
        press(page, "Ctrl+ArrowRight", "2", "2")  # with its full stop, and taken back
        press(page, "Ctrl+ArrowLeft", "2")
        assert page.locator("#spans .under b").count() == 4
        assert page.locator("#spans .lane1 b").count() == 1
        press(page, ".", ",", "End", "1", "Backspace", "Enter")
        sent(page)
        press(page, "u")  # the answer comes back as it was
        page.wait_for_selector("#spans .under b", state="attached")
        assert page.locator("#spans .under b").count() == 4
        press(page, "Enter")
        sent(page)
    (label,) = labels(rows)
    text = TEXT
    named = [(text[one["start"] : one["end"]], one["label"]) for one in label]
    assert named == [("Ada Lovelace", "PER"), ("👩‍🚀 Mae Jemison", "TEAM"), ("Mae Jemison", "PER"), ("Genève", "LOC")]


def test_boxes_and_polygons_drawn_by_arrows_and_space(browser, images):
    with labelling(browser, images, "--task", "region", "--labels", "car,house") as page:
        told = page.inner_text(".tools .told")
        assert told.startswith("80, 50")
        press(page, *["ArrowLeft"] * 10, *["ArrowUp"] * 5, " ", *["ArrowRight"] * 12, *["ArrowDown"] * 12, " ")
        press(page, "2", ";", " ", *["ArrowRight"] * 5, " ", *["Shift+ArrowDown"] * 3, " ", "Enter")
        assert "2 regions" in page.inner_text(".tools .told")
        # The first one again: its nearest corner is taken up, moved by a pixel, dropped; then it is a house.
        press(page, ".", " ", "Shift+ArrowLeft", " ", "2", "Escape", "+", "-", "Enter")
        sent(page)
    (label,) = labels(images)
    assert label == [
        {"label": "house", "box": [39.0, 30.0, 49.0, 48.0]},
        {"label": "house", "polygon": [[88.0, 78.0], [108.0, 78.0], [108.0, 81.0]]},
    ]


def test_an_unfinished_outline_is_not_sent(browser, images):
    with labelling(browser, images, "--task", "region", "--labels", "car", "--shapes", "box") as page:
        press(page, " ", "ArrowRight", "Enter")
        assert "Finish the outline first" in page.inner_text(".send")
        press(page, "Escape", "Enter")
        sent(page)
    assert labels(images) == [[]]


def test_pixels_are_walked_through_and_named(browser, images):
    with labelling(browser, images, "--task", "pixel", "--labels", "sky,road", "--pixels", "4") as page:
        assert "Pixel 1 of 4, chosen by chance" in " ".join(page.inner_text(".tools .told").split())
        press(page, "1", "2", "Enter")
        assert "2 pixels wait for a name" in page.inner_text(".send")
        press(page, " ", "2", "ArrowLeft", "Backspace", "1", "Enter")
        sent(page)
    record = Session.open(images.parent / "s.aw")
    (answer,) = record.answers
    asked = record.queries[answer.query].why["pixels"]
    given = {(one["x"], one["y"]): one["label"] for one in answer.label}
    assert [given.get((one["x"], one["y"])) for one in asked] == ["sky", "road", "sky", "road"]


def test_pairs_and_rankings_take_one_key(browser, rows):
    with labelling(browser, rows, "--task", "pair", "--text", "text,other", "--question", "Same meeting?") as page:
        assert "Same meeting?" in page.inner_text(".answer")
        assert page.locator(".thing").count() == 2
        press(page, "j")
        sent(page)
        press(page, "f")
        sent(page, 1)
    assert labels(rows) == ["different", "same"]


def test_rankings_of_two_and_of_three(browser, rows):
    with labelling(browser, rows, "--task", "ranking", "--text", "text,other") as page:
        press(page, "2")
        sent(page)
    assert labels(rows) == [[1, 0]]
    (rows.parent / "s.aw").unlink()
    with labelling(browser, three(rows), "--task", "ranking", "--text", "a,b,c") as page:
        press(page, "3", "Enter")
        assert "2 have no place yet" in page.inner_text(".send")
        press(page, "1", "Backspace", "ArrowRight", " ", "Enter")
        sent(page)
    assert labels(rows) == [[2, 1, 0]]


def three(rows: Path) -> Path:
    path = rows.parent / "three.csv"
    path.write_text("a,b,c\n" + "".join(f"first {i},second {i},third {i}\n" for i in range(12)), encoding="utf-8")
    return path


def test_numbers_are_typed_without_a_field(browser, rows):
    flags = ["--task", "number", "--text", "text", "--low", "0", "--high", "10", "--unit", "kg"]
    with labelling(browser, rows, *flags) as page:
        press(page, "Enter")
        assert "Type a number first" in page.inner_text(".send")
        press(page, "1", "1", "Enter")
        assert "Give a number from 0 to 10" in page.inner_text(".send")
        press(page, "Backspace", ",", "5", "Enter")
        sent(page)
        press(page, "ArrowUp", "ArrowUp", "Shift+ArrowUp", "Enter")
        sent(page, 1)
    assert labels(rows) == [1.5, 6.1]


def test_several_labels_are_switched_on_and_off(browser, rows):
    with labelling(browser, rows, "--task", "multilabel", "--text", "text", "--labels", "a,b,c") as page:
        press(page, "3", "1", "2", "2")
        assert page.locator(".option[aria-pressed='true']").count() == 2
        press(page, "Enter")
        sent(page)
        press(page, "Enter")
        sent(page, 1)
    assert labels(rows) == [["a", "c"], []]


def test_a_search_switches_and_does_not_send(browser, rows):
    many = ",".join(f"class{i:02}" for i in range(14))
    with labelling(browser, rows, "--task", "multilabel", "--text", "text", "--labels", many) as page:
        press(page, "/")
        page.keyboard.type("class13")
        press(page, "Enter")
        page.wait_for_selector(".option[aria-pressed='true']")
        press(page, "Enter")
        sent(page)
    assert labels(rows) == [["class13"]]


def learned(rows: Path, kind: str) -> list[tuple[str, str]]:
    """A session of the kind in which a model has learned from 140 answers; texts and their classes."""
    from askwise.cli.kinds import kind_of
    from askwise.cli.label import Wanted, begin

    words = {
        "food": ["soup", "bread", "pasta", "salad"],
        "sport": ["match", "goal", "race", "team"],
        "art": ["song", "film"],
    }
    texts = [(f"{word} number {i} {word}", name) for i in range(40) for name, many in words.items() for word in many]
    path = rows.parent / "topics.csv"
    path.write_text("text\n" + "".join(f"{text}\n" for text, _ in texts), encoding="utf-8")
    wanted = Wanted(
        path, rows.parent / "s.aw", text="text", classes="food,sport,art", kind=kind_of(kind), strategy="margin"
    )
    with begin(wanted) as session:
        for _ in range(14):
            session.tell([{"row": q.row, "query": q.number, "label": texts[q.row][1]} for q in session.ask(10)])
    return texts


@pytest.mark.parametrize("kind", ["candidates", "verify"])
def test_proposals_are_taken_refused_and_put_right(browser, rows, kind):
    texts = dict(learned(rows, kind))
    known = len(labels(rows))
    with labelling(browser, rows.parent / "topics.csv") as page:
        for _ in range(14):
            count = int(page.inner_text(".count"))
            right = texts[page.inner_text("#item .text")]
            number = "123"[["food", "sport", "art"].index(right)]
            asked = page.inner_text(".answer")
            if kind == "verify" and "Is this" in asked:
                press(page, "f" if f"Is this {right}?" in " ".join(asked.split()) else "j")
                if "Which one is it" in page.inner_text(".answer"):
                    press(page, number)
            elif kind == "candidates" and "None of these" in asked and right not in page.inner_text("#options"):
                press(page, "-", number)
            else:
                press(page, number)
            sent(page, count)
    record = Session.open(rows.parent / "s.aw")
    given = [answer for answer in record.answers if answer.seq > 0][known:]
    assert len(given) == 14
    by_row = list(texts)
    assert all(answer.label == texts[by_row[answer.row]] for answer in given)
    why = [record.queries[answer.query].why for answer in given]
    assert any(("proposed" if kind == "verify" else "candidates") in one for one in why)


def test_a_no_alone_rules_the_proposal_out(browser, rows):
    learned(rows, "verify")
    with labelling(browser, rows.parent / "topics.csv") as page:
        while "Is this" not in page.inner_text(".answer"):
            press(page, "s")
        press(page, "j", "Backspace", "j", "Enter")
        sent(page, int(page.inner_text(".count")) - 1)
    record = Session.open(rows.parent / "s.aw")
    last = record.answers[-1]
    assert last.label == {"not": [record.queries[last.query].why["proposed"]]}


def test_spans_that_a_tagger_suggests_are_taken_over_and_mended(browser, rows):
    from askwise.cli.kinds import kind_of
    from askwise.cli.label import Wanted, begin

    given = [{"start": TEXT.index("Ada"), "end": TEXT.index(" met"), "label": "PER"}]
    wanted = Wanted(rows, rows.parent / "s.aw", text="text", classes="PER,LOC", kind=kind_of("span"))
    with begin(wanted) as session:
        session.tell([{"row": q.row, "query": q.number, "label": given} for q in session.ask(12)])
    with labelling(browser, rows) as page:
        while page.locator(".suggested").count() == 0:  # a random row, on which nothing is suggested
            press(page, "s")
            page.wait_for_timeout(300)
        assert "The model says 1 mark" in " ".join(page.inner_text(".suggested").split())
        press(page, "=", "End", "ArrowLeft", "2", "Enter")
        sent(page, 12)
    assert labels(rows)[-1] == [*given, {"start": TEXT.index("Genève"), "end": TEXT.index("."), "label": "LOC"}]
