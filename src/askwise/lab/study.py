"""The results of a suite: three tables, and curves out of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from askwise.core.errors import BadInput, did_you_mean
from askwise.core.types import FloatArray
from askwise.judge import Curve
from askwise.lab.axes import ENDS, SPENT, counted, on_shared_span
from askwise.lab.measures import MEASURES
from askwise.lab.scores import Scores
from askwise.lab.suite import BOUND, FULL
from askwise.lab.tables import read
from askwise.lab.yardsticks import Reached, deficiency, foreground_efficiency, headroom, labels_to, share_of_full

AXES = ("dataset", "learner", "batch", "initial", "oracle", "chosen_with")
"""What names a setting: within one, strategies are compared on equal terms."""

SHARE = 0.95


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

    def axis(self, setting: Setting) -> str:
        """What a setting is compared over, one of `SPENT`: what its budget counts.

        'labels' where every answer gave a label, else 'answers': one that gave none, or a second one to a row, was paid
        for as well. 'cost' or 'annotation_seconds' where the budget is money or time.
        """
        return self._axes[setting]

    @cached_property
    def _axes(self) -> dict[Setting, str]:
        budgets = {one["name"]: one.get("budget") for one in self.suite["datasets"]}
        kinds = {one: counted(budgets.get(one.dataset) or self.suite["budget"]) for one in self._settings}
        for setting, kind in kinds.items():
            cells = [cell for name in self.strategies for cell in self.repeats(name, setting).values()]
            lines = (one for cell in cells for one in self._by_cell.get(cell, ()))
            if kind == "labels" and any(one["answers"] != one["labels"] for one in lines):
                kinds[setting] = "answers"
        return kinds

    def curve(self, strategy: str, setting: Setting, measure: str | None = None, over: str | None = None) -> Curve:
        """The learning curve of a strategy over its finished repeats; `over` is one of `SPENT` (None: see `axis`).

        Raises BadInput for names that are not there, and where no repeat was measured.
        """
        return Curve.of(self.runs(strategy, setting, measure, over))

    def paired(
        self, strategy: str, reference: str, setting: Setting, measure: str | None = None, over: str | None = None
    ) -> tuple[Curve, Curve]:
        """The curves of two strategies over the repeats that both finished, and the span that both have."""
        arm, other = self.together((strategy, reference), setting, measure, over)
        return arm, other

    def together(
        self, names: Sequence[str], setting: Setting, measure: str | None = None, over: str | None = None
    ) -> list[Curve]:
        """The curves of several strategies over the repeats and the span that all of them have."""
        shared = sorted(set.intersection(*(set(self.repeats(name, setting)) for name in names)))
        return on_shared_span([Curve.of(self.runs(name, setting, measure, over, shared)) for name in names])

    def runs(
        self,
        strategy: str,
        setting: Setting,
        measure: str | None = None,
        over: str | None = None,
        repeats: Sequence[int] | None = None,
    ) -> list[tuple[FloatArray, FloatArray]]:
        """(spent, measure) of each finished repeat, where both are known and something more was spent.

        What was spent after the last label came leaves the measure as it was.
        """
        name, across = measure or self.measure(setting), over or self.axis(setting)
        for given, known in ((name, MEASURES), (across, SPENT), (strategy, (*self.strategies, BOUND))):
            if given not in known:
                raise BadInput(f"there is no {given!r} in these results.{did_you_mean(str(given), known)}")
        cells = self.repeats(strategy, setting)
        found = [self._run(cells[one], name, across) for one in (sorted(cells) if repeats is None else repeats)]
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
        spent, heights = spent[last], heights[last]
        end = self._ends[cell].get(over)
        if len(spent) and end is not None and end > spent[-1]:
            spent, heights = np.append(spent, end), np.append(heights, heights[-1])
        return spent, heights

    @cached_property
    def _ends(self) -> dict[str, dict[str, float | None]]:
        """What each cell spent in the end."""
        return {one["cell"]: {name: one[column] for name, column in ENDS.items()} for one in self._lines}

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
        if not self.repeats(BOUND, setting).keys() & self.repeats(strategy, setting).keys():
            return float("nan")
        return headroom(*self.together((strategy, "random", BOUND), setting, measure))

    def foreground_efficiency(self, strategy: str, setting: Setting, measure: str | None = None) -> float:
        """Mean gain of the score per label of the classes that are sought; NaN where none is named or found."""
        found = self.foreground_gains(strategy, setting, measure)
        known = found[np.isfinite(found)]
        return float(known.mean()) if known.size else float("nan")

    def foreground_gains(self, strategy: str, setting: Setting, measure: str | None = None) -> FloatArray:
        """Gain of the score per label of the classes that are sought, of each finished repeat (r,)."""
        name = measure or self.measure(setting)
        runs = [self._run(cell, name, "foreground") for cell in self.repeats(strategy, setting).values()]
        found = [float(foreground_efficiency(Curve.of([run]))[0]) if len(run[0]) else np.nan for run in runs]
        sign = 1.0 if MEASURES[name].greater_is_better else -1.0
        return sign * np.array(found)

    def foreground_share(self, strategy: str, setting: Setting) -> FloatArray:
        """Share of the classes that are sought among the labels that each finished repeat (r,) had in the end."""
        ends = [self._by_cell[cell][-1] for cell in self.repeats(strategy, setting).values() if self._by_cell.get(cell)]
        return np.array(
            [one["foreground"] / one["labels"] if one["foreground"] is not None else np.nan for one in ends]
        )

    def varies(self, setting: Setting, over: str) -> bool:
        """Whether something of this kind, one of `SPENT`, was spent in a setting, and not one for each answer or label.

        The labels themselves count as such where answers gave none.
        """
        cells = (cell for name in self.strategies for cell in self.repeats(name, setting).values())
        lines = [one for cell in cells for one in self._by_cell.get(cell, ()) if one[over]]
        usual = ("answers",) if over == "labels" else ("answers", "labels")
        return bool(lines) and all(any(abs(one[over] - one[name]) > 1e-9 for one in lines) for name in usual)

    @property
    def measures(self) -> tuple[str, ...]:
        """Every measure that was taken, in the order of the suite."""
        taken = [name for name in MEASURES if self.rounds.column(name).null_count < self.rounds.num_rows]
        wanted = [name for name in self.suite["measures"] if name in taken]
        return tuple(wanted or taken)

    def settings_with(self, measure: str) -> tuple[Setting, ...]:
        """Settings in which a measure was taken."""
        return tuple(one for one in self.settings if measure in self._taken[one.dataset])

    @cached_property
    def _taken(self) -> dict[str, set[str]]:
        """Measures by data set."""
        of = {one["cell"]: one["dataset"] for one in self._lines}
        out: dict[str, set[str]] = {name: set() for name in of.values()}
        for line in self.rounds.to_pylist():
            out[of[line["cell"]]].update(name for name in MEASURES if line[name] is not None)
        return out

    def scores(self, measure: str | None = None, strategies: Sequence[str] | None = None) -> Scores:
        """Area under the curve of every finished run, higher is better, for comparisons over settings.

        Areas of measures of which less is better are negative. Within a setting and seed all areas are over the same
        span, that which all of these strategies have: one that has a model sooner, or a costlier last batch, is not
        measured by other parts of its curve.
        """
        names = tuple(self.strategies if strategies is None else strategies)
        found = []
        for setting in self.settings if measure is None else self.settings_with(measure):
            measured = measure or self.measure(setting)
            sign = 1.0 if MEASURES[measured].greater_is_better else -1.0
            for repeat in sorted(set().union(*(self.repeats(name, setting) for name in names))):
                there = [name for name in names if repeat in self.repeats(name, setting)]
                curves = [Curve.of(self.runs(name, setting, measured, repeats=[repeat])) for name in there]
                areas = [sign * float(curve.area()[0]) for curve in on_shared_span(curves)]
                found += [(name, str(setting), repeat, area) for name, area in zip(there, areas, strict=True)]
        order = {name: i for i, name in enumerate(names)}
        return Scores.of(sorted(found, key=lambda one: order[one[0]]))

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
        from askwise.lab.page import write_report

        return write_report(self, path, command)

    def summary(self) -> list[dict[str, Any]]:
        """One line for each setting and strategy: area, advantage over random with its interval, deficiency against it,
        headroom, labels to 95 % of the full-data score, seconds; and, where classes are sought, foreground efficiency.
        """
        from askwise.lab.summary import summary

        return summary(self)

    def seconds(self, cell: str) -> float:
        """Seconds that a cell took: choosing, fitting and measuring."""
        return float(sum(one["seconds"] or 0.0 for one in self._by_cell.get(cell, ())))

    def plain(self) -> str:
        """What is significant against random and what is not, in plain words; empty where nothing can be compared."""
        from askwise.lab.page.words import plain

        return plain(self)

    def __str__(self) -> str:
        from askwise.lab.summary import words

        return words(self)
