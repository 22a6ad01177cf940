"""What can be known before any work: that the data is there, that budgets fit, that learners give what methods need."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import numpy as np

from askwise.core.errors import BadInput, MissingEvidence
from askwise.core.evidence import plan
from askwise.core.history import History
from askwise.core.noise import row_keys
from askwise.core.protocols import Learner, Pool
from askwise.core.types import IntArray
from askwise.lab.bench import check_classes, named_recipe
from askwise.lab.cell import Initial, spending
from askwise.lab.data import DataSpec, Loaded, load
from askwise.lab.masked import Asked
from askwise.lab.measures import MEASURES, fitting
from askwise.lab.oracle import Facts, costs
from askwise.lab.oracle_spec import PARTED, OracleSpec
from askwise.lab.parted import part_learner
from askwise.lab.suite import Suite
from askwise.session.source import ModelSource
from askwise.strategy import Strategy
from askwise.task.base import as_they_are

_NO_ROWS = np.zeros(0, dtype=np.int64)


@dataclass(frozen=True)
class Checked:
    """A data set of a suite that can be run: loaded, with the measures that fit it."""

    spec: DataSpec
    loaded: Loaded
    measures: tuple[str, ...]
    small: bool


def check(suite: Suite) -> list[Checked]:
    """Load all data sets and try the whole grid on paper. Raises BadInput or MissingEvidence, naming the data set."""
    found = []
    for spec in suite.datasets:
        loaded = load(spec, suite.seed)
        try:
            found.append(_checked(suite, spec, loaded))
        except BadInput as fault:
            raise BadInput(f"data set {spec.name!r}: {fault}") from fault
        except MissingEvidence as fault:
            raise MissingEvidence(f"data set {spec.name!r}: {fault}") from fault
    _check_measures(suite, found)
    return found


def _checked(suite: Suite, spec: DataSpec, loaded: Loaded) -> Checked:
    check_classes(loaded.dataset)
    rows = _pool_rows(suite, loaded)
    asked = spending(suite.budget if spec.budget is None else spec.budget, rows, spec.name)
    for initial in suite.initial:
        _check_initial(initial, loaded, rows, asked.answers)
        _check_start(initial, suite, loaded)
    classes = loaded.dataset.classes
    for oracle in spec.oracles or suite.oracles:
        oracle.check(loaded.task, len(classes), loaded.crowd is not None)
        costs(oracle, _facts(loaded), suite.seed)
    for name, learner in suite.learners.items():
        _check_learner(suite, name, learner, loaded, spec.oracles)
    for name, learner in suite.evaluate_with.items():
        _check_heir(name, learner, loaded)
    measures = fitting(loaded.task, suite.measures)
    return Checked(spec, loaded, measures, rows <= suite.bound.rows and asked.answers is not None)


def _pool_rows(suite: Suite, loaded: Loaded) -> int:
    """Rows of the pool after the split, the fewest that it may have."""
    data = loaded.dataset
    n = len(data.train.pool)
    if suite.split == "per_seed":
        n += 0 if data.test is None else len(data.test.pool)
    elif data.test is not None:
        return n
    return int(n * (1 - suite.test_share))


def _check_initial(initial: Initial, loaded: Loaded, rows: int, budget: int | None) -> None:
    if initial.per_class and loaded.task != "choice":
        raise BadInput(
            f"initial={initial.name!r}: the task is {loaded.task!r}, with no one class a row; give a number of rows"
        )
    count = initial.rows or initial.per_class * len(loaded.dataset.classes)
    most = rows if budget is None else budget
    if count > most:
        raise BadInput(f"initial={initial.name!r} starts with {count} rows, and the budget is {most}; start with fewer")


def _check_start(initial: Initial, suite: Suite, loaded: Loaded) -> None:
    """Raise for an initial set whose strategy needs what no pool gives before there is a model."""
    for learner in suite.learners.values() if initial.strategy else ():
        pool, _ = _paper(loaded, learner)
        offers = ModelSource(pool, row_keys(loaded.dataset.train.pool.ids), None, _NO_ROWS, _NO_ROWS, _NO_ROWS).offers
        try:
            plan(initial.chosen_by().wants(), offers)
        except MissingEvidence as fault:
            raise MissingEvidence(f"initial={initial.name!r} has no model to go by: {fault}") from fault


def _facts(loaded: Loaded) -> Facts:
    train = loaded.dataset.train
    texts = getattr(train.pool, "kind", None) == "text"
    n = len(train.pool)
    return Facts(row_keys(train.pool.ids), (), loaded.dataset.classes, np.ones(n) if texts else None)


def _check_learner(suite: Suite, name: str, learner: Any, loaded: Loaded, oracles: tuple[OracleSpec, ...]) -> None:
    """Raise for a learner that does not fit the task, or that does not give what a strategy needs."""
    pool, made = _paper(loaded, learner)
    one = np.zeros(1, dtype=np.int64)
    told: Any = one[:, None] if loaded.task == "multilabel" else one
    if loaded.task in PARTED:
        told = as_they_are([[]])
    source = ModelSource(pool, row_keys(loaded.dataset.train.pool.ids), made, one, told, one[:0])
    # A price that every oracle sets is on offer in every cell.
    priced = all(oracle.priced for oracle in (oracles or suite.oracles))
    offers = source.offers | ({"costs"} if priced else set())
    classes = loaded.dataset.classes if loaded.task == "choice" else ()
    past = History(len(pool.raw) if hasattr(pool, "raw") else len(pool), suite.batch[0], (0,) * len(classes), offers)
    for label, strategy in suite.strategies.items():
        try:
            # A policy says what it cannot do; what it would choose depends on what will have happened.
            plan(strategy.wants(), offers) if isinstance(strategy, Strategy) else strategy(past)
        except (BadInput, MissingEvidence) as fault:
            raise type(fault)(f"strategy {label!r} with learner {name!r}: {fault}") from fault


def _check_heir(name: str, learner: Any, loaded: Loaded) -> None:
    """Raise for a learner that cannot be measured on the task."""
    _, made = _paper(loaded, learner)
    if loaded.task in PARTED:
        if not any(hasattr(made, one) for one in ("answers", "segment")):
            raise BadInput(f"evaluate_with={name!r}: {made!r} predicts no {loaded.task}s; give one that does")
        return
    wanted = {"choice": "probs", "number": "mean", "multilabel": "marginals"}[loaded.task]
    try:
        plan({wanted: "measures"}, made.provides)
    except MissingEvidence as fault:
        raise MissingEvidence(f"evaluate_with={name!r}: {fault}") from fault


class _Offers:
    """A pool that is not encoded yet, with what it will offer; its rows are zeros, embeddings if they will be."""

    offers = frozenset({"embeddings"})

    def __init__(self, raw: Pool, rows_are_embeddings: bool) -> None:
        self.raw, self._same = raw, rows_are_embeddings
        self.column_names = getattr(raw, "column_names", ())

    def take(self, rows: IntArray) -> Any:
        """As many rows of zeros, of another width where the rows are not the embeddings."""
        return np.zeros((len(rows), 1 if self._same else 2))

    def evidence(self, rows: IntArray, names: frozenset[str]) -> dict[str, Any]:
        """Embeddings of zeros."""
        return {name: np.zeros((len(rows), 1)) for name in names}


def _paper(loaded: Loaded, learner: Any) -> tuple[Any, Learner]:
    """The pool and the learner as a bench makes them, without encoding anything."""
    from askwise.learner import Recipe, as_learner

    pool, task, classes = loaded.dataset.train.pool, loaded.task, loaded.dataset.classes
    if task in PARTED:
        return _Offers(pool, rows_are_embeddings=False), part_learner(learner, task, classes, Asked())
    n_classes, together = len(classes) or None, task == "multilabel"
    made = named_recipe(pool, learner, task) if learner is None or isinstance(learner, str) else learner
    if isinstance(made, Recipe):
        return _Offers(pool, made.encoder.features_are_embeddings), made.learner(n_classes, together=together)
    return pool, as_learner(deepcopy(made), n_classes, together=together)


def _check_measures(suite: Suite, found: list[Checked]) -> None:
    """Raise BadInput for a measure that fits no data set of the suite."""
    tasks = {one.loaded.task for one in found}
    for name in suite.measures:
        if MEASURES[name].task not in tasks:
            raise BadInput(
                f"the measure {name!r} is for tasks of kind {MEASURES[name].task!r}, and the suite has {sorted(tasks)};"
                f" name one of {', '.join(n for t in sorted(tasks) for n in fitting(t))}"
            )
