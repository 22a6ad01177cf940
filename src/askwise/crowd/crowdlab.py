"""CROWDLAB: the consensus of a model and its annotators, and ActiveLab: what to label next, new or again."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from askwise.core.arrays import check_probs, host
from askwise.core.errors import BadInput
from askwise.core.types import FloatArray, IntArray
from askwise.crowd.annotators import co_agreement
from askwise.crowd.table import Table
from askwise.crowd.vote import majority
from askwise.kernels.consensus import Trust, posterior, quality, settledness, stack, tempered

_LEAST = 1e-6
"""Least weight of an annotator or a model, and least error of the majority class that others are measured against."""

_COARSE = (0.1, 0.2, 0.5, 0.8, 1.0, 2.0, 3.0, 5.0, 8.0)


@dataclass(frozen=True)
class Consensus:
    """Labels (n,) (-1 without answers), how sure each is (n,), class posterior (n, c), and how far who is trusted.

    `weights` (a,) are those of the annotators, `sums` (n, c) the weighted answers of each row by class: the evidence
    `answer_sums`, which goes with `trust`.
    """

    labels: IntArray
    quality: FloatArray
    posterior: FloatArray
    weights: FloatArray
    sums: FloatArray
    trust: Trust


def crowdlab(answers: Table, probs: Any) -> Consensus:
    """Consensus of annotators and model: answers, probs (n, c) or samples (n, k, c) of k models -> Consensus.

    `probs` must be out-of-sample for the answered rows (cross-validation). With P the share of answers that agree with
    the consensus (rows of two answers or more), m the error of always naming the commonest class there, e_j = 1 - j's
    agreement with co-annotators and e_M the model's error against the consensus:
    w_j = max(1 - e_j / m, 1e-6), w_M = max(1 - e_M / m, 1e-6) sqrt(mean answers per answered row).
    Models are calibrated by temperature first; the consensus starts as the majority vote and is then the likeliest
    class; weights are taken from that. An annotator who shares no row gets the mean agreement. While no row has two
    answers all weights are one. Cost O(n c k + r). Shines with one to three answers a row and a fair model. Fails
    with probabilities of a model that was trained on these rows: it then agrees with every mistake.

    Raises BadInput for rows or classes that do not fit. Source: Goh, Tkachenko and Mueller 2022, CROWDLAB (NeurIPS
    HCML workshop), sections 3 and 4; ensemble: appendix.

    >>> from askwise.crowd import table
    >>> said = table({"item": [0, 0, 1, 1, 2, 2], "annotator": [0, 1, 0, 1, 0, 1], "label": [0, 0, 1, 1, 0, 1]})
    >>> found = crowdlab(said, np.array([[0.9, 0.1], [0.2, 0.8], [0.3, 0.7]]))
    >>> found.labels.tolist(), found.quality.argmin()
    ([0, 1, 1], np.int64(2))
    """
    models = _models(answers, probs)
    several = answers.answers_per_row > 1
    if not several.any():
        trust = Trust(None, (1.0,) * len(models), 1.0, (1.0,) * len(models))
        return _consensus(answers, models, np.ones(len(answers.annotators)), trust, majority(answers, _mean(models)))
    temperatures = tuple(best_temperature(answers, one) for one in models)
    models = [tempered(one, t) for one, t in zip(models, temperatures, strict=True)]
    labels = majority(answers, _mean(models))
    weights, trust = _trust(answers, models, labels)
    labels = np.where(labels < 0, -1, posterior(models, answers.sums(weights), trust).argmax(axis=1))
    weights, trust = _trust(answers, models, labels)
    found = _consensus(answers, models, weights, trust, labels)
    return Consensus(**{**vars(found), "trust": trust._replace(temperatures=temperatures)})


def _consensus(
    answers: Table, models: list[FloatArray], weights: FloatArray, trust: Trust, labels: IntArray
) -> Consensus:
    sums = answers.sums(weights)
    chance = posterior(models, sums, trust)
    if trust.likelihood is not None:
        labels = np.where(labels < 0, -1, chance.argmax(axis=1))
    return Consensus(labels, quality(models, sums, trust), chance, weights, sums, trust)


def _trust(answers: Table, models: list[FloatArray], labels: IntArray) -> tuple[FloatArray, Trust]:
    """Weights of annotators (a,) and Trust from the rows with two answers or more, given a consensus."""
    several = np.flatnonzero(answers.answers_per_row > 1)
    truth = labels[several]
    likelihood = float((answers.counts[several, truth] / answers.answers_per_row[several]).mean())
    commonest = np.bincount(truth, minlength=answers.classes).argmax()
    baseline = max(float((truth != commonest).mean()), _LEAST)
    agreement = co_agreement(answers)
    agreement[np.isnan(agreement)] = np.nanmean(agreement)
    weights: FloatArray = np.maximum(1 - (1 - agreement) / baseline, _LEAST)
    answered = answers.answers_per_row[answers.answers_per_row > 0]
    errors = [float((one[several].argmax(axis=1) != truth).mean()) for one in models]
    trusted = tuple(max(1 - e / baseline, _LEAST) * math.sqrt(answered.mean()) for e in errors)
    return weights, Trust(likelihood, trusted, float(weights.mean()), (1.0,) * len(models))


def best_temperature(answers: Table, probs: FloatArray) -> float:
    """Temperature of a grid at which probabilities (n, c) fit the shares of answers best, by cross-entropy."""
    seen = answers.answers_per_row > 0
    shares = answers.counts[seen] / answers.answers_per_row[seen, None]

    def misfit(temperature: float) -> float:
        scaled = np.maximum(tempered(probs[seen], temperature), 1e-100)
        return float(-(shares * np.log(scaled)).sum(axis=1).mean())

    at = int(np.argmin([misfit(t) for t in _COARSE]))
    below = np.linspace(_COARSE[at - 1], _COARSE[at], 4, endpoint=False) if at else np.zeros(0)
    above = np.linspace(_COARSE[at], _COARSE[at + 1], 5) if at + 1 < len(_COARSE) else np.array(_COARSE[at:])
    fine = [*below.tolist(), *above.tolist()]
    return float(fine[int(np.argmin([misfit(t) for t in fine]))])


def active_lab(answers: Table, probs: Any) -> FloatArray:
    """Which row to send to one more annotator, answered before or not: answers, probs (n, c) or (n, k, c) -> (n,).

    Higher = ask sooner, in [-1, 0]: minus ActiveLab's score, for answered rows
    (Q (sum_j w_j + w_M) + w/c) / (sum_j w_j + w_M + w) and for others (w_M max p + w/c) / (w_M + w), with the weights
    and the quality Q of `crowdlab` and w the mean weight of an annotator. One ranking of label new and label again:
    take the top of it, ask one answer each, refit, and so on. Samples of k models are the ensemble form. Cost as
    crowdlab. Shines with noisy annotators, once more labels cost as much as new ones. Fails without
    cross-validated probabilities for answered rows, and under a model that is far from calibrated.

    Source: Goh and Mueller 2023, ActiveLab: Active Learning with Re-Labeling by Multiple Annotators (ICLR TRAIT
    workshop), section 3. The registered scores `active_lab` and `active_lab_ensemble` are the same over the evidence
    `answer_sums` and `trust` that `crowdlab` returns.

    >>> from askwise.crowd import table
    >>> said = table({"item": [0, 1], "annotator": [0, 0], "label": [0, 1]}, rows=3)
    >>> active_lab(said, np.array([[0.9, 0.1], [0.6, 0.4], [0.6, 0.4]])).round(4).tolist()
    [-0.7667, -0.4333, -0.55]
    """
    found = crowdlab(answers, probs)
    return np.asarray(-settledness(_models(answers, probs), found.sums, found.trust))


def _models(answers: Table, probs: Any) -> list[FloatArray]:
    array = np.asarray(host(probs), dtype=np.float64)
    if array.ndim not in (2, 3) or (len(array), array.shape[-1]) != (answers.rows, answers.classes):
        raise BadInput(
            f"probs has shape {array.shape}, but the answers are about {answers.rows} rows and {answers.classes}"
            " classes; give table(answers, rows=len(probs), classes=c)"
        )
    for one in stack(array):
        check_probs(one, np.arange(len(one)))
    return stack(array)


def _mean(models: list[FloatArray]) -> FloatArray:
    return np.asarray(np.mean(models, axis=0))
