"""What curves are drawn over: labels, answers, money, seconds; and the span that several of them share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from askwise.judge import Curve

SPENT: Mapping[str, str] = {
    "labels": "labels",
    "answers": "answers",
    "cost": "cost",
    "annotation_seconds": "annotators' seconds",
    "foreground": "labels of the classes that are sought",
}
"""What a curve may be drawn over, columns of rounds that only grow, and its words."""

ENDS: Mapping[str, str] = {"answers": "spent_answers", "cost": "spent_cost", "annotation_seconds": "spent_seconds"}
"""Columns of cells that say what was spent in the end, with what brought no label."""


def counted(budget: Any) -> str:
    """What a budget as a suite gives it counts, one of `SPENT`; of several limits money first, then time.

    >>> counted(200), counted({"cost": 40.0, "answers": 90})
    ('labels', 'cost')
    """
    limits = budget if isinstance(budget, Mapping) else {}
    if limits.get("cost") is not None:
        return "cost"
    return "annotation_seconds" if limits.get("seconds") is not None else "labels"


def on_shared_span(curves: Sequence[Curve]) -> list[Curve]:
    """The curves between the last of their starts and the first of their ends; as they are where that is nothing.

    >>> early, late = Curve.of([([0, 10], [0.0, 1.0])]), Curve.of([([5, 20], [0.5, 2.0])])
    >>> [curve.labels.tolist() for curve in on_shared_span([early, late])]
    [[5.0, 10.0], [5.0, 10.0]]
    """
    first = max(curve.labels[0] for curve in curves)
    last = min(curve.labels[-1] for curve in curves)
    if first >= last:
        return list(curves)
    inside = [curve.labels[(curve.labels >= first) & (curve.labels <= last)] for curve in curves]
    return [curve.at(np.unique(np.append(own, [first, last]))) for curve, own in zip(curves, inside, strict=True)]
