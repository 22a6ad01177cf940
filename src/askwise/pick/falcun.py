"""FALCUN: uncertain rows whose predictions differ, by sampling in probability space."""

from __future__ import annotations

import numpy as np

from askwise.core.arrays import host
from askwise.core.errors import BadInput
from askwise.core.evidence import Taken
from askwise.core.noise import Noise
from askwise.core.registry import pick
from askwise.core.types import Array, BoolArray, FloatArray, IntArray
from askwise.kernels.rows import top2


@pick(cite="Gilhuber et al. 2024, FALCUN: A Simple and Efficient Deep Active Learning Strategy, ECML PKDD")
def falcun(probs: Array, *, n: int, rng: Noise, taken: Taken, gamma: float = 10.0) -> IntArray:
    """Draws by (distance + uncertainty)^gamma in probability space: (m, c) -> (n,) positions, in the order drawn.

    u is one minus the margin; d starts at u and is then the smallest L1 distance of the row's probabilities to those
    picked (and pending), if less than u; each pick is drawn with probability proportional to (d' + u)^gamma, d' being d
    scaled to 0..1 over the rows left. (The authors' code compares rows of one predicted class only, to save time.) When
    nothing is uncertain the draw is uniform. Cost O(n m c), no embeddings needed. Shines with many classes and costly
    features. Fails for two classes, where all uncertain rows have the same probabilities.

    Raises BadInput for a negative gamma.

    >>> import numpy as np
    >>> falcun(np.array([[0.5, 0.5], [1.0, 0.0], [0.99, 0.01]]), n=1, rng=0)
    array([0])
    """
    if gamma < 0:
        raise BadInput(f"falcun: gamma={gamma} would seek certain rows; give 0 (random) or more, 10 by default")
    p = host(probs).astype(np.float64)
    first, second = top2(p)
    unsure = 1.0 - (first - second)
    near = unsure.copy()
    pending = taken.only_pending().get("probs")
    for other in np.zeros((0, p.shape[1])) if pending is None else host(pending).astype(np.float64):
        np.minimum(near, np.abs(p - other).sum(axis=1), out=near)
    free = np.ones(len(p), dtype=bool)
    generator = rng.generator("falcun")
    chosen: list[int] = []
    while len(chosen) < n:
        chosen.append(_draw(near, unsure, free, gamma, generator))
        free[chosen[-1]] = False
        np.minimum(near, np.abs(p - p[chosen[-1]]).sum(axis=1), out=near)
    return np.asarray(chosen, dtype=np.int64)


def _draw(near: FloatArray, unsure: FloatArray, free: BoolArray, gamma: float, generator: np.random.Generator) -> int:
    """One of the free rows by its relevance."""
    rows = np.flatnonzero(free)
    weights = relevance(near[rows], unsure[rows], gamma)
    return int(rows[np.searchsorted(np.cumsum(weights), generator.random(), side="right").clip(max=len(rows) - 1)])


def relevance(near: FloatArray, unsure: FloatArray, gamma: float) -> FloatArray:
    """Probability (m,) of each row to be drawn; uniform if all are zero.

    >>> relevance(np.array([0.0, 1.0]), np.array([0.5, 0.5]), 1.0)
    array([0.25, 0.75])
    """
    spread = np.ptp(near)
    scaled = (near - near.min()) / spread if spread > 0 else np.zeros_like(near)
    weights = (scaled + unsure) ** gamma
    total = weights.sum()
    return np.asarray(weights / total if total > 0 else np.full(len(near), 1.0 / len(near)))
