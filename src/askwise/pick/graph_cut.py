"""Graph cut: rows like the pool and unlike each other; and disparity, rows unlike each other."""

from __future__ import annotations

import numpy as np

from askwise.core.arrays import host
from askwise.core.errors import BadInput
from askwise.core.evidence import Taken
from askwise.core.noise import Noise
from askwise.core.registry import pick
from askwise.core.types import Array, FloatArray, IntArray
from askwise.kernels.balls import squared_blocks
from askwise.kernels.coverage import Similarity, Sums, reference_rows
from askwise.kernels.lazy import lazy_greedy

_DIGITS = 9


@pick(cite="Iyer et al. 2021, Submodular Combinatorial Information Measures, ALT; Kaushal et al. 2022, Submodlib")
def graph_cut(
    embeddings: Array,
    *,
    n: int,
    rng: Noise,
    taken: Taken,
    trade: float = 0.5,
    similarity: str = "rbf",
    bandwidth: float | None = None,
    reference: int = 4_000,
) -> IntArray:
    """Greedy maximum of sum_{i pool, j S} s_ij - trade sum_{i, j in S} s_ij: (m, d) -> (n,) positions, in order.

    S holds what is labelled, pending and picked; the gain of x is sum_i s_ix - trade (2 sum_{j in S} s_jx + s_xx).
    Similarities as in `facility_location`; the first sum runs over at most `reference` random rows and is scaled up.
    With a `trade` up to 0.5 the sum never falls as S grows. Lazy greedy, for the gains only fall; ties go to the lowest
    key. Cost O(m (r + t) d), then a few rows a pick. Shines as a density measure with some spread, at low budgets.
    Fails on pools with one big cluster: the first sum outweighs the second until hundreds are picked; raise `trade` to
    the size of the pool over n.

    Raises BadInput for a negative trade, and as `facility_location`.

    >>> import numpy as np
    >>> rows = np.array([[0.0], [0.1], [0.2], [9.0], [9.1]])
    >>> graph_cut(rows, n=2, rng=0, bandwidth=1.0, trade=2.0)
    array([1, 3])
    """
    if trade < 0:
        raise BadInput(f"graph_cut: trade={trade} rewards repetition; give 0 or more, 0.5 by default")
    rows = host(embeddings)
    generator = rng.generator("graph_cut")
    measure = Similarity.of(similarity, bandwidth, rows, generator)
    at = reference_rows(len(rows), reference, generator)
    base = measure.reduce(rows, rows[at], lambda block: block.sum(axis=1)) * (len(rows) / len(at)) - trade
    held = taken.get("embeddings")
    inside = Sums(rows, measure, None if held is None else host(held), n)

    def gains(some: IntArray) -> FloatArray:
        return np.asarray(np.round(base[some] - 2.0 * trade * inside.of(some), _DIGITS))

    return lazy_greedy(n, np.round(base - 2.0 * trade * inside.sums, _DIGITS), gains, inside.add)


@pick(cite="Borodin, Lee and Ye 2012, Max-Sum Diversification, PODS, section 3", aliases=("disparity_sum", "max_sum"))
def disparity(embeddings: Array, *, n: int, rng: Noise, taken: Taken) -> IntArray:
    """Greedy maximum of the sum of all pairwise distances: (m, d) -> (n,) positions, in the order chosen.

    Each pick has the largest sum of Euclidean distances to what is labelled, pending or picked; with nothing there the
    first is the row farthest from the mean. Half the optimum at worst. Ties go to the lowest key. (The minimum in place
    of the sum is `k_center`.) Cost O((t + n) m d). Shines as SeedAL's criterion for a first batch of varied rows. Fails
    with outliers and large batches: it fills the rim of the pool and leaves the middle empty.

    >>> import numpy as np
    >>> disparity(np.array([[0.0], [1.0], [4.0], [10.0]]), n=3, rng=0)
    array([3, 0, 1])
    """
    rows = host(embeddings)
    held = taken.get("embeddings")
    away = _total_distance(rows, rows.mean(axis=0, dtype=np.float64)[None] if held is None else host(held))
    free = np.ones(len(rows), dtype=bool)
    chosen: list[int] = []
    while len(chosen) < n:
        chosen.append(int(np.argmax(np.where(free, np.round(away, _DIGITS), -np.inf))))
        free[chosen[-1]] = False
        step = _total_distance(rows, rows[chosen[-1]][None])
        # The distance to the mean chose the first row only.
        away = step if held is None and len(chosen) == 1 else away + step
    return np.asarray(chosen, dtype=np.int64)


def _total_distance(rows: FloatArray, others: FloatArray) -> FloatArray:
    """Sum (m,) of the distances of each row to all others (k, d)."""
    out = np.zeros(len(rows))
    for part, block in squared_blocks(rows, others):
        out[part] = np.sqrt(block).sum(axis=1)
    return out
