"""Comparing strategies over data sets: paired differences with intervals, Wilcoxon with Holm, effect sizes, power.

Runs are paired by block and seed (see `Scores`). The unit of a claim about strategies in general is the data set; about
one data set, the seed. Source: Demsar 2006, Statistical Comparisons of Classifiers over Multiple Data Sets, JMLR 7.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from askwise.core.errors import BadInput
from askwise.core.types import FloatArray
from askwise.judge.resample import DRAWS, ENOUGH, Interval, interval
from askwise.lab.scores import Scores

Verdict = Literal["better", "worse", "unclear"]


@dataclass(frozen=True)
class Comparison:
    """What is known of arm - reference over all blocks.

    `p` is of the two-sided signed-rank test over `units` (blocks, or the seeds of a single block); `adjusted` is the
    same after Holm's correction over the comparisons it was made with. `effect` is the matched-pairs rank-biserial
    correlation in [-1, 1]. `blocks` counts blocks won, tied and lost.
    """

    arm: str
    reference: str
    difference: float
    interval: Interval
    units: int
    p: float
    adjusted: float
    effect: float
    blocks: tuple[int, int, int]

    def verdict(self, alpha: float = 0.05) -> Verdict:
        """Better or worse where both the adjusted test and the interval say so; else unclear."""
        if self.adjusted >= alpha or not (self.interval.low > 0 or self.interval.high < 0):
            return "unclear"
        return "better" if self.difference > 0 else "worse"

    def sentence(self, measure: str, alpha: float = 0.05) -> str:
        """The comparison in one plain sentence, without a full stop."""
        found = self.verdict(alpha)
        over = f"{self.units} {'seeds of one data set' if sum(self.blocks) == 1 else 'settings'}"
        claim = (
            f"{self.arm} is not distinguishable from {self.reference}"
            if found == "unclear"
            else f"{self.arm} is {found} than {self.reference}"
        )
        p = "p < 0.001" if self.adjusted < 0.001 else f"p = {self.adjusted:.3f}"
        return f"{claim} in {measure}: {self.difference:+.3f} ({self.bounds('{:+.3f}')}; {p} over {over})"

    def bounds(self, form: str) -> str:
        """The interval in words; below five units it is only the range that resampling them gives."""
        ends = " to ".join(form.format(end) for end in (self.interval.low, self.interval.high))
        if self.units < 2:
            return "one run: no interval"
        return f"95% interval {ends}" if self.units >= ENOUGH else f"range {ends}"


def compare(scores: Scores, reference: str, arms: Sequence[str] | None = None) -> list[Comparison]:
    """Every arm (by default all others) against the reference, p-values adjusted by Holm over these comparisons.

    The interval resamples blocks and, within each, its seeds. Raises BadInput for an arm that shares no run with the
    reference.
    """
    names = [name for name in scores.strategies if name != reference] if arms is None else list(arms)
    found = [_one(scores, arm, reference) for arm in names]
    adjusted = holm([one.p for one in found])
    return [Comparison(**{**one.__dict__, "adjusted": float(p)}) for one, p in zip(found, adjusted, strict=True)]


def _one(scores: Scores, arm: str, reference: str) -> Comparison:
    pairs = [gap for gap in scores.pairs(arm, reference) if gap.size]
    if not pairs:
        raise BadInput(f"{arm!r} and {reference!r} have no data set and seed in common; run both on the same")
    means = np.array([gap.mean() for gap in pairs])
    units = means if len(pairs) > 1 else pairs[0]
    p, effect = signed_rank(units)
    return Comparison(arm, reference, float(means.mean()), spread(pairs), len(units), p, p, effect, win_tie_loss(pairs))


def signed_rank(gaps: FloatArray) -> tuple[float, float]:
    """Two-sided p of Wilcoxon's signed-rank test, and the rank-biserial correlation (Kerby 2014), of paired gaps (n,).

    Zero gaps say nothing and are left out (Wilcoxon 1945). Without any other, p = 1 and the correlation is 0.

    >>> p, effect = signed_rank(np.array([1.0, 2.0, 3.0, 4.0, 5.0, -6.0]))
    >>> round(p, 4), round(effect, 4)  # ranks 1 to 5 against rank 6: (15 - 6) / 21
    (0.4375, 0.4286)
    """
    from scipy.stats import rankdata, wilcoxon

    # Ties of a discrete measure, told apart by rounding alone, are ties.
    kept = np.round(gaps, 12)
    kept = kept[kept != 0]
    if kept.size == 0:
        return 1.0, 0.0
    ranks = rankdata(np.abs(kept))
    plus, minus = ranks[kept > 0].sum(), ranks[kept < 0].sum()
    return float(wilcoxon(kept).pvalue), float((plus - minus) / (plus + minus))


def holm(p: Sequence[float]) -> FloatArray:
    """P-values adjusted for their number, step down: the chance of any false claim stays below the level.

    Source: Holm 1979, A Simple Sequentially Rejective Multiple Test Procedure, Scandinavian Journal of Statistics 6.

    >>> holm([0.01, 0.04, 0.03]).round(3).tolist()
    [0.03, 0.06, 0.06]
    """
    values = np.asarray(p, dtype=np.float64)
    order = np.argsort(values, kind="stable")
    steps = np.maximum.accumulate(values[order] * np.arange(len(values), 0, -1))
    out = np.empty(len(values))
    out[order] = np.minimum(steps, 1.0)
    return out


def spread(pairs: Sequence[FloatArray], level: float = 0.95, draws: int = DRAWS, seed: int = 0) -> Interval:
    """Interval of the mean gap over blocks: blocks are drawn with replacement, and within each its seeds.

    With one block only seeds are drawn. Widened for few units as every interval here (see `judge.resample`).
    """
    generator = np.random.default_rng(seed)
    blocks = len(pairs)
    drawn = np.stack([gap[generator.integers(0, gap.size, (draws, gap.size))].mean(axis=1) for gap in pairs], axis=1)
    if blocks > 1:
        which = generator.integers(0, blocks, (draws, blocks))
        drawn = np.take_along_axis(drawn, which, axis=1)
    return interval(drawn.mean(axis=1), blocks if blocks > 1 else pairs[0].size, level)


def win_tie_loss(pairs: Sequence[FloatArray], level: float = 0.95) -> tuple[int, int, int]:
    """Blocks won, tied and lost: won where the interval over the block's paired seeds lies above zero.

    Blocks of fewer than five seeds are ties: so few cannot tell. See `judge.resample.ENOUGH`.

    >>> win_tie_loss([np.array([0.1, 0.2, 0.1, 0.2, 0.1]), np.array([-0.1, 0.1, 0.0, 0.1, -0.1]), np.array([0.5])])
    (1, 2, 0)
    """
    won = lost = 0
    for gap in pairs:
        if gap.size >= ENOUGH:
            found = spread([gap], level)
            won += found.low > 0
            lost += found.high < 0
    return won, len(pairs) - won - lost, lost


def seeds_needed(gaps: FloatArray, difference: float, power: float = 0.8, alpha: float = 0.05) -> int:
    """Paired seeds that a two-sided t-test needs to find a difference, from the spread of the gaps (r,) at hand.

    Smallest n whose noncentral t gives the power (Cohen 1988, chapter 2). Raises BadInput for fewer than two gaps and
    for a difference of zero.

    >>> seeds_needed(np.array([-1.0, 1.0, -1.0, 1.0]) * math.sqrt(0.75), 1.0)  # sd 1, d = 1: Cohen's table says 10
    10
    """
    if gaps.size < 2 or difference == 0 or not 0 < power < 1 or not 0 < alpha < 1:
        raise BadInput(
            f"{gaps.size} gaps, difference={difference}, power={power}, alpha={alpha}: give two gaps or more, a"
            " difference other than zero, and shares between 0 and 1"
        )
    effect = abs(difference) / max(float(gaps.std(ddof=1)), 1e-12)
    high = 2
    while _power(high, effect, alpha) < power:
        high *= 2
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _power(middle, effect, alpha) >= power else (middle, high)
    return max(high, 2)


def _power(n: int, effect: float, alpha: float) -> float:
    from scipy.stats import nct, t

    if n < 2:
        return 0.0
    edge, shift = t.ppf(1 - alpha / 2, n - 1), effect * math.sqrt(n)
    # Far beyond the edge the noncentral t is not computed reliably, and the power is one.
    return 1.0 if shift > edge + 8 else float(nct.sf(edge, n - 1, shift) + nct.cdf(-edge, n - 1, shift))
