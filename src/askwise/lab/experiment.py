"""Running a suite: check it, run what is not there yet on all cores, collect the results."""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any

from askwise._version import __version__
from askwise.lab.bench import digest, digests
from askwise.lab.cell import Cell, Outcome
from askwise.lab.check import Checked, check
from askwise.lab.first_fit import SharedFirstFit
from askwise.lab.own import written
from askwise.lab.run import Task, perform
from askwise.lab.shelf import Shelf
from askwise.lab.study import Study
from askwise.lab.suite import Suite, learner_form, read_suite
from askwise.lab.tables import FORMAT, table, write
from askwise.lab.versions import versions
from askwise.lab.watch import counting
from askwise.lab.work import Work
from askwise.lab.workers import WorkerKilled, how_many, perform_all

_CELLS, _SUITE = "cells", "suite.json"
_OF_THE_RUN = ("wall_seconds", "peak_mb")
"""Facts that belong to the run, and are not told again of learners that took over its labels."""


def run_suite(
    suite: Suite | str | Path,
    out: str | Path | None = None,
    *,
    level: str = "full",
    workers: int | None = None,
    progress: bool = True,
    command: str | None = None,
) -> Study:
    """Run a suite, one of the shipped ones by name, or that of a TOML file, and return its results.

    `out` is a folder that keeps every finished cell: killed or interrupted, the same call runs what is missing. A cell
    is named by all that decides what comes of it, data and versions included, so a suite that was changed runs what is
    new. `command` is kept beside the results, for the report to say how to do it again. A cell that crashes is marked
    as failed with its traceback, the others go on; it is tried again at the next
    call. None: a temporary folder. `workers` cells run side by side (one per core).

    Raises BadInput for a suite that cannot be run, before any work.
    """
    wanted = suite if isinstance(suite, Suite) else read_suite(suite, level)
    if out is not None:
        return _run(wanted, Path(out), workers, progress, command)
    with TemporaryDirectory(prefix="askwise-lab-") as folder:
        return _run(wanted, Path(folder) / "out", workers, progress)


def _run(suite: Suite, out: Path, workers: int | None, progress: bool, command: str | None = None) -> Study:
    checked = check(suite)
    config = {"suite": suite.name, "command": command, **suite.to_dict()}
    Work(out, config, file=_SUITE, deciding=("version", "name"))
    folder = Folder(out)
    plans = [_Plan.of(suite, one, folder) for one in checked]
    try:
        with counting(sum(len(plan.missing) for plan in plans), progress) as watch:
            for plan in plans:
                if plan.missing:
                    plan.run(folder, workers, watch)
    finally:
        # Whatever is there is worth reading, however it ended.
        _collect(folder, suite, plans)
    return Study.read(out)


def command_of(folder: Path) -> str | None:
    """The command that filled a folder of results; None where it was not a command."""
    try:
        found = json.loads((folder / _SUITE).read_text(encoding="utf-8")).get("command")
    except (OSError, ValueError):
        return None
    return found if isinstance(found, str) else None


class Folder:
    """Finished cells, each in a file of its own, written aside and renamed: there whole, or not at all."""

    def __init__(self, path: Path) -> None:
        self.path = path
        (path / _CELLS).mkdir(exist_ok=True)
        self.forget_running()

    @contextmanager
    def running(self, name: str) -> Iterator[None]:
        """Leave a mark while a cell is under way, by which one whose process was killed is known."""
        mark = self.path / _CELLS / f"{name}.running"
        mark.touch()
        yield
        mark.unlink(missing_ok=True)

    def forget_running(self) -> list[str]:
        """Names of the cells that were under way, and no mark of them any more."""
        marks = sorted((self.path / _CELLS).glob("*.running"))
        for mark in marks:
            mark.unlink(missing_ok=True)
        return [mark.stem for mark in marks]

    def done(self, name: str) -> bool:
        """Whether a cell is finished and did not fail."""
        return self._place(name).exists()

    def put(self, name: str, found: Mapping[str, Any], *, failed: bool = False) -> None:
        """Keep what came of a cell."""
        place = self._place(name, failed=failed)
        aside = place.with_suffix(".new")
        aside.write_text(json.dumps(found), encoding="utf-8")
        aside.replace(place)
        if not failed:
            self._place(name, failed=True).unlink(missing_ok=True)

    def get(self, name: str) -> dict[str, Any] | None:
        """What came of a cell; None when it has not been run."""
        for failed in (False, True):
            place = self._place(name, failed=failed)
            if place.exists():
                found: dict[str, Any] = json.loads(place.read_text(encoding="utf-8"))
                return found
        return None

    def _place(self, name: str, *, failed: bool = False) -> Path:
        return self.path / _CELLS / f"{name}{'.failed' if failed else ''}.json"


@dataclass
class _Plan:
    """The cells of one data set: their names, and those that are still to be run."""

    shelf: Shelf
    cells: dict[str, Cell]
    missing: list[str]

    @classmethod
    def of(cls, suite: Suite, one: Checked, folder: Folder) -> _Plan:
        loaded = one.loaded
        data = [digests(loaded.dataset), digest(repr(sorted(loaded.crowd.items()))) if loaded.crowd else ""]
        learners = {**suite.evaluate_with, **suite.learners}
        base = [FORMAT, __version__, data, suite.split, suite.test_share, *written(suite.imports)]
        found = {}
        for cell in suite.cells(one.spec, one.measures, one.small):
            forms = [learner_form(learners[name]) for name in (cell.learner, *cell.evaluate_with)]
            found[digest([*base, *forms, one.spec.to_dict(), cell.to_dict()])] = cell
        shelf = Shelf(one.spec, loaded, learners, resplit=suite.split == "per_seed", share=suite.test_share)
        return cls(shelf, found, [name for name in found if not folder.done(name)])

    def run(self, folder: Folder, workers: int | None, watch: Callable[[str], None]) -> None:
        """Run what is missing. What was under way when a worker was killed is run again, each cell alone; those whose
        process is killed then, too, have failed.
        """
        missing, doubtful = list(self.missing), list[str]()
        while missing:
            killed = self._attempt(missing, folder, workers, watch)
            doubtful += killed
            missing = [name for name in missing if name not in killed and not folder.done(name)] if killed else []
        for name in doubtful:
            if self._attempt([name], folder, 1, watch, inline=False):
                said = "the system killed the process of this cell, twice, most likely for want of memory"
                lines = {"status": "failed", "error": f"WorkerKilled: {said}", "traceback": said}
                folder.put(name, {"facts": lines, "rounds": [], "picks": []}, failed=True)
                watch("failed")

    def _attempt(
        self,
        names: Sequence[str],
        folder: Folder,
        workers: int | None,
        watch: Callable[[str], None],
        *,
        inline: bool = True,
    ) -> list[str]:
        """Run these cells; returns those that were under way when a worker was killed."""
        tasks = [Task(self.cells[name]) for name in names]
        if len({task.cell.split for task in tasks}) == 1:
            # Built here, a bench is inherited by all workers; one that cannot be built fails in its cells.
            for task in tasks:
                with _Caught():
                    self.shelf.bench(task.cell)
        work = _Cells(self.shelf, folder, names)
        count = how_many(workers, len(tasks))
        try:
            perform_all(tasks, work, count, lambda number, news: watch(news["status"]), inline=inline)
        except WorkerKilled:
            killed = folder.forget_running()
            if not killed:
                raise
            return killed
        return []


@dataclass
class _Cells:
    """Runs one cell and keeps what came of it; the same in this process, a forked one or a thread."""

    shelf: Shelf
    folder: Folder
    names: Sequence[str]

    def __call__(
        self, number: int, task: Task, report: Callable[[dict[str, Any]], None], stopped: Callable[[], bool]
    ) -> str | None:
        name = self.names[number]
        with self.folder.running(name):
            return self._perform(name, task, report, stopped)

    def _perform(
        self, name: str, task: Task, report: Callable[[dict[str, Any]], None], stopped: Callable[[], bool]
    ) -> str | None:
        cell, caught = task.cell, _Caught()
        with caught:
            bench = self.shelf.bench(cell)
            learner = SharedFirstFit(bench.learner(), self.shelf.fits(cell.learner))
            heirs = {name: self.shelf.get(name, cell.split) for name in cell.evaluate_with}
            outcome = perform(task, bench, lambda measure: None, stopped, learner, heirs)
        if caught.text:
            lines = {"status": "failed", "error": caught.error, "traceback": caught.text}
            self.folder.put(name, {"facts": lines, "rounds": [], "picks": []}, failed=True)
            report(lines)
            return "failed"
        if outcome is None:
            return None
        self.folder.put(name, _kept(outcome))
        report({"status": "done"})
        return "done"


def _kept(outcome: Outcome) -> dict[str, Any]:
    facts = {"status": "done", "versions": json.dumps(versions()), **outcome.facts}
    return {"facts": facts, "rounds": outcome.rounds, "picks": outcome.picks, "inherited": outcome.inherited}


class _Caught:
    """Around a cell: whatever crashes in it is kept as text, and goes no further. Interrupts do."""

    def __init__(self) -> None:
        self.error, self.text = "", ""

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if not isinstance(value, Exception):
            return False
        self.error = f"{type(value).__name__}: {value}"
        self.text = "".join(traceback.format_exception(value))
        return True


def _collect(folder: Folder, suite: Suite, plans: Sequence[_Plan]) -> None:
    """Put all cells of the suite that are there into three tables."""
    lines: dict[str, list[dict[str, Any]]] = {"cells": [], "rounds": [], "picks": []}
    for name, cell in (pair for plan in plans for pair in plan.cells.items()):
        found = folder.get(name)
        if found is None:
            continue
        about = {"cell": name, "suite": suite.name, "measure": cell.measures[0], **cell.columns()}
        lines["cells"].append({**about, **found["facts"]})
        for kind in ("rounds", "picks"):
            lines[kind] += [{"cell": name, **line} for line in found[kind]]
        for heir, rounds in found.get("inherited", {}).items():
            own, terms = f"{name}-{digest(heir)}", {"learner": heir, "chosen_with": cell.learner}
            facts = {**found["facts"], "model": found["facts"]["heirs"][heir], **dict.fromkeys(_OF_THE_RUN)}
            lines["cells"].append({**about, **facts, **terms, "cell": own})
            lines["rounds"] += [{**line, "cell": own} for line in rounds]
    write(folder.path, {name: table(name, rows, suite.to_dict()) for name, rows in lines.items()})
