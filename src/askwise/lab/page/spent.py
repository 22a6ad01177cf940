"""Gains over what else was spent: a strategy that wins by the row may lose by the second."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from askwise.judge import difference
from askwise.judge.page import Cell, Section, Table
from askwise.judge.resample import ENOUGH
from askwise.lab.axes import SPENT
from askwise.lab.measures import MEASURES
from askwise.lab.page.words import RANDOM, short
from askwise.lab.study import Setting, Study


def dearer(study: Study, setting: Setting) -> list[str]:
    """What else the answers of a setting cost or found, where that is known and not one for each answer."""
    axis = study.axis(setting)
    return [over for over in SPENT if over not in (axis, "answers") and study.varies(setting, over)]


def otherwise(study: Study, order: Sequence[str]) -> Section | None:
    """Gaps in area against random over money and seconds, where rows differ in them; None where none do."""
    names = [name for name in order if name != RANDOM]
    rows = list(_rows(study, names))
    if not rows or not names:
        return None
    lead = (
        "Gap in area against random over what answers cost besides, on the span of it that both have, mean over seeds;"
        f" below it the 95 % interval (with fewer than {ENOUGH} seeds, their range). Bold: above zero. A"
        " strategy that asks for long rows may win by the row and lose here."
    )
    return Section("By what else was spent", lead=lead, table=Table(["setting", "over", *names], rows))


def _rows(study: Study, names: Sequence[str]) -> Iterator[list[Cell]]:
    settings = [str(one) for one in study.settings]
    for setting in study.settings:
        for over in dearer(study, setting):
            if over in ("cost", "annotation_seconds"):
                cells = [_gap(study, setting, name, over) for name in names]
                yield [Cell(short(str(setting), settings)), Cell(SPENT[over]), *cells]


def _gap(study: Study, setting: Setting, name: str, over: str) -> Cell:
    if not study.repeats(name, setting).keys() & study.repeats(RANDOM, setting).keys():
        return Cell("–")
    arm, chance = study.paired(name, RANDOM, setting, over=over)
    sign = 1.0 if MEASURES[study.measure(setting)].greater_is_better else -1.0
    mean, spread = difference(sign * arm.area(), sign * chance.area())
    if spread.repeats < 2:
        return Cell(f"{mean:+.4f}", "one run")
    sure = spread.repeats >= ENOUGH and spread.low > 0
    return Cell(f"{mean:+.4f}", f"{spread.low:+.4f} to {spread.high:+.4f}", strong=sure)
