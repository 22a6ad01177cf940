"""A session as three files: every event, every answer, and every label with how sure it is and who says so."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from askwise.bridge.export import COLUMNS, HOW, Line, answer_lines, asked, with_items, write
from askwise.core.errors import BadInput, StoreError

EVENTS = ("seq", "at", "kind", "key", "body")
ANSWERS = (*COLUMNS, "query", "round", "chance", "late", "reason", "bulk", "event", "seq", "undone")
LABELS = ("row", "id", "label", "confidence", "by", "shares", "annotators", "reviewer", "reason", *HOW)


def write_three(record: Any, folder: str | Path, items: Any = None) -> list[Path]:
    """Write events.jsonl, answers.jsonl and labels.jsonl into a folder, each wholly or not at all; returns the paths.

    `record` is a session or a record of one; with `items`, the pool, labels and answers have its columns too. Raises
    BadInput for a folder that is a file, StoreError when the disk refuses.
    """
    target = Path(folder)
    if target.is_file():
        raise BadInput(f"{str(target)!r} is a file; give a folder for the three files, or a name that ends in .jsonl")
    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"the folder {str(target)!r} cannot be made: {error.strerror}") from error
    answers, labels = answer_lines(record, every=True, whole=True), label_lines(record)
    if items is not None:
        answers, labels = with_items(answers, items), with_items(labels, items)
    return [
        write(event_lines(record), target / "events.jsonl", EVENTS),
        write(answers, target / "answers.jsonl", ANSWERS),
        write(labels, target / "labels.jsonl", LABELS),
    ]


def event_lines(record: Any) -> list[Line]:
    """The log as it is, one line an event."""
    return [
        {
            "seq": event.seq,
            "at": datetime.fromtimestamp(event.at, UTC).isoformat(timespec="milliseconds"),
            "kind": event.kind,
            "key": event.key,
            "body": dict(event.body),
        }
        for event in record.events()
    ]


def label_lines(record: Any) -> list[Line]:
    """One line a labelled row: its label, the chance that it is right, the chances of all classes, and who says so.

    `query`, `round`, `arm`, `strategy` and `chance` are those of the query that asked the row first; None for a row
    that was never asked.
    """
    first: dict[int, int | None] = record.state.first
    return [
        {
            "row": one.row,
            "id": one.id,
            "label": one.label,
            "confidence": one.confidence,
            "by": one.by,
            "shares": _shares(one.shares),
            "annotators": list(one.annotators),
            "reviewer": one.reviewer,
            "reason": one.reason,
            **asked(record, first.get(one.row)),
        }
        for one in record.resolved()
    ]


def _shares(shares: Any) -> Sequence[Line] | None:
    # A list, for a class may be a number or a truth value, and the keys of JSON are texts.
    return [{"label": label, "share": share} for label, share in shares.items()] or None
