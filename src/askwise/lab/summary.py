"""What came of a suite in lines: one for each setting and strategy, as values and as text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from askwise.judge import difference
from askwise.judge.page import Cell, Table, text_table
from askwise.judge.resample import ENOUGH
from askwise.lab.axes import SPENT
from askwise.lab.measures import MEASURES
from askwise.lab.suite import BOUND

if TYPE_CHECKING:
    from askwise.lab.study import Setting, Study

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


def summary(study: Study) -> list[dict[str, Any]]:
    """One line for each setting and strategy that finished a repeat."""
    return [line for setting in (*study.settings, *study.inherited) for line in _summaries(study, setting)]


def _summaries(study: Study, setting: Setting) -> Iterator[dict[str, Any]]:
    for name in (*study.strategies, BOUND):
        if study.repeats(name, setting):
            yield {**setting.__dict__, "strategy": name, **_summary(study, name, setting)}


def _summary(study: Study, name: str, setting: Setting) -> dict[str, Any]:
    curve, full = study.curve(name, setting), study.full(setting)
    found: dict[str, Any] = {"labels_to_95": study.labels_to(name, setting).words()} if full > 0 else {}
    if name not in ("random", BOUND) and study.repeats("random", setting).keys() & study.repeats(name, setting).keys():
        mine, theirs = study.paired(name, "random", setting)
        gap, spread = difference(mine.area(), theirs.area())
        found |= {"advantage": gap, "low": spread.low, "high": spread.high}
        found |= {
            "deficiency": float(np.mean(study.deficiency(name, setting))),
            "headroom": study.headroom(name, setting),
        }
    efficiency = study.foreground_efficiency(name, setting)
    if np.isfinite(efficiency):
        found["foreground_efficiency"] = efficiency
    return {
        "measure": study.measure(setting),
        "over": study.axis(setting),
        "repeats": curve.repeats,
        "area": float(curve.area().mean()),
        "end": float(curve.mean()[-1]),
        "full": full,
        **found,
        "seconds": float(np.mean([study.seconds(cell) for cell in study.repeats(name, setting).values()])),
    }


def words(study: Study) -> str:
    """A table for each setting, and what failed."""
    parts = []
    for setting in (*study.settings, *study.inherited):
        rows = [_row(line) for line in _summaries(study, setting)]
        title, across = MEASURES[study.measure(setting)].title, study.axis(setting)
        columns = [one.replace("labels", SPENT[across]) for one in _COLUMNS]
        head = f"{setting}: {title}, {study.full(setting):.3f} with all labels"
        parts += [head, *(text_table(Table(columns, rows)) if rows else ["no cell of it finished"]), ""]
    seeds = int(study.suite["seeds"])
    if seeds < ENOUGH:
        said = "one seed has no spread" if seeds == 1 else f"in brackets: the range over {seeds} seeds"
        parts.append(f"{said[0].upper()}{said[1:]}; {ENOUGH} seeds would give an interval.")
    parts += [
        f"FAILED {one['dataset']}, {one['learner']}, {one['strategy']}, repeat {one['repeat']}: {one['error']}"
        for one in study.failed
    ]
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
