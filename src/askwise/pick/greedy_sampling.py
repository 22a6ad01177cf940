"""Greedy sampling for regression: rows whose predictions, or rows and predictions, lie far from what is known.

Greedy sampling on inputs alone (GSx) is the pick k_center.
"""

from __future__ import annotations

import numpy as np

from askwise.core.arrays import float32, host
from askwise.core.evidence import Taken
from askwise.core.noise import Noise
from askwise.core.registry import pick
from askwise.core.types import Array, FloatArray, IntArray
from askwise.kernels.distance import lower_to_centre, nearest_row


@pick(cite="Wu, Lin and Huang 2019, Active Learning for Regression Using Greedy Sampling, Inf. Sci. 474, section 3.2")
def gsy(mean: Array, labels: Array | None = None, *, n: int, rng: Noise, taken: Taken) -> IntArray:
    """Predictions farthest from every known answer: (m,), (l,) -> (n,) positions, in the order chosen.

    Each pick has the largest distance |f(x) - y| to the nearest label; picks and pending rows count with their
    predictions. With nothing known the first is the row nearest to the mean prediction. Ties go to the lowest key.
    Cost O(m (l + n)), one pass a label. Shines on targets with a long range. Fails with a model that is wrong: it
    asks its largest mistakes' neighbours, or the same extreme row's copies.

    >>> import numpy as np
    >>> gsy(np.array([0.0, 4.0, 9.0]), np.array([0.0]), n=2, rng=0)
    array([2, 1])
    """
    f = host(mean, np.float64)
    known = np.concatenate([_values(labels), _values(taken.only_pending().get("mean"))])
    nearest = np.full(len(f), np.inf)
    for y in np.unique(known):
        np.minimum(nearest, np.abs(f - y), out=nearest)
    chosen: list[int] = []
    while len(chosen) < n:
        j = int(np.argmax(nearest) if np.isfinite(nearest).any() else np.argmin(np.abs(f - f.mean())))
        chosen.append(j)
        np.minimum(nearest, np.abs(f - f[j]), out=nearest)
        nearest[chosen] = -1.0
    return np.asarray(chosen, dtype=np.int64)


@pick(
    cite="Wu, Lin and Huang 2019, Active Learning for Regression Using Greedy Sampling, Inf. Sci. 474, section 3.3",
    aliases=("igs",),
)
def gsi(
    embeddings: Array,
    mean: Array,
    labelled_embeddings: Array | None = None,
    labels: Array | None = None,
    *,
    n: int,
    rng: Noise,
    taken: Taken,
) -> IntArray:
    """Rows far in features and prediction: (m, d), (m,), (l, d), (l,) -> (n,) positions, in the order chosen.

    Each pick has the largest min_j |x - x_j| |f(x) - y_j| over labelled rows j; picks and pending rows count with
    their predictions. With nothing known the first is the row nearest to the mean. Ties go to the lowest key. Cost
    O(m d (l + n)), one pass a label. Shines with few labels and scaled features, where it beats GSx and GSy. Fails
    with outliers, which are far in both.

    >>> import numpy as np
    >>> X = np.array([[0.0], [1.0], [2.0]])
    >>> gsi(X, np.array([0.0, 5.0, 1.0]), np.array([[0.0]]), np.array([0.0]), n=2, rng=0)
    array([1, 2])
    """
    rows, f = float32(embeddings), host(mean, np.float64)
    pending = taken.only_pending()
    nearest = np.full(len(rows), np.inf)
    for centres, values in ((labelled_embeddings, labels), (pending.get("embeddings"), pending.get("mean"))):
        for centre, y in zip(float32(centres) if centres is not None else (), _values(values), strict=True):
            _lower(nearest, rows, f, centre, float(y))
    chosen: list[int] = []
    while len(chosen) < n:
        j = int(np.argmax(nearest)) if np.isfinite(nearest).any() else _centre(rows)
        chosen.append(j)
        _lower(nearest, rows, f, rows[j], float(f[j]))
        # Below every distance: a row once chosen is never chosen again, even among equal rows.
        nearest[chosen] = -1.0
    return np.asarray(chosen, dtype=np.int64)


def _values(array: Array | None) -> FloatArray:
    return np.zeros(0) if array is None else host(array, np.float64)


def _centre(rows: FloatArray) -> int:
    return nearest_row(rows, rows.mean(axis=0, dtype=np.float64))


def _lower(nearest: FloatArray, rows: FloatArray, f: FloatArray, centre: FloatArray, y: float) -> None:
    """Lower `nearest` (m,) in place to the product of both distances to one known row."""
    squared = np.full(len(rows), np.inf, dtype=np.float32)
    lower_to_centre(rows, centre, squared)
    np.minimum(nearest, np.sqrt(squared, dtype=np.float64) * np.abs(f - y), out=nearest)
