"""CROWDLAB's posterior of a row's class from a model and weighted answers, and ActiveLab's score of it."""

from __future__ import annotations

from typing import Any, NamedTuple

from askwise.core.arrays import namespace
from askwise.core.errors import BadInput
from askwise.core.types import Array, FloatArray
from askwise.kernels.information import double


class Trust(NamedTuple):
    """How far answers and models are to be believed: `askwise.crowd.crowdlab` estimates it.

    `likelihood` is the chance that an answer is the consensus (None while no row has two answers), `models` the weight
    of each of k models (k,), `annotator` the mean weight of an annotator, `temperatures` (k,) calibrate the models.
    """

    likelihood: float | None
    models: tuple[float, ...]
    annotator: float
    temperatures: tuple[float, ...]


def tempered(probs: Array, temperature: float) -> Array:
    """Probabilities (m, c) to the power 1 / temperature, rows summing to one again; zeros stay zero.

    >>> import numpy as np
    >>> tempered(np.array([[0.2, 0.8], [0.0, 1.0]]), 0.5).round(3).tolist()
    [[0.059, 0.941], [0.0, 1.0]]
    """
    if temperature == 1.0:
        return probs
    xp = namespace(probs)
    raised = (probs / xp.max(probs, axis=1, keepdims=True)) ** (1.0 / temperature)
    return raised / xp.sum(raised, axis=1, keepdims=True)


def merged(models: list[Array], trust: Trust) -> tuple[Array, float]:
    """Weighted sum of the models' calibrated probabilities, k of (m, c) -> (m, c), and the sum of their weights."""
    if len(models) != len(trust.models):
        raise BadInput(
            f"trust was estimated for {len(trust.models)} model(s), but {len(models)} are given; use the same"
        )
    parts = zip(models, trust.models, trust.temperatures, strict=True)
    # Plain numbers, so that the result stays where the arrays are.
    return sum(float(w) * tempered(double(p), float(t)) for p, w, t in parts), float(sum(trust.models))


def posterior(models: list[Array], answer_sums: Array, trust: Trust) -> Array:
    """Class posterior (m, c) of rows from k models (m, c) and the summed weights of their answers by class (m, c).

    p(y) = (sum_k w_k p_k(y) + sum_j w_j [P if answer j is y else (1 - P) / (c - 1)]) / (sum_k w_k + sum_j w_j).
    While no row has two answers, P is unknown: the models alone speak. Source: Goh, Tkachenko and Mueller 2022,
    CROWDLAB (NeurIPS HCML workshop), section 3.
    """
    xp = namespace(answer_sums)
    mixed, weight = merged(models, trust)
    if trust.likelihood is None:
        return mixed / weight
    sums, c = double(answer_sums), int(answer_sums.shape[1])
    total = xp.sum(sums, axis=1, keepdims=True)
    wrong = (1.0 - trust.likelihood) / max(c - 1, 1)
    return (mixed + trust.likelihood * sums + wrong * (total - sums)) / (weight + total)


def quality(models: list[Array], answer_sums: Array, trust: Trust) -> Array:
    """How sure the consensus of each row is (m,): the posterior of its likeliest class.

    While no row has two answers, the consensus of an answered row is its answer, however little the models like it.
    """
    xp = namespace(answer_sums)
    chance = posterior(models, answer_sums, trust)
    best = xp.max(chance, axis=1)
    if trust.likelihood is not None:
        return best
    sums = double(answer_sums)
    most = xp.max(sums, axis=1, keepdims=True)
    given = xp.max(xp.where(sums == most, chance, xp.zeros_like(chance)), axis=1)
    return xp.where(most[:, 0] > 0, given, best)


def settledness(models: list[Array], answer_sums: Array, trust: Trust) -> Array:
    """ActiveLab's score (m,), low = ask: (Q (sum_j w_j + W) + w / c) / (sum_j w_j + W + w), answered or not.

    Q is the quality of the consensus, W the weight of the models, w the mean weight of an annotator: what the row's
    quality would be after one more answer that says nothing.
    """
    xp = namespace(answer_sums)
    weight = float(sum(trust.models)) + xp.sum(double(answer_sums), axis=1)
    c = int(answer_sums.shape[1])
    sure = quality(models, answer_sums, trust)
    return (sure * weight + trust.annotator / c) / (weight + trust.annotator)


def stack(probs: Any) -> list[FloatArray]:
    """Probabilities of one model (m, c), or samples (m, k, c) of k models, as k arrays (m, c)."""
    return [probs] if len(probs.shape) == 2 else [probs[:, k, :] for k in range(int(probs.shape[1]))]
