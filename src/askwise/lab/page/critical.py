"""The critical-difference diagram: mean ranks, and who cannot be told apart."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from askwise.judge.svg import page_svg
from askwise.lab.page.sizes import LETTER, WIDE
from askwise.lab.ranking import Ranking


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
    figure = Figure(figsize=(WIDE, high))
    room = (0.35 + LETTER * (max(len(name) for name in ranking.strategies) + 6)) / WIDE
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
