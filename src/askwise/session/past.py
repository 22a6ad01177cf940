"""A session's past, model by model, and when each stopping rule would have ended it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from askwise.core.event import Event
from askwise.core.history import History
from askwise.core.registry import Method, methods
from askwise.session.prices import money, paid, stated
from askwise.session.state import State, batches, class_counts, commonest, outcomes
from askwise.session.values import Answer


@dataclass(frozen=True)
class Stopped:
    """Where a rule, at its settings, would have stopped a session first; `labels` is None where it would not have.

    `after` is how many answers were given afterwards, `seconds` the annotators' time that they took, `cost` the money
    (None where annotators have no prices), and `reason` the rule's own word, of that moment or of now.
    """

    rule: str
    labels: int | None
    after: int
    seconds: float
    reason: str
    cost: float | None = None


def histories(events: Iterable[Event]) -> list[History]:
    """The history that a stopping rule saw after each model, from the log."""
    state, past = State(), []
    for event in events:
        state.apply(event)
        if event.kind == "refit":
            past.append(history_of(state))
    return past


def history_of(state: State) -> History:
    """The past that a state holds, as far as the log says: prices of rows and what is on offer are not in it."""
    given = [answer for answer in state.answers.values() if answer.kind != "adjudicate"]
    answers = [answer for answer in given if answer.row not in state.reserved]
    return History(
        rows=int(state.fingerprint["n"]),
        batch=0,
        counts=class_counts(state),
        rounds=tuple(state.rounds),
        spent=_spent(state, answers),
        budget=dict(state.config["budget"]),
        batches=batches(state),
        seed=int(state.config["seed"]),
        outcomes=outcomes(state),
        commonest=commonest(state),
        refused=len(state.unlabelled),
        labelled=len(state.labels),
    )


def _spent(state: State, answers: Sequence[Answer]) -> dict[str, float]:
    found = {"answers": len(answers), "seconds": sum(answer.seconds or 0.0 for answer in answers)}
    prices = stated(state.config)
    each = money(answers, prices) if paid(answers, prices) else None
    return found if each is None else {**found, "cost": float(each.sum())}


def stops(
    past: Sequence[History],
    rules: Sequence[Method] | None = None,
    most: int | None = None,
    now: History | None = None,
) -> list[Stopped]:
    """When each rule would have stopped, the earliest first: all rules at their defaults, but for the budget's.

    `now` is where the session stands, if answers came after the last model.
    With `most`, only so many of the moments are looked at, evenly apart, the last among them.
    """
    if most is not None and len(past) > most:
        past = [past[round(i * (len(past) - 1) / (most - 1))] for i in range(most)]
    wanted = [one for one in methods("stop") if one.name != "budget"] if rules is None else rules
    found = [_stopped(past, rule, now or past[-1]) for rule in wanted] if past else []
    return sorted(found, key=lambda one: (one.labels is None, one.labels or 0, one.rule))


def _stopped(past: Sequence[History], rule: Method, last: History) -> Stopped:
    for one in past:
        verdict = rule.run(one)
        if verdict.stop:
            after = {name: value - one.spent.get(name, 0.0) for name, value in last.spent.items()}
            at = one.rounds[-1].labels, int(after["answers"]), after["seconds"]
            return Stopped(rule.name, *at, verdict.reason, after.get("cost") if "cost" in one.spent else None)
    return Stopped(rule.name, None, 0, 0.0, verdict.reason)
