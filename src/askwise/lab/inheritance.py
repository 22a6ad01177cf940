"""What strategies are worth to another model than the one that chose: the section of the report."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from askwise.judge import difference
from askwise.judge.page import Cell, Section, Table
from askwise.lab.study import Setting, Study

RANDOM = "random"


def labels_taken_over(study: Study) -> Section | None:
    """Gaps in area against random, measured with the learner that chose and with those that took over its labels."""
    rows = []
    for own in study.settings:
        heirs = [one for one in study.inherited if _chosen_as(one) == own]
        rows += [_row(study, own, setting) for setting in (own, *heirs)] if heirs else []
    if not rows:
        return None
    lead = (
        "Labels outlive the model that asked for them. Each line is the same rows, labelled in the same order, learnt"
        " by another model: area under its curve minus that of the same model on random rows, mean over seeds with its"
        " interval. A strategy that gains with the model that chose and loses with another has labelled for the first"
        " one only."
    )
    head = ["data set", "chosen with", "learnt by", *(name for name in study.strategies if name != RANDOM)]
    return Section("Labels taken over by another model", lead=lead, table=Table(head, rows))


def _chosen_as(setting: Setting) -> Setting:
    """The setting in which the rows were chosen."""
    return replace(setting, learner=setting.chosen_with, chosen_with="")


def _row(study: Study, own: Setting, setting: Setting) -> list[Cell]:
    terms = f"batch {own.batch}, initial {own.initial}, {own.oracle}"
    gaps = [_gap(study, name, setting) for name in study.strategies if name != RANDOM]
    return [Cell(own.dataset, terms), Cell(own.learner), Cell(setting.learner), *gaps]


def _gap(study: Study, strategy: str, setting: Setting) -> Cell:
    if not study.repeats(strategy, setting).keys() & study.repeats(RANDOM, setting).keys():
        return Cell("–")
    mine, chance = study.paired(strategy, RANDOM, setting)
    gap, spread = difference(mine.area(), chance.area())
    if np.isnan(spread.low):
        return Cell(f"{gap:+.4f}")
    return Cell(f"{gap:+.4f}", f"{spread.low:+.4f} to {spread.high:+.4f}", strong=spread.low > 0)
