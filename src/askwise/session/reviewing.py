"""Rows whose answers disagree, by what a reviewer's word is worth; and the label of each row with how sure it is."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from askwise.session.belief import KINDS, PURE, Votes, believe
from askwise.session.state import State
from askwise.session.values import Answer


@dataclass(frozen=True)
class Resolved:
    """The label of a row, how sure it is, and who says so.

    `by` is ``review``, the session's way of truth inference, or ``answer`` where one annotator alone spoke.
    `confidence` is the chance of the label given all answers, None while no row has two, and 1 for a review. `shares`
    are the chances of all classes (of ``voices``, their shares), empty where an answer is no class.
    """

    row: int
    id: Any
    label: Any
    confidence: float | None
    by: str
    shares: Mapping[Any, float]
    annotators: tuple[str, ...]
    reviewer: str | None
    reason: str | None


@dataclass(frozen=True)
class Dispute:
    """A row that its answers do not settle: latest answers, the label so far, and its `value`.

    `value` in [0, 1] is the chance that a reviewer's word changes the label: one minus the chance of the label, by
    Dawid and Skene's model over all answers where these are classes, else one minus the share of the commonest answer.
    `about` is ``disagreement``, ``unsure`` where nobody could tell, ``rejected`` where the item is said to be at fault,
    or ``flagged`` for a note alone. `notes` are what was noted on the row, `ruling` is the reviewer's word once given.
    """

    row: int
    id: Any
    value: float
    label: Any
    about: str
    answers: tuple[Answer, ...]
    ruling: Answer | None = None
    notes: tuple[str, ...] = ()


class Sureness:
    """How sure the label of each row is, given all answers of a state."""

    def __init__(self, state: State) -> None:
        self.state = state
        self._at: dict[int, int] = {}
        votes = Votes.of(state) if state.task.kind in KINDS else None
        if votes is None or not votes.several:
            return
        own = state.truth if state.truth in PURE and state.truth != "majority" else "one_coin"
        self._chance = believe(votes, own).chance
        self._at = {row: i for i, row in enumerate(votes.rows.tolist())}

    def shares(self, row: int) -> dict[Any, float]:
        """Chance of each class of a row; empty where nothing is known of it."""
        if row not in self._at:
            return {}
        chance = self._chance[self._at[row]].round(6).tolist()
        return dict(zip(self.state.task.classes, chance, strict=True))

    def doubt(self, row: int) -> float:
        """The chance that the label of a row is another."""
        shares, label = self.shares(row), self.state.label_of(row)
        if shares:
            return 1.0 - (max(shares.values()) if label is None else shares[label])
        said = Counter(_key(one.label) for one in self.state.voices(row).values())
        return 1.0 - max(said.values(), default=0) / max(said.total(), 1)


def resolved(state: State) -> Iterator[Resolved]:
    """The label of each labelled row, by row; rows that were drawn to test the model are among them."""
    sure = Sureness(state)
    labels = {**state.labels, **state.tested}
    for row in sorted(labels):
        voices, word = state.voices(row), state.adjudicated.get(row)
        shares = sure.shares(row)
        by = "review" if word is not None else state.truth if len(voices) > 1 else "answer"
        confidence = 1.0 if word is not None else shares.get(labels[row]) if shares else None
        yield Resolved(
            row=row,
            id=state.answers[state.by_row[row][-1]].id,
            label=labels[row],
            confidence=confidence,
            by=by,
            shares=shares,
            annotators=tuple(sorted(voices)),
            reviewer=None if word is None else word.annotator,
            reason=None if word is None else word.reason,
        )


def disputes(state: State, *, ruled: bool = False) -> list[Dispute]:
    """Rows whose answers differ or say nothing, worth the most first; with `ruled`, those that are settled."""
    sure, notes = Sureness(state), _notes(state)
    found = []
    for row, about, latest in _unsettled(state, notes, ruled):
        open_ = about in ("unsure", "rejected")
        value = 1.0 - 1.0 / max(len(state.task.classes), 2) if open_ else sure.doubt(row)
        word = state.adjudicated.get(row)
        first = next(iter(latest.values()), word)
        assert first is not None
        said = (tuple(latest.values()), word, tuple(notes.get(row, ())))
        found.append(Dispute(row, first.id, value, state.labels.get(row), about, *said))
    return sorted(found, key=lambda one: (-one.value, one.row))


def unsettled(state: State) -> int:
    """How many rows wait for a reviewer: the length of `disputes`, without weighing them."""
    return sum(1 for _ in _unsettled(state, _notes(state), ruled=False))


def _unsettled(state: State, notes: Mapping[int, Any], ruled: bool) -> Iterator[tuple[int, str, dict[str, Answer]]]:
    """Row, what it is about, and the latest answers, of rows that wait for a reviewer or that one has settled."""
    for row in sorted(set(state.by_row) - state.reserved):
        if (row in state.adjudicated) != ruled:
            continue
        latest = {a.annotator: a for a in (state.answers[s] for s in state.by_row[row]) if a.kind != "adjudicate"}
        about = _about(latest) or ("flagged" if row in notes else "")
        if about or ruled:
            yield row, about or "agreed", latest


def _about(latest: Mapping[str, Answer]) -> str:
    labels = {_key(one.label) for one in latest.values() if one.kind == "label"}
    if len(labels) > 1:
        return "disagreement"
    if not latest or labels:
        return ""
    return "rejected" if any(one.kind == "reject" for one in latest.values()) else "unsure"


def _notes(state: State) -> dict[int, list[str]]:
    out: dict[int, list[str]] = {}
    for flag in state.flags.values():
        out.setdefault(flag.row, []).append(flag.note)
    return out


def _key(label: Any) -> str:
    return json.dumps(label, sort_keys=True)
