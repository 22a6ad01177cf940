"""CoNLL: a token and its IOB2 tag on each line, a blank line between texts.

Character offsets are our truth. Reading joins tokens by one space; writing splits a text into words and signs, and says
which spans do not begin and end with a token.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from askwise.bridge.formats.example import Example, Given, Losses, Reading, in_order, text_lines
from askwise.core.errors import BadInput
from askwise.task import Task, as_task

TOKEN = re.compile(r"\w+|[^\w\s]")
"""The tokeniser of `write`: runs of letters and digits, and every other sign by itself."""


def read(path: Path, losses: Losses) -> Reading:
    """Texts of a file; the first column is the token, the last its tag."""
    names = in_order(tag[2:] for _, tags in _sentences(path) for tag in tags if tag != "O")
    if not names:
        raise BadInput(f"{path.name} holds no tag but O; a task of spans needs classes")
    return Reading(as_task({"kind": "span", "classes": names, "overlap": False}), lambda: _examples(path))


def _sentences(path: Path) -> Iterator[tuple[list[str], list[str]]]:
    tokens: list[str] = []
    tags: list[str] = []
    for number, line in text_lines(path):
        cells = line.split()
        if not cells or cells[0] == "-DOCSTART-" or cells[0].startswith("#"):
            if tokens:
                yield tokens, tags
            tokens, tags = [], []
            continue
        if len(cells) < 2 or not re.fullmatch(r"O|[BI]-.+", cells[-1]):
            raise BadInput(f"line {number} of {path.name}: {line.strip()!r} is no token with a tag O, B-x or I-x")
        tokens.append(cells[0])
        tags.append(cells[-1])
    if tokens:
        yield tokens, tags


def _examples(path: Path) -> Iterator[Example]:
    for number, (tokens, tags) in enumerate(_sentences(path)):
        yield Example(number, {"text": " ".join(tokens)}, (Given(spans_of(tokens, tags)),))


def spans_of(tokens: list[str], tags: list[str]) -> list[dict[str, Any]]:
    """Spans over the tokens joined by spaces; an I- after another class begins a span, as conlleval reads it.

    >>> spans_of(["Ada", "Lovelace", "lived"], ["B-per", "I-per", "O"])
    [{'start': 0, 'end': 12, 'label': 'per'}]
    """
    spans: list[dict[str, Any]] = []
    at, before = 0, "O"
    for token, tag in zip(tokens, tags, strict=True):
        end = at + len(token)
        if tag.startswith("I-") and before != "O" and before[2:] == tag[2:]:
            spans[-1]["end"] = end
        elif tag != "O":
            spans.append({"start": at, "end": end, "label": tag[2:]})
        at, before = end + 1, tag
    return spans


def write(examples: Iterable[Example], task: Task, path: Path, losses: Losses) -> None:
    """One block of tokens with tags for each item that has an answer; the task's belief where there are several."""
    with path.open("w", encoding="utf-8") as file:
        for example in examples:
            labels = [given.label for given in example.answers if given.label is not None]
            if not labels:
                losses.add("an item without an answer")
                continue
            losses.only_beliefs(example)
            if set(example.data) != {"text"}:
                losses.add("columns beside the text")
            tokens = [(m.group(), m.start(), m.end()) for m in TOKEN.finditer(example.data["text"])]
            tags = _tags(tokens, task.believe(labels), losses)
            file.writelines(f"{token} {tag}\n" for (token, _, _), tag in zip(tokens, tags, strict=True))
            file.write("\n")


def _tags(tokens: list[tuple[str, int, int]], spans: list[dict[str, Any]], losses: Losses) -> list[str]:
    tags = ["O"] * len(tokens)
    for span in spans:
        inside = [i for i, (_, start, end) in enumerate(tokens) if start < span["end"] and end > span["start"]]
        exact = inside and tokens[inside[0]][1] == span["start"] and tokens[inside[-1]][2] == span["end"]
        if not exact:
            losses.add("a span that does not begin and end with a token")
        if not inside or any(tags[i] != "O" for i in inside):
            losses.add("a span that overlaps another" if inside else "a span without a token")
            continue
        for i in inside:
            tags[i] = f"{'B' if i == inside[0] else 'I'}-{span['label']}"
    return tags
