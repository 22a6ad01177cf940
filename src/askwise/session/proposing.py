"""What a query offers beside its row: the likely classes, a proposed class, the pixels to name.

Rows of the control arm measure the model, so on them all classes stand and nothing is proposed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from askwise.core.arrays import host
from askwise.core.evidence import plan, reachable
from askwise.core.noise import Noise
from askwise.core.protocols import Learner, Pool
from askwise.core.types import FloatArray, IntArray, KeyArray, Rows
from askwise.core.units import Units
from askwise.session.state import State
from askwise.task import Pixel, Task

FEWEST = 20
"""Control rows below which candidate sets are not calibrated: all classes are shown."""

LATEST = 500
"""Control rows that candidate sets are calibrated on, the latest: old ones speak of old models."""

TOP = 0.05
"""Share of an image's pixels, the least sure, among which those to name are drawn (Shin et al. 2021, section 3)."""

Calibration = tuple[FloatArray, IntArray]
"""Probabilities (l, c) that a model gave of control rows before they were answered, and their classes (l,)."""


def calibration(state: State) -> Calibration | None:
    """What candidate sets are calibrated on; None with fewer than `FEWEST` answered control rows.

    Each row was judged by the model of its time, which had not seen it. Later models are better, as a rule, so sets are
    if anything too large.
    """
    index = {label: i for i, label in enumerate(state.task.classes)}
    queries = [state.queries[number] for number in state.controls]
    known = [q for q in queries if "probs" in q.why and q.row in state.labels][-LATEST:]
    if len(known) < FEWEST:
        return None
    return np.array([q.why["probs"] for q in known]), np.array([index[state.labels[q.row]] for q in known])


def foresee(task: Task, probs: FloatArray, chosen: Sequence[dict[str, Any]], known: Calibration | None) -> None:
    """Note in each query what the model says of it (m, c): its class, and what the task makes of that."""
    sets = _sets(task, probs, known)
    for i, (one, row) in enumerate(zip(chosen, probs, strict=True)):
        best = int(row.argmax())
        one["why"] |= {"predicted": task.classes[best], "probability": float(row[best])}
        led = one["arm"] == "strategy"
        if task.kind == "verify" and led:
            one["why"]["proposed"] = task.classes[best]
        if task.kind == "candidates" and led and sets is not None and known is not None:
            names = [name for name, shown in zip(task.classes, sets[0][i], strict=True) if shown]
            one["why"] |= {"candidates": names, "eps": sets[1], "calibrated_on": len(known[1])}
        if task.kind == "candidates" and not led:
            one["why"]["probs"] = [float(f"{p:.6g}") for p in row]


def _sets(task: Task, probs: FloatArray, known: Calibration | None) -> tuple[Any, float] | None:
    from askwise.crowd import calibrate

    if task.kind != "candidates" or known is None:
        return None
    rule = calibrate(*known, eps=getattr(task, "eps", None))
    return rule.sets(probs), rule.eps


def predictions(task: Task, learner: Learner, rows: Rows) -> list[Any]:
    """The label that a fitted learner would give each row, for tasks of more than one class; empty where it gives none.

    A learner with ``answers(rows)`` gives them itself. Else several labels are those likelier than not (``marginals``),
    a number is the ``mean``, and an order goes by the chance to be first (``probs``).
    """
    if hasattr(learner, "answers"):
        answers: list[Any] = learner.answers(rows)
        return answers
    name = {"multilabel": "marginals", "number": "mean", "ranking": "probs"}.get(task.kind)
    if name is None or not reachable(name, learner.provides):
        return []
    resolved = plan({name: "prediction"}, learner.provides)
    return [_label_of(task, said) for said in host(resolved.complete(learner.evidence(rows, resolved.ask))[name])]


def _label_of(task: Task, said: Any) -> Any:
    if task.kind == "number":
        return float(said)
    if task.kind == "ranking":
        return np.argsort(-said, kind="stable").tolist()
    return [name for name, chance in zip(task.classes, said, strict=True) if chance > 0.5]


def point_out(
    task: Pixel, pool: Pool, keys: KeyArray, seed: int, learner: Learner | None, chosen: Sequence[dict[str, Any]]
) -> None:
    """Note in each query the pixels to name, and whether the model chose them (`pixels_by`).

    From a learner of ``units`` whose grids are the images' pixels or coarser: drawn among the `TOP` share that it is
    least sure of; on control rows, and without such a learner, drawn from all. Nothing where the pool shows no size.
    """
    rows = np.array([one["row"] for one in chosen], dtype=np.int64)
    units: Any = None
    if learner is not None and "units" in learner.provides and len(rows):
        units = learner.evidence(pool.take(rows), frozenset({"units"}))["units"]
    for i, one in enumerate(chosen):
        view = pool.show(one["row"])
        if "width" not in view:
            continue
        led = units is not None and one["arm"] == "strategy"
        noise_seed = Noise(seed, keys[[one["row"]]]).bits("pixels")[0]
        draw = np.random.default_rng(int(noise_seed))
        size = (int(view["height"]), int(view["width"]))
        places = _doubtful(units, i, size, task.pixels, draw) if led else _anywhere(size, task.pixels, draw)
        one["why"] |= {"pixels": places, "pixels_by": "the model" if led else "chance"}
        if learner is not None and hasattr(learner, "name_at"):
            (data,) = pool.take(rows[i : i + 1])
            one["why"]["predicted"] = learner.name_at(data, places)


def _doubtful(units: Units, i: int, size: tuple[int, int], n: int, draw: np.random.Generator) -> list[dict[str, int]]:
    """n pixels in the cells that the model is least sure of, one in the middle of each cell drawn."""
    values, grid = units.of(i), size if units.grids is None else tuple(units.grids[i].tolist())
    top = min(len(values), max(n, round(TOP * len(values))))
    # Ties, such as an image of one colour, are broken by chance and not by place.
    order = np.lexsort((draw.random(len(values)), -values))[:top]
    cells = draw.choice(order, min(n, top), replace=False)
    lines, columns = np.divmod(cells, grid[1])
    y, x = ((2 * lines + 1) * size[0]) // (2 * grid[0]), ((2 * columns + 1) * size[1]) // (2 * grid[1])
    return _listed(x, y)


def _anywhere(size: tuple[int, int], n: int, draw: np.random.Generator) -> list[dict[str, int]]:
    places = draw.choice(size[0] * size[1], min(n, size[0] * size[1]), replace=False)
    return _listed(places % size[1], places // size[1])


def _listed(x: IntArray, y: IntArray) -> list[dict[str, int]]:
    order = np.lexsort((x, y))
    return [{"x": int(x[i]), "y": int(y[i])} for i in order]
