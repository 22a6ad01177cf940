"""One run: a real session against an oracle, measured on the test set after every batch."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from askwise.core.registry import Method
from askwise.lab.bench import Bench
from askwise.lab.work import Run
from askwise.session import Budget, Oracle, Session
from askwise.strategy import Strategy

Measures = list[dict[str, Any]]
"""What a run recorded: ``{"labels": ..., "accuracy": ..., "macro_f1": ..., "seconds": ...}`` after every batch."""


@dataclass(frozen=True)
class Task:
    """A run with all that it needs but the bench."""

    run: Run
    strategy: Strategy | Method
    budget: int
    batch: int


def perform(
    task: Task, bench: Bench, report: Callable[[dict[str, Any]], None], stopped: Callable[[], bool]
) -> Measures | None:
    """Ask, answer and measure until the budget is spent; resumes from the run's file. None when told to stop.

    There is no control arm (control=0), so that the curves are those of the strategies alone.
    """
    oracle = Oracle(bench.labels)
    with Session(
        task.run.path,
        pool=bench.pool,
        learner=bench.learner(),
        classes=bench.classes,
        strategy=task.strategy,
        budget=Budget(answers=task.budget),
        seed=task.run.seed,
        control=0.0,
    ) as session:
        if session.measures:
            report({**session.measures[-1], "seconds": sum(one["seconds"] for one in session.measures)})
        clock = time.perf_counter()
        while not stopped():
            # A run that was killed between an answer and its measurement catches up here.
            if _behind(session):
                _measure(session, bench, clock)
                clock = time.perf_counter()
                report(session.measures[-1])
            queries = session.ask(task.batch)
            if not queries:
                return session.measures
            session.tell(oracle(queries))
    return None


def _behind(session: Session) -> bool:
    measured = session.measures[-1]["labels"] if session.measures else 0
    return len(session.labels) > measured


def _measure(session: Session, bench: Bench, since: float) -> None:
    probs = session.predict(bench.test)
    if probs is not None:
        session.measure(**bench.evaluate(probs), seconds=time.perf_counter() - since)
