"""Pools with rows that nobody can label: doubt, less what looks like rows that were refused."""

from __future__ import annotations

from askwise.core.arrays import namespace
from askwise.core.errors import BadInput
from askwise.core.registry import score
from askwise.core.types import Array
from askwise.kernels.information import double
from askwise.kernels.parzen import bandwidth, kernel
from askwise.kernels.rows import top2

_BLOCK = 1 << 22
"""Differences of rows held at a time."""

_OPEN = 1e-2
"""Weight of a row that can be labelled, for rows that are far from all that were asked."""


@score(
    cite="after Ning, Zhao, Li and Huang 2022, Active Learning for Open-set Annotation, CVPR: ask first of all what can"
    " be answered; the kernel estimate of that is ours"
)
def known_margin(
    probs: Array,
    embeddings: Array,
    labelled_embeddings: Array,
    refused_embeddings: Array,
    *,
    sharpness: float = 4.0,
) -> Array:
    """Doubt times the chance of an answer: (m, c), (m, d), (l, d), (r, d) -> (m,) in [0, 1].

    (1 - gap of the two largest probabilities) k / (k + f), with k and f the sums over labelled and over refused rows
    of exp(-sharpness gamma |x - x'|^2), gamma = 1 / (d v) for labelled rows of variance v; k is 0.01 larger, so that
    where nobody has asked an answer is expected. Refused rows are those that were asked and got no label: rows of
    classes that are no answer. Cost O(m (l + r) d). Shines where a good part of the pool cannot be labelled and lies
    apart. Fails where annotators abstain because rows are hard: it then avoids what the model needs; use margin.

    Raises BadInput for a sharpness that is not positive.

    >>> import numpy as np
    >>> near = np.array([[0.0], [2.0]])
    >>> known_margin(np.array([[0.5, 0.5], [0.5, 0.5]]), near, near[:1], near[1:]).round(2)
    array([1.  , 0.01])
    """
    if not sharpness > 0:
        raise BadInput(f"known_margin: sharpness={sharpness} makes all rows alike, or far ones near; give one above 0")
    rows, known, refused = double(embeddings), double(labelled_embeddings), double(refused_embeddings)
    first, second = top2(double(probs))
    gamma = sharpness * bandwidth(labelled_embeddings)
    answered = _near(rows, known, gamma) + _OPEN
    return (1 - (first - second)) * answered / (answered + _near(rows, refused, gamma))


def _near(rows: Array, held: Array, gamma: float) -> Array:
    """Sum of the kernel over the held rows (m,)."""
    xp = namespace(rows)
    m, step = int(rows.shape[0]), max(1, _BLOCK // max(held.shape[0] * held.shape[1], 1))
    blocks = (rows[start : min(start + step, m), ...] for start in range(0, m, step))
    parts = [xp.sum(kernel(block, held, gamma), axis=1) for block in blocks]
    return xp.concat(parts, axis=0) if parts else xp.zeros((0,), dtype=xp.float64)
