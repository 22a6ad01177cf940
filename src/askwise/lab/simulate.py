"""Simulate strategies on labelled data: real sessions, paired repeats, one shared encoding, resumable."""

from __future__ import annotations

import importlib.metadata
import platform
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from askwise._version import __version__
from askwise.catalogue import find
from askwise.core.errors import BadInput
from askwise.core.noise import check_seed
from askwise.core.registry import Method
from askwise.lab.bench import Bench, prepare
from askwise.lab.results import Results
from askwise.lab.run import Measures, Task
from askwise.lab.watch import watching
from askwise.lab.work import Run, Work
from askwise.lab.workers import cores, how_many, perform_all
from askwise.pool import Dataset, open_dataset
from askwise.strategy import Strategy

_PACKAGES = ("numpy", "scipy", "scikit-learn", "numba", "pyarrow")


def simulate(
    dataset: Dataset | str | Path,
    strategies: Sequence[Strategy | Method | str],
    *,
    budget: int,
    batch: int,
    repeats: int,
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
    (None: a temporary one); killed or interrupted, the same call resumes. `workers` (one per core) run side by side,
    sharing the one encoding of pool and test set. `name` and `command` are for the report: what it is
    about, and what to run to do it again.

    Raises BadInput for numbers that do not fit the data, and for a `workdir` that was started differently.
    """
    data = dataset if isinstance(dataset, Dataset) else open_dataset(dataset)
    words = {"name": name or (None if isinstance(dataset, Dataset) else Path(dataset).stem), "command": command}
    named = _named(strategies)
    _check_counts(batch, repeats, budget)
    _check_seed(seed)
    bench = prepare(data, learner, seed)
    _check_budget(budget, bench)
    config = _config(bench, budget, batch, seed)
    if workdir is not None:
        return _perform(Work(workdir, config, fresh=fresh), named, bench, config, repeats, workers, progress, words)
    with TemporaryDirectory(prefix="askwise-") as folder:
        return _perform(Work(Path(folder) / "runs", config), named, bench, config, repeats, workers, progress, words)


def _perform(
    work: Work,
    named: Mapping[str, Strategy | Method],
    bench: Bench,
    config: Mapping[str, Any],
    repeats: int,
    workers: int | None,
    progress: bool,
    words: Mapping[str, Any],
) -> Results:
    started = time.perf_counter()
    tasks = _tasks(work, named, config, repeats)
    count = how_many(workers, len(tasks))
    with watching(tasks, repeats, progress) as watch:
        found = perform_all(tasks, bench, count, watch.measured)
    about = {
        **config,
        "repeats": repeats,
        "strategies": {name: _form(one) for name, one in named.items()},
        "seeds": [task.run.seed for task in tasks[:: len(named)]],
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


def repeat_seed(seed: int, repeat: int) -> int:
    """The seed of one repeat, the same for every strategy: streams of one seed never overlap.

    >>> repeat_seed(0, 1) == repeat_seed(0, 1), repeat_seed(0, 1) == repeat_seed(0, 2)
    (True, False)
    """
    return int(np.random.SeedSequence([seed, repeat]).generate_state(1)[0])


def versions() -> dict[str, str]:
    """Versions of Python, askwise and the packages that decide numbers."""
    found = {"python": platform.python_version(), "askwise": __version__}
    return found | {name: importlib.metadata.version(name) for name in _PACKAGES}


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


def _tasks(work: Work, named: Mapping[str, Strategy | Method], config: Mapping[str, Any], repeats: int) -> list[Task]:
    """One task per repeat and strategy, repeats outermost: what finishes first can be compared first."""
    return [
        Task(
            Run(name, repeat, repeat_seed(config["seed"], repeat), work.path(name, repeat)),
            strategy,
            config["budget"],
            config["batch"],
        )
        for repeat in range(repeats)
        for name, strategy in named.items()
    ]


def _by_strategy(tasks: Sequence[Task], found: Sequence[Measures]) -> dict[str, list[Measures]]:
    runs: dict[str, list[Measures]] = {}
    for task, measures in zip(tasks, found, strict=True):
        runs.setdefault(task.run.strategy, []).append(measures)
    return runs


def _form(strategy: Strategy | Method) -> dict[str, Any]:
    return strategy.to_dict()
