"""Rows and annotators chosen together: IE-Thresh, and any score times skill over price."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from askwise.core.arrays import check_finite, floats
from askwise.core.errors import BadInput
from askwise.core.types import BoolArray, FloatArray, IntArray
from askwise.crowd.table import Table
from askwise.crowd.vote import majority


@dataclass(frozen=True)
class Accuracy:
    """Estimated accuracy of each annotator (a,) with the ends of its interval; the upper end may pass one."""

    mean: FloatArray
    low: FloatArray
    high: FloatArray


def interval_accuracy(answers: Table, *, alpha: float = 0.05, truth: Any = None) -> Accuracy:
    """Accuracy of annotators against the majority (or `truth` (n,), -1 = unknown) with Student's interval: -> (a,).

    mean +- t s / sqrt(k), over the k rewards 1 (agrees) and 0 of an annotator and one each of 1 and 0 in advance, s
    with k - 1 in the denominator: who answered little has a wide interval. Cost O(r).

    Raises BadInput for alpha outside (0, 1). Source: Donmez, Carbonell and Schneider 2009, Efficiently Learning the
    Accuracy of Labeling Sources for Selective Sampling (KDD), section 3.1.

    >>> from askwise.crowd import table
    >>> said = table({"item": [0, 0, 0, 1], "annotator": [0, 1, 2, 0], "label": [1, 1, 0, 0]})
    >>> interval_accuracy(said).mean.round(3).tolist()
    [0.75, 0.667, 0.333]
    """
    from scipy.stats import t

    if not 0 < alpha < 1:
        raise BadInput(f"alpha={alpha}: give the share outside of the interval, between 0 and 1, such as 0.05")
    label = majority(answers) if truth is None else np.asarray(truth)
    known = label[answers.item] >= 0
    count = 2.0 + answers.per_annotator(known)
    mean = (1.0 + answers.per_annotator(known & (label[answers.item] == answers.label))) / count
    reach = t.ppf(1 - alpha / 2, count - 1) * np.sqrt(mean * (1 - mean) * count / (count - 1)) / np.sqrt(count)
    return Accuracy(mean, mean - reach, mean + reach)


def ie_thresh(answers: Table, *, epsilon: float = 0.9, alpha: float = 0.05) -> BoolArray:
    """IE-Thresh: which annotators to ask about the next row, all together: answers -> (a,) mask.

    Those whose upper end of `interval_accuracy` is at least `epsilon` times the largest: the good and the unknown.
    The row itself is the most uncertain one by any score. Cost O(r). Shines with a fixed panel whose quality is
    unknown: it explores, then narrows down. Fails if the majority is wrong together; and it always asks several.

    Raises BadInput for epsilon outside [0, 1]. Source: Donmez et al. 2009, algorithm 1.

    >>> from askwise.crowd import table
    >>> item = list(range(20)) * 3
    >>> said = table({"item": item, "annotator": [0] * 20 + [1] * 20 + [2] * 20, "label": [0] * 40 + [1] * 20})
    >>> ie_thresh(said).tolist()
    [True, True, False]
    """
    if not 0 <= epsilon <= 1:
        raise BadInput(f"epsilon={epsilon}: give a share of the best upper end, from 0 to 1")
    high = interval_accuracy(answers, alpha=alpha).high
    return np.asarray(high >= epsilon * high.max())


def local_skill(
    answers: Table, embeddings: Any, candidates: Any, *, truth: Any = None, neighbours: int = 10, prior: float = 1.0
) -> FloatArray:
    """How often each annotator is right near each candidate: answers, (n, d), (m, d) -> (m, a) in [0, 1].

    Share of right answers (as the majority, or `truth` (n,), -1 = unknown) among the `neighbours` rows nearest to the
    candidate that the annotator answered, with the annotator's share over all of them as `prior` more answers; an
    annotator without any is right half of the time. With `pairs` and prices it is cost-effective selection from noisy
    oracles: ``pairs(score, local_skill(...), n, price=...)``. Cost O(m n d + a m n). Shines with experts, each good at
    a part of the data. Fails with a handful of answers each; then the share over all rows is as good.

    Raises BadInput for shapes that do not fit, fewer than one neighbour, a prior that is not positive. Source: Huang et
    al. 2017, Cost-Effective Active Learning from Diverse Labelers (IJCAI), section 3.2.

    >>> from askwise.crowd import table
    >>> said = table({"item": [0, 1, 0, 1], "annotator": [0, 0, 1, 1], "label": [0, 1, 1, 1]})
    >>> local_skill(said, [[0.0], [9.0]], [[1.0]], truth=[0, 1], neighbours=1).tolist()
    [[1.0, 0.25]]
    """
    from scipy.spatial.distance import cdist

    rows, wanted = floats("embeddings", embeddings, 2), floats("candidates", candidates, 2)
    label = majority(answers) if truth is None else np.asarray(truth)
    if len(rows) != answers.rows or len(label) != answers.rows or rows.shape[1] != wanted.shape[1]:
        raise BadInput(
            f"embeddings {rows.shape}, candidates {wanted.shape} and truth {label.shape} do not fit {answers.rows}"
            " rows with answers; give (n, d), (m, d) and (n,)"
        )
    if neighbours < 1 or not prior > 0:
        raise BadInput(f"neighbours={neighbours}, prior={prior}: use at least 1 neighbour and a positive prior")
    far = cdist(wanted, rows, "sqeuclidean")
    out = np.full((len(wanted), len(answers.annotators)), 0.5)
    for a in range(out.shape[1]):
        own = (answers.annotator == a) & (label[answers.item] >= 0)
        if not own.any():
            continue
        item, right = answers.item[own], (answers.label == label[answers.item])[own]
        near = np.argsort(far[:, item], axis=1, kind="stable")[:, :neighbours]
        out[:, a] = (right[near].sum(axis=1) + prior * right.mean()) / (near.shape[1] + prior)
    return out


def pairs(
    benefit: Any,
    skill: Any,
    n: int,
    *,
    price: Any = 1.0,
    available: Any = None,
    per_row: int = 1,
    load: Any = None,
    capacity: int | None = None,
    budget: float | None = None,
) -> IntArray:
    """Up to n pairs (row, annotator) by benefit of the row x chance of a right answer / price: -> (k, 2), best first.

    `benefit` (m,) is any score, not negative; `skill` (a,) or (m, a) the chance that annotator j answers row i right;
    `price` one number, (a,) or (m, a). A further answer to the same row counts for the benefit times the chance that
    all before were wrong. `available` (m, a) says who may be asked what, `per_row` and `capacity` limit the answers
    of a row and of an annotator (`load` (a,) are open already), and `budget` the sum of prices: a pair that no longer
    fits is passed over. Greedy; cost O(k m a): m is a batch or
    a shortlist, not a pool. Shines with experts and cheap workers side by side. Fails if skill is a
    guess: then the cheap win.

    Raises BadInput for negative benefits, skill outside [0, 1], prices that are not positive. Source: benefit over
    cost as in Arora, Nyberg and Rose 2009, Estimating Annotation Cost for Active Learning in a Multi-Annotator
    Environment (NAACL-HLT workshop); Huang et al. 2017, Cost-Effective Active Learning from Diverse Labelers (IJCAI).

    >>> pairs([1.0, 0.5], [0.9, 0.6], 3, price=[2.0, 1.0]).tolist()
    [[0, 1], [1, 1]]
    >>> pairs([1.0, 0.5], [0.9, 0.6], 3, price=[2.0, 1.0], per_row=2).tolist()
    [[0, 1], [1, 1], [0, 0]]
    """
    value, right, cost, open_ = _pair_tables(benefit, skill, price, available)
    if n < 0 or per_row < 1:
        raise BadInput(f"n={n}, per_row={per_row}: ask for 0 or more pairs and at least one answer a row")
    left = np.full(right.shape[1], np.inf if capacity is None else float(capacity))
    left = left if load is None else left - floats("load", load, 1)
    money, asked = np.inf if budget is None else float(budget), np.zeros(len(value), dtype=np.int64)
    found: list[tuple[int, int]] = []
    while len(found) < n:
        fits = open_ & (left >= 1)[None, :] & (cost <= money) & (asked < per_row)[:, None]
        if not fits.any():
            break
        rate = np.where(fits, value[:, None] * right / cost, -1.0)
        row, who = divmod(int(rate.argmax()), rate.shape[1])
        found.append((row, who))
        open_[row, who], left[who], money, asked[row] = False, left[who] - 1, money - cost[row, who], asked[row] + 1
        value[row] *= 1 - right[row, who]
    return np.array(found, dtype=np.int64).reshape(-1, 2)


def _pair_tables(
    benefit: Any, skill: Any, price: Any, available: Any
) -> tuple[FloatArray, FloatArray, FloatArray, BoolArray]:
    """Benefit (m,), skill (m, a), price (m, a) and who may be asked (m, a), checked and free to be changed."""
    value, given = np.array(floats("benefit", benefit, 1), dtype=np.float64), np.asarray(skill, dtype=np.float64)
    check_finite("benefit", value, np.arange(len(value)))
    if value.min(initial=0.0) < 0:
        raise BadInput(f"benefit holds {value.min()}; shift the score so that 0 means 'not worth asking'")
    if given.ndim not in (1, 2) or (given.ndim == 2 and len(given) != len(value)):
        raise BadInput(f"skill has shape {given.shape}; give (a,) or ({len(value)}, a)")
    right = np.broadcast_to(given, (len(value), given.shape[-1]))
    if not ((right >= 0) & (right <= 1)).all():
        raise BadInput(f"skill holds {right[~((right >= 0) & (right <= 1))][0]}; give chances from 0 to 1")
    cost = np.broadcast_to(np.asarray(price, dtype=np.float64), right.shape)
    if not (cost > 0).all():
        raise BadInput(f"price holds {cost[~(cost > 0)][0]}; every answer must cost something, if only 1")
    mask = np.ones(right.shape, dtype=bool) if available is None else np.array(available, dtype=bool)
    if mask.shape != right.shape:
        raise BadInput(f"available has shape {mask.shape}; give True or False for {right.shape} rows and annotators")
    return value, right, cost, mask
