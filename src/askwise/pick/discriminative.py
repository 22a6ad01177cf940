"""Discriminative active learning: rows that a classifier can tell from what is labelled."""

from __future__ import annotations

import numpy as np

from askwise.core.arrays import host
from askwise.core.errors import BadInput
from askwise.core.evidence import Taken
from askwise.core.noise import Noise
from askwise.core.registry import pick
from askwise.core.topn import top_order
from askwise.core.types import Array, FloatArray, IntArray
from askwise.kernels.space import Space

_BLOCK = 1 << 20


@pick(cite="Gissin and Shalev-Shwartz 2019, Discriminative Active Learning, arXiv 1907.06347, algorithm 1")
def discriminative(
    embeddings: Array,
    *,
    n: int,
    rng: Noise,
    taken: Taken,
    batches: int = 10,
    sample: int = 10_000,
    strength: float = 1.0,
) -> IntArray:
    """Rows most surely unlike what is labelled, in sub-batches: (m, d) -> (n,) positions, in the order chosen.

    A logistic regression (scikit-learn, classes balanced, inverse regularisation `strength`, features scaled to
    variance one) tells labelled, pending and picked rows from the rest, of which at most `sample` random ones train it;
    the rows with the largest P(unlabelled) are picked, n / `batches` at a time, and it is fitted again. With nothing
    labelled the most central row comes first. Ties by keyed noise. Cost O(batches (sample + t) d) to fit, O(batches m
    d) to predict. Shines when the labelled rows miss a part of the pool: it finds which. Fails with labelled rows like
    the pool, which nobody can tell apart, and on outliers, which it takes; a linear boundary sees sides only, so give
    it embeddings of a network, as the paper does.

    Raises BadInput for fewer than one sub-batch or sampled row, or a strength that is not positive.

    >>> import numpy as np
    >>> from askwise.core.evidence import Taken
    >>> known = Taken({"embeddings": np.array([[0.0], [1.0]])}, np.array([False, False]))
    >>> discriminative(np.array([[0.0], [3.0], [9.0], [1.0]]), n=1, rng=0, taken=known)
    array([2])
    """
    if batches < 1 or sample < 1 or not strength > 0:
        raise BadInput(
            f"discriminative: batches={batches}, sample={sample}, strength={strength} must all be positive;"
            " by default 10, 10000 and 1"
        )
    rows = host(embeddings)
    held = taken.get("embeddings")
    known = rows[:0] if held is None else host(held)
    chosen = [] if held is not None else [Space.of(rows).central()]
    size = -(-n // batches)
    while len(chosen) < n:
        free = np.setdiff1d(np.arange(len(rows)), chosen)
        few = free[np.sort(top_order(rng.uniform("discriminative")[free], rng.keys[free], sample, rng.seed))]
        unlike = _unlike(rows, np.concatenate([known, rows[chosen]]), few, strength)[free]
        best = top_order(np.round(unlike, 9), rng.keys[free], min(size, n - len(chosen)), rng.seed)
        chosen += free[best].tolist()
    return np.asarray(chosen, dtype=np.int64)


def _unlike(rows: FloatArray, known: FloatArray, few: IntArray, strength: float) -> FloatArray:
    """Log-odds (m,) that a row is unlabelled rather than labelled."""
    from sklearn.linear_model import LogisticRegression

    train = np.concatenate([known, rows[few]]).astype(np.float64)
    middle, width = train.mean(axis=0), train.std(axis=0)
    width[width == 0] = 1.0
    model = LogisticRegression(C=strength, class_weight="balanced", max_iter=1000)
    model.fit((train - middle) / width, np.arange(len(train)) >= len(known))
    out = np.empty(len(rows))
    step = max(1, _BLOCK // rows.shape[1])
    for start in range(0, len(rows), step):
        out[start : start + step] = model.decision_function((rows[start : start + step] - middle) / width)
    return out
