"""Import: another tool's file becomes a session, with its items beside it; checked whole before anything is written."""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from askwise.bridge.formats import Losses, Reading, read
from askwise.bridge.formats.example import Example
from askwise.core.errors import BadInput

BATCH = 500
"""Answers told at once: a few commits a second on any disk, and little to repeat after a kill."""

_SHOWN = 5


@dataclass(frozen=True)
class Imported:
    """What a file holds, and what became of it; `session` is None for a dry run.

    `labels` counts answers by class where an answer is one or several classes, the most frequent first.
    """

    task: Mapping[str, Any]
    items: int
    answers: int
    annotators: tuple[str, ...]
    losses: str
    problems: tuple[str, ...]
    labels: Mapping[str, int] = field(default_factory=dict)
    session: Path | None = None
    items_file: Path | None = None
    new: int = 0

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        paths = {"session": self.session, "items_file": self.items_file}
        return {**vars(self), **{name: None if path is None else str(path) for name, path in paths.items()}}


def check(reading: Reading, losses: Losses, images: Path | None = None) -> Imported:
    """Read everything once, writing nothing: what is there, and the first problems with it."""
    items = answers = 0
    annotators: dict[str, None] = {}
    problems: list[str] = []
    counted: Counter[str] = Counter()
    wrong = 0
    for number, example in enumerate(reading, start=1):
        items += 1
        for message in _problems(example, number, reading, images):
            wrong += 1
            problems += [message] if len(problems) < _SHOWN else []
        answers += len(example.answers)
        counted.update(_classes_in(example, reading))
        annotators |= dict.fromkeys(given.annotator for given in example.answers)
    if wrong > _SHOWN:
        problems.append(f"and {wrong - _SHOWN} more like these")
    labels = dict(counted.most_common())
    return Imported(reading.task.to_dict(), items, answers, tuple(annotators), str(losses), tuple(problems), labels)


def _classes_in(example: Example, reading: Reading) -> Iterator[str]:
    if reading.task.kind in ("choice", "multilabel", "pair"):
        for given in example.answers:
            yield from map(
                str, given.label if isinstance(given.label, list) else [given.label] * (given.label is not None)
            )


def _problems(example: Example, number: int, reading: Reading, images: Path | None) -> Iterator[str]:
    for given in example.answers:
        if given.label is not None:
            try:
                reading.task.check(given.label, example.data)
            except BadInput as error:
                yield f"item {number} ({example.id!r}), annotator {given.annotator!r}: {error}"
    if reading.task.item == "image":
        if images is None:
            yield f"item {number} is an image, and nobody says where the files are; give --images FOLDER"
        elif _image(example, images) is None:
            yield f"item {number}: there is no file {example.data.get('image')!r} in {str(images)!r}"


def import_file(
    source: str | Path, session: str | Path, *, format: str, images: str | Path | None = None, dry_run: bool = False
) -> Imported:
    """Make or continue a session file from another tool's file; its items lie beside it as `NAME.items.jsonl`.

    Whatever stops it, importing again goes on. Images are read from the folder `images` and kept in
    `NAME.items.parquet`. Answers have keys that depend on the file alone, so importing again, or after a kill, adds
    only what is not there. Raises BadInput, before anything is written, for items or answers that do not fit; a dry run
    reports them instead.
    """
    folder = Path(source) if format == "image_folder" and images is None else None if images is None else Path(images)
    losses = Losses()
    reading = read(source, format, losses)
    found = check(reading, losses, folder)
    if dry_run:
        return found
    if found.problems:
        raise BadInput(f"nothing was imported, for {str(source)!r} has problems: " + "; ".join(found.problems))
    target = Path(session)
    items = _write_items(reading, target, folder)
    new = _tell(reading, target, items)
    return Imported(**{**vars(found), "session": target, "items_file": items, "new": new})


def _write_items(reading: Reading, target: Path, images: Path | None) -> Path:
    if images is not None:
        return _write_images(reading, target.with_suffix(".items.parquet"), images)
    path = target.with_suffix(".items.jsonl")
    part = path.with_name(f".{path.name}.part")
    with part.open("w", encoding="utf-8") as file:
        for example in reading:
            json.dump({**example.data, "id": str(example.id)}, file, ensure_ascii=False)
            file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    return path


def _write_images(reading: Reading, path: Path, images: Path) -> Path:
    import pyarrow as pa
    from pyarrow import parquet

    part = path.with_name(f".{path.name}.part")
    schema = pa.schema([("id", pa.string()), ("image", pa.binary())])
    with parquet.ParquetWriter(part, schema) as writer:
        examples = iter(reading)
        while some := list(islice(examples, 64)):
            rows = [{"id": str(one.id), "image": _image(one, images)} for one in some]
            writer.write_table(pa.Table.from_pylist(rows, schema=schema))
    part.replace(path)
    return path


def _image(example: Example, images: Path) -> bytes | None:
    """The bytes of an item's image, from inside the folder only; None where there is no such file."""
    root = images.resolve()
    file = (root / str(example.data.get("image", ""))).resolve()
    return file.read_bytes() if file.is_relative_to(root) and file.is_file() else None


def _tell(reading: Reading, target: Path, items: Path) -> int:
    from askwise.pool import open_pool
    from askwise.session import Answer, Session

    how = _columns(reading, items)
    pool = open_pool(items, ids="id", **how).pool
    note = {"file": str(items.resolve()), "ids": "id", **how}
    with Session(target, pool=pool, task=reading.task, lease=None, note=note) as session:
        known = {event.key for event in session.events() if event.kind == "answered"}
        answers = (answer for answer in _answers(reading, Answer) if answer.event not in known)
        new = 0
        while some := list(islice(answers, BATCH)):
            new += session.tell(some)
    return new


def _columns(reading: Reading, items: Path) -> dict[str, Any]:
    """What the items are: images, else the column of texts, else all columns of a table."""
    if items.suffix == ".parquet":
        return {"images": "image"}
    first = next(iter(reading), None)
    if first is None:
        raise BadInput("the file holds no item, so there is nothing to label; give another")
    return {"text": "text"} if "text" in first.data else {"features": "all"}


def _answers(reading: Reading, make: Any) -> Iterator[Any]:
    for row, example in enumerate(reading):
        for place, given in enumerate(example.answers):
            key = json.dumps([str(example.id), given.annotator, place, given.label], sort_keys=True)
            about = {} if given.at is None else {"at": given.at}
            yield make(
                row=row,
                label=given.label,
                kind="abstain" if given.label is None else "label",
                annotator=given.annotator,
                seconds=given.seconds,
                event=f"import-{hashlib.blake2b(key.encode(), digest_size=16).hexdigest()}",
                **about,
            )
