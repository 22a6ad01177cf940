"""Contrastive active learning: rows that look like labelled ones and are predicted differently."""

from __future__ import annotations

from askwise.core.arrays import namespace
from askwise.core.errors import BadInput
from askwise.core.registry import score
from askwise.core.types import Array
from askwise.kernels.information import double, plogp

_BLOCK = 1 << 22
"""Differences of features held at a time."""

_FLOOR = 1e-12
"""The least probability that a divergence is measured against: it bounds each at 28 nats."""


@score(
    cite="Margatina et al. 2021, Active Learning by Acquiring Contrastive Examples, EMNLP, algorithm 1",
    aliases=("cal",),
)
def contrastive(
    probs: Array, embeddings: Array, labelled_embeddings: Array, labelled_probs: Array, *, neighbours: int = 10
) -> Array:
    """Mean KL divergence from the nearest labelled rows: (m, c), (m, d), (l, d), (l, c) -> (m,), nats.

    (1/k) sum KL(p(y | x_l) || p(y | x)) over the k = min(neighbours, l) labelled rows nearest in Euclidean distance. A
    probability of x below 1e-12 counts as that much, so that the value is finite. Of labelled rows equally far the
    earlier ones count. Cost O(m l (d + c)). Shines for fine-tuned encoders, whose neighbours should agree. Fails with
    few labels, whose nearest rows are not near.

    Raises BadInput without labelled rows, or for fewer than one neighbour.

    >>> import numpy as np
    >>> p, held = np.array([[0.5, 0.5], [1.0, 0.0]]), np.array([[1.0, 0.0]])
    >>> contrastive(p, np.zeros((2, 1)), np.zeros((1, 1)), held).round(4)
    array([0.6931, 0.    ])
    """
    rows, held = double(embeddings), double(labelled_embeddings)
    if neighbours < 1 or held.shape[0] == 0:
        raise BadInput(
            f"contrastive: {neighbours} neighbours of {held.shape[0]} labelled rows is nobody; label a few rows first"
        )
    xp = namespace(rows)
    m, k = int(rows.shape[0]), min(neighbours, int(held.shape[0]))
    p, q = double(probs), double(labelled_probs)
    floor = xp.where(p > _FLOOR, p, xp.ones_like(p) * _FLOOR)
    apart = xp.sum(plogp(q), axis=1)[None, :] - xp.log(floor) @ xp.permute_dims(q, (1, 0))
    step = max(1, _BLOCK // max(held.shape[0] * held.shape[1], 1))
    parts = [_nearest(rows[start : min(start + step, m), ...], held, k) for start in range(0, m, step)]
    if not parts:
        return xp.zeros((0,), dtype=xp.float64)
    return xp.sum(xp.where(xp.concat(parts, axis=0), apart, xp.zeros_like(apart)), axis=1) / k


def _nearest(rows: Array, held: Array, k: int) -> Array:
    """Which (b, l) labelled rows are the k nearest of each row. By direct difference: no common offset is lost."""
    xp = namespace(rows)
    gap = rows[:, None, :] - held[None, :, :]
    order = xp.argsort(xp.sum(gap * gap, axis=2), axis=1, stable=True)
    return xp.argsort(order, axis=1) < k
