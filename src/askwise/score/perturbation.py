"""How little a linear last layer must be disturbed to change its mind: LDM and DropQuery's disagreement.

The disturbances are the same for every row and come from a seed, so that a row's score does not depend on its
neighbours.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from askwise.core.arrays import host, namespace
from askwise.core.errors import BadInput
from askwise.core.registry import score
from askwise.core.types import Array, FloatArray
from askwise.kernels.information import double, like


@score(
    cite="Cho, Kim and Kim 2024, Querying Easily Flip-flopped Samples for Deep Active Learning, ICLR, algorithm 1",
    aliases=("least_disagree",),
)
def ldm(embeddings: Array, head: Any, target_embeddings: Array, *, draws: int = 10, seed: int = 0) -> Array:
    """Minus the least disagreement metric: (m, d), (d, c), (t, d) -> (m,) in [-1, 0].

    The head is disturbed by Gaussian noise of 51 sizes, 10^-5 to 1 times the root mean square of its weights, `draws`
    times each. A disturbance's size is the share of target rows (500 of the pool, drawn once) whose prediction it
    changes; the score is minus the smallest size that changes the row's own prediction, -1 if none does. Small sizes
    are resolved to 1/t only. The paper stops each size after ten draws without progress on the pool; a fixed number
    keeps rows independent. Cost O(51 draws (m + t) d c). Shines for many classes, as a margin in the model's own
    units. Fails at a price: margin costs a thousandth.

    Raises BadInput for fewer than one draw.

    >>> import numpy as np
    >>> from askwise.learner.head import Head
    >>> head = Head(np.array([[1.0, -1.0]]), np.zeros(2))
    >>> ldm(np.array([[0.0001], [9.0]]), head, np.array([[-2.0], [-1.0], [1.0], [2.0]])).tolist()[0]
    0.0
    """
    if draws < 1:
        raise BadInput(f"ldm: draws={draws} disturbs nothing; give at least 1 (the default is 10)")
    xp = namespace(embeddings)
    rows, targets = _with_one(embeddings), _with_one(target_embeddings)
    weights = _stacked(embeddings, head)
    before, there = xp.argmax(rows @ weights, axis=1), xp.argmax(targets @ weights, axis=1)
    least = xp.ones_like(rows[:, 0])
    for noise in _disturbances(head, draws, seed):
        disturbed = weights + like(embeddings, noise)
        share = xp.mean(xp.astype(xp.argmax(targets @ disturbed, axis=1) != there, xp.float64))
        flipped = xp.argmax(rows @ disturbed, axis=1) != before
        least = xp.where(flipped & (least > share), share, least)
    return 0.0 - least


def _disturbances(head: Any, draws: int, seed: int) -> list[FloatArray]:
    """Noise (d + 1, c) for weights and bias, of growing size."""
    weights = host(head.weights, np.float64)
    generator = np.random.default_rng([seed, 51])
    size = float(np.sqrt(np.mean(weights**2))) or 1.0
    shape = (weights.shape[0] + 1, weights.shape[1])
    powers = np.repeat(np.linspace(-5, 0, 51), draws)
    return [size * 10**power * generator.standard_normal(shape) for power in powers]


def _with_one(embeddings: Array) -> Array:
    """The rows with a column of ones for the bias: (m, d + 1)."""
    xp = namespace(embeddings)
    rows = double(embeddings)
    return xp.concat([rows, xp.ones_like(rows[:, :1])], axis=1)


_NEVER = -1e300
"""Stands for the bias -inf of a class that was not seen: with a disturbance added it stays the smallest."""


def _stacked(embeddings: Array, head: Any) -> Array:
    """Weights over bias (d + 1, c), beside the embeddings."""
    bias = host(head.bias, np.float64)
    return like(
        embeddings, np.concatenate([host(head.weights, np.float64), np.where(bias < _NEVER, _NEVER, bias)[None]])
    )


@score(
    cite="Gupte et al. 2024, Revisiting Active Learning in the Era of Vision Foundation Models, TMLR, section 4",
    aliases=("drop_disagreement",),
)
def dropout_flips(embeddings: Array, head: Any, *, passes: int = 3, rate: float = 0.75, seed: int = 0) -> Array:
    """Share of dropout passes over the features that change the prediction: (m, d), (d, c) -> (m,) in [0, 1].

    A pass keeps each feature with probability 1 - rate, divided by that, and predicts again; the features dropped are
    the same for all rows. Defaults are the paper's; more passes make fewer ties. DropQuery itself is k-means in a
    shortlist by this score. Cost O(passes m d c). Shines on frozen features of a large encoder. Fails when the head
    is not regularised: no prediction then changes.

    Raises BadInput for fewer than one pass or a rate outside (0, 1).

    >>> import numpy as np
    >>> from askwise.learner.head import Head
    >>> head = Head(np.array([[1.0, 0.0], [1.0, 0.0]]), np.zeros(2))
    >>> dropout_flips(np.array([[1.0, 1.0], [1.0, -0.9]]), head, passes=40)[0]
    np.float64(0.0)
    """
    if passes < 1 or not 0 < rate < 1:
        raise BadInput(f"dropout_flips(passes={passes}, rate={rate}): use at least one pass and a rate between 0 and 1")
    xp = namespace(embeddings)
    rows, weights = _with_one(embeddings), _stacked(embeddings, head)
    before = xp.argmax(rows @ weights, axis=1)
    generator = np.random.default_rng([seed, 3])
    flips = xp.zeros_like(rows[:, 0])
    for _ in range(passes):
        kept = (generator.random(rows.shape[1] - 1) >= rate) / (1 - rate)
        # The bias is no feature: it is always there.
        dropped = rows * like(embeddings, np.append(kept, 1.0))[None, :]
        flips = flips + xp.astype(xp.argmax(dropped @ weights, axis=1) != before, xp.float64)
    return flips / passes
