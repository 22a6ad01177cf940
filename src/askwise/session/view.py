"""What can be read off a session's state, live or from its file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from askwise.core.event import Event
from askwise.core.history import Round
from askwise.core.registry import Method
from askwise.judge.forecast import Forecast
from askwise.session.past import Stopped, histories, history_of, stops
from askwise.session.state import State, commonest, outcomes
from askwise.session.values import Answer, Flag, Query
from askwise.task import Task

if TYPE_CHECKING:
    from askwise.session.agreeing import Agreements
    from askwise.session.annotators import Worker
    from askwise.session.reviewing import Dispute, Resolved


class View:
    """The readable side of a session: everything here is derived from `state`, the fold of the log."""

    state: State

    @property
    def task(self) -> Task:
        """What an answer is."""
        return self.state.task

    @property
    def classes(self) -> list[Any]:
        """The classes that answers are made of, in order; empty for numbers."""
        return list(self.state.task.classes)

    @property
    def answers(self) -> list[Answer]:
        """Every answer in force, in the order given."""
        return [self.state.answers[seq] for seq in sorted(self.state.answers)]

    @property
    def labels(self) -> dict[int, Any]:
        """The current label of each labelled row that the model learns from."""
        return dict(self.state.labels)

    @property
    def test_labels(self) -> dict[int, Any]:
        """The current label of each row that was drawn to test the model, which never learns from it."""
        return dict(self.state.tested)

    @property
    def queries(self) -> dict[int, Query]:
        """Every query by number."""
        return self.state.queries

    @property
    def open_queries(self) -> list[Query]:
        """Queries whose answers are still out."""
        return list(self.state.open.values())

    @property
    def rounds(self) -> list[Round]:
        """One entry per model."""
        return list(self.state.rounds)

    @property
    def asked(self) -> list[dict[str, Any]]:
        """One entry per batch: round, strategy and the reason for it."""
        return list(self.state.asked)

    @property
    def outcomes(self) -> list[tuple[int, bool]]:
        """For each control row answered: labels of the model that predicted it beforehand, and whether it was right."""
        return list(outcomes(self.state))

    @property
    def commonest(self) -> float:
        """What guessing the commonest class is right about, by the control rows; 0 where nothing is known of it."""
        return commonest(self.state)

    def forecast(self) -> Forecast:
        """What more labels would bring: curves of accuracy that explain what is known so far.

        From ``session.measure(accuracy=...)`` at four or more label counts, if you have a test set; else from the
        control arm, with what `estimate` found. Raises BadInput where neither says enough yet.
        """
        from askwise.judge.outlook import from_session

        return from_session(self)

    def stops(self, rules: Sequence[Method] | None = None, most: int | None = None) -> list[Stopped]:
        """When each stopping rule would have ended the session, the earliest first; all rules at their defaults.

        With `most`, only so many models are looked at, evenly apart: quicker for a long session.
        """
        return stops(histories(self.events()), rules, most, history_of(self.state))

    def events(self, after: int = 0) -> Iterator[Event]:
        """The log, behind a sequence number."""
        raise NotImplementedError

    @property
    def measures(self) -> list[dict[str, Any]]:
        """What was recorded by `measure`, in order."""
        return list(self.state.measures)

    @property
    def flags(self) -> list[Flag]:
        """Notes on rows that are in force, in the order given."""
        return list(self.state.flags.values())

    @property
    def guidelines(self) -> dict[str, str]:
        """Every text that annotators worked by, by its version; the one in force last."""
        return dict(self.state.guidelines)

    @property
    def finished(self) -> str:
        """Why the session stopped, or the empty string."""
        return self.state.finished

    @property
    def config(self) -> dict[str, Any]:
        """What the session was created with."""
        return dict(self.state.config)

    def agreement(self, *, scale: str | None = None, level: float = 0.95, draws: int = 1000) -> Agreements:
        """How far the annotators agree, by each coefficient that fits the kind of answer, with intervals.

        `scale` is nominal, or ordinal or interval for classes in order. Raises BadInput for another.
        """
        from askwise.session.agreeing import agreements

        pool = getattr(self, "pool", None)
        seed = int(self.config["seed"])
        return agreements(self.state, getattr(pool, "raw", pool), scale=scale, level=level, draws=draws, seed=seed)

    def paid(self) -> dict[str, tuple[float, int]]:
        """What the answers of each annotator cost, and of how many of them that is not known.

        By the prices that the session was told and what paid calls have cost; annotators of whom nothing is known are
        left out, and so are the prices of rows (`costs`).
        """
        from askwise.session.prices import cost_of, stated

        prices = stated(self.config)
        found: dict[str, list[float | None]] = {}
        for one in self.answers:
            if one.kind != "adjudicate":
                found.setdefault(one.annotator, []).append(cost_of(one, prices))
        known = {name: [one for one in costs if one is not None] for name, costs in sorted(found.items())}
        return {name: (sum(costs), len(found[name]) - len(costs)) for name, costs in known.items() if costs}

    def workers(self) -> list[Worker]:
        """The annotators in numbers: how much, how fast, how far they agree, and how each is taken to err."""
        from askwise.session.annotators import workers

        return workers(self.state)

    def resolved(self) -> list[Resolved]:
        """The label of each labelled row, how sure it is, and who says so, by row."""
        from askwise.session.reviewing import resolved

        return list(resolved(self.state))

    def disputes(self, *, ruled: bool = False) -> list[Dispute]:
        """Rows that their answers do not settle, worth the most first; with `ruled`, those that a reviewer settled."""
        from askwise.session.reviewing import disputes

        return disputes(self.state, ruled=ruled)

    def report(self) -> Any:
        """Where the session stands, as text (`str`) and as a page (`.html()`)."""
        from askwise.judge.report import session_report

        return session_report(self)
