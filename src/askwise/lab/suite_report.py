"""The report of a suite: one page that says what is significant and what is not, and shows all that it rests on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from askwise.core.errors import StoreError
from askwise.core.words import counted
from askwise.judge.charts import Chart, Line, as_page_svg
from askwise.judge.page import Cell, Page, Section, Table
from askwise.judge.resample import ENOUGH
from askwise.lab.compare import Comparison, compare, seeds_needed
from askwise.lab.diagrams import Heat, Spot, critical_svg, heat_svg, plane_svg
from askwise.lab.inheritance import labels_taken_over
from askwise.lab.measures import MEASURES
from askwise.lab.ranking import penalties, ranking
from askwise.lab.scores import Scores
from askwise.lab.study import SHARE, Setting, Study
from askwise.lab.suite import BOUND

RANDOM = "random"
SMALL = 0.01
"""A difference of area that is worth finding: what the number of seeds is worked out for."""

_OPEN = 4
"""Settings whose learning curves stand open; those of more are folded."""


def write_report(study: Study, path: str | Path, command: str | None = None) -> Path:
    """Write the page of a suite; returns its path. Raises StoreError where it cannot be written."""
    path = Path(path)
    html = page(study, command).html()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(html, encoding="utf-8")
    except OSError as fault:
        raise StoreError(
            f"the report {str(path)!r} cannot be written: {fault.strerror}; choose another path"
        ) from fault
    return path


def page(study: Study, command: str | None = None) -> Page:
    """The page of a suite. Strategies are compared on the settings and seeds that both finished."""
    scores = study.scores()
    found = compare(scores, RANDOM) if len(scores.strategies) > 1 else []
    order = _order(scores)
    sections = [
        _summary(found),
        _ranks(scores),
        _gains(scores, order),
        _comparisons(found, scores),
        _labels_needed(study, order),
        _runtime(study, scores, found),
        *_curves(study),
        _overlap(study, order),
        labels_taken_over(study),
        _penalties(study, order),
        _yardsticks(study),
        _failures(study),
        _setup(study, command),
    ]
    name = str(study.suite["name"])
    return Page(
        title=name,
        kicker=f"lab, suite {name}",
        headline=_headline(found, scores),
        lead=_lead(study),
        tiles=_tiles(study, scores, found),
        sections=[one for one in sections if one is not None],
    )


def _order(scores: Scores) -> list[str]:
    """Strategies from the largest mean area to the smallest, random last."""
    means = dict(zip(scores.strategies, np.nanmean(scores.means(), axis=1), strict=True))
    return sorted(scores.strategies, key=lambda name: (name == RANDOM, -means[name]))


def _headline(found: Sequence[Comparison], scores: Scores) -> str:
    better = [one for one in found if one.verdict() == "better"]
    worse = [one.arm for one in found if one.verdict() == "worse"]
    tail = f"; {_names(worse)} {_is(worse)} worse" if worse else ""
    if not found:
        return f"Only {scores.strategies[0]} was run, so there is nothing to compare."
    if not better:
        return f"No strategy is shown to beat random here{tail}."
    best = max(better, key=lambda one: one.difference)
    if len(better) == 1:
        return f"{best.arm} beats random{tail}; no other strategy is shown to."
    return f"{len(better)} of {len(found)} strategies beat random, {best.arm} by most{tail}."


def _names(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _is(names: Sequence[str]) -> str:
    return "is" if len(names) == 1 else "are"


def _lead(study: Study) -> str:
    sets = len({setting.dataset for setting in study.settings})
    runs = sum(one["status"] == "done" and not one.get("chosen_with") for one in study.cells.to_pylist())
    about = f"{study.suite['about']} " if study.suite.get("about") else ""
    return (
        f"{about}{counted(runs, 'run')} of real sessions over {counted(sets, 'data set')}, paired by seed: every"
        " strategy of a seed has the same test split and starts from the same rows. Differences are of the area under"
        " the learning curve (for errors, of minus the area), so that more is always better."
    )


def _tiles(study: Study, scores: Scores, found: Sequence[Comparison]) -> list[tuple[str, str]]:
    tiles = [(f"{one.difference:+.3f}", f"{one.arm} against random, mean gap in area") for one in _best(found, 3)]
    tiles.append((str(len(study.settings)), "settings: data set, learner, batch, start, annotators"))
    if study.failed:
        tiles.append((str(len(study.failed)), "cells failed"))
    return tiles


def _best(found: Sequence[Comparison], count: int) -> list[Comparison]:
    return sorted(found, key=lambda one: -one.difference)[:count]


def _summary(found: Sequence[Comparison]) -> Section | None:
    """In plain words: who beats random, who is beaten, and who cannot be told apart."""
    if not found:
        return None
    notes = [f"{one.sentence('area under the curve')}." for one in sorted(found, key=lambda one: -one.difference)]
    units = max(one.units for one in found)
    few = f" With {units} of them only, no test can show a difference at this level: it takes six." if units < 6 else ""
    lead = (
        "A strategy is called better or worse only if Wilcoxon's signed-rank test says so after Holm's correction for"
        f" {len(found)} comparisons, at 5 %, and the interval over data sets and seeds lies on one side of zero.{few}"
    )
    return Section("What is significant, and what is not", lead=lead, notes=notes)


def _ranks(scores: Scores) -> Section | None:
    if len(scores.strategies) < 3 or len(scores.complete()[0]) < 2:
        return None
    found = ranking(scores)
    p = "p < 0.001" if found.p < 0.001 else f"p = {found.p:.3f}"
    lead = (
        f"Mean rank of each strategy over the {found.blocks} settings that all of them finished; 1 is best. Bars join"
        f" strategies that do not differ (Wilcoxon, Holm). That all are equal: {p} (Friedman, Iman and Davenport)."
    )
    return Section("Ranks", lead=lead, svg=critical_svg(found))


def _gains(scores: Scores, order: Sequence[str]) -> Section | None:
    if RANDOM not in scores.strategies or len(order) < 2:
        return None
    means = scores.only(order).means()
    gaps = (means - means[order.index(RANDOM)])[[i for i, name in enumerate(order) if name != RANDOM]].T
    rows = [_short(block, scores.blocks) for block in scores.blocks]
    heat = Heat(rows, [name for name in order if name != RANDOM], gaps, "gap in area against random")
    lead = "Area under the curve minus that of random, mean over seeds. Blue is better than random, orange worse."
    return Section("Where each strategy gains", lead=lead, svg=heat_svg(heat))


def _short(block: str, blocks: Sequence[str]) -> str:
    """The parts of a setting's name in which settings differ: the data set always, the rest where there is a choice."""
    parts = [one.split(", ") for one in blocks]
    kept = [0] + [i for i in range(1, len(parts[0])) if len({one[i] for one in parts if len(one) == len(parts[0])}) > 1]
    mine = block.split(", ")
    return ", ".join(mine[i] for i in kept if i < len(mine))


def _comparisons(found: Sequence[Comparison], scores: Scores) -> Section | None:
    if not found:
        return None
    rows = []
    for one in sorted(found, key=lambda one: -one.difference):
        verdict = one.verdict()
        rows.append(
            [
                Cell(one.arm),
                Cell(f"{one.difference:+.4f}", one.bounds("{:+.4f}"), strong=verdict == "better"),
                Cell(f"{one.p:.3g}", f"{one.adjusted:.3g} adjusted"),
                Cell(f"{one.effect:+.2f}"),
                Cell("{} / {} / {}".format(*one.blocks)),
                Cell(_seeds(scores, one.arm)),
                Cell({"better": "better", "worse": "worse", "unclear": "unclear"}[verdict]),
            ]
        )
    columns = ["strategy", "gap in area", "p", "effect", "won / tied / lost", f"seeds for {SMALL:g}", "verdict"]
    lead = (
        "The effect is the matched-pairs rank-biserial correlation: +1 where every setting is won, 0 in balance."
        f" Won and lost count settings whose own interval over seeds (at least {ENOUGH}) lies on one side of zero. The"
        f" last number but one is how many paired seeds a single data set needs to show a gap of {SMALL:g} with 80 %"
        " power: the median over settings."
    )
    return Section("Each strategy against random", lead=lead, table=Table(columns, rows))


def _seeds(scores: Scores, arm: str) -> str:
    needed = [seeds_needed(gap, SMALL) for gap in scores.pairs(arm, RANDOM) if gap.size >= 2]
    return f"{np.median(needed):.0f}" if needed else "–"


def _labels_needed(study: Study, order: Sequence[str]) -> Section | None:
    rows, names = [], [str(setting) for setting in study.settings]
    for setting in study.settings:
        if not study.full(setting) > 0:
            continue
        cells = [_reached(study, name, setting) for name in order]
        finite = [value for value, *_ in cells if math.isfinite(value)]
        best = min(finite, default=math.inf)
        name = _short(str(setting), names)
        shown = [Cell(text, small, strong=value == best < math.inf) for value, text, small in cells]
        rows.append([Cell(name), *shown])
    if not rows:
        return None
    lead = (
        f"Median labels over seeds until {SHARE:.0%} of the score of the model of all labels; in small print, the seeds"
        " that never got there with the labels they had. The fewest of each line are bold."
    )
    return Section(f"Labels to {SHARE:.0%} of the full-data score", lead=lead, table=Table(["setting", *order], rows))


def _reached(study: Study, name: str, setting: Setting) -> tuple[float, str, str]:
    """Median labels, and in words: the number, and beside it how many seeds never got there."""
    if not study.repeats(name, setting):
        return math.inf, "–", ""
    found = study.labels_to(name, setting)
    missing, middle = int(found.censored.sum()), found.median()
    said = f"{middle:.0f}" if math.isfinite(middle) else f"> {found.budget.max():.0f}"
    return middle, said, f"{missing} of {len(found.labels)} never" if missing else ""


def _runtime(study: Study, scores: Scores, found: Sequence[Comparison]) -> Section | None:
    if len(found) < 2:
        return None
    seconds: dict[str, list[float]] = {}
    for line in study.cells.to_pylist():
        if line["status"] == "done" and line["wall_seconds"]:
            seconds.setdefault(line["strategy"], []).append(line["wall_seconds"])
    spots = [_spot(one, float(np.mean(seconds[one.arm]))) for one in found if one.arm in seconds]
    lead = "Mean seconds of a run (choosing, fitting and measuring) against the gap in area, with its interval."
    return Section("Runtime against gain", lead=lead, svg=plane_svg(spots, "seconds a run", "gap in area"))


def _spot(one: Comparison, seconds: float) -> Spot:
    ends = [end if math.isfinite(end) else one.difference for end in (one.interval.low, one.interval.high)]
    return Spot(one.arm, seconds, one.difference, ends[0], ends[1])


def _curves(study: Study) -> list[Section]:
    folded = len(study.settings) > _OPEN
    sections = []
    for i, setting in enumerate(study.settings):
        names = [name for name in (*study.strategies, BOUND) if study.repeats(name, setting)]
        if not names:
            continue
        lines = [Line(name, study.curve(name, setting).band(), reference=name == RANDOM) for name in names]
        title = MEASURES[study.measure(setting)].title
        full = study.full(setting)
        lead = f"{title[:1].upper()}{title[1:]} on test rows; bands are intervals over seeds."
        lead += f" The model of all labels reaches {full:.3f}." if math.isfinite(full) else ""
        svg = as_page_svg(Chart(lines, title), f"curve{i}")
        name = _short(str(setting), [str(one) for one in study.settings])
        sections.append(Section(f"Learning curves: {name}", lead=lead, svg=svg, folded=folded))
    return sections


def _overlap(study: Study, order: Sequence[str]) -> Section | None:
    if len(order) < 2:
        return None
    values = np.full((len(order), len(order)), np.nan)
    for i, first in enumerate(order):
        for j, second in enumerate(order):
            shares = [study.overlap(first, second, setting) for setting in study.settings] if i != j else []
            known = [share for share in shares if math.isfinite(share)]
            values[i, j] = np.mean(known) if known else np.nan
    if not np.isfinite(values).any():
        return None
    heat = Heat(list(order), list(order), values, "overlap of picks", "{:.2f}")
    lead = "Rows that both asked for, as a share of those that either did (Jaccard), mean over seeds and settings."
    return Section("Do they ask for the same rows?", lead=lead, svg=heat_svg(heat, "overlap"))


def _penalties(study: Study, order: Sequence[str]) -> Section | None:
    """The pairwise penalty matrix over data sets."""
    blocks = [found for setting in study.settings if (found := _block(study, order, setting)) is not None]
    if len(order) < 2 or not blocks:
        return None
    matrix = penalties(blocks)
    rows = [[Cell(name), *(Cell(f"{value:.1f}") for value in row)] for name, row in zip(order, matrix, strict=True)]
    rows.append([Cell("mean lost"), *(Cell(f"{value:.2f}") for value in matrix.mean(axis=0))])
    lead = (
        f"In how many of {len(blocks)} settings the strategy of the line beats that of the column, counted over label"
        " counts by paired t-tests at 90 % (Ash et al. 2020). The foot is what each loses to all: the less the better."
    )
    return Section("Pairwise penalties", lead=lead, table=Table(["beats", *order], rows))


def _block(study: Study, order: Sequence[str], setting: Setting) -> Any:
    """Values (s, r, k) of all strategies at the label counts and repeats that all have; None where there are none."""
    shared = set.intersection(*(set(study.repeats(name, setting)) for name in order))
    if len(shared) < 2:
        return None
    curves = [study.paired(name, order[0], setting)[0] for name in order]
    grid = [count for count in curves[0].labels if all(c.labels[0] <= count <= c.labels[-1] for c in curves)]
    if not grid or len({curve.repeats for curve in curves}) > 1:
        return None
    sign = 1.0 if MEASURES[study.measure(setting)].greater_is_better else -1.0
    return np.stack([sign * curve.at(grid).values for curve in curves])


def _yardsticks(study: Study) -> Section | None:
    """What all labels give, and how far the best order found goes beyond random."""
    rows, names = [], [str(setting) for setting in study.settings]
    for setting in study.settings:
        if not study.repeats(BOUND, setting) or not study.repeats(RANDOM, setting):
            continue
        bound, chance = study.paired(BOUND, RANDOM, setting)
        gap = float(bound.area().mean() - chance.area().mean())
        rows.append([Cell(_short(str(setting), names)), Cell(f"{study.full(setting):.3f}"), Cell(f"{gap:+.4f}")])
    if not rows:
        return None
    lead = (
        "What could be had: the score with all labels, and how much more area than random the best order has that a"
        " search found while it saw the test set. No strategy can know that order."
    )
    return Section("Yardsticks", lead=lead, table=Table(["setting", "all labels", "best order found"], rows))


def _failures(study: Study) -> Section | None:
    if not study.failed:
        return None
    rows = [
        [Cell(one["dataset"]), Cell(one["strategy"]), Cell(str(one["repeat"])), Cell(str(one["error"]))]
        for one in study.failed
    ]
    lead = "These cells crashed; the rest is complete without them. Their tracebacks are in cells.parquet."
    return Section("Failed cells", lead=lead, table=Table(["data set", "strategy", "repeat", "error"], rows))


def _setup(study: Study, command: str | None) -> Section:
    lines = study.cells.to_pylist()
    hours = sum(one["wall_seconds"] or 0.0 for one in lines) / 3600
    facts = [
        (name, ", ".join(map(str, value)) if isinstance(value, list) else str(value))
        for name, value in study.suite.items()
        if name not in ("datasets", "about", "format", "name") and value not in (None, [], {})
    ]
    facts.append(("data sets", ", ".join(dict.fromkeys(setting.dataset for setting in study.settings))))
    facts.append(
        ("work", f"{hours:.2f} core hours; at most {max((one['peak_mb'] or 0 for one in lines), default=0):,.0f} MiB")
    )
    facts.append(("versions", next((one["versions"] for one in lines if one["versions"]), "not recorded")))
    return Section("How it was run", facts=facts, code=command or "")
