"""Real sessions with a control arm and a hidden test set: what the judge says can be compared with the truth."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.judge.sets import Source, opened, sizes, sources

from askwise.core.history import History

GRID = {"choice": ("random", "margin", "auto"), "number": ("random", "lcmd"), "multilabel": ("random", "mmc")}
"""The strategies for each kind of answer."""

ESTIMATED = 8
"""Batches after which a session estimates its accuracy by models that have not seen the row."""

OWN = 200
"""Test rows of the user's own, on which accuracy is measured after each batch, where there are so many."""

LOSSES = {"choice": ("accuracy", True), "number": ("rmse", False), "multilabel": ("micro_f1", True)}
"""What is measured of each kind of answer, and whether more is better."""


@dataclass(frozen=True)
class Plan:
    """One session: what it is about, its strategy, seed, and the share of its queries drawn at random."""

    source: Source
    strategy: str
    seed: int
    control: float = 0.1
    task: str = "choice"


@dataclass(frozen=True)
class Run:
    """What came of it, after each batch.

    `labels` (r,) and `answers` (r,); `measured` (r,) on the user's own rows, `truth` (r,) on all `tested` test rows,
    and `agreed` (r,) there by what annotators say in place of the truth. `outcomes` has (labels then, right?) of
    each control query and `said` the class that was answered, `estimates` (labels, accuracy, error, low, high) of the
    models at `ESTIMATED` batches; `past` the histories that stopping rules saw.
    """

    plan: Plan
    labels: tuple[int, ...]
    answers: tuple[int, ...]
    measured: tuple[float, ...]
    truth: tuple[float, ...]
    agreed: tuple[float, ...]
    tested: int
    classes: int
    outcomes: tuple[tuple[int, bool], ...]
    said: tuple[int, ...]
    estimates: tuple[tuple[int, float, float, float, float], ...]
    past: tuple[History, ...]


def perform(plan: Plan) -> Run:
    """Run one session to its budget."""
    from askwise.core.errors import BadInput
    from askwise.lab.oracle import SimulatedOracle
    from askwise.session.past import histories

    bench, oracles = opened(plan.source.suite, plan.source.data)
    spec = oracles[plan.source.oracle]
    oracle = SimulatedOracle(spec, bench.facts(), plan.seed)
    batch, budget = sizes(plan.source.suite, len(bench.pool))
    name, _ = LOSSES[plan.task]
    session = _begun(plan, bench, budget, spec.answers)
    own = np.sort(np.random.default_rng(plan.seed).permutation(len(bench.truth))[:OWN])
    said = _confusion(oracle, bench) if plan.task == "choice" else np.eye(1)
    lines: list[tuple[int, int, float, float, float]] = []
    estimates: list[tuple[int, float, float, float, float]] = []
    while queries := session.ask(batch):
        session.tell(oracle(queries))
        predicted = session.predict(bench.test)
        if predicted is None:
            continue
        truth = _score(name, bench.truth, predicted)
        mine = _score(name, bench.truth[own], predicted[own])
        agreed = float(said[bench.truth, predicted.argmax(axis=1)].mean()) if plan.task == "choice" else truth
        session.measure(**{name: mine})
        lines.append((len(session.labels), len(session.answers), mine, truth, agreed))
        if plan.task == "choice" and len(lines) == ESTIMATED:
            try:
                found = session.estimate()["accuracy"]
            except BadInput:  # fewer than five drawn rows
                continue
            estimates.append((len(session.labels), found.value, found.error, found.low, found.high))
    controls = [query for query in session.queries.values() if query.arm == "control"]
    index = {label: i for i, label in enumerate(bench.classes)}
    labels, answers, measured, truth_, agreed_ = zip(*lines, strict=True)
    return Run(
        plan,
        labels,
        answers,
        measured,
        truth_,
        agreed_,
        len(bench.truth),
        len(bench.classes),
        tuple(session.outcomes),
        tuple(index[session.labels[q.row]] for q in controls if q.row in session.labels)
        if plan.task == "choice"
        else (),
        tuple(estimates),
        tuple(_without_estimates(one) for one in histories(session.events())),
    )


def _begun(plan: Plan, bench: Any, budget: int, answers: int) -> Any:
    """The session of a plan, with a budget of so many rows at so many answers each."""
    import askwise as aw

    kind: dict[str, Any] = {"classes": bench.classes}
    if plan.task != "choice":
        kind = {"task": {"kind": plan.task, "classes": list(bench.classes)} if bench.classes else plan.task}
    return aw.Session(
        pool=bench.pool,
        learner=bench.learner(),
        strategy=plan.strategy,
        budget=aw.Budget(answers=budget * answers),
        control=plan.control,
        seed=plan.seed,
        overlap=answers,
        **kind,
    )


def _score(name: str, truth: Any, predicted: Any) -> float:
    from askwise.lab.measures import evaluate

    return float(evaluate([name], truth, predicted)[name])


def _without_estimates(past: History) -> History:
    """What a session knows that nobody asked to estimate anything."""
    rounds = [replace(one, measures={k: v for k, v in one.measures.items() if k != "estimate"}) for one in past.rounds]
    return replace(past, rounds=tuple(rounds))


def _confusion(oracle: Any, bench: Any, looked: int = 1000) -> Any:
    """Chance (c, c) that a row of one class is labelled as another: by what annotators say of some rows of the pool."""
    classes = {label: i for i, label in enumerate(bench.classes)}
    counts = 1e-9 * np.eye(len(classes))
    for row in np.random.default_rng(0).permutation(len(bench.pool))[:looked].tolist():
        votes = [classes[label] for _, label, _ in oracle.row(row) if label is not None]
        if votes and bench.labels[row] in classes:
            counts[classes[bench.labels[row]], np.bincount(votes).argmax()] += 1
    return counts / counts.sum(axis=1, keepdims=True)


def plans(repeats: int = 1, wanted: Iterable[Source] | None = None, first: int = 0) -> list[Plan]:
    """Every data set of the shipped suites with random rows and another strategy, each session with its own seed.

    Margin and auto take turns; numbers and sets of classes have one strategy that fits them.
    """
    # A seed of its own for each: the control arm's order would tie sessions of one seed together.
    made = [
        (i, Plan(source, strategy, 0, task=task))
        for task, strategies in GRID.items()
        for i, source in enumerate(sources(task) if wanted is None else wanted if task == "choice" else ())
        for strategy in strategies
    ]
    numbered = [(i, replace(plan, seed=first + number)) for number, (i, plan) in enumerate(made * repeats)]
    return [plan for i, plan in numbered if plan.strategy != ("margin", "auto")[i % 2]]


def gather(
    wanted: list[Plan], cache: Path | None = None, workers: int = 2, act: Callable[[Plan], Any] = perform
) -> list[Any]:
    """What came of every plan; with a cache, a file to which each is added as it is done, only those that it lacks."""
    known = {one.plan: one for one in kept(cache)} if cache is not None else {}
    todo = [plan for plan in wanted if plan not in known]
    # One data set after another in one process: it is read and encoded once.
    with ProcessPoolExecutor(workers) as pool:
        for one in pool.map(act, todo, chunksize=2):
            known[one.plan] = one
            if cache is not None:
                with cache.open("ab") as file:
                    pickle.dump(one, file)
    return [known[plan] for plan in wanted]


def kept(cache: Path) -> list[Any]:
    """What a cache has, as far as it was written."""
    found: list[Any] = []
    if cache.exists():
        with cache.open("rb") as file:
            while True:
                try:
                    found.append(pickle.load(file))
                except (EOFError, pickle.UnpicklingError):  # the end, or a line cut off by a kill
                    return found
    return found
