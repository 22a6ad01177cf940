"""One figure per method: which twenty rows of the toy pool it asks first."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import gen_toy as toy
import numpy as np

from askwise import arrays
from askwise.catalogue import NAMED
from askwise.core import registry
from askwise.core.errors import BadInput, MissingEvidence
from askwise.core.registry import Method
from askwise.strategy import Strategy
from askwise.testing.hints import hint_of
from askwise.testing.suite import FAULTS

ASKED = 20
SHORTLIST = 60
_XLIM, _YLIM = (-6.2, 4.763), (-3.65, 3.05)
_INK, _GREY, _PIN = "#333333", "#b9c0c7", "#c2410c"
_CLASS_COLOURS = ("#0f766e", "#7c3aed", "#b45309")
_MARKERS = ("o", "s", "^")


_TASKS = {
    frozenset({"mean", "std", "draws"}): "The task here is a number that changes smoothly; a committee predicts it.",
    frozenset({"marginals", "marginal_draws"}): (
        "The task here is which of three labels a row bears: right, upper, outer; markers still show the blobs."
    ),
}
"""What the toy stands for when a method needs evidence of another task."""


@dataclass(frozen=True)
class Choice:
    """What a method chose on the toy pool: positions (20,), score of each candidate or None, and a caption."""

    rows: Any
    scores: Any
    caption: str
    boundary: bool = True


@dataclass(frozen=True)
class Refusal:
    """Why there is no figure."""

    reason: str


@cache
def choose(kind: str, name: str) -> Choice | Refusal:
    """Run a method on the toy pool, or say why that cannot be."""
    try:
        if kind == "strategy":
            return _composed(NAMED[name][0])
        method = registry.get(kind, name)
        return {"score": _score, "pick": _pick, "among": _among, "limit": _limit, "policy": _policy}[kind](_set(method))
    except MissingEvidence as missing:
        lacking = str(missing).split(" On offer:")[0]
        return Refusal(f"The toy pool has not all the evidence that this method needs: {lacking}")
    except FAULTS as fault:
        return Refusal(f"The toy pool does not suit this method: {fault}")


def _set(method: Method) -> Method:
    """The method with the settings that it cannot do without."""
    required = {name for name, value in method.defaults.items() if isinstance(value, type)}
    known = hint_of(method).settings
    return method.using(**{name: known[name] for name in required if name in known})


def _score(method: Method) -> Choice:
    everything = len(toy.candidates())
    picked = arrays.select(everything, Strategy(method), **toy.evidence())
    scores = np.empty(everything)
    scores[picked.rows] = picked.scores
    return _of(method, Choice(picked.rows[:ASKED], scores, "The more a row stands out, the higher its score."))


def _pick(method: Method) -> Choice:
    ranked = "scores" in (*method.needs, *method.wishes)
    if "zero" in method.defaults:  # the margin that is worth nothing
        method = method.using(zero=-1.0)
    picked = arrays.select(ASKED, Strategy("margin" if ranked else None, pick=method), **toy.evidence())
    return _of(method, Choice(picked.rows, None, "It ranks by the score `margin` here." if ranked else ""))


def _among(method: Method) -> Choice:
    small = {name: 60 for name in method.defaults if name == "size"}  # the toy pool has a few hundred rows
    picked = arrays.select(ASKED, Strategy("margin", among=method.using(**small)), **toy.evidence())
    said = ", ".join(f"{name}={value!r}" for name, value in small.items())
    return Choice(picked.rows, None, f"Rows by `margin` among those of `{method.name}({said})`.")


def _of(method: Method, choice: Choice) -> Choice:
    """The choice with a word about its task where that is not to tell three classes apart."""
    names = {*method.needs, *method.wishes}
    for evidence, task in _TASKS.items():
        if names & evidence:
            return replace(choice, caption=f"{task} {choice.caption}".strip(), boundary=False)
    return choice


def _limit(method: Method) -> Choice:
    if "count" in method.defaults:  # one row of each stripe would not make a batch
        method = method.using(count=3)
    if "similarity" in method.defaults:  # in the plane nearly all directions are near one another
        method = method.using(similarity=0.9999)
    picked = arrays.select(ASKED, Strategy("margin", limits=(method,)), **toy.evidence())
    said = ", ".join(f"{name}={value!r}" for name, value in method.settings.items())
    stripes = "; the groups are vertical stripes" if "groups" in method.needs else ""
    return Choice(picked.rows, None, f"Rows by `margin` under `{method.name}({said})`{stripes}.")


def _composed(strategy: Strategy) -> Choice:
    note = ""
    if strategy.shortlist is not None:
        strategy = replace(strategy, shortlist=SHORTLIST)
        note = f"The shortlist is {SHORTLIST} rows here, for the pool is small."
    return Choice(arrays.select(ASKED, strategy, **toy.evidence()).rows, None, note)


def _policy(method: Method) -> Choice:
    picked = arrays.select(ASKED, method, counts=toy.LABELS_PER_CLASS, **toy.evidence())
    return Choice(picked.rows, None, f"Its reason here: {picked.reason}.")


@cache
def svg(kind: str, name: str) -> str:
    """The figure as SVG text. Raises BadInput for a method that refuses the toy pool."""
    found = choose(kind, name)
    if isinstance(found, Refusal):
        raise BadInput(found.reason)
    return _draw(found)


def _draw(choice: Choice) -> str:
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    # Text stays text, ids are the same in each build, and no date is written.
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "askwise", "font.family": "sans-serif"}):
        figure = Figure(figsize=(7.2, 4.4), facecolor="none")
        axes = figure.add_axes((0, 0, 1, 1), frameon=False, xticks=[], yticks=[])
        axes.set(xlim=_XLIM, ylim=_YLIM)
        if choice.boundary:
            axes.add_collection(_boundary())
        _pool(axes, choice.scores)
        _labels(axes)
        _pins(axes, choice.rows)
        axes.legend(loc="lower left", frameon=False, fontsize=8, handletextpad=0.3)
        out = io.StringIO()
        FigureCanvasSVG(figure).print_svg(out, metadata={"Date": None})
    return out.getvalue()


def _boundary() -> Any:
    """The decision boundary of the model as a collection of lines; matplotlib ties it to one figure."""
    from matplotlib.collections import LineCollection

    return LineCollection(_boundary_lines(), colors=_INK, linewidths=0.7, linestyles="dashed")


@cache
def _boundary_lines() -> list[Any]:
    from contourpy import contour_generator

    x, y = np.meshgrid(np.linspace(*_XLIM, 160), np.linspace(*_YLIM, 160))
    probs = toy.model().predict_proba(np.c_[x.ravel(), y.ravel()])
    lines = []
    for c in range(toy.CLASSES):
        ahead = probs[:, c] - np.delete(probs, c, axis=1).max(axis=1)
        lines += contour_generator(x, y, ahead.reshape(x.shape)).lines(0.0)
    return lines


def _pool(axes: Any, scores: Any) -> None:
    rows = toy.blobs()[0][toy.candidates()]
    if scores is None:
        axes.scatter(*rows.T, s=11, color=_GREY, linewidths=0, label="pool")
        return
    ranks = np.argsort(np.argsort(scores, kind="stable"), kind="stable") / max(len(scores) - 1, 1)
    axes.scatter(*rows.T, s=15, c=ranks, cmap="YlGnBu", vmin=-0.25, vmax=1.1, linewidths=0, label="pool")


def _labels(axes: Any) -> None:
    X, y = toy.blobs()
    for c in range(toy.CLASSES):
        rows = toy.labelled()[y[toy.labelled()] == c]
        axes.scatter(
            *X[rows].T,
            s=46,
            marker=_MARKERS[c],
            facecolor="white",
            edgecolor=_CLASS_COLOURS[c],
            linewidths=2.0,
            zorder=3,
        )
    axes.scatter([], [], s=46, marker="s", facecolor="white", edgecolor=_INK, linewidths=2.0, label="labelled")


def _pins(axes: Any, rows: Any) -> None:
    at = toy.blobs()[0][toy.candidates()][rows]
    axes.scatter(*at.T, s=88, color=_PIN, alpha=0.9, linewidths=0, zorder=4, label="asked, in this order")
    for order, (x, y) in enumerate(at, start=1):
        axes.text(x, y, str(order), ha="center", va="center_baseline", fontsize=6, color="white", zorder=5)
