"""How the work goes: curves, savings, balance, advice and people, for those who look after it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from dataclasses import asdict
from typing import Any

from askwise.core.event import Event
from askwise.judge.ahead import calm
from askwise.server import judging as wire
from askwise.server import progress
from askwise.server.room import Room
from askwise.server.tally import Insight as Glance
from askwise.session.reviewing import unsettled
from askwise.session.state import fold
from askwise.session.view import View

MOMENTS = 30
"""Models that stopping rules look at, evenly apart."""


class Insights:
    """Numbers of a room, worked out anew when something has changed."""

    def __init__(self, room: Room) -> None:
        self.room = room
        self._known: tuple[int, wire.Insight] | None = None
        self._asked: Future[Any] | None = None

    def look(self) -> wire.Insight:
        """All of it, as of now."""
        with self.room.quiet() as session:
            seq, status, spent = session.state.seq, self.room.glance(), session.spent
        if self._known is None or self._known[0] != seq:
            # Beside the session, so that nobody waits for the stopping rules to look at its whole past.
            self._known = (seq, _insight(Copy(list(session.events())), status, spent))
        return self._known[1].model_copy(update=self._working())

    def savings(self) -> wire.Insight:
        """Begin to work out what was saved, some 90 fits: `working` says until when, `trouble` if it is too early."""
        if self._asked is None or self._asked.done():
            self._asked = self.room.compute("savings")
        return self.look()

    def _working(self) -> dict[str, Any]:
        if self._asked is None or not self._asked.done():
            return {"working": self._asked is not None, "trouble": ""}
        error = self._asked.exception()
        return {"working": False, "trouble": "" if error is None else str(error)}


class Copy(View):
    """A session as its log says, to look at in peace."""

    def __init__(self, events: list[Event]) -> None:
        self._events, self.state = events, fold(events)

    def events(self, after: int = 0) -> Iterator[Event]:
        """The log behind an event."""
        return (event for event in self._events if event.seq > after)


def _insight(session: Copy, status: Glance, spent: Mapping[str, float]) -> wire.Insight:
    state, config = session.state, session.config
    rules = session.stops(most=MOMENTS)
    advice, stop = calm(session)
    # What a room measured as people answered, or what the log says of answers that came from elsewhere.
    measured, curve = progress.accuracy(tuple(session.outcomes))
    return wire.Insight(
        classes=[str(one) for one in session.classes],
        labels=len(state.labels),
        answers=int(spent["answers"]),
        budget=config["budget"]["answers"],
        cost=spent["cost"],
        seconds=spent["seconds"],
        overlap=state.overlap,
        truth=state.truth,
        strategy=_strategy(config["strategy"]),
        accuracy=status.accuracy or measured,
        curve=status.curve or list(curve),
        forecast=status.forecast,
        forecast_text=status.forecast_text,
        balance=status.balance,
        advice=f"{session.finished}." if session.finished else advice,
        stop=bool(session.finished) or stop,
        rules=[wire.Rule(rule=r.rule, labels=r.labels, after=r.after, reason=r.reason) for r in rules],
        savings=_savings(session),
        workers=[wire.Worker.model_validate(asdict(one)) for one in session.workers()],
        disputes=unsettled(state),
    )


def _savings(session: Copy) -> wire.Savings | None:
    """The latest savings in the log."""
    known = [one for one in session.measures if "saved" in one]
    if not known:
        return None
    last = known[-1]["saved"]
    labels: dict[str, Any] = last.get("labels") or {}
    return wire.Savings(
        sentence=last["sentence"],
        verdict=last["verdict"],
        labels=known[-1]["labels"],
        saved=labels.get("saved"),
        low=labels.get("low"),
        high=labels.get("high"),
        accuracy=last.get("accuracy"),
        random_labels=last.get("random_labels"),
        strategy_labels=last.get("strategy_labels"),
    )


def _strategy(form: dict[str, Any]) -> str:
    if "policy" in form:
        return str(form["policy"]["name"])
    if "name" in form:
        return str(form["name"])
    parts = [form[kind]["name"] for kind in ("score", "pick") if kind in form]
    return "+".join(part for part in parts if part != "top") or "random"
