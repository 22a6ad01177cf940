"""Strategies in a plane, each with its interval: runtime against gain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from askwise.judge.svg import page_svg
from askwise.lab.page.sizes import LETTER, WIDE


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

    figure = Figure(figsize=(WIDE, 4.4))
    axes = figure.add_axes((0.075, 0.115, 0.9, 0.8))
    axes.set_xscale("log")
    axes.axhline(0.0, color=colours["soft"], linewidth=0.9, linestyle=(0, (4, 2)))
    for spot in spots:
        axes.plot([spot.x, spot.x], [spot.low, spot.high], color=colours["s1"], linewidth=2.0, alpha=0.45)
        axes.plot(spot.x, spot.y, marker="o", markersize=6, color=colours["s1"])
    axes.margins(x=0.12, y=0.1)
    axes.autoscale_view()
    _spot_names(axes, spots, colours)
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
    """Names beside, above or below their points: each where it covers least of what is there already."""
    figure = axes.figure
    to_inches = (axes.transData + figure.dpi_scale_trans.inverted()).transform
    bars = [_box(to_inches((one.x, one.low)), to_inches((one.x, one.high)), 0.03) for one in spots]
    corners = figure.dpi_scale_trans.inverted().transform(axes.bbox.get_points())
    left, bottom, right, top = _box(corners[0], corners[1], 0.0)
    taken: list[_Box] = [*bars]
    for spot in sorted(spots, key=lambda one: one.x):
        at, wide = to_inches((spot.x, spot.y)), LETTER * len(spot.name)
        ends = to_inches((spot.x, spot.high))[1], to_inches((spot.x, spot.low))[1]
        places = {
            "left": (at[0] + 0.11, at[1] - 0.08),
            "right": (at[0] - 0.11 - wide, at[1] - 0.08),
            "above": (at[0] - wide / 2, ends[0] + 0.04),
            "below": (at[0] - wide / 2, ends[1] - 0.2),
            "higher": (at[0] + 0.11, at[1] + 0.1),
            "lower": (at[0] + 0.11, at[1] - 0.26),
        }
        boxes = {name: (x, y, x + wide, y + 0.16) for name, (x, y) in places.items()}
        cost = {name: sum(_covered(box, other) for other in taken) for name, box in boxes.items()}
        for name, box in boxes.items():
            cost[name] += 9.0 * (box[0] < left or box[2] > right + 0.1 or box[1] < bottom or box[3] > top + 0.2)
        box = boxes[min(cost, key=cost.__getitem__)]
        taken.append(box)
        where = figure.dpi_scale_trans + axes.transData.inverted()
        x, y = where.transform((box[0], box[1] + 0.08))
        axes.text(x, y, spot.name, color=colours["ink"], fontsize=10, va="center", ha="left")


_Box = tuple[float, float, float, float]
"""Left, bottom, right and top, in inches."""


def _box(one: Any, other: Any, pad: float) -> _Box:
    (a, b), (c, d) = (map(float, point) for point in (one, other))
    return min(a, c) - pad, min(b, d) - pad, max(a, c) + pad, max(b, d) + pad


def _covered(one: _Box, other: _Box) -> float:
    """The area that two boxes have in common."""
    wide = min(one[2], other[2]) - max(one[0], other[0])
    high = min(one[3], other[3]) - max(one[1], other[1])
    return max(wide, 0.0) * max(high, 0.0)
