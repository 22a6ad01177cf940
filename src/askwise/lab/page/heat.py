"""A heat map: colour about zero, with its numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from askwise.core.types import FloatArray
from askwise.judge.svg import page_svg
from askwise.lab.page.sizes import LETTER, WIDE


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
    left = 0.2 + LETTER * max(len(name) for name in heat.rows)
    # Names across stand upright when they would run into one another.
    longest = LETTER * max(len(name) for name in heat.columns)
    cell = (WIDE - left - 0.1) / columns
    upright = longest > cell - 0.1
    top = longest + 0.2 if upright else 0.35
    high = top + 0.34 * rows + 0.08
    figure = Figure(figsize=(WIDE, high))
    axes = figure.add_axes((left / WIDE, 0.08 / high, (WIDE - left - 0.1) / WIDE, 0.34 * rows / high))
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
    small = cell < LETTER * 6
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
