"""Chance as a score."""

from __future__ import annotations

from askwise.core.registry import score
from askwise.core.types import Array


@score(cite="Cochran 1977, Sampling Techniques, chapter 2: simple random sampling", aliases=("uniform",))
def random(noise: Array) -> Array:
    """Uniform noise keyed by seed and row id: (m,) -> (m,) in (0, 1).

    Cost O(m). The baseline that every method must beat. Shines as the only unbiased sample of the pool: the top n of it
    is a uniform draw without replacement, and the same seed draws the same rows whatever the order of the pool. Fails
    to find rare classes.

    >>> import numpy as np
    >>> random(np.array([0.25, 0.75]))
    array([0.25, 0.75])
    """
    return noise
