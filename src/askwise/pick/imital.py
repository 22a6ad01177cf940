"""ImitAL: a small network that learnt from somebody who knew the answers."""

from __future__ import annotations

import numpy as np

from askwise.core.arrays import host
from askwise.core.errors import BadInput
from askwise.core.evidence import Taken
from askwise.core.noise import Noise
from askwise.core.registry import pick
from askwise.core.types import Array, BoolArray, FloatArray, IntArray
from askwise.kernels.balls import squared_blocks
from askwise.kernels.learned import describe, network
from askwise.kernels.rows import top2

_DIGITS = 6


@pick(cite="Gonsior, Thiele and Lehner 2022, ImitAL: Learned Active Learning Strategy on Synthetic Data, DS, section 3")
def imital(
    probs: Array,
    embeddings: Array,
    labelled_embeddings: Array,
    labels: Array,
    target_embeddings: Array,
    *,
    n: int,
    rng: Noise,
    taken: Taken,
    candidates: int = 20,
) -> IntArray:
    """The choice of a trained network among few: (m, c), (m, d), (l, d), (l,), (t, d) -> (n,) positions, in order.

    For each slot `candidates` rows are put up: a quarter with the smallest margins, a quarter farthest from what is
    labelled, the others random. A network of 16 tanh units sees the nine features of `lal` for each, and how far they
    are from the mean of the set; it was trained by `benchmarks/learned/train.py` on 8000 states of synthetic problems
    to choose as somebody who tries every candidate's true label and takes the best. Pending and picked rows count as
    labelled with their predicted class. Ties go to the lowest key. Cost O(n m d) for the distances. Shines with a
    forest: 3.2 ± 2.5 points above margin on ten new synthetic problems; with a logistic regression it is as good as
    margin (-0.2 ± 1.2). Fails with more classes than it was trained on (five): on digits it is 1.8 ± 1.5 points below.

    Raises BadInput without labelled rows, for a label that is no class, or fewer than four candidates.

    >>> import numpy as np
    >>> p, rows, held = np.array([[0.5, 0.5], [0.99, 0.01]]), np.array([[2.0], [0.1]]), np.array([[0.0], [4.0]])
    >>> imital(p, rows, held, np.array([0.0, 1.0]), rows, n=1, rng=0)
    array([0])
    """
    if candidates < 4:
        raise BadInput(f"imital: candidates={candidates} leave nothing to choose from; give 4 or more, 20 by default")
    rows, table, targets = host(embeddings, np.float64), host(probs, np.float64), host(target_embeddings, np.float64)
    known, y = host(labelled_embeddings, np.float64), host(labels).astype(np.int64)
    pending = taken.only_pending()
    if len(pending):
        known = np.concatenate([known, host(pending.evidence["embeddings"], np.float64)])
        y = np.concatenate([y, host(pending.evidence["probs"]).argmax(axis=1)])
    first, second = top2(table)
    margins, away = np.round(first - second, _DIGITS), _nearest(rows, known)
    free, generator = np.ones(len(rows), dtype=bool), rng.generator("imital")
    chosen: list[int] = []
    while len(chosen) < n:
        some = _put_up(margins, np.round(away, _DIGITS), free, candidates, generator)
        features = describe(table[some], rows[some], known, y, targets)
        value = network("imital")(np.concatenate([features, features - features.mean(axis=0)], axis=1))
        best = int(some[np.argmax(np.round(value, _DIGITS))])
        chosen.append(best)
        free[best] = False
        known, y = np.concatenate([known, rows[best][None]]), np.append(y, table[best].argmax())
        np.minimum(away, _nearest(rows, rows[best][None]), out=away)
    return np.asarray(chosen, dtype=np.int64)


def _nearest(rows: FloatArray, known: FloatArray) -> FloatArray:
    """Squared distance (m,) to the nearest of some rows."""
    out = np.full(len(rows), np.inf)
    for part, block in squared_blocks(rows, known):
        out[part] = block.min(axis=1)
    return out


def _put_up(
    margins: FloatArray, away: FloatArray, free: BoolArray, size: int, generator: np.random.Generator
) -> IntArray:
    """Positions of free rows, ascending: the least margins, the farthest, and random ones."""
    left = np.flatnonzero(free)
    if len(left) <= size:
        return left
    sure = left[np.argsort(margins[left], kind="stable")[: size // 4]]
    far = left[np.argsort(-away[left], kind="stable")[: size // 4]]
    both = np.union1d(sure, far)
    rest = np.setdiff1d(left, both)
    return np.sort(np.concatenate([both, generator.choice(rest, size - len(both), replace=False)]))
