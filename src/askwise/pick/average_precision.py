"""Expected average precision: the row without which the ranking of the rest looks best."""

from __future__ import annotations

import numpy as np

from askwise.core.arrays import host
from askwise.core.evidence import Taken
from askwise.core.noise import Noise
from askwise.core.registry import pick
from askwise.core.topn import top_order
from askwise.core.types import Array, IntArray
from askwise.kernels.average_precision import expected_without_each

_DIGITS = 10
"""Rows of equal chances differ by rounding: beyond ten digits they tie."""


@pick(
    cite="Wang, Chang, Shi, Yang and Shen 2018, Uncertainty Sampling for Action Recognition via Maximizing Expected"
    " Average Precision, IJCAI, section 3",
    aliases=("usap",),
)
def expected_average_precision(probs: Array, *, n: int, rng: Noise, taken: Taken) -> IntArray:
    """Rows without which the pool's expected average precision is largest: (m, c) -> (n,) positions, best first.

    For each class the rows are ranked by their probability; labels are independent with these. A row's value is the
    expected average precision of all other rows, averaged over classes: high for rows whose doubt spoils the ranking.
    It looks at the whole pool, so it is a pick; the n highest values, ties by keyed noise. Computed for all rows at
    once in O(m) a node of a quadrature, O(c m sqrt m) in all, where the recursion of the paper costs O(c m^3). Shines
    for search and detection, which average precision measures. Fails in what it shares with uncertainty:
    near-duplicates, and a model that is wrong.

    >>> import numpy as np
    >>> expected_average_precision(np.array([[0.9, 0.1], [0.5, 0.5], [0.05, 0.95]]), n=1, rng=0)
    array([1])
    """
    table = host(probs, np.float64)
    values = np.mean([expected_without_each(column) for column in table.T], axis=0).round(_DIGITS)
    return top_order(values, rng.keys, n, rng.seed)
