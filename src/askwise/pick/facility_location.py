"""Facility location: rows that represent the pool, plain (MaxHerding) or weighted (uncertainty herding)."""

from __future__ import annotations

from typing import Any

import numpy as np

from askwise.core.arrays import host
from askwise.core.errors import BadInput
from askwise.core.evidence import Taken
from askwise.core.noise import Noise
from askwise.core.registry import pick
from askwise.core.types import Array, FloatArray, IntArray
from askwise.kernels.balls import squared_blocks
from askwise.kernels.coverage import Coverage, Similarity, reference_rows
from askwise.kernels.lazy import lazy_greedy, stochastic_greedy
from askwise.kernels.space import is_stored
from askwise.kernels.weighted_cluster import weights_of


@pick(
    cite="Bae, Noh and Sutherland 2024, Generalized Coverage for More Robust Low-Budget Active Learning, ECCV",
    aliases=("max_herding",),
    streams=True,
)
def facility_location(
    embeddings: Array,
    *,
    n: int,
    rng: Noise,
    taken: Taken,
    similarity: str = "rbf",
    bandwidth: float | None = None,
    reference: int = 4_000,
    epsilon: float = 0.0,
) -> IntArray:
    """Greedy maximum of the mean similarity to the nearest pick: (m, d) -> (n,) positions, in the order chosen.

    Each pick adds most to (1/r) sum_i max_{j labelled, pending or picked} s(x_i, x_j). `similarity` is "rbf",
    exp(-|x - y|^2 / bandwidth^2), which is MaxHerding's generalised coverage (ProbCover with a soft ball), or "cosine"
    with negative values as zero. The default bandwidth is 0.71 of the median distance between rows, one for normalised
    rows in many dimensions. The mean runs over all rows, or over `reference` random ones in a larger pool. Lazy greedy:
    a row is looked at again only while its old gain could be the largest; ties go to the lowest key. With an `epsilon`
    above 0 each pick is the best of (m / n) log(1 / epsilon) random rows: 1 - 1/e - epsilon of the optimum in
    expectation, in place of 1 - 1/e. The mean over r reference rows is off by sqrt(ln(2 / 0.05) / 2 r) at most for a
    given batch, in 95 % of draws (Hoeffding): 2.1 % for 4,000. Cost O(m r d) for the first look, then a few per cent of
    it a pick; with epsilon O(m r d log(1 / epsilon)) in all. On disk the first look is one pass, and the rows at the
    top are read one by one after it; r d numbers and 40 bytes a row are held. Shines at low budgets, and needs no exact
    radius. Fails at high budgets, where what is hard counts more than what is typical.

    Raises BadInput for an unknown similarity, a bandwidth that is not positive, no reference rows, an epsilon outside
    0 to 1.

    >>> import numpy as np
    >>> facility_location(np.array([[0.0], [1.0], [2.0], [30.0], [31.0]]), n=2, rng=0, bandwidth=1.0)
    array([1, 3])
    """
    rows = embeddings if is_stored(embeddings) else host(embeddings)
    if not 0.0 <= epsilon < 1.0:
        raise BadInput(f"facility_location: epsilon={epsilon} is no loss; give 0 for the exact greedy, or about 0.1")
    weights = np.ones(len(rows))
    return _greedy(rows, weights, n, rng, taken, similarity, bandwidth, reference, epsilon)


@pick(
    cite="Bae, Oliveira, Sutherland 2025, Uncertainty Herding: One Active Learning Method for All Label Budgets, ICLR",
    streams=True,
)
def uncertainty_herding(
    scores: FloatArray,
    embeddings: Array,
    *,
    n: int,
    rng: Noise,
    taken: Taken,
    similarity: str = "rbf",
    bandwidth: float | str | None = None,
    reference: int = 4_000,
) -> IntArray:
    """Greedy maximum of the coverage of uncertain rows: (m,), (m, d) -> (n,) positions, in the order chosen.

    Facility location with the scores as weights: sum_i U_i max_j s(x_i, x_j) / sum_i U_i. A score that is negative by
    nature (margin) is shifted by one. Flat scores make it MaxHerding, a narrow bandwidth the n best scores: so one
    method serves all budgets, if the bandwidth shrinks as labels come, as `bandwidth` "labelled" does (the paper's: the
    least distance between two labelled rows, while there are none the default), and the probabilities are calibrated.
    Other settings, cost O(m r d) and passes on disk as `facility_location`; use no shortlist, for the sum must run over
    the pool. Shines when it is not known whether the budget is low or high. Fails with wrong confidence, as every
    weighting does.

    Raises BadInput for a score below -1, for another word as the bandwidth, and as `facility_location`.

    >>> import numpy as np
    >>> rows = np.array([[0.0], [1.0], [2.0], [30.0], [31.0]])
    >>> uncertainty_herding(np.array([0.1, 0.1, 0.1, 0.5, 0.9]), rows, n=1, rng=0, bandwidth=1.0)
    array([4])
    """
    weights = weights_of(scores, "uncertainty_herding")
    if isinstance(bandwidth, str):
        bandwidth = _least_distance(bandwidth, taken)
    rows = embeddings if is_stored(embeddings) else host(embeddings)
    return _greedy(rows, weights, n, rng, taken, similarity, bandwidth, reference)


def _greedy(
    rows: Any,
    weights: FloatArray,
    n: int,
    rng: Noise,
    taken: Taken,
    similarity: str,
    bandwidth: float | None,
    reference: int,
    epsilon: float = 0.0,
) -> IntArray:
    generator = rng.generator("facility_location")
    measure = Similarity.of(similarity, bandwidth, rows, generator)
    at = reference_rows(len(rows), reference, generator)
    best: FloatArray = np.zeros(len(at))
    held = taken.get("embeddings")
    if held is not None:
        best = measure.reduce(rows[at], host(held), lambda block: block.max(axis=1))
    state = Coverage(rows, rows[at], weights[at] / weights[at].sum(), measure, best)
    if epsilon:
        return stochastic_greedy(n, len(rows), state.gains, state.accept, generator, epsilon)
    # One look at all rows in float32; then only those at the top are looked at, in float64.
    return lazy_greedy(n, state.bounds(), state.gains, state.accept)


def _least_distance(bandwidth: str, taken: Taken) -> float | None:
    """The least distance between two labelled rows that are not equal; None while there are no two."""
    if bandwidth != "labelled":
        raise BadInput(f"uncertainty_herding: bandwidth={bandwidth!r} is unknown; give a distance, None, or 'labelled'")
    held = taken.get("embeddings")
    known = np.zeros((0, 1)) if held is None else host(held)[~taken.pending]
    squared = [float(block[block > 0].min()) for _, block in squared_blocks(known, known) if (block > 0).any()]
    return float(np.sqrt(min(squared))) if squared else None
