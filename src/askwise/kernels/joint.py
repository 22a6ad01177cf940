"""What several labels together say about the model: configurations of labels with their weight and posterior.

A configuration is one label for each row so far. Given one, draw k of the model has the posterior pi_k, so a further
row's labels have the distribution sum_k pi_k p_k, and its gain of information is the mean entropy of that over
configurations less the mean entropy of the p_k. Posteriors are normalised at each step: nothing underflows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from askwise.core.types import FloatArray, IntArray

_BLOCK = 1 << 16
"""Probabilities held at a time: half a megabyte."""


@dataclass(frozen=True)
class Joint:
    """Configurations: weights (s,) that sum to one and posteriors over draws (s, k), in float64."""

    weights: FloatArray
    posteriors: FloatArray

    @classmethod
    def empty(cls, draws: int) -> Joint:
        """No rows yet: one configuration under which all draws are as likely."""
        return cls(np.ones(1), np.full((1, draws), 1.0 / draws))

    def extend(self, probs: FloatArray, most: int, generator: np.random.Generator) -> Joint:
        """With one more row, probs (k, c): every label of it, or `most` configurations drawn by their weight.

        The draw is systematic resampling (one uniform number for all): every expected count is most x weight, and the
        counts over `most` are the new weights.
        """
        predictive = self.posteriors @ probs
        every: FloatArray = (self.weights[:, None] * predictive).ravel()
        at = np.flatnonzero(every > 0)
        weights: FloatArray = every[at] / every.sum()
        if len(at) > most:
            kept, weights = _resample(weights, most, generator)
            at = at[kept]
        before, label = np.divmod(at, probs.shape[1])
        posteriors = self.posteriors[before] * probs[:, label].T
        return Joint(weights, posteriors / posteriors.sum(axis=1, keepdims=True))

    def gains(self, samples: FloatArray, alone: FloatArray) -> FloatArray:
        """Information (b,) in nats that each row's label would add about the draw: samples (b, k, c).

        `alone` (b,) are the mean entropies of the rows under the draws: they stay what they are, as the batch grows.
        """
        b, _, c = samples.shape
        expected = np.empty(b)
        step = max(1, _BLOCK // (len(self.weights) * c))
        for start in range(0, b, step):
            part = samples[start : start + step].astype(np.float64, copy=False)
            expected[start : start + step] = -(self.weights @ _plogp(self.posteriors @ part)).sum(axis=1)
        return expected - alone


def mean_entropies(samples: FloatArray) -> FloatArray:
    """Mean entropy (m,) in nats of each row under the draws: samples (m, k, c)."""
    m, k, c = samples.shape
    out = np.empty(m)
    step = max(1, _BLOCK // (k * c))
    for start in range(0, m, step):
        part = samples[start : start + step].astype(np.float64, copy=False).reshape(-1, k * c)
        out[start : start + step] = _plogp(part).sum(axis=1) / -k
    return out


def _plogp(p: FloatArray) -> FloatArray:
    """p log p in nats, with 0 log 0 = 0: three passes over a block that stays in the cache."""
    out = np.maximum(p, 1e-300)
    np.log(out, out=out)
    out *= p
    return out


def _resample(weights: FloatArray, most: int, generator: np.random.Generator) -> tuple[IntArray, FloatArray]:
    edges = np.cumsum(weights)
    ticks = (generator.random() + np.arange(most)) / most * edges[-1]
    kept, counts = np.unique(np.searchsorted(edges, ticks, side="right").clip(max=len(edges) - 1), return_counts=True)
    return kept.astype(np.int64), counts / most
