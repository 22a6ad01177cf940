"""Sampling rows without replacement by weight: the top n of log-weights with Gumbel noise, block by block."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from askwise.core.noise import Noise
from askwise.core.topn import TopN
from askwise.core.types import FloatArray, IntArray

_BLOCK = 1 << 16
"""Rows whose noise is held at a time."""


def gumbel_top(log_weights: Callable[[slice], FloatArray], rng: Noise, stream: str, n: int) -> IntArray:
    """Positions (n,) of rows drawn one after the other with probability proportional to their weight.

    `log_weights` gives those of a slice of rows. The Gumbel of a row is keyed by it, so blocks do not matter. Source:
    Kool, van Hoof and Welling 2019, Stochastic Beams and Where to Find Them, ICML, section 2.3. O(n) memory, and one
    block; O(m) time.

    >>> gumbel_top(lambda part: np.log(np.array([1e-300, 1.0, 1.0]))[part], Noise(0, 3), "draw", 2).tolist() == [0, 1]
    False
    """
    best = TopN(n, rng.seed)
    for start in range(0, len(rng), _BLOCK):
        part = slice(start, min(start + _BLOCK, len(rng)))
        noise = rng.take(part)
        best.push(log_weights(part) + noise.gumbel(stream), noise.keys, np.arange(part.start, part.stop))
    return best.result()[0]
