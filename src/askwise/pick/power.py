"""Stochastic batches: sampling without replacement by a power of the score."""

from __future__ import annotations

import numpy as np

from askwise.core.errors import BadInput
from askwise.core.evidence import Taken
from askwise.core.noise import Noise
from askwise.core.registry import Race, pick
from askwise.core.types import FloatArray, IntArray
from askwise.kernels.gumbel import gumbel_top
from askwise.kernels.weighted_cluster import shift_of

_TINY = 1e-12
_LARGE = 60.0


def _values(scores: FloatArray, noise: Noise, *, beta: float = 1.0) -> FloatArray:
    """Log-weights of scores that are not negative, with Gumbel noise."""
    return np.asarray(beta * np.log(np.maximum(scores, _TINY)) + noise.gumbel("power"))


def _least(floor: float, noise: Noise, *, beta: float = 1.0) -> FloatArray:
    """Scores whose log-weight with its noise reaches the floor, a little below for rounding."""
    least = np.exp(np.minimum((floor - noise.gumbel("power")) / beta, _LARGE)) * (1.0 - 1e-9)
    return np.where(least > _TINY, least, -np.inf)


@pick(
    cite="Kirsch et al. 2023, Stochastic Batch Acquisition: A Simple Baseline for Deep Active Learning, TMLR,"
    " section 3",
    race=Race(_values, _least),
)
def power(scores: FloatArray, *, n: int, rng: Noise, taken: Taken, beta: float = 1.0) -> IntArray:
    """Draw n rows without replacement with probability proportional to score^beta: (m,) -> (n,) positions.

    The top n of beta log(score) + Gumbel noise (Gumbel top-k). Scores must not be negative; where all are in [-1, 0],
    as margin is, they are shifted by one first, as 1 - gap. What is at most 0.001 below zero is rounding (the entropy
    of a certain row) and counts as zero. Zero scores stay possible but come last. Cost O(m). Shines for BALD-like
    scores in batches of ten or more. Fails when beta is too flat: beta = 1 on a forest's BALD is barely better than
    random; try 8 to 16.

    Raises BadInput for a score below -1, negative scores among positive ones, and a beta that is not positive.

    >>> import numpy as np
    >>> sorted(power(np.array([1.0, 1.0, 0.0]), n=2, rng=0).tolist())
    [0, 1]
    """
    if not beta > 0:
        raise BadInput(f"beta={beta} would draw the wrong end; give a positive beta (1 is the paper's default)")
    shift = shift_of(scores, "power", "softmax")
    return gumbel_top(lambda part: beta * np.log(np.maximum(scores[part] + shift, _TINY)), rng, "power", n)
