"""The loss that a classifier expects on target rows after one more answer, averaged over what the answer may be."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from askwise.core.errors import BadInput, did_you_mean
from askwise.core.types import FloatArray
from askwise.kernels.backend import backend
from askwise.kernels.compiled_lookahead import expected_errors
from askwise.kernels.information import plogp
from askwise.kernels.rows import steady

BLOCK = 1 << 22
"""Values held at a time."""

After = Callable[[slice, int], FloatArray]
"""(rows, answer) -> chances (b, t, c) at the targets, once each of the b rows by itself has that answer."""

LOSSES = ("log", "zero_one")


def check_loss(who: str, loss: str) -> None:
    """Raise BadInput for a loss that there is not, with the nearest name."""
    if loss not in LOSSES:
        raise BadInput(f"{who}: loss={loss!r} is unknown.{did_you_mean(loss, LOSSES)}")


def own_loss(chances: FloatArray, loss: str) -> FloatArray:
    """The loss (...,) that a model expects of its own chances (..., c): 1 - max p, or the entropy of p in nats.

    >>> own_loss(np.array([[0.75, 0.25]]), "zero_one")
    array([0.25])
    """
    if loss == "zero_one":
        return np.asarray(1.0 - chances.max(axis=-1))
    return np.asarray(0.0 - plogp(chances).sum(axis=-1))


def expected_loss(chances: FloatArray, after: After, loss: str, size: int) -> FloatArray:
    """sum_y p(y | x) mean_t loss_t(x, y) of each row (m,), for chances (m, c) of its answers; classes without a chance
    anywhere are passed over. `size` is how many values `after` holds for one row.
    """
    m = len(chances)
    step = max(1, BLOCK // max(size, 1))
    total = np.zeros(m)
    possible = np.flatnonzero((chances > 0).any(axis=0)).tolist()
    for start in range(0, m, step):
        part = slice(start, min(start + step, m))
        for y in possible:
            total[part] += chances[part, y] * own_loss(after(part, y), loss).mean(axis=1)
    return total


def expected_loss_of_means(
    own: FloatArray, at: FloatArray, steps: Callable[[slice], FloatArray], loss: str
) -> FloatArray:
    """Expected loss of each row (m,) of a model with a mean for each class, chances in proportion to what is positive.

    An answer y at a row moves the means `at` (t, c) of targets by step (e_y - own): own (m, c) the means of the rows,
    steps(rows) -> (b, t). To 2^-40, so that all kernel sets give equal numbers.
    """
    m, (t, c) = len(own), at.shape
    chances, turned = normalised(np.maximum(own, 0.0)), np.ascontiguousarray(at.T)
    out = np.empty(m)
    size = max(1, BLOCK // max(t * (c + 1), 1))
    for start in range(0, m, size):
        part = slice(start, min(start + size, m))
        moved = steps(part)
        if loss == "zero_one" and backend() == "numba":
            expected_errors(chances[part], own[part], turned, moved, out[part])
            continue
        out[part] = expected_loss(chances[part], _moved(own[part], at, moved), loss, t * (c + 1))
    return np.asarray(steady(out))


def _moved(own: FloatArray, at: FloatArray, steps: FloatArray) -> After:
    def after(rows: slice, y: int) -> FloatArray:
        change = np.eye(own.shape[1])[y] - own[rows]
        return normalised(np.maximum(at + steps[rows][:, :, None] * change[:, None, :], 0.0))

    return after


def normalised(weights: FloatArray) -> FloatArray:
    """Chances (..., c) in proportion to weights that are not negative; equal ones where all are 0.

    >>> normalised(np.array([[1.0, 3.0], [0.0, 0.0]]))
    array([[0.25, 0.75],
           [0.5 , 0.5 ]])
    """
    total = weights.sum(axis=-1, keepdims=True)
    even = np.full_like(weights, 1.0 / weights.shape[-1])
    return np.asarray(np.divide(weights, total, out=even, where=total > 0))


def softmax(values: FloatArray) -> FloatArray:
    """Softmax over the last axis."""
    odds = np.exp(values - values.max(axis=-1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=-1, keepdims=True))
