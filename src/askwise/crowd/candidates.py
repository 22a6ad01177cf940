"""Candidate set queries: show an annotator the few classes that are likely, at a share of misses that is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from askwise.core.arrays import floats
from askwise.core.errors import BadInput
from askwise.core.types import BoolArray, FloatArray
from askwise.kernels.conformal import best_eps, bits, nonconformity, threshold


@dataclass(frozen=True)
class Candidates:
    """A calibrated rule: show the classes with 1 - p <= threshold; at most a share `eps` of rows is missed."""

    threshold: float
    eps: float

    def sets(self, probs: Any) -> BoolArray:
        """Which classes to show: (m, c) -> (m, c); all of them where the set would be empty.

        >>> Candidates(0.5, 0.1).sets([[0.6, 0.3, 0.1], [0.4, 0.3, 0.3]]).tolist()
        [[True, False, False], [True, True, True]]
        """
        shown = 1.0 - np.asarray(floats("probs", probs, 2), dtype=np.float64) <= self.threshold
        return shown | ~shown.any(axis=1, keepdims=True)

    def bits(self, probs: Any, labels: Any) -> FloatArray:
        """What answering each row costs in bits, given the truth: (m, c), (m,) -> (m,).

        >>> Candidates(0.5, 0.1).bits([[0.6, 0.3, 0.1], [0.6, 0.3, 0.1]], [0, 2]).tolist()
        [1.0, 2.0]
        """
        shown, truth = self.sets(probs), np.asarray(labels)
        hit, miss = bits(shown.sum(axis=1).astype(np.float64), shown.shape[1])
        return np.asarray(hit + np.where(shown[np.arange(len(truth)), truth], 0.0, miss))


def calibrate(probs: Any, labels: Any, *, eps: float | None = None) -> Candidates:
    """Candidate sets from labelled rows that the model has not been trained on: (l, c), (l,) -> Candidates.

    `eps` is the share of rows whose set may miss the truth; without one, that of 50 values from 0 to 0.98 which costs
    the fewest bits here. The promise holds for rows drawn as the calibration rows were: calibrate on random rows (the
    control arm), not on rows that a strategy chose for being hard. Cost O(50 l c).

    Raises BadInput for labels out of range or eps outside [0, 1). Source: Gwon et al. 2024, Candidate Set Query.

    >>> P = np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7]])
    >>> calibrate(P, [0, 0, 1], eps=0.25).threshold.__round__(3)
    0.3
    """
    values = nonconformity(probs, labels)
    chance = np.asarray(probs, dtype=np.float64)
    share = best_eps(chance, np.asarray(labels, dtype=np.int64)) if eps is None else float(eps)
    if not 0 <= share < 1:
        raise BadInput(f"eps={eps}: give the share of rows that may be missed, at least 0 and below 1")
    return Candidates(threshold(values, share), share)
