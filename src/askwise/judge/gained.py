"""What a session saved: labels, money and hours at equal accuracy, its rows against its random rows alone.

Both arms are learning curves of one session, judged on the same random rows by models that never saw them. Nothing is
carried on beyond the labels at hand: where the random arm ends, the comparison ends.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from askwise.core.errors import BadInput
from askwise.core.types import FloatArray, IntArray
from askwise.judge.resample import DRAWS, widened
from askwise.judge.savings import labels_to_reach, monotone

Verdict = Literal["saved", "lost", "unclear"]
_SAME = 1e-9
"""Accuracies that differ by less are the same."""

UNITS = {"labels": "labels", "cost": "of cost", "hours": "hours"}
"""What may be saved, and how it is called."""


@dataclass(frozen=True)
class Arm:
    """One arm's learning curve on n random test rows: which of them (k, n) its models of `labels` (k,) rows got right.

    `noise` is the standard deviation of its accuracy over training sets of that kind. `spent` has by unit what the
    first 0, 1, 2, ... of its rows took, (l + 1,).
    """

    labels: FloatArray
    correct: FloatArray
    noise: float = 0.0
    spent: Mapping[str, FloatArray] = field(default_factory=dict)

    def took(self, unit: str, labels: float) -> float:
        """What so many labels took, interpolated; inf for inf."""
        if math.isinf(labels):
            return math.inf
        known = self.spent[unit]
        return float(np.interp(labels, np.arange(len(known)), known))


@dataclass(frozen=True)
class Amount:
    """So much was saved of one unit, with its interval; -inf and an open end where the strategy never got there."""

    unit: str
    saved: float
    low: float
    high: float
    level: float = 0.95

    def __str__(self) -> str:
        return f"{abs(self.saved):,.{self._digits}f} {UNITS[self.unit]} ({self.ends()})"

    def ends(self) -> str:
        """The interval in words."""
        both = (f"{one:,.{self._digits}f}" if math.isfinite(one) else "open" for one in (self.low, self.high))
        return f"{self.level:.0%} interval {' to '.join(both)}"

    @property
    def _digits(self) -> int:
        return {"labels": 0, "cost": 2, "hours": 2}[self.unit]


@dataclass(frozen=True)
class Gained:
    """What a session saved against random rows at equal accuracy.

    `accuracy` is where the random rows ended; `random_labels` of them took it there. The session, its control arm
    included, took `strategy_labels`, inf where all its `most` rows did not. `amounts` has labels,
    and cost and hours where known; `notes` say what is missing of those.
    """

    accuracy: float
    random_labels: float
    strategy_labels: float
    most: int
    amounts: tuple[Amount, ...]
    notes: tuple[str, ...] = ()

    @property
    def labels(self) -> Amount:
        """Labels saved."""
        return self.amounts[0]

    @property
    def verdict(self) -> Verdict:
        """On which side of nothing saved the interval of the labels lies."""
        if self.labels.low > 0:
            return "saved"
        return "lost" if self.labels.high < 0 else "unclear"

    def sentence(self) -> str:
        """In plain words, without a full stop."""
        at = f"accuracy {self.accuracy:.3f} took {self.random_labels:.0f} random labels and {self._took()}"
        if self.verdict == "unclear":
            return f"not yet distinguishable from random: {at} (labels saved: {self.labels.ends()})"
        if not math.isfinite(self.labels.saved):
            return f"worse than random: {at}"
        word = "saved" if self.verdict == "saved" else "lost"
        return f"{word} {', '.join(map(str, self.amounts))}: {at}"

    def to_dict(self) -> dict[str, Any]:
        """JSON-able, with infinite numbers as None."""
        amounts = {one.unit: {k: _finite(getattr(one, k)) for k in ("saved", "low", "high")} for one in self.amounts}
        return {
            "verdict": self.verdict,
            "sentence": self.sentence(),
            "accuracy": self.accuracy,
            "random_labels": self.random_labels,
            "strategy_labels": _finite(self.strategy_labels),
            "notes": list(self.notes),
            **amounts,
        }

    def _took(self) -> str:
        if math.isfinite(self.strategy_labels):
            return f"{self.strategy_labels:.0f} of this session's"
        return f"more than this session's {self.most}"


def gained(strategy: Arm, random: Arm, *, level: float = 0.95, draws: int = DRAWS, seed: int = 0) -> Gained:
    """Labels, cost and hours saved at the accuracy where the random arm ends, with an interval.

    Both curves are made non-decreasing. The strategy is taken to need so many times the labels of random rows,
    wherever on the curve: as many times as make its curve as high as the random one on average over the random arm's
    counts. So every count says something, and on which side of nothing saved the result lies is decided by the mean
    difference of the curves, which is zero on average if the strategy is random itself. Below its first count a curve
    goes on with the random arm's mean slope over the logarithm of labels. The interval comes from a bootstrap of the
    test rows, the same for all models, in which each arm's curve is moved up or down as a whole by its noise: which
    rows happened to be drawn for training matters as much as which for testing.

    Raises BadInput for curves that do not fit.

    >>> labels, half = np.array([10.0, 20.0]), np.arange(40) % 2
    >>> chance = Arm(labels, np.array([half * 0.0, half]), spent={"labels": np.arange(21.0)})
    >>> found = gained(Arm(labels, np.array([half, half]), spent={"labels": np.arange(21.0)}), chance)
    >>> round(found.strategy_labels, 4), round(found.labels.saved, 4), found.verdict
    (10.0, 10.0, 'saved')
    """
    _check(strategy, random)
    n = random.correct.shape[1]
    generator = np.random.default_rng(seed)
    picks = generator.integers(0, n, size=(draws, n))
    moved = generator.normal(size=(draws, 2)) * [strategy.noise, random.noise]
    drawn = np.array([_needed(strategy, random, rows, move)[1:] for rows, move in zip(picks, moved, strict=True)])
    accuracy, *needed = _needed(strategy, random, np.arange(n), np.zeros(2))
    amounts = tuple(_amount(unit, strategy, random, np.array([needed]), drawn, level) for unit in random.spent)
    return Gained(accuracy, needed[0], needed[1], int(strategy.labels[-1]), amounts)


def _needed(strategy: Arm, random: Arm, rows: IntArray, move: FloatArray) -> tuple[float, float, float]:
    """The accuracy at the random arm's end, and the labels of both arms for it, on these test rows."""
    ours, theirs = (monotone(arm.correct[:, rows].mean(axis=1)) for arm in (strategy, random))
    level = float(theirs[-1])
    # Where its last rows taught the random arm nothing, it did not need them either.
    alone = labels_to_reach(random.labels, theirs, level)
    needed = alone * stretch(strategy.labels, ours + move[0] - move[1], random.labels, theirs)
    return level, alone, needed if needed <= strategy.labels[-1] else math.inf


def stretch(labels: FloatArray, ours: FloatArray, counts: FloatArray, theirs: FloatArray) -> float:
    """How many times as many labels make our curve (k,) as high as theirs (u,) on average over their counts.

    At least what our first count is of their last; inf where all our labels are not enough.

    >>> n = np.array([10.0, 20.0, 40.0])
    >>> round(stretch(n, np.array([0.5, 0.6, 0.7]), n, np.array([0.4, 0.5, 0.6])), 3)
    0.5
    """
    at, known = np.log(counts), np.log(labels)
    slope = (theirs[-1] - theirs[0]) / max(at[-1] - at[0], 1e-12)
    shifts = np.unique(known[:, None] - at)  # between these the curves' distance is linear
    x = at + shifts[:, None]
    height = np.interp(x, known, ours) - slope * np.maximum(known[0] - x, 0.0)
    ahead = height.mean(axis=1) - theirs.mean()  # grows with the shift
    if ahead[-1] < -_SAME:
        return math.inf
    # A level stretch of curve fits many shifts: the one next to none is taken, so that nothing is made of nothing.
    low, high = (float(_crossing(ahead, shifts, end)) for end in (-_SAME, _SAME))
    return float(np.exp(np.clip(0.0, low, high)))


def _crossing(ahead: FloatArray, shifts: FloatArray, level: float) -> float:
    """Where a non-decreasing curve reaches a level, interpolated; an end where it is above it, or below, all along."""
    above = int(np.searchsorted(ahead, level))
    if above == 0:
        return float(shifts[0])
    if above == len(ahead):
        return float(shifts[-1])
    low, high = ahead[above - 1], ahead[above]
    share = 1.0 if high <= low else (level - low) / (high - low)
    return float(shifts[above - 1] + share * (shifts[above] - shifts[above - 1]))


def _amount(unit: str, strategy: Arm, random: Arm, needed: FloatArray, drawn: FloatArray, level: float) -> Amount:
    saved = [
        np.array([random.took(unit, alone) - strategy.took(unit, ours) for alone, ours in some.tolist()])
        for some in (needed, drawn)
    ]
    tail = widened(level, strategy.correct.shape[1])
    # Order statistics, not interpolation: between two infinite draws interpolation would make a NaN.
    low, high = np.quantile(saved[1], tail, method="lower"), np.quantile(saved[1], 1 - tail, method="higher")
    return Amount(unit, float(saved[0][0]), float(low), float(high), level)


def _check(strategy: Arm, random: Arm) -> None:
    for name, arm in (("strategy", strategy), ("random", random)):
        k, n = len(arm.labels), random.correct.shape[-1]
        if arm.correct.shape != (k, n) or not k or not n or (np.diff(arm.labels) <= 0).any():
            raise BadInput(
                f"correct of the {name} arm has shape {arm.correct.shape}; give ({k}, {n}): one line for each of"
                " increasing counts of labels, one column for each test row"
            )
        if not math.isfinite(arm.noise) or arm.noise < 0 or strategy.spent.keys() != random.spent.keys():
            raise BadInput(
                f"noise={arm.noise}, spent {sorted(arm.spent)} ({name}); give a deviation, and the same units"
            )


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
