"""The results of a suite: three tables, and curves out of them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from askwise.core.errors import BadInput, did_you_mean
from askwise.core.types import FloatArray
from askwise.judge import Curve, difference
from askwise.judge.page import Cell, Table, text_table
from askwise.judge.resample import ENOUGH
from askwise.lab.measures import MEASURES
from askwise.lab.scores import Scores
from askwise.lab.suite import BOUND, FULL
from askwise.lab.tables import read
from askwise.lab.yardsticks import Reached, deficiency, foreground_efficiency, headroom, labels_to, share_of_full

AXES = ("dataset", "learner", "batch", "initial", "oracle", "chosen_with")
"""What names a setting: within one, strategies are compared on equal terms."""

SPENT = ("labels", "answers", "cost", "annotation_seconds", "foreground")
"""What a curve may be drawn over: columns of rounds that only grow."""

SHARE = 0.95

_COLUMNS = (
    "strategy",
    "repeats",
    "area",
    "end",
    "area against random",
    "deficiency",
    "labels to 95 %",
    "seconds",
)


@dataclass(frozen=True)
class Setting:
    """Everything but the strategy and the seed.

    `chosen_with` names the learner that chose the rows where `learner` took over its labels (`evaluate_with`).
    """

    dataset: str
    learner: str
    batch: int
    initial: str
    oracle: str
    chosen_with: str = ""

    @classmethod
    def of(cls, line: Mapping[str, Any]) -> Setting:
        """The setting of a line of cells."""
        return cls(**{axis: line[axis] for axis in AXES[:-1]}, chosen_with=line.get("chosen_with") or "")

    def __str__(self) -> str:
        learner = f"{self.learner} on labels of {self.chosen_with}" if self.chosen_with else self.learner
        return f"{self.dataset}, {learner}, batch {self.batch}, initial {self.initial}, {self.oracle}"


@dataclass(frozen=True)
class Study:
    """Results of a suite: Arrow tables `cells`, `rounds` and `picks` (columns: `askwise.lab.tables`), and the suite.

    >>> from askwise.lab import Suite, run_suite
    >>> suite = Suite.of({"name": "tiny", "datasets": ["iris"], "strategies": ["margin"], "budget": 20, "seeds": 2})
    >>> study = run_suite(suite, workers=1, progress=False)
    >>> study.strategies, study.curve("margin", study.settings[0]).labels.tolist()
    (('margin', 'random'), [10.0, 20.0])
    """

    cells: Any
    rounds: Any
    picks: Any
    suite: Mapping[str, Any]

    @classmethod
    def read(cls, folder: str | Path) -> Study:
        """From the folder of a run. Raises StoreError for one that holds no results, or those of another version."""
        found = read(Path(folder))
        suite = json.loads((found["cells"].schema.metadata or {})[b"askwise.suite"])
        return cls(found["cells"], found["rounds"], found["picks"], suite)

    @cached_property
    def _lines(self) -> list[dict[str, Any]]:
        return list(self.cells.to_pylist())

    @cached_property
    def _by_cell(self) -> dict[str, list[dict[str, Any]]]:
        out: dict[str, list[dict[str, Any]]] = {}
        for line in self.rounds.to_pylist():
            out.setdefault(line["cell"], []).append(line)
        return out

    @property
    def strategies(self) -> tuple[str, ...]:
        """Names of the strategies, random among them, in the order of the suite."""
        return tuple(self.suite["strategies"])

    @cached_property
    def settings(self) -> tuple[Setting, ...]:
        """All settings that were run, in the order of the suite; not those of labels taken over."""
        return tuple(one for one in self._settings if not one.chosen_with)

    @cached_property
    def inherited(self) -> tuple[Setting, ...]:
        """Settings of learners that took over labels (`evaluate_with`): the same runs, measured with another model.

        They are no part of comparisons and ranks, since they share their rows with the settings that chose them.
        """
        return tuple(one for one in self._settings if one.chosen_with)

    @cached_property
    def _settings(self) -> tuple[Setting, ...]:
        runs = [line for line in self._lines if line["role"] != "full"]
        return tuple(dict.fromkeys(Setting.of(line) for line in runs))

    @property
    def failed(self) -> list[dict[str, Any]]:
        """Cells that crashed: their lines, with error and traceback."""
        return [line for line in self._lines if line["status"] == "failed"]

    def measure(self, setting: Setting) -> str:
        """What the suite measures first in this setting."""
        return self._measures[setting.dataset]

    @cached_property
    def _measures(self) -> dict[str, str]:
        return {one["dataset"]: str(one["measure"]) for one in self._lines}

    def repeats(self, strategy: str, setting: Setting) -> dict[int, str]:
        """Finished cells of a strategy in a setting, by repeat."""
        return self._done.get((strategy, setting), {})

    @cached_property
    def _done(self) -> dict[tuple[str, Setting], dict[int, str]]:
        """Finished cells by strategy and setting, and repeat: what everything else looks up."""
        out: dict[tuple[str, Setting], dict[int, str]] = {}
        for one in self._lines:
            if one["status"] == "done":
                key = one["strategy"], Setting.of(one)
                out.setdefault(key, {})[one["repeat"]] = one["cell"]
        return out

    def curve(self, strategy: str, setting: Setting, measure: str | None = None, over: str = "labels") -> Curve:
        """The learning curve of a strategy over its finished repeats; `over` is one of `SPENT`.

        Raises BadInput for names that are not there, and where no repeat was measured.
        """
        return Curve.of(self.runs(strategy, setting, measure, over))

    def paired(
        self, strategy: str, reference: str, setting: Setting, measure: str | None = None, over: str = "labels"
    ) -> tuple[Curve, Curve]:
        """The curves of two strategies over the repeats that both finished."""
        both = sorted(self.repeats(strategy, setting).keys() & self.repeats(reference, setting).keys())
        pair = [Curve.of(self.runs(name, setting, measure, over, both)) for name in (strategy, reference)]
        return pair[0], pair[1]

    def runs(
        self,
        strategy: str,
        setting: Setting,
        measure: str | None = None,
        over: str = "labels",
        repeats: Sequence[int] | None = None,
    ) -> list[tuple[FloatArray, FloatArray]]:
        """(spent, measure) of each finished repeat, where both are known and something more was spent."""
        name = measure or self.measure(setting)
        for given, known in ((name, MEASURES), (over, SPENT), (strategy, (*self.strategies, BOUND))):
            if given not in known:
                raise BadInput(f"there is no {given!r} in these results.{did_you_mean(str(given), known)}")
        cells = self.repeats(strategy, setting)
        found = [self._run(cells[one], name, over) for one in (sorted(cells) if repeats is None else repeats)]
        found = [run for run in found if len(run[0])]
        if not found:
            raise BadInput(f"{strategy!r} has no finished run with {name!r} in: {setting}; see `failed`")
        return found

    def _run(self, cell: str, measure: str, over: str) -> tuple[FloatArray, FloatArray]:
        lines = [one for one in self._by_cell.get(cell, ()) if one[measure] is not None and one[over] is not None]
        spent = np.array([one[over] for one in lines], dtype=np.float64)
        heights = np.array([one[measure] for one in lines], dtype=np.float64)
        # Rounds that spent nothing more (no label of a class that is sought) leave the last measurement standing.
        last = np.append(np.diff(spent) > 0, True) if len(spent) else np.zeros(0, dtype=bool)
        return spent[last], heights[last]

    def full(self, setting: Setting, measure: str | None = None) -> float:
        """Mean score of the model of all labels over its repeats; NaN when it did not finish."""
        name = measure or self.measure(setting)
        cells = self._full.get((setting.dataset, setting.learner, setting.oracle), [])
        found = [self._by_cell[cell][-1][name] for cell in cells if self._by_cell.get(cell)]
        known = [value for value in found if value is not None]
        return float(np.mean(known)) if known else float("nan")

    @cached_property
    def _full(self) -> dict[tuple[str, str, str], list[str]]:
        """Finished models of all labels; neither batch nor start matters to them."""
        out: dict[tuple[str, str, str], list[str]] = {}
        for one in self._lines:
            if one["strategy"] == FULL and one["status"] == "done":
                out.setdefault((one["dataset"], one["learner"], one["oracle"]), []).append(one["cell"])
        return out

    def labels_to(self, strategy: str, setting: Setting, share: float = SHARE, measure: str | None = None) -> Reached:
        """Labels that each repeat needed for this share of the full-data score, censored at its budget."""
        better = MEASURES[measure or self.measure(setting)].greater_is_better
        level = share_of_full(self.full(setting, measure), share, better)
        return labels_to(self.curve(strategy, setting, measure), level, better)

    def deficiency(self, strategy: str, setting: Setting, measure: str | None = None) -> FloatArray:
        """Deficiency (r,) of each paired repeat against random, to the model of all labels. Below 1 is better."""
        arm, chance = self.paired(strategy, "random", setting, measure)
        return deficiency(arm, chance, self.full(setting, measure))

    def headroom(self, strategy: str, setting: Setting, measure: str | None = None) -> float:
        """Share of the way from random to the best order, over the seeds for which that was searched; else NaN."""
        shared = sorted(
            self.repeats(BOUND, setting).keys()
            & self.repeats("random", setting).keys()
            & self.repeats(strategy, setting).keys()
        )
        if not shared:
            return float("nan")
        arm, chance, bound = (
            Curve.of(self.runs(name, setting, measure, repeats=shared)) for name in (strategy, "random", BOUND)
        )
        return headroom(arm, chance, bound)

    def foreground_efficiency(self, strategy: str, setting: Setting, measure: str | None = None) -> float:
        """Mean gain of the score per label of the classes that are sought; NaN where none is named or found."""
        cells = self.repeats(strategy, setting).values()
        runs = [self._run(cell, measure or self.measure(setting), "foreground") for cell in cells]
        found = [float(foreground_efficiency(Curve.of([run]))[0]) for run in runs if len(run[0])]
        known = [value for value in found if np.isfinite(value)]
        return float(np.mean(known)) if known else float("nan")

    def scores(self, measure: str | None = None, strategies: Sequence[str] | None = None) -> Scores:
        """Area under the curve of every finished run, higher is better, for comparisons over settings.

        Areas of measures of which less is better are negative. Runs of a setting span the same labels, except where a
        session ended early: areas are then over what each has.
        """
        found = []
        for name in self.strategies if strategies is None else strategies:
            for setting in self.settings:
                repeats = sorted(self.repeats(name, setting))
                measured = measure or self.measure(setting)
                sign = 1.0 if MEASURES[measured].greater_is_better else -1.0
                for repeat in repeats:
                    area = Curve.of(self.runs(name, setting, measured, repeats=[repeat])).area()[0]
                    found.append((name, str(setting), repeat, sign * float(area)))
        return Scores.of(found)

    def overlap(self, first: str, second: str, setting: Setting) -> float:
        """Mean over paired repeats of |both| / |either| of the rows that the two asked for; NaN without any."""
        ones, others = self.repeats(first, setting), self.repeats(second, setting)
        shares = []
        for repeat in sorted(ones.keys() & others.keys()):
            a, b = self._asked.get(ones[repeat], set()), self._asked.get(others[repeat], set())
            shares += [len(a & b) / len(a | b)] if a | b else []
        return float(np.mean(shares)) if shares else float("nan")

    @cached_property
    def _asked(self) -> dict[str, set[int]]:
        """Rows of each cell that a strategy asked for."""
        out: dict[str, set[int]] = {}
        columns = (self.picks.column(name).to_pylist() for name in ("cell", "row", "arm"))
        for cell, row, arm in zip(*columns, strict=True):
            if arm != "initial":
                out.setdefault(cell, set()).add(row)
        return out

    def report(self, path: str | Path, command: str | None = None) -> Path:
        """Write the self-contained HTML report; returns its path. `command` is what to run to do it again."""
        from askwise.lab.suite_report import write_report

        return write_report(self, path, command)

    def summary(self) -> list[dict[str, Any]]:
        """One line for each setting and strategy: area, advantage over random with its interval, deficiency against it,
        headroom, labels to 95 % of the full-data score, seconds; and, where classes are sought, foreground efficiency.
        """
        return [line for setting in self._settings for line in self._summaries(setting)]

    def _summaries(self, setting: Setting) -> Iterator[dict[str, Any]]:
        for name in (*self.strategies, BOUND):
            if self.repeats(name, setting):
                yield {**setting.__dict__, "strategy": name, **self._summary(name, setting)}

    def _summary(self, name: str, setting: Setting) -> dict[str, Any]:
        curve = self.curve(name, setting)
        found: dict[str, Any] = {}
        measure, full = self.measure(setting), self.full(setting)
        if full > 0:
            found["labels_to_95"] = self.labels_to(name, setting).words()
        if name not in ("random", BOUND):
            mine, theirs = self.paired(name, "random", setting)
            gap, spread = difference(mine.area(), theirs.area())
            found |= {"advantage": gap, "low": spread.low, "high": spread.high}
            found |= {
                "deficiency": float(np.mean(self.deficiency(name, setting))),
                "headroom": self.headroom(name, setting),
            }
        efficiency = self.foreground_efficiency(name, setting)
        if np.isfinite(efficiency):
            found["foreground_efficiency"] = efficiency
        return {
            "measure": measure,
            "repeats": curve.repeats,
            "area": float(curve.area().mean()),
            "end": float(curve.mean()[-1]),
            "full": full,
            **found,
            "seconds": float(np.mean([self._seconds(cell) for cell in self.repeats(name, setting).values()])),
        }

    def _seconds(self, cell: str) -> float:
        return float(sum(one["seconds"] or 0.0 for one in self._by_cell.get(cell, ())))

    def __str__(self) -> str:
        parts = []
        for setting in self._settings:
            rows = [_row(line) for line in self._summaries(setting)]
            head = f"{setting}: {MEASURES[self.measure(setting)].title}, {self.full(setting):.3f} with all labels"
            parts += [head, *text_table(Table(_COLUMNS, rows)), ""]
        if int(self.suite["seeds"]) < ENOUGH:
            parts.append(f"In brackets: the range over {self.suite['seeds']} seeds; {ENOUGH} would give an interval.")
        parts += [f"FAILED {one['dataset']}, {one['strategy']}, {one['repeat']}: {one['error']}" for one in self.failed]
        return "\n".join(parts).rstrip()


def _row(line: Mapping[str, Any]) -> list[Cell]:
    if "advantage" in line:
        spread = "" if np.isnan(line["low"]) else f"{line['low']:+.4f} to {line['high']:+.4f}"
        against = Cell(f"{line['advantage']:+.4f}", spread)
    else:
        against = Cell("–")
    return [
        Cell(line["strategy"]),
        Cell(str(line["repeats"])),
        Cell(f"{line['area']:.4f}"),
        Cell(f"{line['end']:.4f}"),
        against,
        Cell(_known(line.get("deficiency"))),
        Cell(line.get("labels_to_95", "–")),
        Cell(f"{line['seconds']:.1f}"),
    ]


def _known(value: float | None) -> str:
    return "–" if value is None or np.isnan(value) else f"{value:.3f}"
