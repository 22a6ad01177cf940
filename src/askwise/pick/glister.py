"""GLISTER: rows whose guessed labels, trained on, would help on the labelled rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from askwise.core.arrays import host
from askwise.core.errors import BadInput
from askwise.core.evidence import Taken
from askwise.core.noise import Noise
from askwise.core.registry import pick
from askwise.core.types import Array, FloatArray, IntArray
from askwise.kernels.linear import first_best, slices


@pick(
    cite="Killamsetty et al. 2021, GLISTER: Generalization Based Data Subset Selection for Efficient and Robust"
    " Learning, AAAI, section 3 and GLISTER-ACTIVE"
)
def glister(
    probs: Array,
    embeddings: Array,
    head: Any,
    labelled_embeddings: Array,
    labels: Array,
    *,
    n: int,
    rng: Noise,
    taken: Taken,
    rate: float = 0.05,
) -> IntArray:
    """Greedy steps that lower the loss of labelled rows: (m, c), (m, d), (d, c), (l, d), (l,) -> (n,), in order.

    A row's step is `rate` times the gradient of the linear layer at its predicted class, (p - e) outer (h, 1). Each
    pick has the largest inner product of its gradient and that of the mean log loss of the labelled rows, taken where
    the steps of the picks before have led: the first-order value of one more step on the row. Pending rows step first.
    Products within 1e-10 of the largest are equal, and the lowest key wins. Cost O(m c d) a pick. Shines for finding
    rows that go with what is known, and with a validation set in place of the labels. Fails when the model fits its
    labels: their gradient is noise, and where the guessed classes are wrong.

    Raises BadInput without labelled rows, for a label that is no class, or a rate that is not positive.

    >>> import numpy as np
    >>> from askwise.learner import Head
    >>> p, rows = np.array([[0.6, 0.4], [0.4, 0.6]]), np.array([[1.0], [-1.0]])
    >>> glister(p, rows, Head(np.zeros((1, 2)), np.zeros(2)), np.array([[2.0]]), np.array([0.0]), n=1, rng=0)
    array([0])
    """
    known, y = _with_one(host(labelled_embeddings, np.float64)), host(labels).astype(np.int64)
    table, rows = host(probs, np.float64), host(embeddings)
    if len(y) == 0 or y.min() < 0 or y.max() >= table.shape[1]:
        raise BadInput(f"glister: labels {y[:5].tolist()} are no classes of {table.shape[1]} columns; label a few rows")
    if not rate > 0:
        raise BadInput(f"glister: rate={rate} makes no step; give a positive number, 0.05 by default")
    weights = np.concatenate([host(head.weights, np.float64), host(head.bias, np.float64)[None]])
    residual = _residual(table)
    pending = taken.only_pending()
    if len(pending):
        steps = _with_one(host(pending.evidence["embeddings"], np.float64)).T @ _residual(
            host(pending.evidence["probs"])
        )
        weights = weights - rate * steps
    free = np.ones(len(rows), dtype=bool)
    chosen: list[int] = []
    while len(chosen) < n:
        slope = known.T @ (_softmax(known @ weights) - np.eye(table.shape[1])[y]) / len(y)
        gain = np.where(free, _along(rows, residual, slope), -np.inf)
        best = first_best(gain, float(np.abs(gain[free]).max()))
        chosen.append(best)
        free[best] = False
        weights = weights - rate * np.outer(np.append(rows[best].astype(np.float64), 1.0), residual[best])
    return np.asarray(chosen, dtype=np.int64)


def _with_one(rows: FloatArray) -> FloatArray:
    return np.concatenate([rows, np.ones((len(rows), 1))], axis=1)


def _residual(probs: FloatArray) -> FloatArray:
    """p - e (m, c), e the indicator of the predicted class."""
    out = np.array(probs, dtype=np.float64)
    out[np.arange(len(out)), out.argmax(axis=1)] -= 1.0
    return out


def _softmax(logits: FloatArray) -> FloatArray:
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=1, keepdims=True))


def _along(rows: FloatArray, residual: FloatArray, slope: FloatArray) -> FloatArray:
    """Inner product (m,) of each row's gradient, (p - e) outer (h, 1), with a matrix (d + 1, c)."""
    out = np.empty(len(rows))
    for part in slices(rows):
        inside = rows[part].astype(np.float64) @ slope[:-1] + slope[-1]
        out[part] = np.einsum("ij,ij->i", inside, residual[part])
    return out
