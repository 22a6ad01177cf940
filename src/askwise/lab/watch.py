"""Progress of a simulation on stderr: bars with the time left on a terminal, one line per finished run elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from askwise.lab.cell import Cell
from askwise.lab.measures import MEASURES
from askwise.lab.run import Task


class Silent:
    """Says nothing."""

    def measured(self, task: int, measure: dict[str, Any]) -> None:
        """Take note of one measurement."""


class Lines(Silent):
    """One line for each run that has used up its budget."""

    def __init__(self, tasks: Sequence[Task], repeats: int, console: Any) -> None:
        self.tasks, self.repeats, self.console = tasks, repeats, console
        self.seconds = [0.0] * len(tasks)

    def measured(self, task: int, measure: dict[str, Any]) -> None:
        """Add up the time; speak at the end of the run."""
        self.seconds[task] += measure["seconds"]
        run = self.tasks[task].cell
        if measure["labels"] >= run.budget:
            self.console.print(
                f"{run.strategy}, repeat {run.repeat + 1} of {self.repeats}: {_score(run, measure)}"
                f" with {measure['labels']} labels ({self.seconds[task]:.0f} s)",
                highlight=False,
            )


def _score(cell: Cell, measure: dict[str, Any]) -> str:
    """What the simulation is about, in words; a score that is not defined yet is a dash."""
    value = measure[cell.measures[0]]
    return f"{MEASURES[cell.measures[0]].title} {'–' if value is None else format(value, '.3f')}"


class Bars(Silent):
    """A bar per strategy with its latest score, and the time left of the whole."""

    def __init__(self, tasks: Sequence[Task], progress: Any) -> None:
        self.tasks, self.progress = tasks, progress
        self.done = [0] * len(tasks)
        self.bars: dict[str, Any] = {}
        for task in tasks:
            name = task.cell.strategy
            total = sum(one.cell.budget for one in tasks if one.cell.strategy == name)
            if name not in self.bars:
                self.bars[name] = progress.add_task(name, total=total, note="")
        self.whole = progress.add_task("all runs", total=sum(task.cell.budget for task in tasks), note="")

    def measured(self, task: int, measure: dict[str, Any]) -> None:
        """Advance the bar of the strategy and that of the whole."""
        name = self.tasks[task].cell.strategy
        step = measure["labels"] - self.done[task]
        self.done[task] = measure["labels"]
        self.progress.update(self.bars[name], advance=step, note=_score(self.tasks[task].cell, measure))
        self.progress.update(self.whole, advance=step)


@contextmanager
def watching(tasks: Sequence[Task], repeats: int, show: bool) -> Iterator[Silent]:
    """What to tell of the progress: bars when stderr is a terminal, else lines, or nothing at all."""
    from rich.console import Console

    console = Console(stderr=True)
    if not show or not tasks:
        yield Silent()
    elif not console.is_terminal:
        yield Lines(tasks, repeats, console)
    else:
        with _progress(console) as progress:
            yield Bars(tasks, progress)


def _progress(console: Any) -> Any:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    return Progress(
        TextColumn("{task.description}", style="bold"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("labels"),
        TimeRemainingColumn(compact=True),
        TextColumn("{task.fields[note]}", style="dim"),
        console=console,
    )


@contextmanager
def counting(cells: int, show: bool) -> Iterator[Callable[[str], None]]:
    """A function to call with the status of each cell that ends: a bar with the time left on a terminal, else a line
    for each tenth of the cells, or nothing at all.
    """
    from rich.console import Console

    console = Console(stderr=True)
    count = Counting(cells, console)
    if not show or not cells:
        yield lambda status: None
    elif not console.is_terminal:
        yield count.tenths
    else:
        with _progress_of_cells(console) as progress:
            bar = progress.add_task("cells", total=cells, note="")
            yield lambda status: progress.update(bar, advance=1, note=count.note(status))


class Counting:
    """How many cells have ended, and how."""

    def __init__(self, cells: int, console: Any) -> None:
        self.cells, self.console = cells, console
        self.ended = self.failed = 0
        self.started = time.perf_counter()

    def note(self, status: str) -> str:
        """Count one; what there is to say beside the bar."""
        self.ended += 1
        self.failed += status == "failed"
        return f"{self.failed} failed" if self.failed else ""

    def tenths(self, status: str) -> None:
        """Count one; a line at each tenth."""
        said = self.note(status)
        if self.ended * 10 // self.cells > (self.ended - 1) * 10 // self.cells:
            took = time.perf_counter() - self.started
            tail = f", {said}" if said else ""
            self.console.print(f"{self.ended} of {self.cells} cells ({took:.0f} s){tail}", highlight=False)


def _progress_of_cells(console: Any) -> Any:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("cells"), TimeRemainingColumn(compact=True))
    return Progress(*columns, TextColumn("{task.fields[note]}", style="red"), console=console)
