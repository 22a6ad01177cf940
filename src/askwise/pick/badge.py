"""BADGE: uncertain and diverse in one draw, by k-means++ seeding in gradient space."""

from __future__ import annotations

import numpy as np

from askwise.core.evidence import Taken
from askwise.core.noise import Noise
from askwise.core.registry import pick
from askwise.core.types import Array, IntArray
from askwise.kernels.seeding import draw_d2
from askwise.kernels.tensor_sets import gradients_of


@pick(
    cite="Ash et al. 2020, Deep Batch Active Learning by Diverse, Uncertain Gradient Lower Bounds, ICLR, algorithm 1",
    streams=True,
)
def badge(probs: Array, embeddings: Array, *, n: int, rng: Noise, taken: Taken, method: str = "rejection") -> IntArray:
    """D^2 sampling on gradient embeddings: (m, c), (m, d) -> (n,) distinct positions, in the order drawn.

    The first pick has the largest gradient norm; each next is drawn with probability proportional to its squared
    distance to the nearest pick. Rows whose answers are still out count as earlier picks of the batch; labelled rows do
    not, as in the paper. When every remaining distance is zero (equal rows) the draw is uniform over the rows not yet
    picked. `method` "rejection" draws from old weights and rejects: exactly the same law in two or three passes, and
    O(n^2 (c + d)) for the draws; "exact-cdf" is the reference with one pass a pick, O(n m (c + d)). The n x (c d)
    gradients are never formed; 21 bytes and a copy of the probabilities a row. Cost in passes, not in n. On disk: one
    pass for the norms, then the same passes, and two or three random rows a pick; 21 bytes a row.

    Shines with a good encoder and batches of ten or more. Fails when probabilities are saturated: all norms vanish and
    it becomes a random draw. Raises BadInput for another method.

    >>> import numpy as np
    >>> badge(np.array([[0.9, 0.1], [0.5, 0.5]]), np.ones((2, 3)), n=1, rng=0)
    array([1])
    """
    grads = gradients_of(probs, embeddings)
    pending = taken.only_pending()
    out = gradients_of(pending.evidence["probs"], pending.evidence["embeddings"], grads) if len(pending) else None
    return draw_d2(grads, n, rng.generator("badge"), method, taken=out, first=int(np.argmax(grads.squares)))
