"""ALFA-Mix, and DropQuery: k-means among the rows whose prediction gives way most easily."""

from __future__ import annotations

from typing import Any

import numpy as np

from askwise.core.arrays import float32, host
from askwise.core.errors import BadInput
from askwise.core.evidence import Taken
from askwise.core.noise import Noise
from askwise.core.registry import pick
from askwise.core.types import Array, FloatArray, IntArray
from askwise.kernels.cluster import distinct_nearest, k_means

_BLOCK = 1 << 20


@pick(cite="Parvaneh et al. 2022, Active Learning by Feature Mixing, CVPR, equations 5 to 7 and section 3.4")
def alfa_mix(
    embeddings: Array,
    head: Any,
    labelled_embeddings: Array,
    labels: Array,
    *,
    n: int,
    rng: Noise,
    taken: Taken,
    step: float = 0.03125,
) -> IntArray:
    """Diverse rows that flip when mixed with labelled ones: (m, d), (d, c), (l, d), (l,) -> (n,) positions.

    The paper moves a row's features z towards the mean z* of a labelled class, (1 - a) z + a z*, and asks whether the
    prediction changes for a small a. Its closed form a = e |z* - z| g / (|g| (z* - z)), g the gradient of the loss at
    the predicted class, moves z by e |z* - z| along g / |g|, with e = cap / sqrt(d). For a linear head the move that
    flips the prediction follows exactly, without trying. The cap grows by `step` until more than n rows flip, or to
    one; k-means of their normalised features gives one row a cluster, and random rows make up for too few. Cost
    O(m d c) and k-means. Shines with few labels on frozen features. Fails when the head is not regularised: then
    nothing flips and it is a random draw.

    Raises BadInput for a step outside (0, 1], or without labelled rows.

    >>> import numpy as np
    >>> from askwise.learner.head import Head
    >>> head = Head(np.array([[1.0, -1.0]]), np.zeros(2))
    >>> rows, held = np.array([[0.1], [5.0], [-6.0]]), np.array([[4.0], [-4.0]])
    >>> alfa_mix(rows, head, held, np.array([0.0, 1.0]), n=1, rng=0, step=0.05)
    array([0])
    """
    if not 0 < step <= 1:
        raise BadInput(f"alfa_mix: step={step} is no share of a mixture; give a number in (0, 1], 0.03125 by default")
    if not len(host(labels)):
        raise BadInput("alfa_mix mixes rows with labelled ones, and none is labelled; label a few first")
    rows = host(embeddings)
    needed = _cap_to_flip(rows, head, host(labelled_embeddings), host(labels).astype(np.int64))
    cap = step
    while cap < 1.0 and (needed < cap).sum() <= n:
        cap += step
    return _spread(rows, np.flatnonzero(needed < cap), n, rng, "alfa_mix")


def _cap_to_flip(rows: FloatArray, head: Any, held: FloatArray, labels: IntArray) -> FloatArray:
    """The least cap (m,) on mixing at which each row's prediction flips; infinite if no mixing flips it."""
    weights, bias = host(head.weights, np.float64), host(head.bias, np.float64)
    classes = [held[labels == c] for c in range(weights.shape[1])]
    anchors = np.array([(own if len(own) else held).mean(axis=0, dtype=np.float64) for own in classes])
    out = np.empty(len(rows))
    size = max(1, _BLOCK // (weights.shape[0] * weights.shape[1]))
    for start in range(0, len(rows), size):
        part = rows[start : start + size].astype(np.float64)
        reach = np.sqrt(((part[:, None] - anchors) ** 2).sum(axis=2)).max(axis=1)
        move = _move_to_flip(part @ weights + bias, weights)
        out[start : start + size] = np.divide(
            move * np.sqrt(weights.shape[0]), reach, out=np.full(len(part), np.inf), where=reach > 0
        )
    return out


def _move_to_flip(logits: FloatArray, weights: FloatArray) -> FloatArray:
    """Length (b,) of the move up the gradient of the loss at the predicted class that changes the prediction."""
    at = np.arange(len(logits)), logits.argmax(axis=1)
    odds = np.exp(logits - logits[at][:, None])
    slope = odds / odds.sum(axis=1, keepdims=True)
    slope[at] -= 1.0
    gradient = slope @ weights.T
    lengths = np.sqrt(np.einsum("ij,ij->i", gradient, gradient))[:, None]
    gains = np.divide(gradient, lengths, out=np.zeros_like(gradient), where=lengths > 0) @ weights
    closing = gains - gains[at][:, None]
    gap = logits[at][:, None] - logits
    moves: FloatArray = np.divide(gap, closing, out=np.full_like(gap, np.inf), where=closing > 0)
    return np.asarray(moves.min(axis=1))


@pick(cite="Gupte et al. 2024, Revisiting Active Learning in the Era of Vision Foundation Models, TMLR, section 4")
def drop_query(
    scores: FloatArray, embeddings: Array, *, n: int, rng: Noise, taken: Taken, multiple: float = 25.0
) -> IntArray:
    """Diverse rows among those that dropout flips: (m,), (m, d) -> (n,) positions, largest cluster first.

    For the score `dropout_flips`, the share of passes whose prediction changes. Candidates are the rows above one half;
    while they are fewer than `multiple` n the threshold falls to the next lower share, but not to zero. k-means of
    their normalised features gives the row nearest to each centre; random rows make up for too few. Cost O(m) and
    k-means. Shines on frozen features of a large encoder. Fails when the head is not regularised: nothing flips, and it
    is a random draw.

    >>> import numpy as np
    >>> rows = np.array([[1.0, 0.0], [0.9, 0.1], [0.0, 1.0], [0.1, 0.9]])
    >>> sorted(drop_query(np.array([1.0, 0.0, 0.0, 0.7]), rows, n=2, rng=0, multiple=1.0).tolist())
    [0, 3]
    """
    values = np.asarray(scores, dtype=np.float64)
    levels = np.unique(values[values > 0])[::-1]
    kept = np.flatnonzero(values > 0.5)
    for level in levels[levels <= 0.5]:
        if len(kept) >= multiple * n:
            break
        kept = np.flatnonzero(values >= level)
    return _spread(host(embeddings), kept, n, rng, "drop_query")


def _spread(rows: FloatArray, kept: IntArray, n: int, rng: Noise, stream: str) -> IntArray:
    """The row nearest to each of n k-means centres of the normalised rows kept; random other rows if they are few."""
    if len(kept) > n:
        part = float32(rows[kept])
        lengths = np.sqrt(np.einsum("ij,ij->i", part, part))[:, None]
        units = np.divide(part, lengths, out=np.zeros_like(part), where=lengths > 0)
        centres, labels = k_means(units, n, rng.generator(stream))
        order = np.argsort(-np.bincount(labels, minlength=len(centres)), kind="stable")
        return kept[distinct_nearest(units, centres[order], np.arange(len(kept)))]
    rest = np.setdiff1d(np.arange(len(rows)), kept)
    return np.concatenate([kept, rest[np.argsort(rng.bits(stream)[rest])][: n - len(kept)]])
