"""One run: a real session against a simulated annotator, measured on the test set after every batch."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from askwise.core.errors import BadInput
from askwise.core.noise import Noise, stream_key
from askwise.core.protocols import Learner
from askwise.core.registry import Method
from askwise.core.types import IntArray
from askwise.lab.bench import Bench
from askwise.lab.cell import Cell, Outcome
from askwise.lab.heir import Heir, taken_over
from askwise.lab.masked import Masked
from askwise.lab.memory import peak_of
from askwise.lab.oracle import SimulatedOracle
from askwise.lab.parted import ByChance
from askwise.lab.tagged import Tagged
from askwise.session import Answer, Query, Session
from askwise.session.again import NEED
from askwise.session.state import chosen_by
from askwise.task import Pixel, Span

Measures = list[dict[str, Any]]
"""What a run recorded after every batch: ``{"labels": ..., "accuracy": ..., "seconds": ...}`` and more."""

Report = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class Task:
    """A cell, and the session file to keep it in (None: in memory)."""

    cell: Cell
    path: Path | None = None


def perform(
    task: Task,
    bench: Bench,
    report: Report,
    stopped: Callable[[], bool],
    learner: Learner | None = None,
    heirs: Mapping[str, Bench] | None = None,
) -> Outcome | None:
    """Ask, answer and measure until the budget is spent; resumes from the run's file. None when told to stop.

    There is no control arm (control=0), so that the curves are those of the strategies alone. `learner` stands in for
    the bench's, for runs that share fits. `heirs` are benches of other learners on the same rows, which are fitted on
    the same labels and measured as well.
    """
    cell = task.cell
    oracle = SimulatedOracle(cell.oracle, bench.facts(), cell.seed, whole=cell.role == "full")
    with peak_of() as peak, _session(task, bench, oracle, _guided(learner or bench.learner(), bench, cell)) as session:
        run = _Run(session, bench, oracle, cell, report)
        run.heirs = {name: Heir(one, cell.seed) for name, one in (heirs or {}).items()}
        if not run.play(stopped):
            return None
        outcome = run.outcome()
    outcome.facts["peak_mb"] = peak.mb
    return outcome


def _session(task: Task, bench: Bench, oracle: SimulatedOracle, learner: Learner) -> Session:
    cell = task.cell
    rows = len(bench.pool)
    asked = None if cell.role == "full" else cell.spending(rows)
    return Session(
        task.path,
        pool=bench.pool,
        learner=learner,
        **_answers(bench),
        strategy=cell.method,
        budget=asked,
        seed=cell.seed,
        control=0.0,
        costs=oracle.costs if cell.oracle.priced else None,
        lease=cell.oracle.lease,
        **_relabelled(cell, oracle),
    )


def _relabelled(cell: Cell, oracle: SimulatedOracle) -> dict[str, Any]:
    """Several answers a row: who may ask for them, and for every strategy labels of the same kind."""
    if oracle.most() < 2 or cell.role == "full":
        return {}
    method = cell.method
    weighs = method.kind == "policy" if isinstance(method, Method) else NEED in method.wants()
    return {"truth": "crowdlab", "relabel": oracle.most() if weighs else None}


def _guided(learner: Any, bench: Bench, cell: Cell) -> Learner:
    """The learner, which chooses pixels for strategies, where some are asked of an image; chance does for random."""
    chance = bench.task == "pixel" and (cell.role == "random" or bench.asked.pixels == "all")
    guided: Learner = ByChance(learner) if chance else learner
    return guided


def _answers(bench: Bench) -> dict[str, Any]:
    """What an answer is, as a session takes it."""
    if bench.task == "choice":
        return {"classes": bench.classes}
    if bench.task == "span":
        return {"task": Span(bench.classes, overlap=False)}
    if bench.task == "pixel":
        # Whole masks are told as they are; what the session asks for does not matter then.
        return {"task": Pixel(bench.classes, bench.asked.pixels if isinstance(bench.asked.pixels, int) else 1)}
    return {"task": {"kind": bench.task, "classes": list(bench.classes)} if bench.classes else bench.task}


class _Run:
    """A session under way, with the annotator who answers it and the clock."""

    def __init__(self, session: Session, bench: Bench, oracle: SimulatedOracle, cell: Cell, report: Report) -> None:
        self.session, self.bench, self.oracle, self.cell, self.report = session, bench, oracle, cell, report
        self.clock = time.perf_counter()
        self.choosing = 0.0
        self.order: IntArray | None = None
        self.heirs: dict[str, Heir] = {}

    def play(self, stopped: Callable[[], bool]) -> bool:
        """The whole run; False when it was told to stop."""
        if self.session.measures:
            self.report({**self.session.measures[-1], "seconds": sum(m["seconds"] for m in self.session.measures)})
        if not self.session.answers and not self.session.queries:
            self._begin()
        while not stopped():
            # A run that was killed between an answer and its measurement catches up here.
            self._measure()
            if not self._round():
                self._measure()
                return True
        return False

    def _begin(self) -> None:
        if self.cell.role == "full":
            self._tell(np.arange(len(self.bench.pool)))
        else:
            self._tell(initial_rows(self.cell, self.bench))

    def _round(self) -> bool:
        """One batch asked and answered; False when there is nothing more to ask or to hear."""
        if self.cell.role == "full":
            return False
        if self.cell.role == "bound":
            return self._told_round()
        started = time.perf_counter()
        queries = self.session.ask(self.cell.batch)
        self.choosing += time.perf_counter() - started
        answers = self.oracle(queries) if queries else self.oracle.rest()
        self.session.tell(answers)
        return bool(queries or answers)

    def _told_round(self) -> bool:
        """The next batch of the best order that a search found: nobody asks for it, it is told."""
        from askwise.lab.bound import best_order

        if self.order is None:
            started = np.array(sorted(self.session.labels), dtype=np.int64)
            self.order = best_order(self.cell, self.bench, started)
        batch, self.order = self.order[: self.cell.batch], self.order[self.cell.batch :]
        self._tell(batch)
        return len(batch) > 0

    def _tell(self, rows: IntArray) -> None:
        """Answers for rows that no strategy asked for."""
        ids = self.bench.pool.ids
        queries = [Query(-1, int(row), ids[row], 0, "initial") for row in rows]
        answers = self.oracle(queries) + self.oracle.rest()
        self.session.tell([Answer(**{**one.__dict__, "query": None}) for one in answers])

    def _measure(self) -> None:
        """Measure a model of more labels than the last one measured."""
        session = self.session
        if len(session.labels) <= (session.measures[-1]["labels"] if session.measures else 0):
            return
        predicted = session.predict(self.bench.test)
        if predicted is None:
            return
        found = self.bench.evaluate(predicted, self.cell.measures)
        spent = session.spent
        session.measure(
            **{name: value if np.isfinite(value) else None for name, value in found.items()},
            answers=spent["answers"],
            cost=spent["cost"],
            annotation_seconds=spent["seconds"],
            foreground=self._foreground(),
            choose_seconds=self.choosing,
            fit_seconds=session.rounds[-1].measures["seconds"],
            seconds=time.perf_counter() - self.clock,
            **({"inherited": self._inherited()} if self.heirs else {}),
        )
        self.clock, self.choosing = time.perf_counter(), 0.0
        self.report(session.measures[-1])

    def _inherited(self) -> dict[str, dict[str, float | None]]:
        """What other learners make of the labels at hand."""
        return {name: heir.measured(self.session.labels, self.cell.measures) for name, heir in self.heirs.items()}

    def _foreground(self) -> int | None:
        if not self.bench.foreground:
            return None
        return sum(label in self.bench.foreground for label in self.session.labels.values())

    def outcome(self) -> Outcome:
        """The run as lines of tables."""
        session, pool = self.session, self.bench.pool
        facts = {
            "pool_rows": len(pool),
            "test_rows": len(self.bench.truth),
            "classes": len(self.bench.classes),
            "task": self.bench.task,
            "model": self.bench.about,
            "heirs": {name: heir.bench.about for name, heir in self.heirs.items()},
            "finished": session.finished,
            "wall_seconds": sum(one["seconds"] for one in session.measures),
            **{f"spent_{name}": value for name, value in session.spent.items()},
        }
        rounds = _rounds(session)
        inherited = {name: [taken_over(line, name) for line in rounds] for name in self.heirs}
        own = [{key: value for key, value in line.items() if key != "inherited"} for line in rounds]
        return Outcome(own, _picks(session, self.bench, self.oracle), facts, inherited)


def initial_rows(cell: Cell, bench: Bench) -> IntArray:
    """Rows that every strategy of this seed starts from, in order; a function of the seed and the pool alone."""
    wanted, n = cell.initial, len(bench.pool)
    if wanted.strategy is not None and wanted.rows:
        return _picked(cell, bench)
    order = np.argsort(Noise(cell.seed, bench.facts().keys).bits("initial"), kind="stable")
    if not wanted.per_class:
        if wanted.rows > n:
            raise BadInput(f"initial={wanted.rows} rows do not fit the pool of {n}; give fewer")
        return np.asarray(order[: wanted.rows])
    labels = np.array([str(bench.labels[row]) for row in order])
    first = [order[labels == str(one)][: wanted.per_class] for one in bench.classes]
    return np.concatenate(first).astype(np.int64)


def _picked(cell: Cell, bench: Bench) -> IntArray:
    from askwise.engine import run
    from askwise.session.source import ModelSource

    nothing = np.zeros(0, dtype=np.int64)
    source = ModelSource(bench.pool, bench.facts().keys, None, nothing, nothing, nothing)
    seed = int(stream_key(cell.seed, "initial") >> np.uint64(1))
    return np.asarray(run(cell.initial.rows, cell.initial.chosen_by(), source, np.arange(len(bench.pool)), seed).rows)


def _rounds(session: Session) -> list[dict[str, Any]]:
    """One line for each measured model: which strategy had chosen its last batch, and what was measured."""
    out = []
    labels = chosen_by(session.state)
    for number, one in enumerate(session.measures):
        before = sum(batch["model"] < one["model"] for batch in session.asked)
        asked = {"chosen_by": "initial", "reason": ""}
        if before:
            asked = {"chosen_by": labels[before - 1], "reason": session.asked[before - 1]["reason"]}
        out.append({"round": number, **asked, **{k: v for k, v in one.items() if k != "model"}})
    return out


def _picks(session: Session, bench: Bench, oracle: SimulatedOracle) -> list[dict[str, Any]]:
    """One line for each row that was asked or told, in order."""
    asked: dict[int, Mapping[str, Any]] = {}
    for query in session.queries.values():
        asked.setdefault(query.row, {"round": query.round, "arm": query.arm, "score": query.why.get("score")})
    told = {answer.row: {"round": 0, "arm": "initial", "score": None} for answer in session.answers}
    rows = [*(row for row in told if row not in asked), *asked]
    given = session.state.by_row
    seconds = {row: sum(session.state.answers[seq].seconds or 0.0 for seq in given.get(row, ())) for row in rows}
    return [
        {
            "position": position,
            **(asked.get(row) or told[row]),
            "row": row,
            "id": str(bench.pool.ids[row]),
            "label": _text(session.labels.get(row)),
            "truth": _text(bench.labels[row]),
            "answers": len(given.get(row, ())),
            "cost": float(oracle.costs[row]),
            "seconds": seconds[row],
        }
        for position, row in enumerate(rows)
    ]


def _text(label: Any) -> str | None:
    """A label as a cell of a table: spans by their ends, of pixels how many of each class."""
    if isinstance(label, Masked):
        return None  # half a megabyte of text
    if isinstance(label, Tagged):
        label = list(label.spans)
    if not isinstance(label, list) or not all(isinstance(one, Mapping) for one in label):
        return None if label is None else str(label)
    if any("x" in one for one in label):
        return ", ".join(f"{name} {many}" for name, many in Counter(str(one["label"]) for one in label).items())
    return "; ".join(f"{one['label']} {one['start']}-{one['end']}" for one in label)
