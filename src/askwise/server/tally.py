"""Counts of a session kept up to date answer by answer, so that a status costs the same at any length."""

from __future__ import annotations

import time
from dataclasses import dataclass
from itertools import islice

from askwise.core.event import Event
from askwise.judge.outlook import confidence_of
from askwise.server import progress
from askwise.server.views import Class, Point, Share
from askwise.session import Answer, Session


@dataclass(frozen=True)
class Insight:
    """What takes a look at everything: how good the model seems, what more labels would bring, class balance."""

    accuracy: Share | None
    curve: list[Point]
    forecast: list[Point]
    forecast_text: str
    balance: list[Class]
    skipped: int


class Tally:
    """Answers in force of the kind that a room asks for: of test rows with `tests`, else of the others.

    `insight` is at most `pause` seconds old; 0 works it out whenever something has changed. Use under the room's lock.
    """

    def __init__(self, session: Session, *, tests: bool, pause: float) -> None:
        self.session, self.tests, self.pause = session, tests, pause
        self._insight: tuple[int, float, Insight] | None = None
        self.recount()
        session.watch(self._hear)

    def recount(self) -> None:
        """Count anew, from the session's state."""
        self._answers: dict[int, Answer] = {}
        for answer in self.session.answers:
            self._take(answer)
        self.unsure = sum(answer.kind == "abstain" for answer in self._answers.values())
        self.rejected = sum(answer.kind == "reject" for answer in self._answers.values())
        self._insight = None

    @property
    def answers(self) -> int:
        """How many answers there are."""
        return len(self._answers)

    @property
    def labels(self) -> int:
        """How many rows have a label."""
        return len(self.session.state.tested if self.tests else self.session.state.labels)

    def pace(self) -> float | None:
        """Seconds an answer takes, by the latest ones; None before the third."""
        latest = list(islice(reversed(self._answers.values()), progress.RECENT + 1))
        return progress.pace(latest[::-1])

    def insight(self) -> Insight:
        """The parts of the status that look at everything."""
        seq, now = self.session.state.seq, time.monotonic()
        if self._insight is None or (seq != self._insight[0] and now >= self._insight[1] + self.pause):
            self._insight = (seq, now, self._look())
        return self._insight[2]

    def _look(self) -> Insight:
        session = self.session
        state = session.state
        known, curve = progress.accuracy(progress.guesses(session))
        seen = tuple(session.outcomes)
        sure = confidence_of(session.rounds, len(session.classes))
        ahead, said = progress.forecast(seen, seen[-1][0] if seen else 0, session.commonest, sure)
        labels = state.tested if self.tests else state.labels
        return Insight(
            accuracy=known,
            curve=list(curve),
            forecast=list(ahead),
            forecast_text=said,
            balance=progress.balance(session.task, list(labels.values())),
            skipped=len(set(state.skipped) - set(state.by_row)),
        )

    def _take(self, answer: Answer) -> bool:
        counts = (answer.row in self.session.state.reserved) == self.tests
        if counts:
            self._answers[answer.seq] = answer
        return counts

    def _hear(self, event: Event) -> None:
        if event.kind == "answered":
            answer = self.session.state.answers[event.seq]
            self._count(answer, int(self._take(answer)))
        elif event.kind == "undone":
            gone = self._answers.pop(event.body["answer"], None)
            if gone is not None:
                self._count(gone, -1)

    def _count(self, answer: Answer, by: int) -> None:
        self.unsure += by * (answer.kind == "abstain")
        self.rejected += by * (answer.kind == "reject")
