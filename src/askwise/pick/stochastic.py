"""Stochastic batches by the value or the rank of a score: the cousins of `power`."""

from __future__ import annotations

import numpy as np

from askwise.core.errors import BadInput
from askwise.core.evidence import Taken
from askwise.core.noise import Noise
from askwise.core.registry import pick
from askwise.core.topn import top_order
from askwise.core.types import FloatArray, IntArray
from askwise.kernels.gumbel import gumbel_top

_PAPER = "Kirsch et al. 2023, Stochastic Batch Acquisition: A Simple Baseline for Deep Active Learning, TMLR, section 3"


@pick(cite=_PAPER)
def softmax(
    scores: FloatArray, *, n: int, rng: Noise, taken: Taken, beta: float = 1.0, standardise: bool = True
) -> IntArray:
    """Draw n rows without replacement with probability proportional to exp(beta score): (m,) -> (n,) positions.

    The top n of beta s + Gumbel noise. The law depends on the scale of the score, so by default s is the score divided
    by its standard deviation over the rows given (a shortlist, if there is one); `standardise` False takes it as it is,
    as in the paper. Equal scores give a uniform draw. Cost O(m). Shines for scores that may be negative, where `power`
    cannot go, in batches of ten or more. Fails on a skewed score, whose few extremes are then drawn for certain.

    Raises BadInput for a beta that is not positive.

    >>> import numpy as np
    >>> softmax(np.array([-3.0, 900.0, -5.0]), n=1, rng=0, beta=30.0)
    array([1])
    """
    values = np.asarray(scores, dtype=np.float64)
    spread = float(np.std(values)) if standardise else 1.0
    _positive(beta, "softmax")
    return gumbel_top(lambda part: beta * values[part] / (spread or 1.0), rng, "softmax", n)


@pick(cite=_PAPER, aliases=("softrank",))
def soft_rank(scores: FloatArray, *, n: int, rng: Noise, taken: Taken, beta: float = 1.0) -> IntArray:
    """Draw n rows without replacement with probability proportional to rank^-beta: (m,) -> (n,) positions.

    Rank 1 is the highest score, ties by keyed noise; the top n of -beta log(rank) + Gumbel noise. Only the order of
    scores counts, so no scale has to be chosen. Cost O(m log m). Shines where scores are badly scaled. Fails on very
    large pools at beta = 1: the tail of ranks holds as much as the head, and the draw is near to random.

    Raises BadInput for a beta that is not positive.

    >>> import numpy as np
    >>> soft_rank(np.array([0.1, 0.9, 0.5]), n=2, rng=0, beta=60.0)
    array([1, 2])
    """
    _positive(beta, "soft_rank")
    ranks = np.empty(len(scores))
    ranks[top_order(np.asarray(scores), rng.keys, len(scores), rng.seed)] = np.arange(1, len(scores) + 1)
    return gumbel_top(lambda part: -beta * np.log(ranks[part]), rng, "soft_rank", n)


def _positive(beta: float, name: str) -> None:
    if not beta > 0:
        raise BadInput(f"{name}: beta={beta} would draw the wrong end; give a positive beta (1 is the paper's default)")
