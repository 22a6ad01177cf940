"""Learning curves over repeats: on common label counts, with bands, and the area under them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from askwise.core.errors import BadInput
from askwise.core.types import FloatArray
from askwise.judge.resample import DRAWS, Interval, bounds, interval, resamples


@dataclass(frozen=True)
class Band:
    """Mean, lower and upper bound (k,) at label counts (k,); the bounds are NaN with a single repeat."""

    labels: FloatArray
    mean: FloatArray
    low: FloatArray
    high: FloatArray


@dataclass(frozen=True)
class Curve:
    """A measure (r, k) of r repeats at k increasing label counts (k,). Repeat i of every arm has the same seed.

    >>> curve = Curve.of([([10, 30], [0.5, 0.7]), ([10, 20, 30], [0.6, 0.6, 0.9])])
    >>> curve.labels.tolist(), curve.mean().round(3).tolist()
    ([10.0, 20.0, 30.0], [0.55, 0.6, 0.8])
    """

    labels: FloatArray
    values: FloatArray

    @classmethod
    def of(cls, runs: Sequence[tuple[Any, Any]]) -> Curve:
        """The curve of runs (labels, values), on the label counts that all runs span.

        A run that was measured at other counts is interpolated linearly; nothing is ever extrapolated. Raises BadInput
        when there is no run, or when the runs have no label count in common.
        """
        if not runs:
            raise BadInput("a curve needs at least one run of (labels, values), got 0")
        checked = [_checked(labels, values) for labels, values in runs]
        first = max(labels[0] for labels, _ in checked)
        last = min(labels[-1] for labels, _ in checked)
        if first > last:
            raise BadInput(f"the runs do not overlap: one starts at {first:g} labels, another ends at {last:g}")
        grid = np.unique(np.concatenate([labels for labels, _ in checked]))
        grid = grid[(grid >= first) & (grid <= last)]
        return cls(grid, np.stack([np.interp(grid, labels, values) for labels, values in checked]))

    @property
    def repeats(self) -> int:
        """How many runs there are."""
        return len(self.values)

    def mean(self) -> FloatArray:
        """Mean over repeats, (k,)."""
        return np.asarray(self.values.mean(axis=0))

    def at(self, labels: Any) -> Curve:
        """The curve at these label counts (j,). Raises BadInput outside of what was measured."""
        wanted = np.atleast_1d(np.asarray(labels, dtype=np.float64))
        outside = (wanted < self.labels[0]) | (wanted > self.labels[-1])
        if outside.any():
            raise BadInput(
                f"nothing was measured at {wanted[outside][0]:g} labels;"
                f" ask between {self.labels[0]:g} and {self.labels[-1]:g}"
            )
        return Curve(wanted, np.stack([np.interp(wanted, self.labels, row) for row in self.values]))

    def band(self, level: float = 0.95, draws: int = DRAWS, seed: int = 0) -> Band:
        """Mean with pointwise bootstrap bounds over repeats."""
        drawn = self.values[resamples(self.repeats, draws, seed)].mean(axis=1)
        low, high = bounds(drawn, self.repeats, level)
        return Band(self.labels, self.mean(), low, high)

    def area(self) -> FloatArray:
        """Area under each run's curve divided by the span of labels, (r,): the mean height, in the measure's unit.

        Trapezoids; with one label count, the value there. The usual AULC (Settles 2009, section 6).

        >>> Curve.of([([0, 10, 20], [0.0, 0.5, 0.6])]).area().round(3).tolist()
        [0.4]
        """
        span = self.labels[-1] - self.labels[0]
        if span == 0:
            return np.asarray(self.values[:, 0])
        return np.asarray(np.trapezoid(self.values, self.labels, axis=1) / span)


def difference(arm: FloatArray, reference: FloatArray, level: float = 0.95) -> tuple[float, Interval]:
    """Mean of arm - reference over paired repeats (r,) each, with its bootstrap interval.

    >>> difference(np.array([0.8, 0.9]), np.array([0.7, 0.8]))[0].__round__(3)
    0.1
    """
    gap = np.asarray(arm, dtype=np.float64) - np.asarray(reference, dtype=np.float64)
    drawn = gap[resamples(len(gap))].mean(axis=1)
    return float(gap.mean()), interval(drawn, len(gap), level)


def check_paired(arm: Curve, reference: Curve) -> None:
    """Raise BadInput unless the two curves have as many repeats and label counts in common."""
    if arm.repeats != reference.repeats:
        raise BadInput(f"{arm.repeats} and {reference.repeats} repeats cannot be paired; run as many of each")
    first, last = max(arm.labels[0], reference.labels[0]), min(arm.labels[-1], reference.labels[-1])
    if first > last:
        raise BadInput(f"the curves do not overlap: one starts at {first:g} labels, the other ends at {last:g}")


def _checked(labels: Any, values: Any) -> tuple[FloatArray, FloatArray]:
    counts, heights = np.asarray(labels, dtype=np.float64), np.asarray(values, dtype=np.float64)
    if counts.ndim != 1 or counts.shape != heights.shape or not counts.size:
        raise BadInput(f"labels {counts.shape} and values {heights.shape} of a run must be equally long, and not empty")
    if (np.diff(counts) <= 0).any():
        raise BadInput(f"label counts must increase, got {counts.tolist()[:8]}")
    if not np.isfinite(heights).all():
        raise BadInput(f"a run holds {heights[~np.isfinite(heights)][0]}; measure it again")
    return counts, heights
