"""Labels saved against a reference at equal accuracy, with an interval over paired repeats."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from askwise.core.errors import BadInput
from askwise.core.types import FloatArray, IntArray
from askwise.judge.curve import Curve, check_paired
from askwise.judge.resample import DRAWS, ENOUGH, Interval, interval, resamples

Verdict = Literal["saved", "lost", "unclear"]
DROPS = (0.0, 0.01, 0.02, 0.05)
"""How far below the reference's final accuracy to look, in accuracy."""


@dataclass(frozen=True)
class Saving:
    """Labels that the reference and the arm needed to reach `level`, and how many the arm saved.

    `arm_labels` is inf when the arm never got there within its labels: then `saved` is -inf, and the arm is known only
    to need more than `arm_budget`. `at_first` marks an arm that was there at its first measurement already: the saving
    is a lower bound.
    """

    arm: str
    reference: str
    measure: str
    level: float
    reference_labels: float
    arm_labels: float
    interval: Interval
    budget: float
    arm_budget: float
    at_first: bool = False

    @property
    def saved(self) -> float:
        """Labels saved; negative when the arm needed more, -inf when it never reached the level."""
        return self.reference_labels - self.arm_labels

    @property
    def reached(self) -> bool:
        """Whether the arm reached the level within its labels."""
        return math.isfinite(self.arm_labels)

    @property
    def verdict(self) -> Verdict:
        """Whether the interval lies on one side of no saving; unclear with fewer than five repeats.

        Of n paired repeats without any difference, all point the same way once in 2^(n - 1) times: below five
        that is too often to claim anything.
        """
        if self.interval.repeats < ENOUGH:
            return "unclear"
        if self.interval.low > 0:
            return "saved"
        return "lost" if self.interval.high < 0 else "unclear"

    def sentence(self) -> str:
        """The saving in one plain sentence with its interval, without a full stop."""
        if self.verdict == "unclear":
            found = f"{self.saved:+.0f} labels" if self.reached else f"not reached with {self.arm_budget:.0f} labels"
            return f"{self.claim()} ({found}; {self.interval})"
        head, _, tail = self.claim().partition(" labels ")
        saved = "" if self.verdict == "saved" else " saved"
        return f"{head} labels ({self.interval}{saved}) {tail}"

    def claim(self) -> str:
        """What the interval allows to be claimed, without the interval and without a full stop."""
        where = f"at {self.measure} {self.level:.3f}"
        if self.verdict == "saved":
            least = "at least " if self.at_first else ""
            return (
                f"saved {least}{self.saved:.0f} of {self.reference_labels:.0f} labels against {self.reference} {where}"
            )
        if self.verdict == "lost":
            more = f"{-self.saved:.0f} more" if self.reached else f"more than {self.arm_budget:.0f}"
            return f"needed {more} labels where {self.reference} needed {self.reference_labels:.0f}, {where}"
        few = self.interval.repeats < ENOUGH
        why = f", with {self.interval.repeats} of the {ENOUGH} repeats that it takes" if few else ""
        return f"not yet distinguishable from {self.reference} {where}{why}"


def savings(
    arm: Curve,
    reference: Curve,
    *,
    names: tuple[str, str] = ("strategy", "random"),
    measure: str = "accuracy",
    drops: Sequence[float] = DROPS,
    level: float = 0.95,
    draws: int = DRAWS,
    seed: int = 0,
) -> list[Saving]:
    """Labels saved where the reference ended, and at levels below it by `drops`; the first is the headline.

    The mean curve over repeats is made non-decreasing (isotonic regression, so that noise does not make one arm first
    by luck) and read backwards by linear interpolation: labels needed for a level. The level is the reference's
    own end within each bootstrap draw of the repeats, so its uncertainty is part of the interval. An arm that never
    gets there counts as saving -inf: the interval then is open below, and says so. Levels that the reference passes at
    its first measurement are left out.

    >>> random = Curve.of([([0, 100], [0.5, 0.9])])
    >>> savings(Curve.of([([0, 100], [0.7, 0.9])]), random, drops=(0.1,))[0].saved.__round__()
    25
    """
    check_paired(arm, reference)
    if not drops or min(drops) < 0:
        raise BadInput(f"drops={tuple(drops)}; give at least one, none negative, such as (0.0, 0.01)")
    drawn = _drawn(arm, reference, resamples(arm.repeats, draws, seed), drops)
    needed = _needed(arm, reference, np.arange(arm.repeats), drops)
    ends = (float(reference.labels[-1]), float(arm.labels[-1]))
    out = []
    for i, (wanted, theirs, ours) in enumerate(needed.tolist()):
        if theirs > reference.labels[0]:
            found = interval(drawn[:, i], arm.repeats, level)
            out.append(Saving(*names, measure, wanted, theirs, ours, found, *ends, at_first=ours <= arm.labels[0]))
    return out


def labels_to_reach(labels: FloatArray, heights: FloatArray, level: float) -> float:
    """Labels at which a non-decreasing curve first reaches the level, interpolated; inf when it never does.

    >>> labels_to_reach(np.array([10.0, 20.0]), np.array([0.5, 0.7]), 0.6).__round__(6)
    15.0
    """
    at = int(np.searchsorted(heights, level - 1e-12))
    if at == len(heights):
        return math.inf
    if at == 0:
        return float(labels[0])
    share = (level - heights[at - 1]) / (heights[at] - heights[at - 1])
    return float(labels[at - 1] + min(share, 1.0) * (labels[at] - labels[at - 1]))


def monotone(heights: FloatArray) -> FloatArray:
    """The nearest non-decreasing curve (k,) in least squares."""
    from scipy.optimize import isotonic_regression

    return np.asarray(isotonic_regression(heights).x)


def _needed(arm: Curve, reference: Curve, rows: IntArray, drops: Sequence[float]) -> FloatArray:
    """Level, labels of the reference and labels of the arm, (drops, 3), for the mean over these repeats."""
    ours, theirs = (monotone(curve.values[rows].mean(axis=0)) for curve in (arm, reference))
    levels = [float(theirs[-1]) - drop for drop in drops]
    return np.array(
        [(at, labels_to_reach(reference.labels, theirs, at), labels_to_reach(arm.labels, ours, at)) for at in levels]
    )


def _drawn(arm: Curve, reference: Curve, picks: IntArray, drops: Sequence[float]) -> FloatArray:
    """Labels saved (draws, drops) for each draw of repeats."""
    # Draws of few repeats repeat themselves: each distinct one is worked out once.
    kinds, which = np.unique(np.sort(picks, axis=1), axis=0, return_inverse=True)
    needed = np.stack([_needed(arm, reference, rows, drops) for rows in kinds])
    return np.asarray((needed[..., 1] - needed[..., 2])[which.reshape(-1)])
