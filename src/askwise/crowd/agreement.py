"""How far annotators agree: per cent, and beyond chance by kappas and alpha, with bootstrap intervals."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from askwise.core.arrays import floats
from askwise.core.errors import BadInput, did_you_mean
from askwise.core.types import FloatArray, IntArray
from askwise.crowd.table import Table

DRAWS = 1000
"""Resamples of a bootstrap interval."""


@dataclass(frozen=True)
class Agreement:
    """A coefficient, one for full agreement and zero for chance, with its interval over rows.

    NaN where it is undefined: every answer names the same class, and chance alone agrees fully. The interval is the
    bootstrap's percentiles over rows; resamples in which the coefficient is undefined are left out.

    >>> str(Agreement(0.4, 0.12, 0.66, 50, 0.95))
    '0.400 (95% interval 0.120 to 0.660, 50 rows)'
    """

    value: float
    low: float
    high: float
    rows: int
    level: float

    def __str__(self) -> str:
        return f"{self.value:.3f} ({self.level:.0%} interval {self.low:.3f} to {self.high:.3f}, {self.rows} rows)"


def cohen_kappa(
    first: Any, second: Any, *, weights: str | None = None, level: float = 0.95, draws: int = DRAWS, seed: int = 0
) -> Agreement:
    """Cohen's kappa of two annotators' class indices (n,), (n,) on the same rows.

    1 - sum w o / sum w e with o the shares of class pairs and e those of chance; w = 1 for a disagreement, or
    ``linear`` |i - j|, ``quadratic`` (i - j)^2 for ordered classes. Raises BadInput for lengths that differ. Source:
    Cohen 1960 and 1968.

    >>> round(cohen_kappa([0] * 25 + [1] * 25, [0] * 20 + [1] * 5 + [0] * 10 + [1] * 15).value, 3)
    0.4
    """
    one, two = _classes("first", first), _classes("second", second)
    if len(one) != len(two) or not len(one):
        raise BadInput(f"{len(one)} and {len(two)} labels; give two classes for each row, at least one row")
    c = int(max(one.max(), two.max())) + 1
    cost = _cohen_cost(c, weights)

    def kappa(chosen: FloatArray) -> float:
        shares = np.bincount(one * c + two, chosen, minlength=c * c).reshape(c, c) / chosen.sum()
        chance = (cost * np.outer(shares.sum(axis=1), shares.sum(axis=0))).sum()
        return float(1 - (cost * shares).sum() / chance) if chance > 0 else math.nan

    return with_interval(kappa, len(one), level, draws, seed)


def percent_agreement(answers: Table, *, level: float = 0.95, draws: int = DRAWS, seed: int = 0) -> Agreement:
    """Share of pairs of answers to a row that are the same, each row alike: what the kappas set against chance.

    Mean over rows with two answers or more of sum_k n_k (n_k - 1) / (n (n - 1)). Raises BadInput if no row has two
    answers. Source: Fleiss 1971, the mean of P_i.

    >>> from askwise.crowd import table
    >>> said = table({"item": [0, 0, 1, 1], "annotator": [0, 1, 0, 1], "label": [0, 0, 1, 0]})
    >>> percent_agreement(said).value
    0.5
    """
    agreeing = _agreeing(_paired(answers))
    return with_interval(lambda chosen: float(chosen @ agreeing / chosen.sum()), len(agreeing), level, draws, seed)


def fleiss_kappa(answers: Table, *, level: float = 0.95, draws: int = DRAWS, seed: int = 0) -> Agreement:
    """Fleiss' kappa of any number of annotators, who need not be the same on each row.

    (mean P_i - sum p_k^2) / (1 - sum p_k^2), P_i the share of agreeing pairs of answers of row i, p_k the share of
    class k among all answers. Rows with one answer are left out; with unequal numbers of answers every row counts
    alike in mean P_i and every answer in p_k. Raises BadInput if no row has two answers. Source: Fleiss 1971.

    >>> from askwise.crowd import table
    >>> said = table({"item": [0, 0, 1, 1], "annotator": [0, 1, 0, 1], "label": [0, 0, 1, 0]})
    >>> round(fleiss_kappa(said).value, 3)
    -0.333
    """
    counts = _paired(answers)
    total, agreeing = counts.sum(axis=1), _agreeing(counts)

    def kappa(chosen: FloatArray) -> float:
        shares = chosen @ counts / (chosen @ total)
        chance = float((shares**2).sum())
        return (float(chosen @ agreeing / chosen.sum()) - chance) / (1 - chance) if chance < 1 else math.nan

    return with_interval(kappa, len(counts), level, draws, seed)


def krippendorff_alpha(
    answers: Table,
    *,
    scale: str = "nominal",
    values: Any = None,
    level: float = 0.95,
    draws: int = DRAWS,
    seed: int = 0,
) -> Agreement:
    """Krippendorff's alpha: any number of annotators, missing answers, and a scale of the classes.

    1 - D_o / D_e over coincidences: each ordered pair of answers of a row counts 1 / (answers of it - 1), D sums the
    squared difference of the pair. `scale`: ``nominal`` (0 or 1), ``ordinal`` (answers that rank between the two),
    ``interval`` (of `values` (c,), by default the class indices). Rows with one answer are left out. Raises BadInput
    for another scale, or if no row has two answers. Source: Krippendorff 2011, Computing Krippendorff's
    Alpha-Reliability.

    >>> from askwise.crowd import table
    >>> said = table({"item": [0, 0, 1, 1], "annotator": [0, 1, 0, 1], "label": [0, 0, 1, 0]})
    >>> round(krippendorff_alpha(said).value, 3)
    0.0
    """
    counts = _paired(answers)
    share = 1.0 / (counts.sum(axis=1) - 1)
    points = np.arange(answers.classes, dtype=np.float64) if values is None else floats("values", values, 1)
    if len(points) != answers.classes:
        raise BadInput(f"values has {len(points)} entries for {answers.classes} classes; give one each")
    _difference(scale, np.zeros(answers.classes), points)

    def alpha(chosen: FloatArray) -> float:
        weighted = counts * (chosen * share)[:, None]
        pairs = counts.T @ weighted - np.diag(weighted.sum(axis=0))
        used = pairs.sum(axis=1)
        apart = _difference(scale, used, points)
        chance = (apart * (np.outer(used, used) - np.diag(used))).sum() / (used.sum() - 1)
        return float(1 - (apart * pairs).sum() / chance) if chance > 0 else math.nan

    return with_interval(alpha, len(counts), level, draws, seed)


def _difference(scale: str, used: FloatArray, points: FloatArray) -> FloatArray:
    """Squared difference (c, c) of classes on a scale, given how often each was used."""
    if scale == "nominal":
        return np.asarray(1.0 - np.eye(len(used)))
    if scale == "interval":
        return np.asarray((points[:, None] - points[None]) ** 2)
    if scale == "ordinal":
        rank = np.cumsum(used) - used / 2
        return np.asarray((rank[:, None] - rank[None]) ** 2)
    raise BadInput(f"scale={scale!r} is not known here.{did_you_mean(scale, ('nominal', 'ordinal', 'interval'))}")


def _cohen_cost(c: int, weights: str | None) -> FloatArray:
    apart: FloatArray = np.abs(np.arange(c)[:, None] - np.arange(c)[None]).astype(np.float64)
    if weights is None:
        return np.asarray((apart > 0).astype(np.float64))
    if weights == "linear":
        return apart
    if weights == "quadratic":
        return np.asarray(apart**2)
    raise BadInput(f"weights={weights!r} is not known here; use None, 'linear' or 'quadratic'")


def _paired(answers: Table) -> FloatArray:
    """Counts (u, c) of the rows with two answers or more."""
    counts = answers.counts[answers.answers_per_row > 1]
    if not len(counts):
        raise BadInput(f"none of {answers.rows} rows has two answers; agreement needs rows that several answered")
    return counts


def _agreeing(counts: FloatArray) -> FloatArray:
    """Share (u,) of the pairs of answers of each row that are the same."""
    total = counts.sum(axis=1)
    return np.asarray((counts * (counts - 1)).sum(axis=1) / (total * (total - 1)))


def _classes(name: str, values: Any) -> IntArray:
    array = np.asarray(values)
    if array.ndim != 1 or array.dtype.kind not in "iub" or (len(array) and array.min() < 0):
        raise BadInput(f"{name} is {array.dtype} {array.shape}; give class indices from 0, one a row")
    return array.astype(np.int64)


def with_interval(
    statistic: Callable[[FloatArray], float], rows: int, level: float, draws: int, seed: int
) -> Agreement:
    """The statistic of row weights (rows,), all one, with percentiles over bootstrap weights; NaN without draws."""
    if not 0 < level < 1 or draws < 0:
        raise BadInput(f"level={level}, draws={draws}: use a level between 0 and 1, and 0 draws or more")
    generator = np.random.default_rng(seed)
    found = [statistic(generator.multinomial(rows, np.full(rows, 1 / rows)).astype(float)) for _ in range(draws)]
    known = [value for value in found if not math.isnan(value)]
    tail = (1 - level) / 2
    low, high = np.quantile(known, [tail, 1 - tail]) if known else (math.nan, math.nan)
    return Agreement(statistic(np.ones(rows)), float(low), float(high), rows, level)
