"""CVIRS: uncertain by rank over labels, and unlike the label sets known so far."""

from __future__ import annotations

import numpy as np

from askwise.core.arrays import host
from askwise.core.errors import BadInput
from askwise.core.evidence import Taken
from askwise.core.noise import Noise
from askwise.core.registry import pick
from askwise.core.topn import top_order
from askwise.core.types import Array, FloatArray, IntArray

_BLOCK = 1 << 20
"""Pairs of a row and a labelled row held at a time."""


@pick(cite="Reyes, Morell and Ventura 2018, Effective Strategy for Multi-label Learning, Neurocomputing 273")
def cvirs(marginals: Array, label_sets: Array, *, n: int, rng: Noise, taken: Taken) -> IntArray:
    """Category vector inconsistency times ranking of scores: (m, q), (l, q) -> (n,) positions, best first.

    The first factor is the mean distance of the predicted labels (p > 1/2) to the labels of each labelled row: 1
    where they disagree on every label, else the normalised entropy distance 2 - (H(a) + H(b)) / H(a, b), with a and b
    read as two binary variables over the labels (0 where both are constant). The second is the Borda count (m - rank)
    / (m - 1) of the row's |2p - 1| among the pool, ascending, averaged over labels; equal values share their mean
    rank. Ties by keyed noise. Ranks need all rows at once, so this is a pick. Cost O(q m log m + l m q). Shines with
    many labels of unlike base rates, which ranks make comparable. Fails with few labels, where vectors have few
    distances.

    Raises BadInput without labelled rows, or if their labels are not those of the marginals.

    >>> import numpy as np
    >>> P, Y = np.array([[0.9, 0.1], [0.6, 0.6], [0.9, 0.9]]), np.array([[1.0, 0.0]])
    >>> cvirs(P, Y, n=1, rng=0)
    array([1])
    """
    p, known = host(marginals, np.float64), host(label_sets) > 0.5
    if not len(known) or known.shape[1] != p.shape[1]:
        raise BadInput(
            f"label_sets has shape {known.shape}; give at least one labelled row and {p.shape[1]} labels,"
            " as marginals have"
        )
    scores = _inconsistency(p > 0.5, known) * _borda(p)
    return top_order(scores, rng.keys, n, rng.seed)


def _borda(p: FloatArray) -> FloatArray:
    """Share (m,) of the other rows that are more certain, averaged over labels."""
    from scipy.stats import rankdata

    points: FloatArray = np.zeros(len(p))
    for column in np.abs(2 * p - 1).T:
        points += len(p) - rankdata(column)
    return np.asarray(points / (p.shape[1] * max(len(p) - 1, 1)))


def _inconsistency(rows: Array, known: Array) -> FloatArray:
    """Mean distance (m,) of predicted label vectors (m, q) to known ones (l, q)."""
    a, b = rows.astype(np.float64), known.astype(np.float64)
    step = max(1, _BLOCK // len(b))
    return np.concatenate([_distances(a[i : i + step], b).mean(axis=1) for i in range(0, len(a), step)])


def _distances(a: FloatArray, b: FloatArray) -> FloatArray:
    """Distances (b, l) by the four shares of labels: in both, in one or the other, in neither."""
    q = a.shape[1]
    both = a @ b.T / q
    only_a, only_b = a.mean(axis=1)[:, None] - both, b.mean(axis=1)[None] - both
    neither = 1 - both - only_a - only_b
    joint = sum(_term(share) for share in (both, only_a, only_b, neither))
    apart = _binary(a.mean(axis=1))[:, None] + _binary(b.mean(axis=1))[None]
    # Rounding aside, shares are multiples of 1/q: an entropy is 0 or at least that of one label among q.
    distance = np.where(joint > 1e-9, 2 - apart / np.where(joint > 1e-9, joint, 1.0), 0.0)
    return np.where(only_a + only_b > 1 - 0.5 / q, 1.0, distance)


def _term(share: FloatArray) -> FloatArray:
    """-p log p, with 0 for what rounding left of 0."""
    safe = np.where(share > 1e-12, share, 1.0)
    return np.asarray(-safe * np.log(safe))


def _binary(share: FloatArray) -> FloatArray:
    return _term(share) + _term(1 - share)
