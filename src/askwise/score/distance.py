"""How far a row lies from what is labelled."""

from __future__ import annotations

from askwise.core.arrays import namespace
from askwise.core.errors import BadInput
from askwise.core.registry import score
from askwise.core.types import Array
from askwise.kernels.information import double

_BLOCK = 1 << 22
"""Differences of features held at a time."""


@score(
    cite="Sener and Savarese 2018, Active Learning for Convolutional Neural Networks: A Core-Set Approach, ICLR,"
    " algorithm 1: its criterion for one row",
    aliases=("distance_to_labelled",),
)
def relative_distance(embeddings: Array, labelled_embeddings: Array) -> Array:
    """Euclidean distance to the nearest labelled row: (m, d), (l, d) -> (m,) >= 0.

    The first pick of `k_center`, as a score: use it inside compositions, per cost or as a filter, and the pick for
    batches. Cost O(m l d), by direct difference. Shines as a plain measure of novelty. Fails on outliers, which it
    ranks first, and in batches, whose rows are far from the labels and close to one another.

    Raises BadInput without labelled rows.

    >>> import numpy as np
    >>> relative_distance(np.array([[0.0, 0.0], [3.0, 4.0]]), np.array([[0.0, 0.0], [9.0, 9.0]]))
    array([0., 5.])
    """
    rows, held = double(embeddings), double(labelled_embeddings)
    if held.shape[0] == 0:
        raise BadInput(
            "relative_distance: 0 labelled rows are near nothing; label a row first, or use the pick k_center"
        )
    xp = namespace(rows)
    m, step = int(rows.shape[0]), max(1, _BLOCK // (held.shape[0] * held.shape[1]))
    parts = []
    for start in range(0, m, step):
        gap = rows[start : min(start + step, m), None, :] - held[None, :, :]
        parts.append(xp.min(xp.sum(gap * gap, axis=2), axis=1))
    return xp.sqrt(xp.concat(parts)) if parts else xp.zeros((0,), dtype=xp.float64)
