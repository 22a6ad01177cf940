"""Ranked batch-mode: uncertain and far from what is known, weighed by how much is known."""

from __future__ import annotations

import numpy as np

from askwise.core.evidence import Taken
from askwise.core.noise import Noise
from askwise.core.registry import pick
from askwise.core.types import Array, FloatArray, IntArray
from askwise.kernels.space import Space


@pick(cite="Cardoso et al. 2017, Ranked batch-mode active learning, Information Sciences 379, section 3, equation 1")
def ranked_batch(
    scores: FloatArray, embeddings: Array, *, n: int, rng: Noise, taken: Taken, metric: str = "euclidean"
) -> IntArray:
    """Greedy mix of uncertainty and distance: (m,), (m, d) -> (n,) positions, in the order chosen.

    Each pick maximises a (1 - 1 / (1 + d(x))) + (1 - a) s(x): d is the distance to the nearest row labelled, pending or
    picked, a = u / (u + l) with u rows left and l known. So few labels ask for distance, many for uncertainty. With
    nothing known the first pick is the row nearest to the mean. Give a score on the scale of 0 to 1 (least_confidence,
    margin). Ties go to the lowest key. Cost O(m (l + n) d). Shines with few labels. Fails on large pools, where a stays
    near one and the score never counts: put a shortlist before it.

    >>> import numpy as np
    >>> rows, known = np.array([[0.0], [1.0], [3.0]]), Taken({"embeddings": np.array([[0.0]])}, np.array([False]))
    >>> ranked_batch(np.array([0.9, 0.5, 0.1]), rows, n=2, rng=0, taken=known)
    array([2, 1])
    """
    space = Space.of(embeddings, metric)
    held = taken.get("embeddings")
    others = None if held is None else Space.of(held, metric)
    known = 0 if others is None else len(others)
    values = np.asarray(scores, dtype=np.float64)
    nearest = np.full(len(space), np.inf) if others is None else space.nearest(others)
    free = np.ones(len(space), dtype=bool)
    chosen: list[int] = []
    while len(chosen) < n:
        left = len(space) - len(chosen)
        share = left / (left + known + len(chosen))
        utility = share * (1.0 - 1.0 / (1.0 + np.sqrt(nearest))) + (1.0 - share) * values
        first = space.central() if known + len(chosen) == 0 else int(np.argmax(np.where(free, utility, -np.inf)))
        chosen.append(first)
        free[first] = False
        nearest = np.minimum(nearest, space.nearest(space.take(slice(first, first + 1))))
    return np.asarray(chosen, dtype=np.int64)
