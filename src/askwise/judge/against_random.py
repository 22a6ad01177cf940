"""The report's section on what a session saved against random, and on whether its strategy does harm."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from askwise.judge.gained import UNITS
from askwise.judge.page import Cell, Section, Table

TITLE = "What it saved against random"


class Measuring(Protocol):
    """What is read of a session."""

    @property
    def measures(self) -> Sequence[Mapping[str, Any]]: ...
    @property
    def config(self) -> Mapping[str, Any]: ...


def against_random(session: Measuring) -> Section | None:
    """The last savings that the session worked out, and what its guard found; None where neither was."""
    said = [f"With {one['labels']} labels: {one['savings']}." for one in session.measures if "savings" in one][-1:]
    for one in [one for one in session.measures if "guard" in one][-1:]:
        words = str(one["guard"]["sentence"])
        said.append(f"With {one['labels']} labels: {words}.")
        if one["guard"]["worse"]:
            said.append("The strategy does worse than random here; take another, or random.")
    saved = [one["saved"] for one in session.measures if "saved" in one][-1:]
    if not said:
        return None
    notes = [f"{one[0].upper()}{one[1:]}." for one in saved[0].get("notes", ())] if saved else []
    return Section(TITLE, lead=" ".join(said), table=_table(saved[0]) if saved else None, notes=notes)


def _table(saved: Mapping[str, Any]) -> Table:
    """A line for each of labels, cost and hours, as far as they are known."""
    rows = [_row(unit, saved[unit]) for unit in UNITS if unit in saved]
    return Table(["saved at equal accuracy", "amount", "95% interval"], rows)


def _row(unit: str, found: Mapping[str, Any]) -> list[Cell]:
    digits = 0 if unit == "labels" else 2
    amount, low, high = (
        "open" if value is None else f"{value:+,.{digits}f}" for value in (found["saved"], found["low"], found["high"])
    )
    return [Cell(unit), Cell("never reached" if amount == "open" else amount), Cell(f"{low} to {high}")]
