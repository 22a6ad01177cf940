"""How good a machine is: its readings of rows that people labelled, beside what the people said."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

import numpy as np

from askwise.annotate.annotator import Reading
from askwise.annotate.calibration import Calibration, calibrate
from askwise.core.errors import BadInput
from askwise.core.types import FloatArray
from askwise.core.words import counted
from askwise.judge.control import Estimate, wilson
from askwise.session.values import MACHINE

if TYPE_CHECKING:
    from askwise.session import Session


@dataclass(frozen=True)
class Checked:
    """A machine against people: `calibration` over all checked rows, `random` over those that were drawn at random.

    Only `random` speaks of the whole pool, None below five such rows; a strategy's rows are harder than the pool.
    `skill` (c, c) are the chances of each answer by true class, smoothed as for any annotator, for a choice.
    """

    calibration: Calibration
    random: Estimate | None
    skill: FloatArray | None
    classes: tuple[Any, ...]
    unread: int

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        one = self.calibration
        return {
            "rows": one.n,
            "unread": self.unread,
            "accuracy": vars(one.accuracy),
            "random": None if self.random is None else vars(self.random),
            "calibration": {"method": one.method, "error_before": one.error_before, "error_after": one.error_after},
            "classes": list(self.classes),
            "skill": None if self.skill is None else self.skill.tolist(),
        }

    def __str__(self) -> str:
        said = f"against people: {self.calibration}"
        if self.random is not None:
            said += f"\nof the whole pool, by {counted(self.random.n, 'random row')}: {self.random}"
        return said + (f"\n{counted(self.unread, 'row')} could not be read" if self.unread else "")


FEWEST = 5


def by_people(session: Session) -> dict[int, Any]:
    """What people alone make of each row that they labelled: machines do not count, a reviewer's word decides."""
    found: dict[int, dict[str, Any]] = {}
    decided = {answer.row: answer.label for answer in session.answers if answer.kind == "adjudicate"}
    for answer in session.answers:
        if answer.kind == "label" and not answer.annotator.startswith(MACHINE):
            found.setdefault(answer.row, {}).pop(answer.annotator, None)
            found[answer.row][answer.annotator] = answer.label
    beliefs = {row: session.task.believe([*said.values()]) for row, said in found.items()}
    return {row: label for row, label in {**beliefs, **decided}.items() if label is not None}


def checkable(session: Session, most: int, without: Iterable[int] = ()) -> list[int]:
    """Up to so many rows that people labelled: those of the control arm first, in its order, then the latest."""
    known = {row: label for row, label in by_people(session).items() if row not in set(without)}
    drawn = [int(row) for row in session.control_rows if int(row) in known]
    rest = [row for row in reversed(known) if row not in set(drawn)]
    return [*drawn, *rest][:most]


def examples(session: Session, k: int) -> list[int]:
    """Up to k rows that people labelled, to show to the machine: not of the control arm; classes by turns.

    Raises BadInput for a negative k.
    """
    if k < 0:
        raise BadInput(f"k={k} examples are none; give 0 or more")
    drawn = {int(row) for row in session.control_rows}
    by_label: dict[str, list[int]] = {}
    for row, label in by_people(session).items():
        if row not in drawn and row not in session.state.reserved:
            by_label.setdefault(json.dumps(label, sort_keys=True), []).append(row)
    turns = zip_longest(*(by_label[name] for name in sorted(by_label)))
    return [row for turn in turns for row in turn if row is not None][:k]


def checked(session: Session, readings: Iterable[Reading]) -> Checked | None:
    """The check of these readings; None where none has a label."""
    found = list(readings)
    read = [one for one in found if not one.trouble and one.label is not None]
    if not read:
        return None
    known, drawn = by_people(session), {int(row) for row in session.control_rows}
    right = np.array([_same(one.label, known[one.row]) for one in read])
    stated = np.array([np.nan if one.confidence is None else one.confidence for one in read])
    inside = np.array([one.row in drawn for one in read])
    return Checked(
        calibration=calibrate(stated, right, seed=session.config["seed"]),
        random=wilson(int(right[inside].sum()), int(inside.sum())) if inside.sum() >= FEWEST else None,
        skill=_skill(session, read, known),
        classes=tuple(session.classes) if session.task.kind == "choice" else (),
        unread=sum(bool(one.trouble) for one in found),
    )


def _same(one: Any, other: Any) -> bool:
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def _skill(session: Session, read: list[Reading], known: dict[int, Any]) -> FloatArray | None:
    """The machine's error model (c, c), as crowd.annotators has it for everybody."""
    from askwise.crowd import annotators, table

    if session.task.kind != "choice":
        return None
    said = session.task.targets([one.label for one in read])
    truth = session.task.targets([known[one.row] for one in read])
    answers = {"item": np.arange(len(read)), "annotator": np.zeros(len(read), dtype=np.int64), "label": said}
    made = annotators(table(answers, rows=len(read), classes=len(session.classes)), truth)
    return np.asarray(made.skill()[0])
