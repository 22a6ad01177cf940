"""Kernel herding: rows whose mean in feature space is that of the pool."""

from __future__ import annotations

import numpy as np

from askwise.core.arrays import host
from askwise.core.evidence import Taken
from askwise.core.noise import Noise
from askwise.core.registry import pick
from askwise.core.types import Array, FloatArray, IntArray
from askwise.kernels.coverage import Similarity, Sums, reference_rows
from askwise.kernels.lazy import lazy_greedy

_DIGITS = 12


@pick(
    cite="Chen, Welling and Smola 2010, Super-Samples from Kernel Herding, UAI, section 3, equation 8", aliases=("mmd",)
)
def kernel_herding(
    embeddings: Array,
    *,
    n: int,
    rng: Noise,
    taken: Taken,
    similarity: str = "rbf",
    bandwidth: float | None = None,
    reference: int = 4_000,
) -> IntArray:
    """Greedy match of the pool's mean in kernel space: (m, d) -> (n,) positions, in the order chosen.

    Each pick has the largest mean_i s(x, x_i) - (1 / (t + 1)) sum_j s(x, x_j): i runs over the pool, j over the t rows
    labelled, pending or picked. That lowers the maximum mean discrepancy (MMD) between batch and pool. Similarities as
    in `facility_location`; the mean runs over at most `reference` random rows. The sums only grow, so a row is looked
    at again only while its old sum could make it the best; ties go to the lowest key. Cost O(m (r + t) d), then a few
    rows a pick. Shines where the batch shall be a small copy of the pool: the mean of any smooth function over it is
    nearly the pool's. Fails where rare rows matter. (`frank_wolfe` does so with weights and the linear kernel.)

    Raises BadInput as `facility_location`.

    >>> import numpy as np
    >>> kernel_herding(np.array([[0.0], [0.1], [0.2], [9.0], [9.1]]), n=3, rng=0, bandwidth=1.0)
    array([1, 3, 0])
    """
    rows = host(embeddings)
    generator = rng.generator("kernel_herding")
    measure = Similarity.of(similarity, bandwidth, rows, generator)
    at = reference_rows(len(rows), reference, generator)
    mean = measure.reduce(rows, rows[at], lambda block: block.sum(axis=1)) / len(at)
    held, known = taken.get("embeddings"), len(taken)
    inside = Sums(rows, measure, None if held is None else host(held), n)
    bounds = np.round(mean - inside.sums / (known + 1), _DIGITS)

    def gains(some: IntArray) -> FloatArray:
        return np.asarray(np.round(mean[some] - inside.of(some) / (known + inside.count + 1), _DIGITS))

    def accept(row: int) -> None:
        inside.add(row)
        # What is known of a sum is a lower bound of it, and so this is an upper bound of the gain.
        bounds[:] = np.round(mean - inside.sums / (known + inside.count + 1), _DIGITS)
        bounds[inside.added[: inside.count]] = -np.inf

    return lazy_greedy(n, bounds, gains, accept)
