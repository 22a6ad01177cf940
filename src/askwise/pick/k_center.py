"""Greedy k-center: cover the pool with balls."""

from __future__ import annotations

import numpy as np

from askwise.core.arrays import float32
from askwise.core.evidence import Taken
from askwise.core.noise import Noise
from askwise.core.registry import pick
from askwise.core.types import Array, IntArray
from askwise.kernels.distance import lower_to_centre, nearest_row, nearest_squared


@pick(
    cite="Gonzalez 1985, Theor. Comput. Sci. 38; Sener and Savarese 2018, A Core-Set Approach, ICLR, algorithm 1",
    aliases=("core_set", "farthest_first"),
)
def k_center(embeddings: Array, *, n: int, rng: Noise, taken: Taken) -> IntArray:
    """Farthest-first traversal under Euclidean distance: (m, d) -> (n,) positions, in the order chosen.

    Each pick is the row farthest from everything labelled, pending or picked; ties go to the lowest key. With nothing
    taken the first pick is the row nearest to the mean. At most twice the optimal covering radius. Cost O(m d (t + n)),
    one pass per centre, 4 bytes a row. Shines on clean, well-scaled features at a low budget. Fails with outliers,
    which it picks by design: scale or normalise features first.

    >>> import numpy as np
    >>> k_center(np.array([[0.0], [1.0], [2.0], [10.0]]), n=2, rng=0)
    array([2, 3])
    """
    rows = float32(embeddings)
    centres = taken.get("embeddings")
    chosen: list[int] = []
    if centres is None:
        chosen.append(nearest_row(rows, rows.mean(axis=0, dtype=np.float64)))
        nearest = nearest_squared(rows, rows[chosen])
    else:
        nearest = nearest_squared(rows, float32(centres))
    nearest[chosen] = -1.0
    while len(chosen) < n:
        chosen.append(int(np.argmax(nearest)))
        lower_to_centre(rows, rows[chosen[-1]], nearest)
        # Below every distance: a row once chosen is never chosen again, even among equal rows.
        nearest[chosen[-1]] = -1.0
    return np.asarray(chosen[:n], dtype=np.int64)
