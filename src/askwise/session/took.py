"""What a label took in either arm of a session, in money and hours, as if the same people had answered both."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from askwise.core.types import FloatArray
from askwise.session.prices import Price, cost_of, stated
from askwise.session.state import State
from askwise.session.values import MACHINE, Answer

LEAST = 5
"""Answers of one annotator in an arm, below which their mean over the whole session is taken for the arm's."""

_KNOWN = 0.5
"""Share of the answers of which an amount must be known before it is spoken of."""

Amounts = Mapping[str, Mapping[int, float]]
"""By unit, what each row took."""


@dataclass(frozen=True)
class Took:
    """What each row took by unit, of all rows asked and of the control rows; `notes` say what is not known."""

    asked: Amounts
    control: Amounts
    notes: tuple[str, ...] = ()


def took(state: State, asked: Sequence[int], control: Sequence[int], costs: FloatArray | None) -> Took:
    """Labels, cost and hours of a row in either arm.

    A label of an arm takes the mean of an annotator's answers there, times the share of all the session's answers that
    this annotator gave, summed over annotators; times the answers to a row there. So who answers is the same for both
    arms (a language model may leave the random rows to people, who cost more), what is slow to answer is slow, and
    people who grow faster do so in both. Rows with prices of their own (`costs`), and annotators without, are counted
    row by row: a strategy may prefer the cheap ones.
    """
    given = {row: _answers(state, row) for row in {*asked, *control}}
    arms = [[one for row in rows for one in given[row]] for rows in (asked, control)]
    prices = stated(state.config)
    found: list[dict[str, Mapping[int, float]]] = [{"labels": dict.fromkeys(rows, 1.0)} for rows in (asked, control)]
    notes: list[str] = []
    by_row = costs is not None and not prices and not any(one.cost is not None for one in arms[0])
    if by_row and costs is not None:
        for out, rows in zip(found, (asked, control), strict=True):
            out["cost"] = {row: float(costs[row]) * len(given[row]) for row in rows}
    units: dict[str, Callable[[Answer], float | None]] = {"cost": _priced(prices, costs), "hours": _hours}
    for unit, amount in units.items():
        if unit == "cost" and by_row:
            continue
        each, note = _each(arms, amount, (len(asked), len(control)))
        notes += [_WORDS[unit].format(**note)] if note else []
        for out, rows, one in zip(found, (asked, control), each, strict=False):
            out[unit] = dict.fromkeys(rows, one)
    return Took(found[0], found[1], tuple(notes))


_WORDS = {
    "cost": "money: no price is known of {missing} of {all} answers ({who}); {then} (say it with prices=, or --price)",
    "hours": "hours: {missing} of {all} answers came without their seconds ({who}); {then}",
}


def _answers(state: State, row: int) -> list[Answer]:
    given = [state.answers[seq] for seq in state.by_row.get(row, ())]
    return [one for one in given if one.kind != "adjudicate"]


def _priced(prices: Mapping[str, Price], costs: FloatArray | None) -> Callable[[Answer], float | None]:
    return lambda one: cost_of(one, prices, None if costs is None else float(costs[one.row]))


def _hours(one: Answer) -> float | None:
    """Hours of somebody's time: none of a language model's."""
    if one.annotator.startswith(MACHINE):
        return 0.0
    return None if one.seconds is None else one.seconds / 3600


def _each(
    arms: Sequence[Sequence[Answer]], amount: Callable[[Answer], float | None], rows: tuple[int, int]
) -> tuple[list[float], dict[str, object]]:
    """What a row takes in each of the arms, of which the first is the whole session; and what is not known of it."""
    whole = [(one.annotator, amount(one)) for one in arms[0]]
    missing = Counter(name for name, value in whole if value is None)
    known = len(whole) - missing.total()
    enough = known >= _KNOWN * len(whole) and known > 0
    then = "they are taken at the mean of the others" if enough else "so it is not told"
    who = ", ".join(name for name, _ in missing.most_common(3)) + (", ..." if len(missing) > 3 else "")
    note = {"missing": missing.total(), "all": len(whole), "who": who, "then": then} if missing else {}
    if not enough:
        return [], note
    shares = {name: count / len(whole) for name, count in Counter(name for name, _ in whole).items()}
    means = _means(whole)
    # Whoever has no amount at all is left out, and the others stand for them.
    some = [name for name in shares if name in means]
    each = []
    for answers, count in zip(arms, rows, strict=True):
        own = _means([(one.annotator, amount(one)) for one in answers], LEAST)
        total = sum(shares[name] * own.get(name, means[name]) for name in some)
        each.append(total / sum(shares[name] for name in some) * len(answers) / max(count, 1))
    return each, note


def _means(amounts: Sequence[tuple[str, float | None]], least: int = 1) -> dict[str, float]:
    """The mean amount of each annotator with at least so many known ones."""
    by_name: dict[str, list[float]] = {}
    for name, value in amounts:
        if value is not None:
            by_name.setdefault(name, []).append(value)
    return {name: float(np.mean(values)) for name, values in by_name.items() if len(values) >= least}
