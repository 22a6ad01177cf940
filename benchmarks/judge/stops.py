"""When each stopping rule would have stopped real sessions, and what that would have given up and saved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from benchmarks.judge.runs import LOSSES, Run

from askwise import stop
from askwise.core.registry import Bound, methods
from askwise.session.past import stops

PRICE = 0.08
"""Money for a label, wherever money is spoken of."""

WORTH = 100
"""Labels that a point of accuracy is worth, as `forecast_gain` has it at its defaults."""


@dataclass(frozen=True)
class Ended:
    """Where a rule would have ended a session, None where it would not; the score given up, and labels saved."""

    run: Run
    labels: int | None
    lost: float
    saved: int

    @property
    def share(self) -> float:
        return self.saved / self.run.labels[-1]


def ended(run: Run, rules: Sequence[Bound] | None = None) -> dict[str, Ended]:
    """By rule, where it would have ended the session; all rules at their defaults."""
    _, higher = LOSSES[run.plan.task]
    sign = 1.0 if higher else -1.0
    found = {}
    for one in stops(run.past, rules):
        at = run.labels[-1] if one.labels is None else one.labels
        there = float(np.interp(at, run.labels, run.truth))
        found[one.rule] = Ended(run, one.labels, sign * (run.truth[-1] - there), run.labels[-1] - at)
    return found


def section(runs: Sequence[Run]) -> str:
    """The page's tables."""
    choice = [run for run in runs if run.plan.task == "choice"]
    found = [ended(run) for run in choice]
    parts = ["## All rules", _table(found), "## By suite", _by_suite(found)]
    parts += ["## Numbers and several labels", _others([run for run in runs if run.plan.task != "choice"])]
    return "\n\n".join(parts)


def _table(found: Sequence[dict[str, Ended]]) -> str:
    lines = [
        "| rule | stopped | labels saved where it stopped | money saved a session | accuracy given up (median) |"
        " 90th percentile | most | worth it |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for rule in _by_stops(found):
        some = [one[rule] for one in found]
        stopped = [one for one in some if one.labels is not None]
        share, money = f"{len(stopped)} of {len(some)}", PRICE * np.mean([one.saved for one in some])
        if not stopped:
            lines.append(f"| `{rule}` | {share} | – | – | – | – | – | – |")
            continue
        middle, high, most = np.quantile([one.lost for one in stopped], [0.5, 0.9, 1.0])
        # What the labels cost against what the accuracy is worth, both in labels.
        pays = sum(one.saved > 100 * WORTH * one.lost for one in stopped)
        lines.append(
            f"| `{rule}` | {share} | {np.mean([one.share for one in stopped]):.0%} | {money:.2f} | {middle:+.3f} |"
            f" {high:+.3f} | {most:+.3f} | {pays} of {len(stopped)} |"
        )
    return "\n".join(lines)


def _by_stops(found: Sequence[dict[str, Ended]]) -> list[str]:
    """The rules, those first that stop most often."""
    return sorted(found[0], key=lambda rule: -sum(one[rule].labels is not None for one in found))


def _by_suite(found: Sequence[dict[str, Ended]]) -> str:
    """Sessions stopped and the median of the accuracy given up, by suite."""
    rules = [rule for rule in _by_stops(found) if any(one[rule].labels is not None for one in found)]
    suites = list(dict.fromkeys(one[rules[0]].run.plan.source.suite for one in found))
    lines = ["Sessions stopped of all, and the median of the accuracy given up where they were.", ""]
    lines += ["| suite | " + " | ".join(f"`{rule}`" for rule in rules) + " |", "| --- |" + " ---: |" * len(rules)]
    for suite in suites:
        cells = []
        for rule in rules:
            some = [one[rule] for one in found if one[rule].run.plan.source.suite == suite]
            lost = [one.lost for one in some if one.labels is not None]
            cells.append(f"{len(lost)}/{len(some)} {np.median(lost):+.3f}" if lost else f"0/{len(some)}")
        lines.append(f"| {suite} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _others(runs: Sequence[Run]) -> str:
    """Rules of a measured loss or score: rmse as a share of its last value, or micro-F1."""
    lines = ["| task | rule | stopped | labels saved where it stopped | given up (median) | most |"]
    lines.append("| --- | --- | ---: | ---: | ---: | ---: |")
    for task in ("number", "multilabel"):
        some = [run for run in runs if run.plan.task == task]
        name, higher = LOSSES[task]
        given = {"measure": name, "higher": higher}
        rules = [
            stop.metric_plateau.using(patience=4, gain=0.001, **given),
            stop.metric_plateau.using(**given),
            stop.gain_below_price.using(**given),
        ]
        for rule in rules if some else ():
            found = [_relative(ended(run, [rule])[rule.name]) for run in some]
            lines += [_line(task, rule, found)]
    return "\n".join(lines)


def _relative(one: Ended) -> Ended:
    unit = one.run.truth[-1] if one.run.plan.task == "number" else 1.0
    return Ended(one.run, one.labels, one.lost / unit, one.saved)


def _line(task: str, rule: Bound, some: Sequence[Ended]) -> str:
    lost = [one.lost for one in some if one.labels is not None]
    settings = ", ".join(f"{k}={v}" for k, v in rule.settings.items() if k in ("patience", "gain"))
    name = f"| {task} | `{rule.name}({settings})` | {len(lost)} of {len(some)} |"
    if not lost:
        return f"{name} – | – | – |"
    share = np.mean([one.share for one in some if one.labels is not None])
    return f"{name} {share:.0%} | {np.median(lost):+.3f} | {max(lost):+.3f} |"


def never(runs: Sequence[Run]) -> list[str]:
    """Rules that stopped none of these sessions."""
    found = [ended(run) for run in runs]
    return [one.name for one in methods("stop") if one.name in found[0] and not any(e[one.name].labels for e in found)]
