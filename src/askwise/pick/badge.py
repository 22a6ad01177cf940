"""BADGE: uncertain and diverse in one draw, by k-means++ seeding in gradient space."""

from __future__ import annotations

import numpy as np

from askwise.core.evidence import Taken
from askwise.core.noise import Noise
from askwise.core.registry import pick
from askwise.core.types import Array, BoolArray, FloatArray, IntArray
from askwise.kernels.gradient import Gradients


@pick(cite="Ash et al. 2020, Deep Batch Active Learning by Diverse, Uncertain Gradient Lower Bounds, ICLR, algorithm 1")
def badge(probs: Array, embeddings: Array, *, n: int, rng: Noise, taken: Taken) -> IntArray:
    """D^2 sampling on gradient embeddings: (m, c), (m, d) -> (n,) distinct positions, in the order drawn.

    The first pick has the largest gradient norm; each next is drawn with probability proportional to its squared
    distance to the nearest pick. Rows whose answers are still out count as earlier picks of the batch; labelled rows do
    not, as in the paper. When every remaining distance is zero (equal rows) the draw is uniform over the rows not yet
    picked. Cost O(n m (c + d)); the n x (c d) gradients are never formed. Shines with a good encoder and batches of ten
    or more. Fails when probabilities are saturated: all norms vanish and it becomes a random draw.

    >>> import numpy as np
    >>> badge(np.array([[0.9, 0.1], [0.5, 0.5]]), np.ones((2, 3)), n=1, rng=0)
    array([1])
    """
    grads = Gradients.of(probs, embeddings)
    free = np.ones(len(grads), dtype=bool)
    nearest = np.full(len(grads), np.inf)
    pending = taken.only_pending()
    if len(pending):
        out = Gradients.of(pending.evidence["probs"], pending.evidence["embeddings"])
        for j in range(len(out)):
            np.minimum(nearest, grads.squared_to(out, j), out=nearest)
    generator = rng.generator("badge")
    chosen: list[int] = []
    while len(chosen) < n:
        first = not chosen and not len(pending)
        j = int(np.argmax(grads.squares)) if first else _draw(np.where(free, nearest, 0.0), free, generator)
        chosen.append(j)
        free[j] = False
        np.minimum(nearest, grads.squared_to(grads, j), out=nearest)
    return np.asarray(chosen, dtype=np.int64)


def _draw(weights: FloatArray, free: BoolArray, generator: np.random.Generator) -> int:
    """One position with probability proportional to weight, by inverse distribution function; uniform if all are 0."""
    if not weights.any():
        weights = free.astype(np.float64)
    cumulated = np.cumsum(weights)
    j = int(np.searchsorted(cumulated, generator.random() * cumulated[-1], side="right"))
    # Rounding can land past the last positive weight.
    return min(j, int(np.flatnonzero(weights)[-1]))
