"""What sessions say that they saved and whether their guard accuses them: how often they err, and how often not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from benchmarks.judge.arms import STRATEGIES, Said

WORDS = {
    "random": "random rows",
    "margin": "smallest margin",
    "auto": "auto",
    "sure": "rows that the model is surest of",
    "one_cluster": "rows nearest to one row at the edge",
    "one_class": "rows likeliest of the first class",
}


def section(found: Sequence[Said]) -> str:
    """The page's tables."""
    return "\n\n".join([_savings(found), _guard(found), _worth(found)])


def _savings(found: Sequence[Said]) -> str:
    lines = [
        "## What they say that they saved",
        "",
        "| strategy | control arm | sessions | saved | not yet distinguishable | worse |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name, control, some in _groups([one for one in found if one.saved]):
        counts = [sum(one.saved["verdict"] == verdict for one in some) for verdict in ("saved", "unclear", "lost")]
        lines.append(f"| {WORDS[name]} | {control:.0%} | {len(some)} | " + " | ".join(map(str, counts)) + " |")
    return "\n".join(lines)


def _guard(found: Sequence[Said]) -> str:
    lines = [
        "## Whom the guard accuses",
        "",
        "Labels are those at the first accusation: the median of the sessions that were accused, least and most.",
        "",
        "| strategy | control arm | sessions | looks | accused | after so many labels |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name, control, some in _groups(found):
        first = [next(labels for labels, worse in one.guard if worse) for one in some if any(w for _, w in one.guard)]
        when = f"{np.median(first):.0f} ({min(first)} to {max(first)})" if first else "–"
        looks = sum(len(one.guard) for one in some)
        lines.append(f"| {WORDS[name]} | {control:.0%} | {len(some)} | {looks} | {len(first)} | {when} |")
    return "\n".join(lines)


def _worth(found: Sequence[Said]) -> str:
    """How bad the bad ones were: accuracy on test rows at the end, less that of random sessions of the same set."""
    ends = {(one.plan.data, one.plan.strategy, one.plan.control): one.curve[-1][1] for one in found}
    lines = [
        "## How bad they were",
        "",
        "Accuracy on the test set at the end, less that of a random session of the same data set and control arm;"
        " median, least and most over data sets.",
        "",
        "| strategy | control arm | difference |",
        "| --- | ---: | ---: |",
    ]
    for name, control, some in _groups(found):
        if name != "random":
            gaps = [one.curve[-1][1] - ends[one.plan.data, "random", control] for one in some]
            lines.append(
                f"| {WORDS[name]} | {control:.0%} | {np.median(gaps):+.3f} ({min(gaps):+.3f} to {max(gaps):+.3f}) |"
            )
    return "\n".join(lines)


def _groups(found: Sequence[Said]) -> list[tuple[str, float, list[Said]]]:
    controls = sorted({one.plan.control for one in found})
    groups = [
        (name, control, [one for one in found if one.plan.strategy == name and one.plan.control == control])
        for name in STRATEGIES
        for control in controls
    ]
    return [group for group in groups if group[2]]
