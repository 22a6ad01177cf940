"""Simulate strategies on labelled data: a suite of one data set whose runs are session files, and a report."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from askwise._version import __version__
from askwise.catalogue import find
from askwise.core.errors import BadInput
from askwise.core.noise import check_seed
from askwise.core.registry import Method
from askwise.lab.bench import Bench, check_classes, task_of
from askwise.lab.cell import Outcome
from askwise.lab.data import DataSpec, Loaded, open_labelled
from askwise.lab.results import Results
from askwise.lab.run import Measures, Task, perform
from askwise.lab.shelf import Shelf
from askwise.lab.suite import Suite
from askwise.lab.versions import versions
from askwise.lab.watch import watching
from askwise.lab.work import Work
from askwise.lab.workers import cores, how_many, perform_all
from askwise.pool import Dataset
from askwise.strategy import Strategy

USUAL = 500
"""Labels a run, unless that is more than half of the pool."""

_MEASURES = {"choice": ("accuracy", "macro_f1"), "number": ("r2", "rmse"), "multilabel": ("micro_f1", "label_macro_f1")}
_MEASURES |= {"span": ("span_f1", "token_accuracy"), "pixel": ("miou", "pixel_accuracy")}
"""What a simulation measures for each kind of label: what it is about, of which more is better, and one more."""


def simulate(
    dataset: Dataset | str | Path,
    strategies: Sequence[Strategy | Method | str],
    *,
    batch: int,
    repeats: int,
    budget: int | None = None,
    learner: Any = None,
    seed: int = 0,
    workdir: str | Path | None = None,
    workers: int | None = None,
    progress: bool = True,
    fresh: bool = False,
    name: str | None = None,
    command: str | None = None,
) -> Results:
    """Run every strategy `repeats` times with real sessions against an oracle; the first strategy is the subject.

    Repeat i has the same seed for every strategy, so comparisons are paired. Each run is one session file in `workdir`
    (None: a temporary one); killed or interrupted, the same call resumes. `budget` is labels a run: 500, or half of the
    pool where that is less. `workers` (one per core) run side by side,
    sharing the one encoding of pool and test set. `name` and `command` are for the report: what it is
    about, and what to run to do it again.

    Labels with a fraction are numbers to predict, and the measure is R² in place of accuracy; tuples of classes are
    several labels a row, and it is micro-F1; of texts with spans it is span F1, of images with masks (10 pixels of each
    are asked) mIoU.

    Raises BadInput for numbers that do not fit the data, and for a `workdir` that was started differently.
    """
    data = dataset if isinstance(dataset, Dataset) else open_labelled(dataset)
    words = {"name": name or (None if isinstance(dataset, Dataset) else Path(dataset).stem), "command": command}
    named = _named(strategies)
    _check_counts(batch, repeats, 1 if budget is None else budget)
    _check_seed(seed)
    check_classes(data)
    spec, task = DataSpec("data", data), task_of(data)
    suite = Suite("simulation", (spec,), named, {"learner": learner}, (batch,), budget=1, seeds=repeats, seed=seed)
    shelf = Shelf(spec, Loaded(data, task), suite.learners)
    bench = shelf.get("learner", seed)
    budget = min(USUAL, max(1, len(bench.pool) // 2)) if budget is None else budget
    _check_budget(budget, bench)
    suite = replace(suite, budget=budget)
    config = _config(bench, budget, batch, seed)
    if workdir is not None:
        return _perform(Work(workdir, config, fresh=fresh), suite, bench, config, workers, progress, words)
    with TemporaryDirectory(prefix="askwise-") as folder:
        return _perform(Work(Path(folder) / "runs", config), suite, bench, config, workers, progress, words)


def _perform(
    work: Work,
    suite: Suite,
    bench: Bench,
    config: Mapping[str, Any],
    workers: int | None,
    progress: bool,
    words: Mapping[str, Any],
) -> Results:
    started = time.perf_counter()
    tasks = _tasks(work, suite, _MEASURES[bench.task])
    count = how_many(workers, len(tasks))
    with watching(tasks, suite.seeds, progress) as watch:
        found = perform_all(tasks, _Runs(bench), count, watch.measured)
    about = {
        **config,
        "repeats": suite.seeds,
        "strategies": {name: _form(one) for name, one in suite.strategies.items()},
        "seeds": [task.cell.seed for task in tasks[:: len(suite.strategies)]],
        "task": bench.task,
        "measures": list(_MEASURES[bench.task]),
        "pool_rows": len(bench.pool),
        "test_rows": len(bench.truth),
        "notes": list(bench.notes),
        "encoding_seconds": bench.seconds,
        "wall_seconds": time.perf_counter() - started,
        "workers": count,
        "cores": cores(),
        "versions": versions(),
        **words,
    }
    return Results(_by_strategy(tasks, found), about)


@dataclass(frozen=True)
class _Runs:
    """Performs a task, in whichever process; an error in it ends the simulation."""

    bench: Bench

    def __call__(
        self, number: int, task: Task, report: Callable[[dict[str, Any]], None], stopped: Callable[[], bool]
    ) -> Outcome | None:
        return perform(task, self.bench, report, stopped)


def _tasks(work: Work, suite: Suite, measures: tuple[str, ...]) -> list[Task]:
    """One task per repeat and strategy, each with its session file; the arms that are no strategies are left out."""
    cells = suite.cells(suite.datasets[0], measures, small=False)
    wanted = [cell for cell in cells if cell.role in ("strategy", "random")]
    return [Task(cell, work.path(cell.strategy, cell.repeat)) for cell in wanted]


def _by_strategy(tasks: Sequence[Task], found: Sequence[Outcome]) -> dict[str, list[Measures]]:
    runs: dict[str, list[Measures]] = {}
    for task, outcome in zip(tasks, found, strict=True):
        runs.setdefault(task.cell.strategy, []).append(outcome.rounds)
    return runs


def _named(strategies: Sequence[Strategy | Method | str]) -> dict[str, Strategy | Method]:
    if isinstance(strategies, str) or not strategies:
        raise BadInput(f"strategies={strategies!r}; give a list of at least one, such as ['auto', 'random']")
    named: dict[str, Strategy | Method] = {}
    for one in strategies:
        found = find(one)
        name = found.label if isinstance(found, Strategy) else found.name
        if name in named:
            raise BadInput(f"the strategy {name!r} is given twice; give each once, or another name=")
        named[name] = found
    return named


def _check_counts(batch: int, repeats: int, budget: int) -> None:
    for name, value in (("batch", batch), ("repeats", repeats), ("budget", budget)):
        if value < 1:
            raise BadInput(f"{name}={value} does nothing; give at least 1")


def _check_seed(seed: int) -> None:
    if check_seed(seed) < 0:
        raise BadInput(f"seed={seed} is negative; give 0 or a larger whole number")


def _check_budget(budget: int, bench: Bench) -> None:
    if budget > len(bench.pool):
        raise BadInput(f"a budget of {budget} labels does not fit the pool; give 1 to {len(bench.pool)}")


def _config(bench: Bench, budget: int, batch: int, seed: int) -> dict[str, Any]:
    return {
        "askwise": __version__,
        "data": dict(bench.digests),
        "classes": list(bench.classes),
        "learner": bench.about,
        "budget": budget,
        "batch": batch,
        "seed": seed,
    }


def _form(strategy: Strategy | Method) -> dict[str, Any]:
    return strategy.to_dict()
