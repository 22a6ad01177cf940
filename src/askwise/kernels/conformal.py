"""Split-conformal candidate sets: which classes to show an annotator, and what answering costs in bits."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from askwise.core.arrays import floats, host, namespace
from askwise.core.errors import BadInput
from askwise.core.types import Array, FloatArray, IntArray

GRID = np.linspace(0.0, 0.98, 50)
"""Shares of misses that are tried when the best one is looked for (csq-al's grid)."""


def nonconformity(probs: Any, labels: Any) -> FloatArray:
    """One minus the probability of the true class of calibration rows, ascending: (l, c), (l,) -> (l,).

    Raises BadInput for no rows, or labels that are no classes of the probabilities.
    """
    chance = np.asarray(host(floats("labelled_probs", probs, 2)), dtype=np.float64)
    label = np.asarray(host(labels)).astype(np.int64)
    if label.shape != (len(chance),) or not len(label):
        raise BadInput(f"{label.shape} labels for {chance.shape} probabilities; calibrate on one labelled row at least")
    if label.min() < 0 or label.max() >= chance.shape[1]:
        raise BadInput(f"labels holds {label.max() if label.max() > 0 else label.min()}, no class of {chance.shape[1]}")
    return np.sort(1.0 - chance[np.arange(len(label)), label])


def threshold(values: FloatArray, eps: float) -> float:
    """The ceil((l + 1)(1 - eps))-th smallest of l ascending values; infinite if l is too small to promise 1 - eps.

    A set {c: 1 - p_c <= threshold} then holds the truth of a new exchangeable row with chance at least 1 - eps. Source:
    Vovk, Gammerman and Shafer 2005; Papadopoulos et al. 2002 (split conformal prediction).

    >>> threshold(np.array([0.1, 0.2, 0.3, 0.9]), 0.4), threshold(np.array([0.1]), 0.05)
    (0.3, inf)
    """
    if not 0 <= eps < 1:
        raise BadInput(f"eps={eps}: give the share of rows whose set may miss the truth, at least 0 and below 1")
    place = math.ceil((len(values) + 1) * (1 - eps) - 1e-9)
    return math.inf if place > len(values) else float(values[place - 1])


def set_sizes(probs: Array, limit: float) -> Array:
    """Size of each row's candidate set as floats: (m, c) -> (m,); an empty set is shown as the full one."""
    xp = namespace(probs)
    inside = xp.where(1.0 - probs <= limit, xp.ones_like(probs), xp.zeros_like(probs))
    size = xp.sum(inside, axis=1)
    return xp.where(size > 0, size, xp.zeros_like(size) + float(probs.shape[1]))


def bits(size: Array, classes: int) -> tuple[Array, Array]:
    """Bits to answer from a set of k of c classes, log2(k + 1), and those more if the truth is outside, log2(c - k).

    The one further choice is "none of these". Source: Gwon et al. 2024, Enhancing Cost Efficiency in Active Learning
    with Candidate Set Query, section 3.
    """
    xp = namespace(size)
    outside = float(classes) - size
    return xp.log2(size + 1.0), xp.log2(xp.where(outside > 1, outside, xp.ones_like(outside)))


def best_eps(probs: FloatArray, labels: IntArray) -> float:
    """The share of misses of the grid at which calibration rows cost the fewest bits: (l, c), (l,) -> eps."""
    values = nonconformity(probs, labels)
    truth = np.asarray(probs)[np.arange(len(labels)), labels]

    def cost(eps: float) -> float:
        limit = threshold(values, eps)
        size = set_sizes(np.asarray(probs, dtype=np.float64), limit)
        hit, miss = bits(size, probs.shape[1])
        missed = (1.0 - truth > limit) & (size < probs.shape[1])
        return float((hit + np.where(missed, miss, 0.0)).mean())

    return float(GRID[int(np.argmin([cost(float(eps)) for eps in GRID]))])
