"""Differences with their intervals, a line each: a forest plot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from askwise.judge.svg import page_svg
from askwise.lab.page.sizes import LETTER, WIDE


@dataclass(frozen=True)
class Gap:
    """A difference with its interval, and whether it is told from nothing: 'better', 'worse' or 'unclear'."""

    name: str
    value: float
    low: float
    high: float
    verdict: str


def gaps_svg(gaps: Sequence[Gap], across: str, prefix: str = "gaps") -> str:
    """Differences with their intervals about zero, a line each (a forest plot): what is told from it is coloured."""
    return page_svg(partial(_gaps, tuple(gaps), across), f"{across} of each strategy with its interval", prefix)


def _gaps(gaps: Sequence[Gap], across: str, colours: Mapping[str, str]) -> Any:
    from matplotlib.figure import Figure

    high = 0.75 + 0.34 * len(gaps)
    figure = Figure(figsize=(WIDE, high))
    left = 0.2 + LETTER * max(len(one.name) for one in gaps)
    right = 1.9
    axes = figure.add_axes((left / WIDE, 0.55 / high, 1 - (left + right) / WIDE, 0.34 * len(gaps) / high))
    axes.set_ylim(len(gaps) - 0.5, -0.5)
    axes.axvline(0.0, color=colours["soft"], linewidth=0.9, linestyle=(0, (4, 2)))
    for i, one in enumerate(gaps):
        colour = colours[{"better": "s1", "worse": "s2"}.get(one.verdict, "ref")]
        axes.plot([one.low, one.high], [i, i], color=colour, linewidth=2.4, alpha=0.6, solid_capstyle="round")
        axes.plot(one.value, i, marker="o", markersize=6.5, color=colour)
        said = f"{one.value:+.3f}  {'not told apart' if one.verdict == 'unclear' else one.verdict}"
        place: dict[str, Any] = {"xycoords": axes.get_yaxis_transform(), "textcoords": "offset points", "va": "center"}
        ink = colours["soft" if one.verdict == "unclear" else "ink"]
        axes.annotate(said, (1.0, i), xytext=(8, 0), color=ink, fontsize=10, annotation_clip=False, **place)
    axes.set_yticks(range(len(gaps)), [one.name for one in gaps], color=colours["ink"], fontsize=10.5)
    axes.grid(axis="x", color=colours["rule"], linewidth=0.8)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left", "bottom"):
        axes.spines[side].set_visible(False)
    axes.tick_params(axis="y", length=0, pad=8)
    axes.tick_params(axis="x", colors=colours["soft"], labelsize=10, length=0, pad=5)
    axes.set_xlabel(across, color=colours["soft"], fontsize=10.5)
    axes.patch.set_visible(False)
    return figure
