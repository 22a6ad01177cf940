"""What is told: messages as a function of the log, so that none can be lost and a repeat has the same id."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from askwise.core.event import Event
from askwise.session.state import State

TYPES = ("answer.created", "answer.withdrawn", "item.resolved", "round.trained", "project.stopped")
"""Every type of message. An item is resolved when no answer is owed for it, and again when its label changes."""


@dataclass(frozen=True)
class Message:
    """One thing that happened: `id` is the same whenever it is told, `seq` the event that it came with."""

    id: str
    seq: int
    type: str
    at: float
    data: dict[str, Any]

    def body(self) -> dict[str, Any]:
        """The body, as Standard Webhooks has it: type, time (ISO 8601) and data."""
        when = datetime.fromtimestamp(self.at, UTC).isoformat(timespec="milliseconds")
        return {"type": self.type, "timestamp": when, "data": self.data}


class Teller:
    """Follows a log from its beginning, and says what each event is to others. `project` is its name."""

    def __init__(self, project: str) -> None:
        self.project = project
        self.state = State()
        self._origin = ""
        self._resolved: dict[int, Any] = {}

    def follow(self, events: Iterable[Event]) -> Iterator[Message]:
        """Messages of the next events, in order."""
        for event in events:
            self._origin = self._origin or f"{event.key}/{event.at!r}"
            before = dict(self.state.answers) if event.kind == "undone" else {}
            self.state.apply(event)
            for type_, data in self._said(event, before):
                name = f"{self._origin}/{event.seq}/{type_}/{data.get('row')}"
                key = hashlib.sha256(name.encode()).hexdigest()[:24]
                yield Message(f"msg_{key}", event.seq, type_, event.at, {"project": self.project, **data})

    def _said(self, event: Event, before: dict[int, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
        body = event.body
        names: tuple[str, ...]
        if event.kind == "answered":
            names = ("row", "id", "label", "annotator", "kind", "query", "seconds", "late")
            yield "answer.created", {**{name: body.get(name) for name in names}, "answer": event.seq}
        elif event.kind == "undone" and body["answer"] in before:
            old = before[body["answer"]]
            yield "answer.withdrawn", {"row": old.row, "id": old.id, "annotator": old.annotator, "answer": old.seq}
        elif event.kind == "refit":
            names = ("model", "labels", "agreement", "classes_predicted", "seconds")
            yield "round.trained", {name: body.get(name) for name in names}
        elif event.kind == "finished":
            yield "project.stopped", {"reason": body["reason"]}
        yield from self._resolutions(event, before)

    def _resolutions(self, event: Event, before: dict[int, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
        if event.kind == "answered":
            rows: Iterable[int] = (event.body["row"],)
        elif event.kind == "undone":
            rows = (before[event.body["answer"]].row,) if event.body["answer"] in before else ()
        else:
            rows = [row for row, _ in event.body["labels"]] if event.kind == "folded" else ()
        waiting = {query.row for query in self.state.open.values()} if rows else set()
        for row in rows:
            label = self.state.tested.get(row, self.state.labels.get(row))
            if row in waiting or label is None:
                self._resolved.pop(row, None)
            elif self._resolved.get(row) != label:
                self._resolved[row] = label
                answers = [self.state.answers[seq] for seq in self.state.by_row[row]]
                yield "item.resolved", {"row": row, "id": answers[-1].id, "label": label, "answers": len(answers)}
