"""Kernel-weighted counts of labelled rows: what the labels near a row say."""

from __future__ import annotations

import numpy as np

from askwise.core.arrays import host, namespace
from askwise.core.types import Array
from askwise.kernels.information import double, like, one_hot

_BLOCK = 1 << 22
"""Kernel values held at a time."""


def bandwidth(labelled_embeddings: Array) -> float:
    """gamma of the kernel exp(-gamma |x - x'|^2): 1 / (d v) with v the variance of the labelled rows' values (as SVC's
    "scale"), or 1 / d if they do not vary or there are none. It depends on what is labelled, and on no other row of
    the pool.

    >>> bandwidth(np.array([[0.0, 2.0], [0.0, 2.0]]))
    0.5
    """
    held = host(labelled_embeddings, np.float64)
    spread = float(np.var(held)) if held.size else 0.0
    return 1.0 / (int(held.shape[1]) * (spread or 1.0))


def class_counts(embeddings: Array, labelled_embeddings: Array, labels: Array, classes: int) -> Array:
    """Labels of each class near each row, weighted by the kernel: (m, d), (l, d), (l,) -> (m, classes) float64.

    >>> class_counts(np.array([[0.0], [2.0]]), np.array([[0.0], [2.0]]), np.array([0, 1]), 2).round(3)
    array([[1.   , 0.018],
           [0.018, 1.   ]])
    """
    rows, held = double(embeddings), double(labelled_embeddings)
    xp = namespace(rows)
    gamma = bandwidth(held)
    votes = one_hot(like(rows, host(labels)), classes)
    m, step = int(rows.shape[0]), max(1, _BLOCK // max(held.shape[0] * held.shape[1], 1))
    blocks = (rows[start : min(start + step, m), ...] for start in range(0, m, step))
    parts = [kernel(block, held, gamma) @ votes for block in blocks]
    return xp.concat(parts, axis=0) if parts else xp.zeros((0, classes), dtype=xp.float64)


def kernel(rows: Array, held: Array, gamma: float) -> Array:
    """Kernel values (b, l) of float64 rows. By direct difference: |x|^2 + |y|^2 - 2xy loses a common offset."""
    xp = namespace(rows)
    gap = rows[:, None, :] - held[None, :, :]
    return xp.exp(-gamma * xp.sum(gap * gap, axis=-1))
