"""Pictures of a comparison over many data sets: critical differences, heat map, runtime against gain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from askwise.core.types import FloatArray
from askwise.judge.svg import page_svg
from askwise.lab.ranking import Ranking

_WIDE = 8.4
_LETTER = 0.085
"""Inches that a letter takes, about."""


def critical_svg(ranking: Ranking, prefix: str = "cd") -> str:
    """Mean ranks on a line, best to the left; bars join strategies that do not differ (Demsar 2006, figure 1)."""
    title = f"mean ranks of {', '.join(ranking.strategies)} over {ranking.blocks} data sets"
    return page_svg(partial(_critical, ranking), title, prefix)


def _critical(ranking: Ranking, colours: Mapping[str, str]) -> Any:
    from matplotlib.figure import Figure

    k = len(ranking.strategies)
    half = (k + 1) // 2
    bars = 0.16 * len(ranking.cliques)
    high = 1.15 + bars + 0.3 * half
    figure = Figure(figsize=(_WIDE, high))
    room = (0.35 + _LETTER * (max(len(name) for name in ranking.strategies) + 6)) / _WIDE
    axes = figure.add_axes((room, 0.0, 1 - 2 * room, 1.0))
    axes.set_xlim(1, max(k, 2))
    axes.set_ylim(-high + 0.75, 0.75)  # inches below and above the line of ranks
    axes.axis("off")
    _scale(axes, ranking, colours)
    for i, members in enumerate(ranking.cliques):
        ends = [ranking.ranks[ranking.strategies.index(name)] for name in (members[0], members[-1])]
        y = -0.14 - 0.16 * i
        axes.plot([ends[0] - 0.03, ends[1] + 0.03], [y, y], color=colours["s1"], linewidth=4.5, solid_capstyle="round")
    for i, (name, rank) in enumerate(zip(ranking.strategies, ranking.ranks, strict=True)):
        left = i < half
        y = -0.28 - bars - 0.3 * (i if left else k - 1 - i)
        _hang(axes, f"{name}  {rank:.2f}" if left else f"{rank:.2f}  {name}", float(rank), y, left, colours)
    return figure


def _scale(axes: Any, ranking: Ranking, colours: Mapping[str, str]) -> None:
    k = len(ranking.strategies)
    axes.plot([1, k], [0, 0], color=colours["soft"], linewidth=1.0, clip_on=False)
    for rank in range(1, k + 1):
        axes.plot([rank, rank], [0, 0.07], color=colours["soft"], linewidth=1.0, clip_on=False)
        axes.text(rank, 0.12, str(rank), color=colours["soft"], fontsize=10, ha="center", va="bottom")
    if ranking.critical < k - 1:
        axes.plot([1, 1 + ranking.critical], [0.42, 0.42], color=colours["soft"], linewidth=1.6)
        words = f"critical difference {ranking.critical:.2f} (Nemenyi)"
        axes.text(1, 0.52, words, color=colours["soft"], fontsize=9.5, va="bottom")


def _hang(axes: Any, text: str, rank: float, y: float, left: bool, colours: Mapping[str, str]) -> None:
    """A strategy at the side, with a line to its place on the scale."""
    low, high = axes.get_xlim()
    side = low if left else high
    axes.plot([rank, rank, side], [0, y, y], color=colours["soft"], linewidth=0.9, clip_on=False)
    axes.annotate(
        text,
        (side, y),
        xytext=(-7 if left else 7, 0),
        textcoords="offset points",
        ha="right" if left else "left",
        va="center",
        color=colours["ink"],
        fontsize=10.5,
        annotation_clip=False,
    )


@dataclass(frozen=True)
class Heat:
    """Values (rows, columns) with names, shown as colour about zero: blue above, orange below; NaN is left empty."""

    rows: Sequence[str]
    columns: Sequence[str]
    values: FloatArray
    unit: str
    form: str = "{:+.3f}"


def heat_svg(heat: Heat, prefix: str = "heat") -> str:
    """A heat map with its numbers, rows down and columns across."""
    return page_svg(partial(_heat, heat), f"{heat.unit}: {len(heat.rows)} rows by {len(heat.columns)} columns", prefix)


def _heat(heat: Heat, colours: Mapping[str, str]) -> Any:
    from matplotlib.figure import Figure

    rows, columns = heat.values.shape
    left = 0.2 + _LETTER * max(len(name) for name in heat.rows)
    # Names across stand upright when they would run into one another.
    longest = _LETTER * max(len(name) for name in heat.columns)
    cell = (_WIDE - left - 0.1) / columns
    upright = longest > cell - 0.1
    top = longest + 0.2 if upright else 0.35
    high = top + 0.34 * rows + 0.08
    figure = Figure(figsize=(_WIDE, high))
    axes = figure.add_axes((left / _WIDE, 0.08 / high, (_WIDE - left - 0.1) / _WIDE, 0.34 * rows / high))
    axes.set_xlim(0, columns)
    axes.set_ylim(rows, 0)
    _cells(axes, heat, colours, cell)
    axes.set_yticks(np.arange(rows) + 0.5, heat.rows, color=colours["ink"], fontsize=10)
    axes.set_xticks(np.arange(columns) + 0.5, heat.columns, color=colours["ink"], fontsize=10)
    axes.tick_params(length=0, pad=5, labelrotation=0)
    axes.xaxis.tick_top()
    if upright:
        axes.tick_params(axis="x", labelrotation=90)
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.patch.set_visible(False)
    return figure


def _cells(axes: Any, heat: Heat, colours: Mapping[str, str], cell: float) -> None:
    from matplotlib.patches import Rectangle

    most = float(np.nanmax(np.abs(heat.values), initial=0.0)) or 1.0
    small = cell < _LETTER * 6
    for (i, j), value in np.ndenumerate(heat.values):
        if not np.isfinite(value):
            continue
        colour = colours["s1" if value > 0 else "s2"]
        # Opacity over the page's own paper: the same picture serves light and dark.
        strength = 0.75 * abs(float(value)) / most
        axes.add_patch(Rectangle((j + 0.02, i + 0.05), 0.96, 0.9, facecolor=colour, alpha=strength, linewidth=0))
        text = heat.form.format(value)
        axes.text(
            j + 0.5, i + 0.5, text, ha="center", va="center", fontsize=7.5 if small else 9.5, color=colours["ink"]
        )


@dataclass(frozen=True)
class Spot:
    """One strategy in a plane, with bounds in y."""

    name: str
    x: float
    y: float
    low: float
    high: float


def plane_svg(spots: Sequence[Spot], across: str, up: str, prefix: str = "plane") -> str:
    """Strategies as points with intervals: `across` on a logarithmic scale, `up` on a linear one about zero."""
    return page_svg(partial(_plane, tuple(spots), across, up), f"{up} against {across} of each strategy", prefix)


def _plane(spots: Sequence[Spot], across: str, up: str, colours: Mapping[str, str]) -> Any:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(_WIDE, 4.4))
    axes = figure.add_axes((0.075, 0.115, 0.9, 0.8))
    axes.set_xscale("log")
    axes.axhline(0.0, color=colours["soft"], linewidth=0.9, linestyle=(0, (4, 2)))
    for spot in spots:
        axes.plot([spot.x, spot.x], [spot.low, spot.high], color=colours["s1"], linewidth=2.0, alpha=0.45)
        axes.plot(spot.x, spot.y, marker="o", markersize=6, color=colours["s1"])
    _spot_names(axes, spots, colours)
    axes.margins(x=0.12, y=0.1)
    axes.grid(axis="y", color=colours["rule"], linewidth=0.8)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(colours["rule"])
    axes.tick_params(which="both", colors=colours["soft"], labelsize=10, length=0, pad=6)
    _plain_decades(axes)
    axes.set_xlabel(across, color=colours["soft"], fontsize=10.5)
    axes.text(-0.06, 1.035, up, transform=axes.transAxes, color=colours["soft"], fontsize=10.5, ha="left")
    axes.patch.set_visible(False)
    return figure


def _plain_decades(axes: Any) -> None:
    """Plain numbers along the logarithmic axis: 0.2, 0.5, 1, 2 instead of powers of ten."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def _spot_names(axes: Any, spots: Sequence[Spot], colours: Mapping[str, str]) -> None:
    """Names beside their points, towards the middle of the chart where the right half has no room for them."""
    logs = np.log([spot.x for spot in spots])
    middle = (logs.min() + logs.max()) / 2
    for spot, place in zip(spots, logs, strict=True):
        left = place > middle
        axes.annotate(
            spot.name,
            (spot.x, spot.y),
            xytext=(-9 if left else 9, 0),
            textcoords="offset points",
            ha="right" if left else "left",
            va="center",
            color=colours["ink"],
            fontsize=10,
            bbox={"facecolor": colours["card"], "edgecolor": "none", "pad": 0.8, "alpha": 0.8},
            annotation_clip=False,
        )
