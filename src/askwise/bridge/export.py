"""Labels of a session as JSON lines, CSV or Parquet: complete or not at all."""

from __future__ import annotations

import codecs
import csv
import json
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from askwise.core.errors import BadInput, StoreError, did_you_mean

Line = dict[str, Any]

COLUMNS = ("row", "id", "label", "annotator", "seconds", "kind", "arm", "strategy", "at")
"""What every line says about its answer; `arm` and `strategy` are None for a row that was never asked."""

HOW = ("query", "round", "arm", "strategy", "chance")
"""How the row of a line came to be asked."""


def answer_lines(record: Any, *, every: bool = False, whole: bool = False) -> list[Line]:
    """One line per labelled row with its current label, by row; with `every`, one per answer ever given, in order.

    Rows that were drawn to test the model are among them, with ``test`` as their `arm`. `record` is a
    session or a record of one. With `every`, `undone` says whether the answer was taken back; with `whole` too, the
    lines have all that is known of an answer and of the query that asked for it.
    """
    if every:
        return list(_every(record, whole))
    labels = {**record.labels, **record.test_labels}
    current = {answer.row: answer for answer in record.answers if labels.get(answer.row, answer) == answer.label}
    latest = {answer.row: answer for answer in record.answers if answer.label is not None}
    return [_line(record, current.get(row) or latest[row], labels[row]) for row in sorted(labels)]


def _every(record: Any, whole: bool) -> Iterator[Line]:
    from askwise.session import Answer

    events = list(record.events())
    undone = {event.body["answer"] for event in events if event.kind == "undone"}
    for event in events:
        if event.kind == "answered":
            answer = Answer(**event.body, event=event.key, at=event.at, seq=event.seq)
            more = _more(record, answer) if whole else {}
            yield {**_line(record, answer), **more, "undone": event.seq in undone}


def _more(record: Any, answer: Any) -> Line:
    own = {name: getattr(answer, name) for name in ("late", "reason", "bulk", "event", "seq")}
    return {**own, "reason": answer.reason or None, **asked(record, answer.query)}


def asked(record: Any, number: int | None) -> Line:
    """How a row came to be asked. `chance` is that with which a random draw took it; None where nothing was drawn."""
    query = None if number is None else record.queries.get(number)
    if query is None:
        return dict.fromkeys(HOW)
    chance = query.why.get("chance", query.why.get("share"))
    strategy = query.why.get("strategy")
    return {"query": number, "round": query.round, "arm": query.arm, "strategy": strategy, "chance": chance}


def _line(record: Any, answer: Any, label: Any = None) -> Line:
    """An answer as a line; with a label that no single annotator gave (a median, a vote on spans), nobody is named."""
    if label is not None and label != answer.label:
        answer = replace(answer, label=label, annotator=None, seconds=None)
    query = None if answer.query is None else record.queries.get(answer.query)
    return {
        "row": answer.row,
        "id": answer.id,
        "label": answer.label,
        "annotator": answer.annotator,
        "seconds": answer.seconds,
        "kind": answer.kind,
        "arm": None if query is None else query.arm,
        "strategy": None if query is None else query.why.get("strategy"),
        "at": datetime.fromtimestamp(answer.at, UTC).isoformat(timespec="milliseconds"),
    }


def with_items(lines: Sequence[Line], pool: Any) -> list[Line]:
    """The lines with what the pool says about their rows; a column named as one of ours gets `item_` before it."""
    taken = {name for line in lines[:1] for name in line}
    rows = [line["row"] for line in lines]
    columns = {f"item_{name}" if name in taken else name: values for name, values in _item_columns(pool, rows).items()}
    return [{**line, **{name: values[i] for name, values in columns.items()}} for i, line in enumerate(lines)]


def _item_columns(pool: Any, rows: Sequence[int]) -> dict[str, list[Any]]:
    from askwise.pool.base import jsonable

    named = {name: pool.column(name) for name in getattr(pool, "column_names", ())}
    if named:
        return {
            name: [jsonable(values[row]) for row in rows] for name, values in named.items() if not _binary(values, rows)
        }
    views = [pool.show(row) for row in rows]
    cells = [view.get("cells", {"text": view["text"]} if view["kind"] == "text" else {}) for view in views]
    names = dict.fromkeys(name for one in cells for name in one)
    return {name: [one.get(name) for one in cells] for name in names}


def _binary(values: Any, rows: Sequence[int]) -> bool:
    """Whether the column holds bytes, which no line of text can; images stay where they are."""
    first = values[rows[0]] if len(rows) else None
    return isinstance(first, bytes) or (isinstance(first, Mapping) and "bytes" in first)


def write(lines: Sequence[Line], path: str | Path, columns: Sequence[str] = COLUMNS) -> Path:
    """Write the lines in the format that the path ends in, by a temporary file that replaces the old one at the end.

    `columns` come first and are there even without lines. Raises BadInput for another ending, StoreError when the
    folder or the disk refuses; the old file is then as it was.
    """
    target = Path(path)
    writer = _WRITERS.get(target.suffix.lower())
    if writer is None:
        hint = did_you_mean(target.suffix, _WRITERS)
        raise BadInput(f"{target.name!r} ends in {target.suffix!r}, which is no format to export to.{hint}")
    names = list(dict.fromkeys([*columns, *(name for line in lines for name in line)]))
    try:
        _replace(target, lambda file: writer(lines, names, file))
    except OSError as error:
        raise StoreError(
            f"{str(target)!r} cannot be written ({error.strerror}); the old file was left alone"
        ) from error
    return target


def _replace(target: Path, fill: Callable[[IO[bytes]], None]) -> None:
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".part")
    part = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            fill(file)
            file.flush()
            os.fsync(file.fileno())
        part.chmod(target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_umask())
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _write_jsonl(lines: Sequence[Line], names: Sequence[str], file: IO[bytes]) -> None:
    for line in lines:
        file.write(json.dumps({name: line.get(name) for name in names}, ensure_ascii=False, allow_nan=False).encode())
        file.write(b"\n")


def _write_csv(lines: Sequence[Line], names: Sequence[str], file: IO[bytes]) -> None:
    writer = csv.DictWriter(codecs.getwriter("utf-8")(file), names)
    writer.writeheader()
    writer.writerows({name: _cell(value) for name, value in line.items()} for line in lines)


def _cell(value: Any) -> Any:
    """A value for a table: what is no plain one (spans, an order) stands as JSON."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value


def _write_parquet(lines: Sequence[Line], names: Sequence[str], file: IO[bytes]) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    columns = {name: _parquet_column(name, [line.get(name) for line in lines]) for name in names}
    parquet.write_table(pa.table(columns), file, compression="zstd")


def _parquet_column(name: str, values: list[Any]) -> Any:
    import pyarrow as pa

    try:
        return pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        # Labels or cells of several types: as text, as CSV has them.
        return pa.array([None if value is None else str(_cell(value)) for value in values], pa.string())


_WRITERS: Mapping[str, Callable[[Sequence[Line], Sequence[str], IO[bytes]], None]] = {
    ".jsonl": _write_jsonl,
    ".csv": _write_csv,
    ".parquet": _write_parquet,
}
