"""Thompson sampling: each pick is the best row in the eyes of one draw of the model."""

from __future__ import annotations

import numpy as np

from askwise.core.arrays import host
from askwise.core.evidence import Taken
from askwise.core.noise import Noise
from askwise.core.registry import pick
from askwise.core.types import Array, IntArray


@pick(cite="Thompson 1933, Biometrika 25; Kandasamy et al. 2018, Parallelised Thompson Sampling, AISTATS")
def thompson(draws: Array, *, n: int, rng: Noise, taken: Taken, maximise: bool = True) -> IntArray:
    """The best row left of one draw after another, in random order of draws: (m, k) -> (n,) positions.

    Row i of the batch is the best under draw s(i mod k), s a seeded permutation; ties by keyed noise. `maximise`
    False seeks the smallest value. Cost O(m n). Shines for finding the best row in large batches: the draws disagree
    by themselves about where it is. Fails with draws that agree, and is then greedy.

    >>> import numpy as np
    >>> sorted(thompson(np.array([[9.0, 0.0], [0.0, 9.0], [1.0, 1.0]]), n=2, rng=0).tolist())
    [0, 1]
    """
    values = host(draws)
    order = rng.generator("thompson").permutation(values.shape[1])
    bits = rng.bits("thompson")
    free = np.ones(len(values), dtype=bool)
    chosen: list[int] = []
    for i in range(n):
        column = values[:, order[i % len(order)]].astype(np.float64)
        column = np.where(free, column if maximise else -column, -np.inf)
        tied = np.flatnonzero(free & (column == column.max()))
        chosen.append(int(tied[np.argmax(bits[tied])]))
        free[chosen[-1]] = False
    return np.asarray(chosen, dtype=np.int64)
