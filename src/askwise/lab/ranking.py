"""Ranks over data sets: Friedman's test, the critical difference, who cannot be told apart, and the penalty matrix."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from askwise.core.errors import BadInput
from askwise.core.types import BoolArray, FloatArray
from askwise.lab.compare import holm, signed_rank
from askwise.lab.scores import Scores


@dataclass(frozen=True)
class Ranking:
    """Strategies from best to worst by mean rank (1 is best) over blocks that all of them finished.

    `p` is Friedman's in the form of Iman and Davenport; `critical` is Nemenyi's critical difference; `cliques` are the
    largest groups of neighbours in rank of which no two differ by Wilcoxon with Holm over all pairs.
    """

    strategies: tuple[str, ...]
    ranks: FloatArray
    blocks: int
    p: float
    critical: float
    cliques: tuple[tuple[str, ...], ...]


def ranking(scores: Scores, alpha: float = 0.05) -> Ranking:
    """The ranking of all strategies over the blocks that all of them finished.

    Raises BadInput for fewer than two strategies, and for fewer than two such blocks.

    Sources: Demsar 2006, JMLR 7, section 3.2; Benavoli, Corani and Mangili 2016, Should We Really Use Post-Hoc Tests
    Based on Mean-Ranks?, JMLR 17, for pairs by Wilcoxon.
    """
    blocks, means = scores.complete()
    if len(scores.strategies) < 2 or len(blocks) < 2:
        raise BadInput(
            f"{len(scores.strategies)} strategies on {len(blocks)} data sets that all of them finished; a ranking"
            " needs two of each"
        )
    mean_ranks = ranks(means).mean(axis=1)
    order = np.argsort(mean_ranks, kind="stable")
    names = tuple(scores.strategies[i] for i in order)
    differ = different(means[order], alpha)
    groups = tuple(tuple(names[i] for i in range(start, stop)) for start, stop in cliques(differ))
    k, n = means.shape
    return Ranking(names, mean_ranks[order], n, friedman(mean_ranks, n), critical_difference(k, n, alpha), groups)


def ranks(means: FloatArray) -> FloatArray:
    """Ranks (s, b) within each block of means (s, b): 1 is the largest, ties share the mean of their places.

    >>> ranks(np.array([[0.9, 0.5], [0.8, 0.5], [0.7, 0.1]])).T.tolist()
    [[1.0, 2.0, 3.0], [1.5, 1.5, 3.0]]
    """
    from scipy.stats import rankdata

    # Equal scores that differ by rounding alone are ties.
    return np.asarray(rankdata(-np.round(means, 12), axis=0))


def friedman(mean_ranks: FloatArray, blocks: int) -> float:
    """P-value of no difference between k strategies over n blocks, by Iman and Davenport's F of Friedman's statistic.

    chi2 = 12 n / (k (k + 1)) (sum R^2 - k (k + 1)^2 / 4), F = (n - 1) chi2 / (n (k - 1) - chi2) with k - 1 and
    (k - 1)(n - 1) degrees of freedom.

    >>> mean_ranks = np.array([3.143, 2.0, 2.893, 1.964])  # Demsar 2006, table 6: F = 3.69, p = 0.02
    >>> round(friedman(mean_ranks, 14), 2)
    0.02
    """
    from scipy.stats import f

    k = len(mean_ranks)
    chi2 = 12 * blocks / (k * (k + 1)) * (float((mean_ranks**2).sum()) - k * (k + 1) ** 2 / 4)
    rest = blocks * (k - 1) - chi2
    if rest <= 1e-9:  # every block ranks them alike
        return 0.0
    return float(f.sf((blocks - 1) * chi2 / rest, k - 1, (k - 1) * (blocks - 1)))


def critical_difference(strategies: int, blocks: int, alpha: float = 0.05) -> float:
    """Nemenyi's least significant difference of mean ranks: q sqrt(k (k + 1) / (6 n)).

    >>> round(critical_difference(4, 14), 2)  # Demsar 2006, section 3.2.4
    1.25
    """
    from scipy.stats import studentized_range

    q = studentized_range.ppf(1 - alpha, strategies, np.inf) / math.sqrt(2)
    return float(q * math.sqrt(strategies * (strategies + 1) / (6 * blocks)))


def different(means: FloatArray, alpha: float = 0.05) -> BoolArray:
    """Which pairs (s, s) of means (s, b) differ: Wilcoxon over blocks, Holm over all pairs."""
    pairs = list(combinations(range(len(means)), 2))
    adjusted = holm([signed_rank(means[i] - means[j])[0] for i, j in pairs])
    out = np.zeros((len(means), len(means)), dtype=bool)
    for (i, j), p in zip(pairs, adjusted, strict=True):
        out[i, j] = out[j, i] = p < alpha
    return out


def cliques(differ: BoolArray) -> list[tuple[int, int]]:
    """Largest runs [start, stop) of neighbours of which no two differ, longer than one and none inside another.

    >>> differ = np.zeros((4, 4), dtype=bool)
    >>> differ[0, 2:] = differ[2:, 0] = True
    >>> cliques(differ)
    [(0, 2), (1, 4)]
    """
    found: list[tuple[int, int]] = []
    for start in range(len(differ)):
        stop = start + 1
        while stop < len(differ) and not differ[start : stop + 1, stop].any():
            stop += 1
        if stop - start > 1 and (not found or stop > found[-1][1]):
            found.append((start, stop))
    return found


def penalties(curves: Sequence[FloatArray], confidence: float = 0.9) -> FloatArray:
    """Pairwise penalty matrix (s, s): how often, over data sets, the row's strategy beats the column's.

    `curves` holds for each data set an array (s, r, k): s strategies, r paired seeds, k label counts. At each count a
    two-sided paired t-test decides; a win is worth 1 / k, so that a data set is worth 1. The mean of a column is what
    the strategy loses: the lower the better. NaN marks seeds that a strategy lacks.

    Source: Ash, Zhang, Krishnamurthy, Langford and Agarwal 2020, Deep Batch Active Learning by Diverse, Uncertain
    Gradient Lower Bounds, ICLR, section 4.

    >>> better = np.array([0.8, 0.9, 0.8])[:, None]
    >>> penalties([np.stack([better, better - 0.5 - np.array([[0.0], [0.01], [0.0]])])]).tolist()
    [[0.0, 1.0], [0.0, 0.0]]
    """
    if not curves:
        raise BadInput("penalties need at least one data set; got none")
    strategies = len(curves[0])
    out = np.zeros((strategies, strategies))
    for block in curves:
        for i, j in combinations(range(strategies), 2):
            wins = _wins(block[i] - block[j], confidence)
            out[i, j] += (wins > 0).mean()
            out[j, i] += (wins < 0).mean()
    return out


def _wins(gap: FloatArray, confidence: float) -> FloatArray:
    """Per label count (k,): 1 where the gap (r, k) over seeds is above zero, -1 where below, 0 where unclear."""
    from scipy.stats import t

    kept = gap[np.isfinite(gap).all(axis=1)]
    if len(kept) < 2:
        return np.zeros(gap.shape[1])
    mean, error = kept.mean(axis=0), kept.std(axis=0, ddof=1) / math.sqrt(len(kept))
    edge = t.ppf((1 + confidence) / 2, len(kept) - 1)
    # Seeds that all agree have no spread: any gap at all is then a win.
    return np.where(np.abs(mean) > np.maximum(edge * error, 1e-12), np.sign(mean), 0.0)
