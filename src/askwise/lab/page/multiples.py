"""Learning curves of many settings side by side, small, with one key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from askwise.core.types import FloatArray
from askwise.judge.charts import arm_id, arm_styles
from askwise.judge.svg import page_svg
from askwise.lab.page.sizes import LETTER, WIDE


@dataclass(frozen=True)
class Small:
    """One small chart: its title, and the mean curve (x, y) of each arm by name."""

    title: str
    curves: Mapping[str, tuple[FloatArray, FloatArray]]


def multiples_svg(charts: Sequence[Small], arms: Sequence[str], reference: str, prefix: str = "small") -> str:
    """Small charts side by side, three in a line, each on its own axes, with one key of colours above them."""
    title = f"learning curves of {', '.join(arms)} in {len(charts)} settings"
    return page_svg(partial(_multiples, tuple(charts), tuple(arms), reference), title, prefix)


def _multiples(charts: Sequence[Small], arms: Sequence[str], reference: str, colours: Mapping[str, str]) -> Any:
    from matplotlib.figure import Figure

    across = 3
    down = -(-len(charts) // across)
    styles = arm_styles(arms, reference, colours)
    lines = _key_lines(arms)
    key = 0.3 * len(lines) + 0.1
    high = key + 1.95 * down
    figure = Figure(figsize=(WIDE, high))
    _key(figure, lines, styles, colours, high)
    for i, chart in enumerate(charts):
        row, column = divmod(i, across)
        box = (0.42 + 2.72 * column, high - key - 1.95 * (row + 1) + 0.42, 2.25, 1.2)
        axes = figure.add_axes((box[0] / WIDE, box[1] / high, box[2] / WIDE, box[3] / high))
        _small(axes, chart, i, arms, styles, colours)
    return figure


def _small(
    axes: Any, chart: Small, number: int, arms: Sequence[str], styles: Mapping[str, Any], colours: Mapping[str, str]
) -> None:
    for i, name in enumerate(arms):
        if name in chart.curves:
            colour, dashes, width = styles[name]
            gid = f"{arm_id(i)}-{number}-line"
            axes.plot(*chart.curves[name], color=colour, ls=dashes, linewidth=0.7 * width, gid=gid)
    axes.set_title(_cut(chart.title, 30), color=colours["ink"], fontsize=9.5, loc="left", pad=5)
    axes.grid(axis="y", color=colours["rule"], linewidth=0.7)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(colours["rule"])
    axes.locator_params(axis="both", nbins=4)
    axes.tick_params(colors=colours["soft"], labelsize=8, length=0, pad=3)
    axes.patch.set_visible(False)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _key_lines(arms: Sequence[str]) -> list[list[str]]:
    """Names in lines that are as wide as the figure."""
    lines: list[list[str]] = [[]]
    for name in arms:
        if sum(_key_width(one) for one in [*lines[-1], name]) > WIDE - 0.4:
            lines.append([])
        lines[-1].append(name)
    return lines


def _key_width(name: str) -> float:
    return 0.6 + 1.05 * LETTER * len(name)


def _key(
    figure: Any, lines: Sequence[Sequence[str]], styles: Mapping[str, Any], colours: Mapping[str, str], high: float
) -> None:
    from matplotlib.lines import Line2D

    number = 0
    for row, names in enumerate(lines):
        y, x = high - 0.15 - 0.3 * row, 0.42
        for name in names:
            colour, dashes, width = styles[name]
            arm = arm_id(number)
            at = {"transform": figure.dpi_scale_trans}
            figure.add_artist(Line2D([x, x + 0.3], [y, y], color=colour, ls=dashes, lw=width, gid=f"{arm}-end", **at))
            figure.text(x + 0.37, y, name, color=colours["ink"], fontsize=10, va="center", gid=f"{arm}-name", **at)
            x += _key_width(name)
            number += 1
