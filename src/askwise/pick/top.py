"""The n best by score."""

from __future__ import annotations

from askwise.core.evidence import Taken
from askwise.core.noise import Noise
from askwise.core.registry import pick
from askwise.core.topn import top_order
from askwise.core.types import FloatArray, IntArray


@pick(cite="Settles 2009, Active Learning Literature Survey, section 2.3")
def top(scores: FloatArray, *, n: int, rng: Noise, taken: Taken) -> IntArray:
    """The n highest scores, ties by keyed noise: (m,) -> (n,) positions, best first.

    Cost O(m + n log n). Shines with small batches, or where rows do not repeat each other. Fails on redundant pools:
    the n best rows may be one row n times over.

    >>> import numpy as np
    >>> top(np.array([0.1, 0.9, 0.5]), n=2, rng=0)
    array([1, 2])
    """
    return top_order(scores, rng.keys, n, rng.seed)
