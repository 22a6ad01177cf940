"""What the control arm says: queries drawn uniformly at random are an unbiased sample of the pool.

Everything here takes arrays of correctness: whether a model was right on a row that it had not been trained on.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from askwise.core.errors import BadInput
from askwise.core.types import FloatArray

WINDOW = 20
"""Control rows that are called recent."""


@dataclass(frozen=True)
class Estimate:
    """A share with its interval, from n rows.

    >>> str(Estimate(0.8, 0.6, 0.9, 20))
    '0.800 (95% interval 0.600 to 0.900, 20 rows)'
    """

    value: float
    low: float
    high: float
    n: int
    level: float = 0.95

    def __str__(self) -> str:
        return f"{self.value:.3f} ({self.level:.0%} interval {self.low:.3f} to {self.high:.3f}, {self.n} rows)"


def wilson(right: int, n: int, level: float = 0.95) -> Estimate:
    """A share right / n with Wilson's score interval: sound for few rows and for shares near 0 and 1.

    Centre (p + z^2 / 2n) / (1 + z^2 / n), half width z sqrt(p (1 - p) / n + z^2 / 4n^2) / (1 + z^2 / n). Source: Wilson
    1927, Probable Inference (JASA 22). Raises BadInput for no rows, or more right than rows.

    >>> found = wilson(8, 10)
    >>> round(found.low, 3), round(found.high, 3)
    (0.49, 0.943)
    """
    from scipy.stats import norm

    if n < 1 or not 0 <= right <= n:
        raise BadInput(f"{right} of {n} rows right is no share; at least one control row must be labelled")
    z = float(norm.ppf((1 + level) / 2))
    share, spread = right / n, z * z / n
    centre = (share + spread / 2) / (1 + spread)
    half = z * math.sqrt(share * (1 - share) / n + spread / (4 * n)) / (1 + spread)
    # At 0 and n right the exact bounds are 0 and 1; floating point misses them by 1e-17.
    return Estimate(share, 0.0 if right == 0 else centre - half, 1.0 if right == n else centre + half, n, level)


def accuracy(correct: Any, level: float = 0.95) -> Estimate:
    """Accuracy on the control rows (n,) of True and False, with Wilson's interval."""
    right = _flags("correct", correct)
    return wilson(int(right.sum()), right.size, level)


def recent(correct: Sequence[bool]) -> Sequence[bool]:
    """The later half of the outcomes, or the last 20: the model of today, not that of the first rounds."""
    return correct[-max(WINDOW, len(correct) // 2) :]


def prequential(correct: Any, window: int = 20, level: float = 0.95) -> list[Estimate]:
    """Accuracy over the last `window` control rows, after each row (n,) in the order of the answers.

    Each row was predicted before it was trained on ("test, then train": Gama, Sebastiao and Rodrigues 2013, On
    Evaluating Stream Learning Algorithms), so no label is spent on testing alone.

    >>> [round(one.value, 2) for one in prequential([0, 1, 1, 1], window=2)]
    [0.0, 0.5, 1.0, 1.0]
    """
    right = _flags("correct", correct)
    if window < 1:
        raise BadInput(f"window={window} control rows say nothing; give at least 1")
    total = np.concatenate([[0], np.cumsum(right)])
    starts = np.maximum(np.arange(1, right.size + 1) - window, 0)
    return [wilson(int(total[end] - total[start]), int(end - start), level) for end, start in enumerate(starts, 1)]


def advantage(strategy: Any, control: Any, level: float = 0.95) -> Estimate:
    """How much more often the strategy's model is right than the control-only model, on the same rows (n,) each.

    Newcombe's interval 10 for paired shares: Wilson's limits of both shares, joined through their correlation. Source:
    Newcombe 1998, Improved Confidence Intervals for the Difference Between Binomial Proportions Based on Paired
    Data (Statistics in Medicine 17), method 10.

    >>> found = advantage([1] * 43 + [0] * 7, [1] * 36 + [0] * 14)
    >>> round(found.value, 2), found.low > 0
    (0.14, True)
    """
    ours, theirs = _flags("strategy", strategy), _flags("control", control)
    if ours.shape != theirs.shape:
        raise BadInput(f"{ours.size} and {theirs.size} rows cannot be paired; judge both models on the same rows")
    a, b = wilson(int(ours.sum()), ours.size, level), wilson(int(theirs.sum()), theirs.size, level)
    phi = _phi(ours, theirs)
    gap = a.value - b.value
    below = math.hypot(a.value - a.low, b.high - b.value) ** 2 - 2 * phi * (a.value - a.low) * (b.high - b.value)
    above = math.hypot(b.value - b.low, a.high - a.value) ** 2 - 2 * phi * (b.value - b.low) * (a.high - a.value)
    return Estimate(gap, gap - math.sqrt(max(below, 0.0)), gap + math.sqrt(max(above, 0.0)), ours.size, level)


def _phi(ours: FloatArray, theirs: FloatArray) -> float:
    """Correlation of the two, shrunk towards none for few discordant rows as Newcombe's method 10 has it."""
    both, neither = float((ours * theirs).sum()), float(((1 - ours) * (1 - theirs)).sum())
    left, right = float((ours * (1 - theirs)).sum()), float(((1 - ours) * theirs).sum())
    scale = math.sqrt((both + left) * (right + neither) * (both + right) * (left + neither))
    if scale == 0:
        return 0.0
    cross = both * neither - left * right
    if cross > 0:
        cross = max(cross - ours.size / 2, 0.0)
    return cross / scale


def _flags(name: str, values: Any) -> FloatArray:
    flags = np.asarray(values, dtype=np.float64)
    if flags.ndim != 1 or not flags.size or not np.isin(flags, (0.0, 1.0)).all():
        raise BadInput(f"{name} has shape {flags.shape}; give one True or False per control row, at least one")
    return flags
