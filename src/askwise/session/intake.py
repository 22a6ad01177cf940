"""Answers as they come in: checked against the pool, the classes and the queries, and made into events."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np

from askwise.core.errors import BadInput
from askwise.core.event import Event
from askwise.core.protocols import Pool
from askwise.session.leases import Leases
from askwise.session.state import State
from askwise.session.values import KINDS, Answer, Proposal, Query, plain
from askwise.task import Task

LONGEST_NOTE = 2000
"""Characters of a note on a row."""


class Intake:
    """Checks answers for one session. Everything that is written has passed here, so a log can always be folded."""

    def __init__(self, pool: Pool, task: Task) -> None:
        self.pool, self.task = pool, task

    def event(self, answer: Answer, state: State, leases: Leases) -> Event:
        """The ``answered`` event of an answer; late when its query's lease had run out. Raises BadInput."""
        row = self._row(answer)
        query = _query(answer, row, state)
        if answer.kind not in KINDS:
            raise BadInput(f"an answer of kind {answer.kind!r} is unknown; use {' or '.join(map(repr, KINDS))}")
        if answer.kind == "adjudicate" and row not in state.by_row:
            raise BadInput(f"row {row} has no answer to adjudicate; give a label as an answer of its own")
        body = {
            "row": row,
            "id": plain(self.pool.ids[row]),
            "label": None if answer.kind in ("abstain", "reject") else self._label(answer.label, row),
            "annotator": _annotator(answer),
            "seconds": None if answer.seconds is None else _amount("seconds", answer, "time"),
            "kind": answer.kind,
            "query": None if answer.kind == "adjudicate" else query,
            "late": query is not None and leases.expired(query, answer.annotator),
            **_context(answer),
        }
        body |= {"reason": answer.reason} if answer.reason else {}
        body |= {"bulk": True} if answer.bulk else {}
        body |= {} if answer.cost is None else {"cost": _amount("cost", answer, "money")}
        return Event("answered", body, key=answer.event, at=answer.at)

    def flag(self, row: int, note: str, annotator: str, event: str | None) -> Event:
        """The ``flagged`` event of a note on a row; an empty note takes back the last one. Raises BadInput."""
        answer = Answer(row=row, annotator=annotator)
        if not isinstance(note, str) or len(note) > LONGEST_NOTE:
            raise BadInput(f"the note {str(note)[:40]!r} is no text of up to {LONGEST_NOTE:,} characters; shorten it")
        known = self._row(answer)
        body = {"row": known, "id": plain(self.pool.ids[known]), "annotator": _annotator(answer), "note": note.strip()}
        return Event("flagged", body) if event is None else Event("flagged", body, key=event)

    def proposal(self, one: Proposal) -> Event:
        """The ``proposed`` event. Raises BadInput for a row or label that is none, or a chance outside of [0, 1]."""
        row = self._row(Answer(one.row))
        if one.probability is not None and not 0 <= one.probability <= 1:
            raise BadInput(
                f"row {row}: probability={one.probability!r} is no chance; give a number from 0 to 1, or None"
            )
        body = {"row": row, "label": self._label(one.label, row), "by": one.by, "probability": one.probability}
        return Event("proposed", body)

    def _row(self, answer: Answer) -> int:
        row = answer.row
        if not isinstance(row, int | np.integer) or isinstance(row, bool) or not 0 <= row < len(self.pool):
            raise BadInput(f"the answer names row {row!r}; the pool has rows 0 to {len(self.pool) - 1}")
        if answer.id is not None and plain(answer.id) != plain(self.pool.ids[row]):
            raise BadInput(f"row {row} has the id {plain(self.pool.ids[row])!r}, not {answer.id!r}")
        return int(row)

    def _label(self, label: Any, row: int) -> Any:
        try:
            return self.task.check(label, None if self.task.item == "any" else self.pool.show(row))
        except BadInput as error:
            raise BadInput(f"row {row}: {error}") from error


def _query(answer: Answer, row: int, state: State) -> int | None:
    """The query that is answered: the one named, unless it is closed and the same row is out under another number."""
    if answer.query is not None:
        query = state.queries.get(answer.query) if isinstance(answer.query, int | np.integer) else None
        if query is None or query.row != row:
            about = "was never asked" if query is None else f"was about row {query.row}, not {row}"
            raise BadInput(f"query {answer.query!r} {about}; answer a query that ask() returned")
        if query.number in state.open:
            return query.number
    out = next((number for number, query in state.open.items() if query.row == row), None)
    return out if out is not None or answer.query is None else int(answer.query)


def _context(answer: Answer) -> dict[str, Any]:
    """The context as a part of the event's body; nothing where there is none."""
    if not answer.context:
        return {}
    try:
        return {"context": json.loads(json.dumps(dict(answer.context), allow_nan=False))}
    except (TypeError, ValueError) as error:
        raise BadInput(f"the context {answer.context!r} of an answer is no plain JSON ({error})") from error


def _annotator(answer: Answer) -> str:
    if not isinstance(answer.annotator, str) or not answer.annotator:
        raise BadInput(f"the annotator {answer.annotator!r} has no name; give a text such as 'me'")
    return answer.annotator


def _amount(name: str, answer: Answer, what: str) -> float:
    value = plain(getattr(answer, name))
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise BadInput(f"{name}={value!r} of the answer to row {answer.row} is no {what}; give a number >= 0, or None")
    return float(value)


def check_count(name: str, n: Any) -> None:
    """Raise BadInput unless n is a number of queries."""
    if not isinstance(n, int | np.integer) or isinstance(n, bool) or n < 1:
        raise BadInput(f"{name}({n!r}) asks for nothing; give a whole number of at least 1")


def check_query(query: Any) -> None:
    """Raise BadInput unless it is a query."""
    if not isinstance(query, Query):
        raise BadInput(f"{query!r} is no query; give one that ask() returned")
