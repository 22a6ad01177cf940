"""What the page of a suite says in words: headline, lead, and the plain summary."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from askwise.core.words import counted
from askwise.judge.page import Section
from askwise.lab.compare import Comparison, compare
from askwise.lab.page.gaps import Gap, gaps_svg
from askwise.lab.scores import Scores
from askwise.lab.study import Study

RANDOM = "random"

_LEVEL = 0.05


def short(block: str, blocks: Sequence[str]) -> str:
    """The parts of a setting's name in which settings differ: the data set always, the rest where there is a choice."""
    parts = [one.split(", ") for one in blocks]
    kept = [0] + [i for i in range(1, len(parts[0])) if len({one[i] for one in parts if len(one) == len(parts[0])}) > 1]
    mine = block.split(", ")
    return ", ".join(mine[i] for i in kept if i < len(mine))


def order_of(scores: Scores) -> list[str]:
    """Strategies from the largest mean area to the smallest, random last."""
    means = dict(zip(scores.strategies, np.nanmean(scores.means(), axis=1), strict=True))
    return sorted(scores.strategies, key=lambda name: (name == RANDOM, -means[name]))


def against_random(scores: Scores) -> list[Comparison]:
    """Every strategy that has a run in common with random against it; none where random was not finished."""
    if RANDOM not in scores.strategies:
        return []
    arms = [name for name in scores.strategies if name != RANDOM]
    return compare(scores, RANDOM, [arm for arm in arms if any(gap.size for gap in scores.pairs(arm, RANDOM))])


def by_gain(found: Sequence[Comparison]) -> list[Comparison]:
    """From the largest difference to the smallest."""
    return sorted(found, key=lambda one: -one.difference)


def headline(found: Sequence[Comparison], scores: Scores) -> str:
    """What the tests allow to be said, in one sentence."""
    better = [one for one in found if one.verdict() == "better"]
    worse = [one.arm for one in found if one.verdict() == "worse"]
    tail = f"; {_names(worse)} {_is(worse)} worse" if worse else ""
    if not found:
        done = f"{_names(scores.strategies)} {'was' if len(scores.strategies) == 1 else 'were'} finished"
        return f"Only {done}, so there is nothing to compare."
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


def lead(study: Study) -> str:
    """What was run."""
    sets = len({setting.dataset for setting in study.settings})
    runs = sum(one["status"] == "done" and not one.get("chosen_with") for one in study.cells.to_pylist())
    about = f"{study.suite['about']} " if study.suite.get("about") else ""
    return (
        f"{about}{counted(runs, 'run')} of real sessions over {counted(sets, 'data set')}, paired by seed: every"
        " strategy of a seed has the same test split and starts from the same rows. Differences are of the area under"
        " the learning curve (for errors, of minus the area), so that more is always better."
    )


def tiles(study: Study, found: Sequence[Comparison]) -> list[tuple[str, str]]:
    """The largest differences, and how much they rest on."""
    made = [(f"{one.difference:+.3f}", f"{one.arm} against random, {_told(one)}") for one in by_gain(found)[:3]]
    made.append((str(len(study.settings)), "settings: data set, learner, batch, start, annotators"))
    if study.failed:
        made.append((str(len(study.failed)), "cells failed"))
    return made


def _told(one: Comparison) -> str:
    return "not told apart" if one.verdict() == "unclear" else f"significantly {one.verdict()}"


def summary(found: Sequence[Comparison]) -> Section | None:
    """In plain words and in a picture: who beats random, who is beaten, and who cannot be told apart."""
    if not found:
        return None
    shown = [_gap(one) for one in by_gain(found)]
    return Section(
        "What is significant, and what is not",
        lead=_rule(found),
        svg=gaps_svg(shown, "gap in area against random"),
        notes=notes(found, numbers=False),
    )


def notes(found: Sequence[Comparison], *, numbers: bool = True) -> list[str]:
    """A sentence for each verdict that was reached; `numbers` for what is not told apart, too."""
    said = []
    for verdict, words in (("better", "Better than random"), ("worse", "Worse than random")):
        mine = [one for one in by_gain(found) if one.verdict() == verdict]
        if mine:
            said.append(f"{words}: {'; '.join(_numbers(one) for one in mine)}.")
    rest = [one for one in by_gain(found) if one.verdict() == "unclear"]
    if rest:
        listed = "; ".join(map(_numbers, rest)) if numbers else _names([one.arm for one in rest])
        said.append(f"Not distinguishable from random: {listed}.")
    return said + [text for text in (alone(found),) if text]


def _numbers(one: Comparison) -> str:
    p = "p < 0.001" if one.adjusted < 0.001 else f"p = {one.adjusted:.3f}"
    return f"{one.arm} {one.difference:+.3f} ({one.bounds('{:+.3f}')}, {p})"


def _rule(found: Sequence[Comparison]) -> str:
    units = max(one.units for one in found)
    one_set = sum(found[0].blocks) == 1
    over = f"{units} seeds of one data set" if one_set else f"{units} settings"
    least = settings_needed(len(found))
    few = f" With {units} of them only, no test can show a difference at this level: it takes {least}."
    return (
        f"Over {over}. A strategy is called better or worse only if Wilcoxon's signed-rank test says so after Holm's"
        f" correction for {len(found)} comparison{'s' if len(found) > 1 else ''}, at 5 %, and the interval over data"
        f" sets and seeds lies on one side of zero.{few if units < least else ''}"
    )


def settings_needed(comparisons: int) -> int:
    """Settings from which on a signed-rank test can show anything at 5 % after Holm's correction: all of one sign.

    Their p is 2 / 2^n, times the number of comparisons.

    >>> settings_needed(1), settings_needed(7)
    (6, 9)
    """
    n = 1
    while 2 * comparisons / 2**n >= _LEVEL:
        n += 1
    return n


def alone(found: Sequence[Comparison]) -> str:
    """In how many settings each strategy gains and loses by the setting's own seeds; empty where in none."""
    told = [one for one in by_gain(found) if one.blocks[0] + one.blocks[2] and sum(one.blocks) > 1]
    said = "; ".join(f"{one.arm} gains in {one.blocks[0]}, loses in {one.blocks[2]}" for one in told)
    return f"Each setting taken alone, by the interval over its own seeds, uncorrected: {said}." if said else ""


def _gap(one: Comparison) -> Gap:
    ends = [end if math.isfinite(end) else one.difference for end in (one.interval.low, one.interval.high)]
    return Gap(one.arm, one.difference, ends[0], ends[1], one.verdict())


def plain(study: Study) -> str:
    """Headline and summary as text, for a terminal. Empty where nothing can be compared."""
    if not any(study.repeats(name, setting) for name in study.strategies for setting in study.settings):
        return ""
    scores = study.scores()
    found = against_random(scores)
    if not found:
        return ""
    return "\n".join([headline(found, scores), _rule(found), *(f"* {note}" for note in notes(found))])
