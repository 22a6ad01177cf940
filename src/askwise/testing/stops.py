"""The contract of stopping rules: a verdict with a reason, from history alone."""

from __future__ import annotations

import copy

from askwise.core.history import History, Round, Verdict
from askwise.core.registry import Method
from askwise.testing.hints import Hint
from askwise.testing.suite import Check, expect, subject
from askwise.testing.values import DOCUMENT_CHECKS

OFFERS = frozenset({"probs", "embeddings", "noise"})


def histories() -> list[History]:
    """Pasts from none at all to long ones: no rounds, no agreement known, calm, restless, one class, budget spent."""
    calm = tuple(Round(i, 10 * i, 0.999 if i > 1 else None, 3) for i in range(1, 12))
    wild = tuple(Round(i, 10 * i, 0.3 if i > 1 else None, 3) for i in range(1, 12))
    single = tuple(Round(i, 10 * i, 1.0 if i > 1 else None, 1) for i in range(1, 12))
    counts = (40, 35, 35)
    spent = {"answers": 110.0, "cost": 11.0, "seconds": 550.0}
    budget: dict[str, float | None] = {"answers": 110.0, "cost": None, "seconds": None}
    pasts = [History(1000, 10), History(1000, 10, (0, 0, 0), OFFERS), History(1000, 10, (3, 4, 3), OFFERS, calm[:1])]
    pasts += [History(1000, 10, counts, OFFERS, rounds, spent) for rounds in (calm, wild, single)]
    known = tuple((10 * (i // 4 + 1), i % 4 > 0) for i in range(44))
    pasts.append(History(1000, 10, counts, OFFERS, calm, spent, outcomes=known))
    return [
        *pasts,
        History(1000, 10, counts, OFFERS, wild, spent, budget),
        History(110, 0, counts, OFFERS, calm, spent),
    ]


def check_verdict(method: Method, hint: Hint) -> None:
    """Every history gives a verdict: a boolean and a reason that can be shown."""
    for history in histories():
        got = subject(method, hint).run(history)
        expect(isinstance(got, Verdict), f"the result is {got!r}, not a Verdict")
        expect(isinstance(got.stop, bool), f"stop is {got.stop!r}, not a bool")
        expect(isinstance(got.reason, str) and got.reason, "the verdict gives no reason")


def check_pure(method: Method, hint: Hint) -> None:
    """The same history gives the same verdict, and is not changed."""
    for history in histories():
        before = copy.deepcopy(history)
        first = subject(method, hint).run(history)
        expect(subject(method, hint).run(history) == first, "a second call gives another verdict")
        expect(history == before, "the history was changed")


def check_start(method: Method, hint: Hint) -> None:
    """Nothing stops before anything has been asked."""
    got = subject(method, hint).run(History(rows=1000, batch=10))
    expect(not got.stop, f"it stops before the first question: {got.reason}")


STOP_CHECKS: dict[str, Check] = {
    "verdict": check_verdict,
    "pure": check_pure,
    "starts": check_start,
    **DOCUMENT_CHECKS,
}
"""Every promise of a stopping rule by name."""
