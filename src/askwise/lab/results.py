"""What a simulation found: curves, areas and labels saved, as values, as text and as JSON."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from askwise.core.errors import BadInput, did_you_mean
from askwise.judge import Curve, Interval, Saving, difference, savings
from askwise.judge.page import Cell, Table, text_table
from askwise.lab.measures import MEASURES
from askwise.lab.run import Measures


@dataclass(frozen=True)
class Results:
    """Measurements of every strategy (in the order given) and repeat, with all that is needed to do it again.

    `runs[strategy][repeat]` are the measurements after each batch; `about` says what was run on what.
    """

    runs: Mapping[str, Sequence[Measures]]
    about: Mapping[str, Any]

    @property
    def strategies(self) -> tuple[str, ...]:
        """Names of the strategies; the first is the one that the simulation is about."""
        return tuple(self.runs)

    @property
    def reference(self) -> str:
        """The strategy to compare with: random if it was run, else the last."""
        return "random" if "random" in self.runs else self.strategies[-1]

    @property
    def measures(self) -> tuple[str, ...]:
        """What was measured: first what the simulation is about, of which more is better."""
        return tuple(self.about.get("measures", ("accuracy", "macro_f1")))

    @property
    def titles(self) -> tuple[str, ...]:
        """The measures as one reads them."""
        return tuple(MEASURES[name].title for name in self.measures)

    def curve(self, strategy: str, measure: str | None = None) -> Curve:
        """The learning curve of a strategy by one of the `measures`, the first if none is named.

        Raises BadInput for another name.
        """
        wanted = measure or self.measures[0]
        for name, known in ((strategy, list(self.runs)), (wanted, list(self.measures))):
            if name not in known:
                raise BadInput(f"there is no {name!r} in these results.{did_you_mean(name, known)}")
        return Curve.of([_columns(run, wanted) for run in self.runs[strategy]])

    def savings(
        self, strategy: str | None = None, against: str | None = None, measure: str | None = None
    ) -> list[Saving]:
        """Labels saved at an equal score, at the reference's final one first. Raises BadInput where less is better."""
        arm, reference = strategy or self.strategies[0], against or self.reference
        pair = [self.curve(name, measure) for name in (arm, reference)]
        by = MEASURES[measure or self.measures[0]]
        if not by.greater_is_better:
            raise BadInput(f"of {by.title} less is better; ask for labels saved at an equal {self.titles[0]}")
        return savings(*pair, names=(arm, reference), measure=by.title)

    def advantage(self, strategy: str, measure: str | None = None) -> tuple[float, Interval]:
        """Area under the curve minus the reference's, with an interval over paired repeats."""
        return difference(self.curve(strategy, measure).area(), self.curve(self.reference, measure).area())

    def seconds(self, strategy: str) -> float:
        """Mean seconds of a run."""
        return float(np.mean([sum(one["seconds"] for one in run) for run in self.runs[strategy]]))

    def main_saving(self) -> Saving | None:
        """What the first strategy saved at the reference's final score; None where there is nothing to compare."""
        if self.strategies[0] == self.reference:
            return None
        found = self.savings()
        return found[0] if found else None

    def headline(self) -> str:
        """What the first strategy saved against the reference, in one sentence."""
        first, found = self.strategies[0], self.main_saving()
        if found is not None:
            return f"{first}: {found.sentence()}"
        end = f"{first} reached {self.titles[0]} {self.curve(first).mean()[-1]:.3f}"
        if first == self.reference:
            return f"{end}; there is nothing to compare it with"
        start = int(self.curve(self.reference).labels[0])
        return f"{end}; {self.reference} was no better at the end than with its first {start} labels: nothing to save"

    def counts(self, rows: int = 10) -> list[int]:
        """Label counts for tables: at most about this many, the last always among them."""
        labels = self.curve(self.reference).labels
        step = max(1, math.ceil(len(labels) / rows))
        return [int(count) for count in labels[::-1][::step][::-1]]

    def table(self, measure: str | None = None, rows: int = 10) -> list[dict[str, Any]]:
        """One line per number of labels: the mean of each strategy with its bounds."""
        counts = self.counts(rows)
        lines: list[dict[str, Any]] = [{"labels": count} for count in counts]
        for name in self.strategies:
            band = self.curve(name, measure).at(counts).band()
            for i, line in enumerate(lines):
                line[name] = {"mean": band.mean[i], "low": band.low[i], "high": band.high[i]}
        return lines

    def to_dict(self) -> dict[str, Any]:
        """JSON-able: everything, with infinite and missing numbers as None."""
        found = {
            "about": dict(self.about),
            "headline": self.headline(),
            "reference": self.reference,
            "strategies": {name: self._summary(name) for name in self.strategies},
            "table": self.table(rows=1000),
            "runs": {name: list(runs) for name, runs in self.runs.items()},
        }
        return dict(jsonable(found))

    def _summary(self, name: str) -> dict[str, Any]:
        out: dict[str, Any] = {
            "final": {measure: self.curve(name, measure).mean()[-1] for measure in self.measures},
            "aulc": {measure: self.curve(name, measure).area().mean() for measure in self.measures},
            "seconds_per_run": self.seconds(name),
        }
        if name != self.reference:
            gap, spread = self.advantage(name)
            out["aulc_advantage"] = {"mean": gap, "low": spread.low, "high": spread.high}
            out["savings"] = [_saving(one) for one in self.savings(name)]
        return out

    def report(self, path: str | Path) -> Path:
        """Write the self-contained HTML report; returns its path."""
        from askwise.lab.report import write_report

        return write_report(self, path)

    def picture(self, path: str | Path) -> Path:
        """Write the learning curve alone, as .svg or .png; returns its path."""
        from askwise.lab.report import save_curve

        return save_curve(self, path)

    def __str__(self) -> str:
        names = self.strategies
        rows = [[Cell(str(line["labels"])), *(_cell(line[name]) for name in names)] for line in self.table()]
        areas = [Cell(f"{self.curve(name).area().mean():.3f}") for name in names]
        lines = text_table(Table(["labels", *names], [*rows, [Cell("area"), *areas]]))
        return "\n".join([*lines, "", self.headline()])


def _columns(run: Measures, measure: str) -> tuple[list[int], list[float]]:
    return [one["labels"] for one in run], [one[measure] for one in run]


def _cell(found: Mapping[str, float]) -> Cell:
    small = "" if math.isnan(found["low"]) else f"{found['low']:.3f}-{found['high']:.3f}"
    return Cell(f"{found['mean']:.3f}", small)


def _saving(one: Saving) -> dict[str, Any]:
    return {
        "level": one.level,
        "saved": one.saved,
        "low": one.interval.low,
        "high": one.interval.high,
        "labels": one.arm_labels,
        "reference_labels": one.reference_labels,
        "reached": one.reached,
        "verdict": one.verdict,
        "sentence": one.sentence(),
    }


def jsonable(value: Any) -> Any:
    """Plain values, with infinite and missing numbers as None."""
    if isinstance(value, Mapping):
        return {str(key): jsonable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [jsonable(item) for item in value]
    if isinstance(value, float | np.floating):
        return float(value) if math.isfinite(value) else None
    return value.item() if isinstance(value, np.generic) else value
