"""An account of a session's log: where every row, query and answer is, and what does not add up."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from askwise.core.errors import BadInput

if TYPE_CHECKING:
    from askwise.session.record import Record

MOST = 20
"""Problems that are spelt out; more are counted."""


@dataclass(frozen=True)
class Account:
    """Every row in one place, every query in one place, every answer in force or taken back; `problems` if not.

    Rows: labelled, test, answered (without a label: nobody could tell), open, aside (skipped), untouched. Queries:
    answered, open, settled (with their row, by an answer to another query or to none), aside. Answers: given, in_force,
    taken_back, late. Leases are in memory while a session is open: on disk, whoever asks next gets what is open.
    """

    rows: dict[str, int]
    queries: dict[str, int]
    answers: dict[str, int]
    annotators: dict[str, int]
    problems: tuple[str, ...]

    @property
    def sound(self) -> bool:
        """Whether all adds up."""
        return not self.problems

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return {**vars(self), "problems": list(self.problems), "sound": self.sound}


def account(record: Record) -> Account:
    """The account of a session; `record` is what `Session.open` returns."""
    problems: list[str] = []
    made = Account(
        rows=_rows(record, problems),
        queries=_queries(record, problems),
        answers=_answers(record, problems),
        annotators=dict(sorted(Counter(answer.annotator for answer in record.answers).items())),
        problems=(),
    )
    shown = problems[:MOST] + ([f"and {len(problems) - MOST} more"] if len(problems) > MOST else [])
    return Account(**{**vars(made), "problems": tuple(shown)})


def _rows(record: Record, problems: list[str]) -> dict[str, int]:
    state, n = record.state, int(record.state.fingerprint["n"])
    places = {
        "labelled": set(state.labels),
        "test": set(state.tested),
        "answered": set(state.by_row),
        "open": {query.row for query in state.open.values()},
        "aside": set(state.skipped),
    }
    seen: set[int] = set()
    found = {}
    for name, rows in places.items():
        found[name] = len(rows - seen)
        seen |= rows
    if strange := sorted(row for row in seen if not 0 <= row < n):
        problems.append(f"row {strange[0]} is named, and the pool has rows 0 to {n - 1}")
    if both := sorted(places["labelled"] & places["test"]):
        problems.append(f"row {both[0]} is learnt from and tests the model at once")
    if bare := sorted((places["labelled"] | places["test"]) - places["answered"]):
        problems.append(f"row {bare[0]} has a label, and no answer in force says so")
    return {**found, "untouched": n - len(seen), "all": n}


def _queries(record: Record, problems: list[str]) -> dict[str, int]:
    state = record.state
    answered = {answer.query for answer in record.answers}
    places: Counter[str] = Counter(answered=0, open=0, settled=0, aside=0)
    for number, query in state.queries.items():
        if number in state.open:
            places["open"] += 1
        elif number in answered:
            places["answered"] += 1
        elif query.row in state.by_row:
            places["settled"] += 1
        elif query.row in state.skipped:
            places["aside"] += 1
        else:
            problems.append(f"query {number} (row {query.row}) is neither open, answered nor put aside")
    return {**places, "all": len(state.queries)}


def _answers(record: Record, problems: list[str]) -> dict[str, int]:
    given, taken = {}, set()
    for event in record.events():
        if event.kind == "answered":
            given[event.seq] = event
        elif event.kind == "undone":
            if event.body["answer"] not in given:
                problems.append(f"event {event.seq} takes back answer {event.body['answer']}, which was never given")
            taken.add(event.body["answer"])
    state = record.state
    if lost := sorted(given.keys() - taken - state.answers.keys()):
        problems.append(f"answer {lost[0]} was given, was not taken back, and is not in force")
    for answer in record.answers:
        problems.extend(_wrong(record, answer))
    late = sum(answer.late for answer in record.answers)
    return {"given": len(given), "in_force": len(state.answers), "taken_back": len(taken), "late": late}


def _wrong(record: Record, answer: Any) -> list[str]:
    found = []
    query = None if answer.query is None else record.queries.get(answer.query)
    if answer.query is not None and (query is None or query.row != answer.row):
        found.append(f"answer {answer.seq} is to query {answer.query}, which is not about row {answer.row}")
    if answer.label is not None:
        try:
            record.task.check(answer.label)
        except BadInput as error:
            found.append(f"answer {answer.seq} of {answer.annotator!r} to row {answer.row}: {error}")
    return found
