"""Learning curves as a picture: SVG that follows the page's colours, or a file for a README."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from askwise.core.errors import BadInput
from askwise.core.types import FloatArray
from askwise.judge.curve import Band
from askwise.judge.svg import LIGHT, PLAIN, page_svg, svg_of

_DASHES: tuple[Any, ...] = ("solid", (0, (6, 1.5)), (0, (3, 1.2)), (0, (6, 1.5, 1.5, 1.5)))
_FEW = 5
"""Lines whose bands can be told apart."""

_INK, _SOFT, _RULE = "ink", "soft", "rule"


@dataclass(frozen=True)
class Line:
    """One arm of the chart, with its band; the reference is drawn behind the others, in grey."""

    name: str
    band: Band
    reference: bool = False


@dataclass(frozen=True)
class Gap:
    """Labels saved at a level, marked between the two curves."""

    level: float
    start: float
    stop: float
    text: str


@dataclass(frozen=True)
class Chart:
    """Lines of one unit across a count, with what was saved marked between two of them."""

    lines: Sequence[Line]
    unit: str
    gap: Gap | None = None
    across: str = "labels"


def as_page_svg(chart: Chart, prefix: str = "c") -> str:
    """SVG to stand inside a page: colours are its CSS variables (--ink, --s1 ...), ids begin with `prefix`."""
    title = f"{chart.unit} of {', '.join(line.name for line in chart.lines)} by number of {chart.across}"
    return page_svg(partial(_figure, chart), title, prefix)


def save_picture(chart: Chart, path: str | Path) -> Path:
    """Write the chart as .svg or .png on white; returns the path. Raises BadInput for another suffix."""
    path = Path(path)
    if path.suffix == ".svg":
        path.write_text(svg_of(partial(_figure, chart), PLAIN, "white"), encoding="utf-8")
    elif path.suffix == ".png":
        _figure(chart, PLAIN).savefig(path, dpi=160, facecolor="white", metadata={"Software": None})
    else:
        raise BadInput(f"a picture is .svg or .png, not {path.suffix or path.name!r}; rename {path.name!r}")
    return path


def _figure(chart: Chart, colours: Mapping[str, str]) -> Any:
    from matplotlib.figure import Figure

    wide, high = 8.4, 4.6
    figure = Figure(figsize=(wide, high))
    # Room on the right for the longest name and its value, at about 0.085 inches a letter.
    room = 0.3 + 0.085 * (max(len(line.name) for line in chart.lines) + 7)
    axes = figure.add_axes((0.062, 0.115, 0.938 - room / wide, 0.815))
    styles = _styles(chart.lines, colours)
    # Many bands laid over one another are mud; the page brings out one when it is pointed at.
    shade = 0.13 if len(chart.lines) <= _FEW else 0.05
    for i, line in sorted(enumerate(chart.lines), key=lambda one: not one[1].reference):
        _draw(axes, line, i, shade, *styles[line.name])
    _frame(axes, chart, colours)
    if chart.gap is not None:
        _mark(axes, chart.gap, colours)
    _names(axes, chart.lines, styles)
    return figure


def _styles(lines: Sequence[Line], colours: Mapping[str, str]) -> dict[str, tuple[str, Any, float]]:
    reference = next((line.name for line in lines if line.reference), "")
    return arm_styles([line.name for line in lines], reference, colours)


def arm_styles(names: Sequence[str], reference: str, colours: Mapping[str, str]) -> dict[str, tuple[str, Any, float]]:
    """Colour, dashes and width of each arm by name: the reference grey, the first of the others the strongest."""
    styles: dict[str, tuple[str, Any, float]] = {}
    number = 0
    for name in names:
        if name == reference:
            styles[name] = (colours["ref"], (0, (4, 2)), 2.0)
        else:
            dashes = _DASHES[number % len(_DASHES)]
            styles[name] = (colours[f"s{number % len(LIGHT) + 1}"], dashes, 2.8 if number == 0 else 1.9)
            number += 1
    return styles


def _draw(axes: Any, line: Line, number: int, shade: float, colour: str, dashes: Any, width: float) -> None:
    band, name = line.band, arm_id(number)
    axes.fill_between(band.labels, band.low, band.high, color=colour, alpha=shade, linewidth=0, gid=f"{name}-band")
    axes.plot(
        band.labels, band.mean, color=colour, ls=dashes, linewidth=width, solid_capstyle="round", gid=f"{name}-line"
    )
    axes.plot(
        band.labels[-1], band.mean[-1], marker="o", ms=5, color=colour, clip_on=False, zorder=3, gid=f"{name}-end"
    )


def arm_id(number: int) -> str:
    """What the ids of everything that belongs to a line end in, before its kind: the page finds them by it."""
    return f"arm{number}"


def _frame(axes: Any, chart: Chart, colours: Mapping[str, str]) -> None:
    lines = chart.lines
    low, high = _limits(lines)
    first, last = min(one.band.labels[0] for one in lines), max(one.band.labels[-1] for one in lines)
    axes.set_xlim(first - 0.015 * (last - first), last)
    axes.set_ylim(low, high)
    axes.grid(axis="y", color=colours[_RULE], linewidth=0.8)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(colours[_RULE])
    axes.tick_params(colors=colours[_SOFT], labelsize=10.5, length=0, pad=7)
    axes.set_xlabel(chart.across, color=colours[_SOFT], fontsize=10.5, labelpad=4)
    axes.text(-0.045, 1.035, chart.unit, transform=axes.transAxes, color=colours[_SOFT], fontsize=10.5, ha="left")
    axes.patch.set_visible(False)


def _limits(lines: Sequence[Line]) -> tuple[float, float]:
    """Limits of the vertical axis: all of every band, with a little air, within what a share can be."""
    values = np.concatenate([np.concatenate([one.band.mean, one.band.low, one.band.high]) for one in lines])
    values = values[np.isfinite(values)]
    air = 0.06 * max(float(values.max() - values.min()), 0.02)
    return max(0.0, float(values.min()) - air), min(1.0 + air / 2, float(values.max()) + air)


def _mark(axes: Any, gap: Gap, colours: Mapping[str, str]) -> None:
    """A measure at the foot of the chart, between plumb lines from where either curve reaches the level."""
    low, high = axes.get_ylim()
    foot = low + 0.055 * (high - low)
    axes.plot([gap.start, gap.stop], [gap.level] * 2, color=colours[_SOFT], linewidth=0.9, linestyle=(0, (1, 2)))
    for end in (gap.start, gap.stop):
        axes.plot([end, end], [foot, gap.level], color=colours[_SOFT], linewidth=0.9, linestyle=(0, (1, 2)))
    ends = {"arrowstyle": "<|-|>, head_width=0.22, head_length=0.45", "color": colours[_INK], "linewidth": 1.1}
    axes.annotate("", (gap.start, foot), (gap.stop, foot), arrowprops={**ends, "shrinkA": 0, "shrinkB": 0})
    middle = ((gap.start + gap.stop) / 2, foot)
    words = {"ha": "center", "color": colours[_INK], "fontsize": 10.5, "fontweight": "bold"}
    axes.annotate(gap.text, middle, xytext=(0, 6), textcoords="offset points", **words)


def _names(axes: Any, lines: Sequence[Line], styles: Mapping[str, tuple[str, Any, float]]) -> None:
    """Names and final values beside the ends of the lines, moved apart where they would overlap."""
    low, high = axes.get_ylim()
    ends = np.array([line.band.mean[-1] for line in lines])
    places = within(spread(ends, 0.062 * (high - low)), 0.062 * (high - low), low, high)
    for number, (line, end, place) in enumerate(zip(lines, ends, places, strict=True)):
        axes.annotate(
            f"{line.name}  {end:.3f}",
            (axes.get_xlim()[1], place),
            xytext=(10, 0),
            textcoords="offset points",
            color=styles[line.name][0],
            fontsize=11,
            fontweight="bold" if styles[line.name][2] > 2.5 else "normal",
            va="center",
            annotation_clip=False,
            gid=f"{arm_id(number)}-name",
        )


def within(places: FloatArray, apart: float, low: float, high: float) -> FloatArray:
    """Places (k,) that lie `apart` moved into [low, high] as little as need be; too many for it hang from its top.

    >>> within(np.array([0.9, 1.1, 0.2]), 0.2, 0.0, 1.0).round(3).tolist()
    [0.8, 1.0, 0.2]
    """
    out = np.asarray(places, dtype=np.float64).copy()
    order = np.argsort(out, kind="stable")
    steps = apart * np.arange(len(out))
    out[order] = np.maximum(out[order], low + steps)
    out[order] = np.minimum(out[order], high - steps[::-1])
    return out


def spread(ends: FloatArray, apart: float) -> FloatArray:
    """Places (k,) for labels near their ends (k,), at least this far apart, in the order of the ends.

    >>> spread(np.array([0.5, 0.5, 0.9]), 0.1).round(3).tolist()
    [0.45, 0.55, 0.9]
    """
    order = np.argsort(ends, kind="stable")
    groups: list[list[int]] = []
    for row in order.tolist():
        groups.append([row])
        # A group stands centred on its ends; while it runs into the one below, the two become one.
        while (
            len(groups) > 1 and _reach(ends, groups[-1], apart)[0] - _reach(ends, groups[-2], apart)[1] < apart - 1e-12
        ):
            last = groups.pop()
            groups[-1] += last
    places = np.empty(len(ends))
    for group in groups:
        bottom = _reach(ends, group, apart)[0]
        places[group] = bottom + apart * np.arange(len(group))
    return places


def _reach(ends: FloatArray, group: list[int], apart: float) -> tuple[float, float]:
    centre, half = float(ends[group].mean()), apart * (len(group) - 1) / 2
    return centre - half, centre + half
