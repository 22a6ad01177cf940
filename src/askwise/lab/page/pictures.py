"""The pictures on the page of a suite: ranks, gains, curves, runtime against gain, overlap, penalties."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from askwise.core.types import FloatArray
from askwise.judge.charts import Chart, Line, as_page_svg
from askwise.judge.page import Section
from askwise.lab.axes import SPENT
from askwise.lab.compare import Comparison
from askwise.lab.measures import MEASURES
from askwise.lab.page.critical import critical_svg
from askwise.lab.page.heat import Heat, heat_svg
from askwise.lab.page.multiples import Small, multiples_svg
from askwise.lab.page.plane import Spot, plane_svg
from askwise.lab.page.spent import dearer
from askwise.lab.page.words import RANDOM, short
from askwise.lab.ranking import penalties as penalty_matrix
from askwise.lab.ranking import ranking
from askwise.lab.scores import Scores
from askwise.lab.study import Setting, Study
from askwise.lab.suite import BOUND


def ranks(scores: Scores) -> Section | None:
    """The critical-difference diagram, where there is something to rank."""
    if len(scores.strategies) < 3 or len(scores.complete()[0]) < 2:
        return None
    found = ranking(scores)
    p = "p < 0.001" if found.p < 0.001 else f"p = {found.p:.3f}"
    lead = (
        f"Mean rank of each strategy over the {found.blocks} settings that all of them finished; 1 is best. Bars join"
        f" strategies that do not differ (Wilcoxon, Holm). That all are equal: {p} (Friedman, Iman and Davenport)."
    )
    return Section("Ranks", lead=lead, svg=critical_svg(found))


def gains(scores: Scores, order: Sequence[str]) -> Section | None:
    """Heat map of strategies by settings."""
    if RANDOM not in scores.strategies or len(order) < 2:
        return None
    means = scores.only(order).means()
    gaps = (means - means[order.index(RANDOM)])[[i for i, name in enumerate(order) if name != RANDOM]].T
    rows = [short(block, scores.blocks) for block in scores.blocks]
    heat = Heat(rows, [name for name in order if name != RANDOM], gaps, "gap in area against random")
    lead = "Area under the curve minus that of random, mean over seeds. Blue is better than random, orange worse."
    return Section("Where each strategy gains", lead=lead, svg=heat_svg(heat))


def runtime(study: Study, found: Sequence[Comparison]) -> Section | None:
    """Runtime against gain."""
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


def curves(study: Study) -> Section | None:
    """All learning curves at a glance, and each one by itself with its intervals."""
    there = [one for one in study.settings if any(study.repeats(name, one) for name in study.strategies)]
    if not there:
        return None
    names = [str(one) for one in study.settings]
    charts = [Small(short(str(one), names), dict(_means(study, one))) for one in there]
    parts = [part for i, one in enumerate(there) for part in _parts(study, one, names, i)]
    title = "Learning curves"
    if len(there) == 1:
        return Section(title, lead=parts[0].lead, svg=parts[0].svg, parts=parts[1:])
    lead = (
        "Means over seeds on the test rows. Point at a curve or a name to bring it out; below, each chart by itself,"
        " with intervals."
    )
    arms = (*study.strategies, *((BOUND,) if any(BOUND in chart.curves for chart in charts) else ()))
    return Section(title, lead=lead, svg=multiples_svg(charts, arms, RANDOM), parts=parts)


def _means(study: Study, setting: Setting) -> Iterator[tuple[str, tuple[FloatArray, FloatArray]]]:
    for name in (*study.strategies, BOUND):
        if study.repeats(name, setting):
            curve = study.curve(name, setting)
            yield name, (curve.labels, curve.mean())


def _parts(study: Study, setting: Setting, names: Sequence[str], number: int) -> Iterator[Section]:
    """The chart of a setting over what it is compared by, and over all else that its answers cost."""
    title, full = MEASURES[study.measure(setting)].title, study.full(setting)
    for over in (study.axis(setting), *dearer(study, setting)):
        lead = f"{title[:1].upper()}{title[1:]} on test rows by {SPENT[over]}; bands are intervals over seeds."
        lead += f" The model of all labels reaches {full:.3f}." if math.isfinite(full) else ""
        chart = Chart(_lines(study, setting, over), title, across=SPENT[over])
        called = short(str(setting), names)
        called += "" if over == study.axis(setting) else f", by {SPENT[over]}"
        yield Section(called, lead=lead, svg=as_page_svg(chart, f"curve{number}{over}"))


def _lines(study: Study, setting: Setting, over: str) -> list[Line]:
    names = [name for name in (*study.strategies, BOUND) if study.repeats(name, setting)]
    # What is told and not asked for has no price of its own.
    names = [name for name in names if name != BOUND or over in ("labels", "answers")]
    return [Line(name, study.curve(name, setting, over=over).band(), reference=name == RANDOM) for name in names]


def overlap(study: Study, order: Sequence[str]) -> Section | None:
    """How many of their rows two strategies have in common."""
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


def penalties(study: Study, order: Sequence[str]) -> Section | None:
    """The pairwise penalty matrix over data sets."""
    blocks = [found for setting in study.settings if (found := _block(study, order, setting)) is not None]
    if len(order) < 2 or not blocks:
        return None
    matrix = penalty_matrix(blocks)
    rows = [*order, "mean lost"]
    values = np.vstack([matrix, matrix.mean(axis=0)])
    heat = Heat(rows, list(order), values, "penalties", "{:.2f}")
    lead = (
        f"In how many of {len(blocks)} settings the strategy of the line beats that of the column, counted over label"
        " counts by paired t-tests at 90 % (Ash et al. 2020). The foot is what each loses to all: the less the better."
    )
    return Section("Pairwise penalties", lead=lead, svg=heat_svg(heat, "penalty"))


def _block(study: Study, order: Sequence[str], setting: Setting) -> Any:
    """Values (s, r, k) of all strategies at the label counts and repeats that all have; None where there are none."""
    shared = set.intersection(*(set(study.repeats(name, setting)) for name in order))
    if len(shared) < 2:
        return None
    made = study.together(order, setting)
    grid = [count for count in made[0].labels if all(c.labels[0] <= count <= c.labels[-1] for c in made)]
    if not grid:
        return None
    sign = 1.0 if MEASURES[study.measure(setting)].greater_is_better else -1.0
    return np.stack([sign * curve.at(grid).values for curve in made])
