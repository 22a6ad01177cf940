"""What every format is read into and written from: an item with the answers that it has."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from askwise.core.errors import BadInput
from askwise.task import Task

CHUNK = 2**20
"""Characters of a list that are read at a time."""

IMPORTED = "import"
"""The annotator of answers whose file names none."""


@dataclass(frozen=True)
class Given:
    """One annotator's answer: a label of the task, or None for somebody who could not tell.

    `seconds` are those of work, `at` is when (Unix time); None where the file does not say.
    """

    label: Any
    annotator: str = IMPORTED
    seconds: float | None = None
    at: float | None = None


@dataclass(frozen=True)
class Example:
    """One item: its id, what is shown of it (``text``, ``image``, or columns), and its answers, oldest first."""

    id: Any
    data: Mapping[str, Any]
    answers: tuple[Given, ...] = ()


@dataclass
class Losses:
    """What a format could not hold, counted by what it was."""

    found: Counter[str] = field(default_factory=Counter)

    def add(self, what: str, count: int = 1) -> None:
        """Count something that was lost."""
        self.found[what] += count

    def only_beliefs(self, example: Example) -> None:
        """Count what a format loses that holds one label an item, and nothing of who gave it."""
        self.add("an id")
        if example.answers:
            self.add("annotators, seconds and times of an item")
        if len(example.answers) > 1:
            self.add("the answers of single annotators")

    def __str__(self) -> str:
        return "; ".join(f"{count:,} x {what}" for what, count in sorted(self.found.items())) or "nothing"


@dataclass(frozen=True)
class Reading:
    """A task and a way through the examples; each pass reads the file anew, so nothing is held."""

    task: Task
    open: Any

    def __iter__(self) -> Iterator[Example]:
        return iter(self.open())


def text_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Number and text of each line. Raises BadInput for a file that is no UTF-8."""
    try:
        with path.open(encoding="utf-8-sig") as file:
            yield from enumerate(file, start=1)
    except UnicodeDecodeError as error:
        raise BadInput(f"{path.name} is not UTF-8 ({error}); save it as UTF-8, or check the format") from error


def json_lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Number and object of each line that is not empty. Raises BadInput naming the line."""
    for number, line in text_lines(path):
        if line.strip():
            yield number, parsed(line, f"line {number} of {path.name}")


def parsed(text: str, where: str) -> dict[str, Any]:
    """The JSON object of a text. Raises BadInput naming the place."""
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        raise BadInput(f"{where} is no JSON ({error.msg} at column {error.colno}); mend it, or leave it out") from error
    if not isinstance(found, dict):
        raise BadInput(f"{where} is {type(found).__name__}, not an object with fields")
    return found


def json_file(path: Path, want: type) -> Any:
    """The JSON value of a whole file. Raises BadInput unless it is a `want` (list or dict)."""
    try:
        found = json.loads(path.read_text(encoding="utf-8-sig"))
    except json.JSONDecodeError as error:
        raise BadInput(f"{path.name} is no JSON ({error.msg} at line {error.lineno}, column {error.colno})") from error
    except UnicodeDecodeError as error:
        raise BadInput(f"{path.name} is not UTF-8 ({error}); save it as UTF-8") from error
    if not isinstance(found, want):
        raise BadInput(f"{path.name} holds a {type(found).__name__}; this format is a {want.__name__} at the top")
    return found


def json_items(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of a file that is one JSON list, one at a time, however long the list is.

    Raises BadInput for a file that is something else, as `json_file` does.
    """
    decoder, size = json.JSONDecoder(), CHUNK
    try:
        with path.open(encoding="utf-8-sig") as file:
            buffer, place, ended, begun = "", 0, False, False
            while True:
                place = _past(buffer, place, " \t\r\n," if begun else " \t\r\n")
                if place < len(buffer) and not begun:
                    if buffer[place] != "[":
                        break
                    begun, place = True, place + 1
                    continue
                if begun and buffer[place : place + 1] == "]":
                    return
                if begun and place < len(buffer):
                    try:
                        found, after = decoder.raw_decode(buffer, place)
                    except json.JSONDecodeError:
                        size *= 2  # a long item: so its beginning is not read again and again
                    else:
                        if not isinstance(found, dict):
                            raise BadInput(f"{path.name} holds {str(found)[:40]!r} where an object should be")
                        yield found
                        place, size = after, CHUNK
                        continue
                if ended:
                    break
                part = file.read(size)
                buffer, place, ended = buffer[place:] + part, 0, not part
    except UnicodeDecodeError as error:
        raise BadInput(f"{path.name} is not UTF-8 ({error}); save it as UTF-8") from error
    json_file(path, list)  # says what is wrong, and where
    raise BadInput(f"{path.name} cannot be read as a JSON list; export it anew")


def _past(text: str, place: int, letters: str) -> int:
    while place < len(text) and text[place] in letters:
        place += 1
    return place


def in_order(names: Iterable[Any]) -> list[Any]:
    """Distinct names sorted as text, so that a task does not depend on the order of the file."""
    return sorted(dict.fromkeys(names), key=str)


def at_text(at: float | None) -> str | None:
    """A time as ISO 8601 in UTC with milliseconds; None for none."""
    from datetime import UTC, datetime

    return None if at is None else datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")


def at_of(text: Any, where: str) -> float | None:
    """Unix time of an ISO 8601 text, taken as UTC where it names no zone. Raises BadInput for another text."""
    from datetime import UTC, datetime

    if text is None or text == "":
        return None
    if isinstance(text, int | float) and not isinstance(text, bool):
        return float(text)
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError as error:
        raise BadInput(f"{where}: {text!r} is no time; give ISO 8601, such as 2026-11-27T08:30:00Z") from error
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
