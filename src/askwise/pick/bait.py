"""BAIT: the batch that leaves the least predictive variance over the pool."""

from __future__ import annotations

import logging

import numpy as np

from askwise.core.arrays import host
from askwise.core.errors import BadInput
from askwise.core.evidence import Taken
from askwise.core.noise import Noise
from askwise.core.registry import pick
from askwise.core.types import Array, FloatArray, IntArray
from askwise.kernels.fisher import Design
from askwise.kernels.space import Space, is_stored, slices, squared_lengths

log = logging.getLogger("askwise")


@pick(
    cite="Ash et al. 2021, Gone Fishing: Neural Active Learning with Fisher Embeddings, NeurIPS, algorithm 1;"
    " Holzmueller et al. 2023, Deep Batch Active Learning for Regression, JMLR 24, section 4.2, BAIT",
    streams="exact",
)
def bait(
    embeddings: Array,
    probs: Array | None = None,
    *,
    n: int,
    rng: Noise,
    taken: Taken,
    noise: float = 0.01,
    oversample: float = 2.0,
) -> IntArray:
    """Greedy V-optimal design of a linear last layer: (m, d) -> (n,) positions, in the order chosen.

    Minimises tr((s I + sum_S w x x^T)^-1 F), S the labelled, pending and picked rows, F the mean of w x x^T over all
    rows: forward greedy to `oversample` n picks, then backward to n (1 for forward only). Without probabilities w = 1
    (regression). With them w = 1 - sum p^2, the trace over classes of the softmax Fisher diag(p) - p p^T: exact for
    two classes, and for more the average over directions in class space, at the cost of one vector per row and not c.
    s is `noise` times the mean squared length. Gains within 1e-10 of the largest are equal, and the lowest key wins.
    Cost 2 m d^2 once in float64 (and half of it in float32), then a pass per forward pick over a copy of the rows in
    two bytes a value, with certified errors, and a few rows in float64; 2 d + 90 bytes a row and 3 d^2. On disk plain
    passes, one for each forward pick and four more, under `Strategy(exact=True)` only; 70 bytes a row. Shines on
    fine-tuned features with enough labels for the head to be right. Fails at d in the thousands: sketch first.

    Raises BadInput for noise that is not positive or an oversample below 1.

    >>> import numpy as np
    >>> bait(np.array([[1.0, 0.0], [1.1, 0.0], [0.0, 1.0], [0.9, 0.0]]), n=2, rng=0, oversample=1)
    array([1, 2])
    """
    if not noise > 0 or not oversample >= 1:
        raise BadInput(f"noise={noise} must be positive and oversample={oversample} at least 1")
    rows, held = Space.of(embeddings).rows, taken.get("embeddings")
    before: FloatArray | None = None
    if held is not None:
        known = None if probs is None else taken.get("probs")
        before = Space.of(held).rows
        before = before * _roots(known, len(before))[:, None]
    ridge = noise * (float(squared_lengths(rows).mean()) or 1.0)
    forward = min(len(rows), int(np.ceil(oversample * n)))
    if is_stored(rows):
        log.info("bait makes %d passes over embeddings on disk", forward + 4)
    design = Design(rows, _roots(probs, len(rows)), ridge, before)
    return design.backward(design.forward(forward), n)


def _roots(probs: Array | None, m: int) -> FloatArray:
    """Square root (m,) of each row's Fisher weight."""
    if probs is None:
        return np.ones(m)
    if is_stored(probs):
        return np.concatenate([_roots(probs[part], 0) for part in slices(probs)])
    table = host(probs, np.float64)
    weights: FloatArray = np.sqrt(np.maximum(1.0 - (table**2).sum(axis=1), 0.0))
    return weights
