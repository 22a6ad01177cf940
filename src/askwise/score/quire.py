"""QUIRE: the row whose worst label fits the labelled rows best, in closed form."""

from __future__ import annotations

import numpy as np

from askwise.core.arrays import host, namespace
from askwise.core.errors import BadInput
from askwise.core.registry import score
from askwise.core.types import Array
from askwise.kernels.information import double, like
from askwise.kernels.parzen import bandwidth

_BLOCK = 1 << 22
"""Kernel values held at a time."""


@score(cite="Huang, Jin and Zhou 2010, Active Learning by Querying Informative and Representative Examples, NIPS")
def quire(
    embeddings: Array,
    labelled_embeddings: Array,
    labels: Array,
    *,
    noise: float = 1.0,
    gamma: float | None = None,
) -> Array:
    """Minus the worst fit over the row's classes: (m, d), (l, d), (l,) -> (m,), negative.

    The paper minimises over rows s the maximum over labels y_s of the minimum over real y_u of y' (K + noise I)^-1 y, K
    being the kernel of all rows. By the block inverse the other rows leave that minimum exactly: what remains is
    (y_s - mu)^2 / v with the mean mu and the variance v, noise included, of kernel ridge regression on the labelled
    rows. No matrix over the pool, no iteration. Several classes: one against the rest (1 and -1), summed, which is
    (sum_c (1 + mu_c)^2 - 4 min_c mu_c) / v; classes are 0 to the largest label, two at least. The kernel is
    exp(-gamma |x - x'|^2), by default with gamma as in xPAL. Cost O(l^3 + m l (l + d)). Shines with few labels and
    features that mean something: an undecided mean and a large variance at once. Fails, as its closed form tells, in
    what its name promises: how many rows are like this one does not count, so it asks for outliers.

    Raises BadInput without labelled rows, for a noise or a gamma that is not positive, and for a negative label.

    >>> import numpy as np
    >>> quire(np.array([[0.0], [99.0]]), np.array([[0.0]]), np.array([0.0]), gamma=1.0)
    array([-3., -1.])
    """
    known = host(labels).astype(np.int64)
    if not noise > 0 or (gamma is not None and not gamma > 0):
        raise BadInput(f"quire: noise={noise} and gamma={gamma} must be positive; by default 1 and None")
    if len(known) == 0 or known.min() < 0:
        raise BadInput(f"quire: labels {known[:5].tolist()} are no class indices of labelled rows; label a few first")
    rows, held = double(embeddings), double(labelled_embeddings)
    xp, m = namespace(rows), int(rows.shape[0])
    width = bandwidth(held) if gamma is None else gamma
    gram = host(_kernel(held, held, width)) + noise * np.eye(len(known))
    inverse = like(rows, np.linalg.inv(gram))
    signs = np.where(known[:, None] == np.arange(max(2, known.max() + 1)), 1.0, -1.0)
    weights = inverse @ like(rows, signs)
    parts, step = [], max(1, _BLOCK // len(known))
    for start in range(0, m, step):
        near = _kernel(rows[start : min(start + step, m), ...], held, width)
        mean = near @ weights
        variance = 1.0 + noise - xp.sum((near @ inverse) * near, axis=1)
        parts.append(-(xp.sum((1.0 + mean) ** 2, axis=1) - 4.0 * xp.min(mean, axis=1)) / variance)
    return xp.concat(parts) if parts else xp.zeros((0,), dtype=xp.float64)


def _kernel(rows: Array, held: Array, gamma: float) -> Array:
    """exp(-gamma |x - x'|^2) (b, l) by a product in float64 about a labelled row, which takes a common offset away."""
    xp = namespace(rows)
    rows, held = rows - held[:1, :], held - held[:1, :]
    squared = xp.sum(rows * rows, axis=1)[:, None] + xp.sum(held * held, axis=1)[None, :]
    squared = squared - 2.0 * (rows @ xp.permute_dims(held, (1, 0)))
    return xp.exp(-gamma * xp.where(squared > 0, squared, xp.zeros_like(squared)))
