"""What a model and its labelled neighbours know together about a row: the fusion of Info-Coevolution."""

from __future__ import annotations

import numpy as np

from askwise.core.types import FloatArray, IntArray
from askwise.kernels.nearest import most_similar


def model_view(probs: FloatArray) -> tuple[FloatArray, IntArray]:
    """Confidence (m,) in [0, 1] above chance, and predicted class (m,).

    >>> model_view(np.array([[0.5, 0.5], [0.25, 0.75]]))
    (array([0. , 0.5]), array([0, 1]))
    """
    chance = 1.0 / probs.shape[1]
    best = probs.max(axis=1)
    sure = (best - chance) / (1.0 - chance) if chance < 1.0 else np.ones(len(probs))
    return np.clip(sure, 0.0, 1.0), probs.argmax(axis=1).astype(np.int64)


def neighbour_view(
    rows: FloatArray, held: FloatArray, labels: IntArray, classes: int, neighbours: int, reach: float
) -> tuple[FloatArray, IntArray]:
    """Confidence (m,) and class (m,) by the vote of near labelled rows; confidence 0 without any."""
    found, cosines = most_similar(held, rows, neighbours)
    weight = np.where(cosines >= reach, cosines, 0.0)
    votes = np.zeros((len(rows), max(classes, int(labels.max()) + 1)))
    for j in range(found.shape[1]):
        np.add.at(votes, (np.arange(len(rows)), labels[found[:, j]]), weight[:, j])
    total = votes.sum(axis=1)
    share = np.divide(votes.max(axis=1), total, out=np.zeros(len(rows)), where=total > 0)
    return share * weight.max(axis=1), votes.argmax(axis=1).astype(np.int64)


def fused(x: FloatArray, mine: IntArray, y: FloatArray, theirs: IntArray) -> FloatArray:
    """Confidence (m,) of two views: more when they agree, less when they do not; an empty view (0) changes nothing.

    >>> a, b = np.array([0.8, 0.8, 0.8]), np.array([0.6, 0.6, 0.0])
    >>> fused(a, np.array([0, 0, 0]), b, np.array([0, 1, 1])).round(3)
    array([0.857, 0.727, 0.8  ])
    """
    high, low = np.maximum(x, y), np.minimum(x, y)
    both = _odds(high, low)
    agree = np.where((x > 0.5) & (y > 0.5), both, high)
    return np.where((mine == theirs) | (low == 0.0), agree, _odds(high, 1.0 - low))


def _odds(x: FloatArray, y: FloatArray) -> FloatArray:
    """xy / (xy + (1 - x)(1 - y)); 1/2 where a certainty meets its contrary."""
    top, rest = x * y, (1.0 - x) * (1.0 - y)
    out: FloatArray = np.divide(top, top + rest, out=np.full(len(x), 0.5), where=top + rest > 0)
    return out
