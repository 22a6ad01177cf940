"""A share of chance for as long as there are fewer labels than dimensions."""

from __future__ import annotations

import numpy as np

from askwise.core.errors import BadInput
from askwise.core.evidence import Taken
from askwise.core.noise import Noise
from askwise.core.registry import pick
from askwise.core.topn import top_order
from askwise.core.types import Array, FloatArray, IntArray


@pick(
    cite="Tifrea, Clarysse and Yang 2023, Margin-based Sampling in High Dimensions: When Being Active Is Less Efficient"
    " Than Staying Passive, ICML (the finding; the rule is ours)"
)
def dimension_guard(
    scores: FloatArray,
    embeddings: Array,
    *,
    n: int,
    rng: Noise,
    taken: Taken,
    share: float = 0.5,
    ratio: float = 1.0,
) -> IntArray:
    """The n highest scores, half of them at random while labels are few: (m,), (m, d) -> (n,) positions, best first.

    While labelled and pending rows are fewer than `ratio` d, the last ceil(share n) places go to rows drawn uniformly
    from the rest. In high dimensions a linear model of few labels is so uncertain about its own boundary that rows near
    it teach less than random ones, even without noise. Cost O(m + n log n). Shines for linear models on wide features
    of which the boundary is known well. Fails to help where features are wide but redundant: then d overstates the
    dimension; reduce it first (PCA). On the wide tables that were measured plain margin gained over random rows, and
    the guard less (docs/results/statements.md).

    Raises BadInput for a share outside 0 to 1, or a negative ratio.

    >>> import numpy as np
    >>> wide = np.zeros((4, 99))
    >>> dimension_guard(np.array([0.1, 0.9, 0.5, 0.7]), wide, n=2, rng=0)[0], len(wide)
    (np.int64(1), 4)
    """
    if not 0 <= share <= 1 or ratio < 0:
        raise BadInput(f"dimension_guard(share={share}, ratio={ratio}): give a share from 0 to 1, and a ratio >= 0")
    wide = len(taken) < ratio * int(embeddings.shape[1])
    drawn = int(np.ceil(share * n)) if wide else 0
    best = top_order(scores, rng.keys, n - drawn, rng.seed)
    rest = np.setdiff1d(np.arange(len(scores)), best)
    at = top_order(rng.uniform("dimension_guard")[rest], rng.keys[rest], drawn, rng.seed)
    return np.concatenate([best, rest[at]])
