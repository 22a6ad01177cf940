"""The best rows after the very best: skip the tail where outliers live."""

from __future__ import annotations

from askwise.core.errors import BadInput
from askwise.core.evidence import Taken
from askwise.core.noise import Noise
from askwise.core.registry import pick
from askwise.core.topn import top_order
from askwise.core.types import FloatArray, IntArray


@pick(cite="Gonsior et al. 2024, To Softmax, or Not to Softmax: That is the Question when Applying Active Learning")
def skip_tail(scores: FloatArray, *, n: int, rng: Noise, taken: Taken, fraction: float = 0.02) -> IntArray:
    """The n highest scores after the highest fraction: (m,) -> (n,) positions, best first.

    Passes over the floor(fraction m) rows with the highest scores, fewer if n rows would not be left. As the pool
    shrinks so does what is skipped, and no row is put off for ever. Ties by keyed noise. Cost O(m + n log n). Shines
    for uncertainty on dirty pools, whose most uncertain rows are outliers and mislabelled ones: look at those as
    suspects. Fails on clean pools, where it skips the best rows. A rank needs all rows at once, so this is a pick and
    no score; use it without a shortlist.

    Raises BadInput for a fraction outside [0, 1).

    >>> import numpy as np
    >>> skip_tail(np.array([0.1, 0.9, 0.5, 0.7]), n=2, rng=0, fraction=0.25)
    array([3, 2])
    """
    if not 0 <= fraction < 1:
        raise BadInput(f"skip_tail: fraction={fraction} is no share of the pool; give 0 to 1, for example 0.02")
    skipped = min(int(fraction * len(scores)), len(scores) - n)
    return top_order(scores, rng.keys, skipped + n, rng.seed)[skipped:]
