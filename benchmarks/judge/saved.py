"""What sessions say that they saved and whether their guard accuses them: how often they err, and how often not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from benchmarks.judge import power
from benchmarks.judge.arms import STRATEGIES, Said

from askwise.judge.savings import labels_to_reach, monotone

WORDS = {
    "random": "random rows",
    "margin": "smallest margin",
    "auto": "auto",
    "k_center": "k_center",
    "typiclust": "typiclust",
    "prob_cover": "prob_cover",
    "lcmd": "lcmd",
    "sure": "rows that the model is surest of",
    "one_cluster": "rows nearest to one row at the edge",
    "one_class": "rows likeliest of the first class",
}

TAILS = (0.005, 0.025, 0.05)
"""Chances of an accusation by luck in one look, at which the guard could accuse: 99, 95 and 90 per cent intervals."""

HARM = -0.01
"""Accuracy below that of random rows from which on a strategy is called worse here."""


def section(found: Sequence[Said]) -> str:
    """The page's tables."""
    parts = [_savings(found), _power(), _guard(found), _levels(found), _worth(found)]
    return "\n\n".join(parts)


def _savings(found: Sequence[Said]) -> str:
    lines = [
        "## What they say that they saved",
        "",
        "True is the share of random's labels that the strategy did without up to the end of its control arm, by the"
        " test set and the mean of the random sessions; median, least and most.",
        "",
        "| strategy | control arm | sessions | saved | not yet distinguishable | worse | true |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    random = _random(found)
    for name, control, some in _groups(found):
        counts = [sum(one.saved["verdict"] == verdict for one in some) for verdict in ("saved", "unclear", "lost")]
        true = [share for one in some if (share := _true(one, random)) is not None]
        words = f"{np.median(true):+.0%} ({min(true):+.0%} to {max(true):+.0%})" if true and name != "random" else "–"
        lines.append(
            f"| {WORDS[name]} | {control:.0%} | {len(some)} | " + " | ".join(map(str, counts)) + f" | {words} |"
        )
    return "\n".join(lines)


def _random(found: Sequence[Said]) -> dict[str, tuple[Any, Any]]:
    """The mean curve of the random sessions of each data set: labels, and accuracy made non-decreasing."""
    curves: dict[str, list[Any]] = {}
    for one in found:
        if one.plan.strategy == "random":
            curves.setdefault(one.plan.source.name, []).append(np.array(one.curve, dtype=np.float64))
    out = {}
    for name, some in curves.items():
        n = min(len(curve) for curve in some)
        mean = np.mean([curve[:n] for curve in some], axis=0)
        out[name] = mean[:, 0], monotone(mean[:, 1])
    return out


def _true(one: Said, random: dict[str, tuple[Any, Any]]) -> float | None:
    """The share of random's labels saved where the control arm ends; -1 where the strategy needed more than twice."""
    labels, mean = random[one.plan.source.name]
    end = 0.8 * one.plan.control * one.curve[-1][0]
    if end < labels[0]:
        return None
    ours = np.array(one.curve, dtype=np.float64)
    needed = labels_to_reach(ours[:, 0], monotone(ours[:, 1]), float(np.interp(end, labels, mean)))
    return max(1.0 - float(needed) / end, -1.0)


def _power() -> str:
    return (
        "## Which savings are seen\n\n"
        "Made-up arms: accuracy 0.95 - 0.55 / sqrt(labels / 10) by random rows, the same with fewer labels by the"
        f" strategy, luck of training of 0.2 / sqrt(labels); {power.SESSIONS} sessions a cell, with a third of the"
        " queries at random. Shares that say saved / worse. Forty control rows are a tenth of 400 labels, 130 a third;"
        " 330 a third of a thousand.\n\n" + power.table()
    )


def _p_value(look: dict[str, Any]) -> float:
    """One-sided exact chance of so few wins among the rows on which one model alone was right."""
    from scipy.stats import binom

    apart = look["wins"] + look["losses"]
    return float(binom.cdf(look["wins"], apart, 0.5)) if apart else 1.0


def _guard(found: Sequence[Said]) -> str:
    random = _random(found)
    lines = [
        "## Whom the guard accuses",
        "",
        "Labels are those at the first accusation: median, least and most. Truly worse are accused sessions whose model"
        f" is less right on the test set by {-HARM:.0%} or more than the mean of the random ones with as many labels.",
        "",
        "| strategy | control arm | sessions | looks | accused | truly worse | after so many labels |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name, control, some in _groups(found):
        accused = [(one, next(x["labels"] for x in one.guard if x["worse"])) for one in some if _accused(one)]
        first = [labels for _, labels in accused]
        worse = sum(_gap(one, random, labels) <= HARM for one, labels in accused)
        when = f"{np.median(first):.0f} ({min(first)} to {max(first)})" if first else "–"
        looks = sum(len(one.guard) for one in some)
        lines.append(
            f"| {WORDS[name]} | {control:.0%} | {len(some)} | {looks} | {len(first)} | {worse if first else '–'} |"
            f" {when} |"
        )
    return "\n".join(lines)


def _accused(one: Said) -> bool:
    return any(look["worse"] for look in one.guard)


def _gap(one: Said, random: dict[str, tuple[Any, Any]], labels: float) -> float:
    """Accuracy with so many labels, less the mean of random sessions."""
    counts, mean = random[one.plan.source.name]
    ours = np.array(one.curve, dtype=np.float64)
    return float(np.interp(labels, ours[:, 0], ours[:, 1]) - np.interp(labels, counts, mean))


def _levels(found: Sequence[Said]) -> str:
    """What other levels would have done, by the rows on which one of the two models alone was right."""
    lines = [
        "## At other levels",
        "",
        "Sessions accused at least once, if a look accused at this one-sided level by an exact test (McNemar).",
        "",
        "| strategy | sessions | " + " | ".join(f"{tail:.1%}" for tail in TAILS) + " |",
        "| --- | ---: |" + " ---: |" * len(TAILS),
    ]
    for kind, names in _KINDS.items():
        some = [one for one in found if one.plan.strategy in names]
        cells = [str(sum(any(_p_value(look) <= tail for look in one.guard) for one in some)) for tail in TAILS]
        lines.append(f"| {kind} | {len(some)} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


_KINDS = {
    "random": ("random",),
    "margin, auto": ("margin", "auto"),
    "k_center, typiclust, prob_cover, lcmd": ("k_center", "typiclust", "prob_cover", "lcmd"),
    "bad choosers": ("sure", "one_cluster", "one_class"),
}


def _worth(found: Sequence[Said]) -> str:
    """How good or bad they were: accuracy on test rows at the end, less the mean of random sessions of the same set."""
    random = _random(found)
    lines = [
        "## How good or bad they were",
        "",
        "Accuracy on the test set at the end, less the mean of the random sessions of the data set; median, least and"
        " most over data sets.",
        "",
        "| strategy | control arm | difference |",
        "| --- | ---: | ---: |",
    ]
    for name, control, some in _groups(found):
        if name != "random":
            gaps = [_gap(one, random, one.curve[-1][0]) for one in some]
            words = f"{np.median(gaps):+.3f} ({min(gaps):+.3f} to {max(gaps):+.3f})"
            lines.append(f"| {WORDS[name]} | {control:.0%} | {words} |")
    return "\n".join(lines)


def _groups(found: Sequence[Said]) -> list[tuple[str, float, list[Said]]]:
    controls = sorted({one.plan.control for one in found})
    groups = [
        (name, control, [one for one in found if one.plan.strategy == name and one.plan.control == control])
        for name in STRATEGIES
        for control in controls
    ]
    return [group for group in groups if group[2]]
