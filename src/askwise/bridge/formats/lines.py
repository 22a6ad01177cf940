"""Our own lines as JSONL, CSV or Parquet: one line an answer, for every kind of task."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from askwise.bridge.export import write as write_lines
from askwise.bridge.formats.example import Example, Given, Losses, Reading, at_of, at_text, in_order, json_lines
from askwise.core.errors import BadInput
from askwise.task import Task, as_task

COLUMNS = ("id", "label", "annotator", "seconds", "at", "task")
"""What each line says; every other column is the item's own. `task` is the task as JSON."""


def read(path: Path, losses: Losses) -> Reading:
    """Lines of a file; without a column `task`, labels are classes, or numbers where all are."""
    return Reading(_task(path), lambda: _examples(path))


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    if path.suffix == ".jsonl":
        yield from (line for _, line in json_lines(path))
        return
    from askwise.pool.files import read_table

    for batch in read_table(path).to_batches(1024):
        yield from batch.to_pylist()


def _task(path: Path) -> Task:
    labels: dict[Any, None] = {}
    for line in _lines(path):
        if line.get("task"):
            return as_task(_plain(line["task"]))
        label = _plain(line.get("label"))
        if isinstance(label, list | dict):
            raise BadInput(f"{path.name}: the label {label!r} is no class, and no column 'task' says what it is")
        labels |= {} if label is None else {label: None}
    if labels and all(isinstance(label, float) for label in labels):
        return as_task("number")
    return as_task("choice", in_order(labels))


def _plain(value: Any) -> Any:
    """A label or task from its column: JSON where the text is JSON, else the text."""
    if not isinstance(value, str) or value[:1] not in "[{":
        return value
    try:
        return json.loads(value)
    except json.JSONDecodeError:
        return value


def _examples(path: Path) -> Iterator[Example]:
    held: Example | None = None
    for number, line in enumerate(_lines(path)):
        name = line.get("id", number)
        data = {key: value for key, value in line.items() if key not in COLUMNS}
        answers: tuple[Given, ...] = ()
        if line.get("annotator") is not None or line.get("label") is not None:
            at = at_of(line.get("at"), f"line {number + 1} of {path.name}")
            answers = (Given(_plain(line.get("label")), line.get("annotator") or "import", line.get("seconds"), at),)
        if held is not None and held.id == name:
            held = Example(name, held.data, (*held.answers, *answers))
            continue
        if held is not None:
            yield held
        held = Example(name, data, answers)
    if held is not None:
        yield held


def write(examples: Iterable[Example], task: Task, path: Path, losses: Losses) -> None:
    """One line for each answer (for each item, where it has none), in the format that the path ends in."""
    plain = task.kind in ("choice", "number") and path.suffix != ".jsonl"
    about: Any = task.to_dict() if path.suffix == ".jsonl" else json.dumps(task.to_dict())
    lines = [line for example in examples for line in _written(example, about, plain, path.suffix)]
    write_lines(lines, path, COLUMNS)


def _written(example: Example, about: Any, plain: bool, suffix: str) -> Iterator[dict[str, Any]]:
    for given in example.answers or (None,):
        line: dict[str, Any] = {"id": example.id, "task": about, **_cells(example.data, suffix)}
        if given is not None:
            label = given.label
            as_text = suffix != ".jsonl" and not plain and label is not None and not isinstance(label, str)
            line["label"] = json.dumps(label) if as_text else label
            line |= {"annotator": given.annotator, "seconds": given.seconds, "at": at_text(given.at)}
        yield line


def _cells(data: Mapping[str, Any], suffix: str) -> dict[str, Any]:
    """The item's columns; in a table, what is no plain value stands as JSON."""
    clash = [name for name in data if name in COLUMNS]
    if clash:
        raise BadInput(f"the item has a column {clash[0]!r}, which here says something of the answer; rename it")
    if suffix == ".jsonl":
        return dict(data)
    return {name: json.dumps(value) if isinstance(value, list | Mapping) else value for name, value in data.items()}
