"""A random part of the pool."""

from __future__ import annotations

import numpy as np

from askwise.among.check import check_count
from askwise.core.evidence import Taken
from askwise.core.noise import Noise
from askwise.core.registry import among
from askwise.core.topn import top_order
from askwise.core.types import IntArray


@among(cite="Ertekin et al. 2007, Learning on the Border, CIKM, section 4.2 (the best of a few random rows)")
def random_subset(*, n: int, rng: Noise, taken: Taken, size: int = 10_000) -> IntArray:
    """A random part of the pool: -> (max(size, n),) positions, ascending, drawn anew each batch.

    Ertekin: the best of 59 random rows is with 95 % among the best 5 %. Cost O(m); no evidence is read. Shines on pools
    that repeat themselves, whose best rows are one row many times, and against outliers. Fails when what counts is
    rare: a small part does not hold it.

    Raises BadInput for a size below 1.

    >>> from askwise.core.noise import Noise
    >>> random_subset(n=1, rng=Noise(0, 5), size=5)
    array([0, 1, 2, 3, 4])
    """
    check_count("random_subset", "size", size)
    return np.sort(top_order(rng.uniform("random_subset"), rng.keys, max(size, n), rng.seed))
