"""Learning curves as a picture: SVG that follows the page's colours, or a file for a README."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from askwise.core.errors import BadInput
from askwise.core.types import FloatArray
from askwise.judge.curve import Band

# Okabe and Ito's palette, told apart by people with any common colour blindness; the reference is grey and dashed.
LIGHT = ("#0072b2", "#d55e00", "#009e73", "#a8518a", "#b07b00", "#3a8fc2", "#7a4f00", "#444444")
DARK = ("#56b4e9", "#ff8c42", "#2fcf9f", "#e49ac8", "#f0c24b", "#9fd4f2", "#d6ac66", "#bbbbbb")
GREY = {"light": "#6b7280", "dark": "#9ca3af"}
_DASHES: tuple[Any, ...] = ("solid", (0, (6, 1.5)), (0, (3, 1.2)), (0, (6, 1.5, 1.5, 1.5)))
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
    # Matplotlib wants colours, the page wants variables: each variable gets a colour that occurs nowhere else.
    names = [_INK, _SOFT, _RULE, "ref", *(f"s{i + 1}" for i in range(len(LIGHT)))]
    stand_in = {name: f"#fe01{i:02x}" for i, name in enumerate(names)}
    text = _svg(chart, stand_in, None)
    for name, colour in stand_in.items():
        text = text.replace(colour, f"var(--{name})")
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(
        r'(<svg[^>]*?) width="[^"]*"', r"\1", re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", text, count=1), count=1
    )
    text = re.sub(r'\bid="', f'id="{prefix}-', text)
    text = re.sub(r"url\(#", f"url(#{prefix}-", text)
    text = re.sub(r'href="#', f'href="#{prefix}-', text)
    title = f"{chart.unit} of {', '.join(line.name for line in chart.lines)} by number of {chart.across}"
    return text.replace("<svg", f'<svg role="img" aria-label="{_escaped(title)}"', 1)


def save_picture(chart: Chart, path: str | Path) -> Path:
    """Write the chart as .svg or .png on white; returns the path. Raises BadInput for another suffix."""
    path = Path(path)
    colours = {_INK: "#1f2328", _SOFT: "#59636e", _RULE: "#d9dee3", "ref": GREY["light"]}
    colours |= {f"s{i + 1}": colour for i, colour in enumerate(LIGHT)}
    if path.suffix == ".svg":
        path.write_text(_svg(chart, colours, "white"), encoding="utf-8")
    elif path.suffix == ".png":
        _figure(chart, colours).savefig(path, dpi=160, facecolor="white", metadata={"Software": None})
    else:
        raise BadInput(f"a picture is .svg or .png, not {path.suffix or path.name!r}; rename {path.name!r}")
    return path


def _svg(chart: Chart, colours: Mapping[str, str], background: str | None) -> str:
    import matplotlib as mpl

    # Text stays text, so that the page's font is used and words can be found; the salt makes the ids reproducible.
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "askwise"}):
        out = io.StringIO()
        figure = _figure(chart, colours)
        figure.savefig(
            out, format="svg", facecolor=background or "none", transparent=background is None, metadata={"Date": None}
        )
    return out.getvalue()


def _figure(chart: Chart, colours: Mapping[str, str]) -> Any:
    from matplotlib.figure import Figure

    wide, high = 8.4, 4.6
    figure = Figure(figsize=(wide, high))
    # Room on the right for the longest name and its value, at about 0.085 inches a letter.
    room = 0.3 + 0.085 * (max(len(line.name) for line in chart.lines) + 7)
    axes = figure.add_axes((0.062, 0.115, 0.938 - room / wide, 0.815))
    styles = _styles(chart.lines, colours)
    for line in sorted(chart.lines, key=lambda one: not one.reference):
        _draw(axes, line, *styles[line.name])
    _frame(axes, chart, colours)
    if chart.gap is not None:
        _mark(axes, chart.gap, colours)
    _names(axes, chart.lines, styles)
    return figure


def _styles(lines: Sequence[Line], colours: Mapping[str, str]) -> dict[str, tuple[str, Any, float]]:
    """Colour, dashes and width of each line by name."""
    styles: dict[str, tuple[str, Any, float]] = {}
    number = 0
    for line in lines:
        if line.reference:
            styles[line.name] = (colours["ref"], (0, (4, 2)), 2.0)
        else:
            dashes = _DASHES[number % len(_DASHES)]
            styles[line.name] = (colours[f"s{number % len(LIGHT) + 1}"], dashes, 2.8 if number == 0 else 1.9)
            number += 1
    return styles


def _draw(axes: Any, line: Line, colour: str, dashes: Any, width: float) -> None:
    band = line.band
    axes.fill_between(band.labels, band.low, band.high, color=colour, alpha=0.13, linewidth=0)
    axes.plot(band.labels, band.mean, color=colour, linestyle=dashes, linewidth=width, solid_capstyle="round")
    axes.plot(band.labels[-1], band.mean[-1], marker="o", markersize=5, color=colour, clip_on=False, zorder=3)


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
    places = spread(ends, 0.062 * (high - low))
    for line, end, place in zip(lines, ends, places, strict=True):
        axes.annotate(
            f"{line.name}  {end:.3f}",
            (line.band.labels[-1], place),
            xytext=(10, 0),
            textcoords="offset points",
            color=styles[line.name][0],
            fontsize=11,
            fontweight="bold" if styles[line.name][2] > 2.5 else "normal",
            va="center",
            annotation_clip=False,
        )


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


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
