"""What a learning curve comes to: labels to a share of the full-data score, deficiency, foreground, headroom."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from askwise.core.errors import BadInput
from askwise.core.types import BoolArray, FloatArray
from askwise.judge import Curve
from askwise.judge.savings import labels_to_reach, monotone


@dataclass(frozen=True)
class Reached:
    """Labels (r,) at which each repeat reached the level; `censored` ones had not with the `budget` (r,) that they had.

    Where it is censored, `labels` is inf: the run needs more than its budget, and nothing else is known of it.
    """

    level: float
    labels: FloatArray
    budget: FloatArray

    @property
    def censored(self) -> BoolArray:
        """Which repeats (r,) never reached the level."""
        return ~np.isfinite(self.labels)

    def median(self) -> float:
        """Median labels over repeats; inf when half of them or more never got there. A mean would need a model."""
        return float(np.quantile(self.labels, 0.5, method="higher"))

    def words(self) -> str:
        """The median in words.

        >>> Reached(0.9, np.array([30.0, np.inf, 50.0]), np.full(3, 60.0)).words()
        '50 (1 of 3 not with 60)'
        """
        missing, most = int(self.censored.sum()), self.budget.max()
        middle = self.median()
        said = f"{middle:.0f}" if math.isfinite(middle) else f"more than {most:.0f}"
        return f"{said} ({missing} of {len(self.labels)} not with {most:.0f})" if missing else said


def share_of_full(full: float, share: float, greater_is_better: bool = True) -> float:
    """The level that is this share of the full-data score: share * full, or full / share for errors above 0.

    >>> share_of_full(0.8, 0.95).__round__(3), share_of_full(1.9, 0.95, greater_is_better=False).__round__(3)
    (0.76, 2.0)

    Raises BadInput for a share outside (0, 1], and for scores of which no share can be taken (0 or below).
    """
    if not 0.0 < share <= 1.0:
        raise BadInput(f"share={share!r} of the full-data score; give one above 0 and up to 1")
    if not full > 0:
        raise BadInput(f"the full-data score is {full:.6g}, of which {share:g} is no level; take a measure above 0")
    return share * full if greater_is_better else full / share


def labels_to(curve: Curve, level: float, greater_is_better: bool = True) -> Reached:
    """Labels at which each run first reaches the level, on its nearest monotone curve, interpolated.

    >>> runs = Curve.of([([10, 20], [0.5, 0.7]), ([10, 20], [0.4, 0.55])])
    >>> labels_to(runs, 0.6).labels.round(6).tolist()
    [15.0, inf]
    """
    sign = 1.0 if greater_is_better else -1.0
    found = [labels_to_reach(curve.labels, monotone(sign * row), sign * level) for row in curve.values]
    return Reached(level, np.array(found), np.full(curve.repeats, curve.labels[-1]))


def deficiency(arm: Curve, reference: Curve, best: float) -> FloatArray:
    """Deficiency (r,) of each paired run: area between `best` and the arm over that between `best` and the reference.

    Below 1 the arm is better than the reference, 1 is equal, 0 is at `best` from the first label on; NaN where the
    reference leaves nothing to gain. Source: Baram, El-Yaniv and Luz 2004, Online Choice of Active Learning Algorithms,
    JMLR 5, section 5 (there with sums over all label counts, and the random arm's end as `best`).

    >>> half = Curve.of([([0, 1], [0.5, 0.9])])
    >>> deficiency(half, Curve.of([([0, 1], [0.5, 0.5])]), 0.9).round(6).tolist()
    [0.5]
    """
    gap, theirs = best - arm.area(), best - reference.area()
    out = np.full(len(gap), np.nan)
    np.divide(gap, theirs, out=out, where=np.abs(theirs) > 1e-12)
    return out


def headroom(arm: Curve, reference: Curve, bound: Curve) -> float:
    """Share of the way from the reference to the best order that the arm went: mean areas, 1 is all of it.

    NaN where the best order is no better than the reference.

    >>> low, high = Curve.of([([0, 1], [0.5, 0.5])]), Curve.of([([0, 1], [0.9, 0.9])])
    >>> headroom(Curve.of([([0, 1], [0.6, 0.6])]), low, high).__round__(6)
    0.25
    """
    way = float(bound.area().mean() - reference.area().mean())
    return float(arm.area().mean() - reference.area().mean()) / way if abs(way) > 1e-12 else float("nan")


def foreground_efficiency(curve: Curve) -> FloatArray:
    """Gain of the score per label of the classes that are sought, (r,), over a curve whose x is their number.

    NaN for a run that found none. A strategy that finds more of a rare class per label may still learn less from each.

    >>> foreground_efficiency(Curve.of([([0, 5, 20], [0.5, 0.6, 0.7])])).round(6).tolist()
    [0.01]
    """
    span = float(curve.labels[-1] - curve.labels[0])
    gain = curve.values[:, -1] - curve.values[:, 0]
    return np.asarray(gain / span) if span > 0 else np.full(curve.repeats, np.nan)
