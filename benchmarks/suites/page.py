"""The page: what each suite cost, what it says, and what its full level would cost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.suites.cost import Cost, command

from askwise.core.words import counted
from askwise.lab import Study, read_suite
from askwise.lab.compare import Comparison, signed_rank, spread
from askwise.lab.measures import MEASURES
from askwise.lab.page.words import against_random, alone, headline
from askwise.lab.ranking import ranks
from askwise.lab.scores import Scores
from askwise.lab.suite import BOUND, FULL, Suite

_NOTE = (
    "Bold: measured; the others are reckoned from the seconds of a round at `quick`, and a lower bound where `full` has"
    " larger pools. Half of the runs of `tabular` at `full` fit a forest, which `quick` leaves out: it took 8.5 times"
    " as long as logistic regression in [the study](study.md), so that about 80 CPU minutes are to be expected there."
)


@dataclass(frozen=True)
class Done:
    """A suite that was run at a level: its results, and what it took."""

    name: str
    level: str
    study: Study
    cost: Cost

    @property
    def runs(self) -> list[dict[str, Any]]:
        """Lines of its cells."""
        return [one for one in self.study.cells.to_pylist() if not one["chosen_with"]]


def section(quick: Sequence[Done], full: Sequence[Done]) -> str:
    """All of the page below its head."""
    parts = [_costs(quick, full), _auto(quick, "quick"), *([_auto(full, "full")] if full else [])]
    parts += [_suite(one) for one in (*quick, *full)]
    return "\n\n".join(parts)


def _costs(quick: Sequence[Done], full: Sequence[Done]) -> str:
    measured = {one.name: one for one in full}
    lines = [
        "## What they cost",
        "",
        "| suite | settings | runs | failed | CPU min | minutes on 2 cores | peak MiB | `full`: runs | its CPU min |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for one in quick:
        suite = read_suite(one.name, "full")
        runs, minutes = _reckoned(one, suite)
        said = f"about {minutes:.0f}"
        if one.name in measured:
            runs, said = len(measured[one.name].runs), f"**{measured[one.name].cost.cpu / 60:.1f}**"
        lines.append(
            f"| {one.name} | {len(one.study.settings)} | {len(one.runs)} | {len(one.study.failed)} |"
            f" {one.cost.cpu / 60:.1f} | {one.cost.wall / 60:.1f} | {one.cost.peak:.0f} | {runs:,} | {said} |"
        )
    total = sum(one.cost.cpu for one in quick) / 60
    lines += ["", f"All of them at `quick`: {total:.0f} CPU minutes. {_NOTE}"]
    return "\n".join(lines)


def _reckoned(one: Done, suite: Suite) -> tuple[int, float]:
    """Runs of the full level, and CPU minutes, from the seconds of a round that the quick level took.

    Rows beside them make rounds dearer, and so do learners that quick leaves out: a lower bound, about.
    """
    spent: dict[str, list[float]] = {}
    rounds = _rounds(one.study)
    for line in one.runs:
        if line["status"] == "done":
            spent.setdefault(line["strategy"], []).append((line["wall_seconds"] or 0.0) / rounds[line["cell"]])
    each = {name: float(np.mean(values)) for name, values in spent.items()}
    overhead = one.cost.cpu / max(sum((line["wall_seconds"] or 0.0) for line in one.runs), 1e-9)
    count, seconds = 0, 0.0
    for spec in suite.datasets:
        for cell in suite.cells(spec, (), small=False):
            count += 1
            budget = cell.budget if isinstance(cell.budget, int) else 200
            cost = each.get(cell.strategy, float(np.mean(list(each.values()))))
            seconds += cost * (1 if cell.strategy == FULL else 1 + (budget - cell.initial.rows) / cell.batch)
    return count, max(overhead, 1.0) * seconds / 60


def _rounds(study: Study) -> dict[str, int]:
    names, counts = np.unique(study.rounds.column("cell").to_pylist(), return_counts=True)
    return dict(zip(names.tolist(), counts.tolist(), strict=True))


def _auto(done: Sequence[Done], level: str) -> str:
    lines = [
        f"## `auto` against random, at `{level}`",
        "",
        "Area under the learning curve (for errors of minus the area), mean over settings; p by Wilcoxon over settings,"
        " Holm over the strategies of the suite: of seven strategies none can be told from random on fewer than nine"
        " settings. The last line is all settings together, without correction; settings of the same data set with"
        " other annotators count each.",
        "",
        "| suite | measure | settings | gap | interval | p | mean rank | of |",
        "|---|---|---:|---:|---:|---:|---:|---:|",
    ]
    for one in done:
        scores = one.study.scores()
        found = {each.arm: each for each in against_random(scores)}
        if "auto" not in found:
            continue
        place = dict(zip(*_ranked(scores), strict=True))
        auto = found["auto"]
        lines.append(
            f"| {one.name} | {_measures(one.study)} | {len(scores.blocks)} | {auto.difference:+.3f} |"
            f" {_ends(auto)} | {_p(auto.adjusted)} | {place['auto']:.1f} | {len(place)} |"
        )
    return "\n".join([*lines, _together(done)])


def _together(done: Sequence[Done]) -> str:
    """All settings of suites that measure accuracy or F1, as one comparison."""
    sets = [one for one in done if "auto" in one.study.strategies and "RMSE" not in _measures(one.study)]
    pairs = [gap for one in sets for gap in one.study.scores().pairs("auto", "random") if gap.size]
    means = np.array([gap.mean() for gap in pairs])
    ends = spread(pairs)
    p = _p(signed_rank(means)[0])
    return f"| all of classes | | {len(pairs)} | {means.mean():+.3f} | {ends.low:+.3f} to {ends.high:+.3f} | {p} | | |"


def _measures(study: Study) -> str:
    return ", ".join(dict.fromkeys(MEASURES[study.measure(one)].title for one in study.settings))


def _ranked(scores: Scores) -> tuple[tuple[str, ...], list[float]]:
    return scores.strategies, ranks(scores.complete()[1]).mean(axis=1).tolist()


def _suite(one: Done) -> str:
    """One suite: the command, the plain words, and a line for each strategy."""
    scores = one.study.scores()
    found = against_random(scores)
    typed = " ".join(command(one.name, one.level, Path(f"{one.name}-{one.level}.lab"), 2))
    lines = [
        f"## {one.name}, `{one.level}`",
        "",
        f"{one.study.suite['about']} {counted(len(one.runs), 'run')}, {one.study.suite['seeds']} seeds,"
        f" {counted(len(one.study.settings), 'setting')}; {_measures(one.study)}.",
        "",
        f"`{typed}`",
        "",
        f"**{headline(found, scores)}** {alone(found)}".rstrip(),
        "",
        "| strategy | mean rank | gap in area | interval | p | won, tied, lost | labels to 95% | seconds a run |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
        *_strategies(one, scores, {each.arm: each for each in found}),
    ]
    if one.study.failed:
        lines += ["", f"{len(one.study.failed)} runs failed: {one.study.failed[0]['error']}"]
    return "\n".join(lines)


def _strategies(one: Done, scores: Scores, found: Mapping[str, Comparison]) -> Iterator[str]:
    seconds = _seconds(one)
    for name, rank in sorted(zip(*_ranked(scores), strict=True), key=lambda pair: pair[1]):
        cells = ["–"] * 4
        if name in found:
            each = found[name]
            mark = "" if each.verdict() == "unclear" else "**"
            cells = [f"{mark}{each.difference:+.3f}{mark}", _ends(each), _p(each.adjusted)]
            cells.append("{}, {}, {}".format(*each.blocks))
        line = [name, f"{rank:.2f}", *cells, _reached(one.study, name), f"{seconds.get(name, 0.0):.2f}"]
        yield f"| {' | '.join(line)} |"


def _seconds(one: Done) -> dict[str, float]:
    spent: dict[str, list[float]] = {}
    for line in one.runs:
        if line["status"] == "done" and line["strategy"] not in (FULL, BOUND):
            spent.setdefault(line["strategy"], []).append(line["wall_seconds"] or 0.0)
    return {name: float(np.mean(values)) for name, values in spent.items()}


def _reached(study: Study, name: str) -> str:
    """In how many settings half of the seeds or more got there."""
    known = [one for one in study.settings if study.full(one) > 0 and study.repeats(name, one)]
    there = sum(bool(np.isfinite(study.labels_to(name, one).median())) for one in known)
    return f"in {there} of {len(known)}" if known else "–"


def _ends(one: Comparison) -> str:
    return "one run" if one.units < 2 else f"{one.interval.low:+.3f} to {one.interval.high:+.3f}"


def _p(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"{value:.3f}"
