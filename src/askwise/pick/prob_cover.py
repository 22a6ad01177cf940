"""ProbCover: the balls of one radius that cover most of the pool."""

from __future__ import annotations

import numpy as np

from askwise.core.arrays import host
from askwise.core.errors import BadInput
from askwise.core.evidence import Taken
from askwise.core.noise import Noise
from askwise.core.registry import pick
from askwise.core.types import Array, IntArray
from askwise.kernels.balls import Balls
from askwise.kernels.purity import pure_radius, within


@pick(cite="Yehuda et al. 2022, Active Learning Through a Covering Lens, NeurIPS, algorithm 1 and section 3.3")
def prob_cover(
    embeddings: Array,
    *,
    n: int,
    rng: Noise,
    taken: Taken,
    delta: float | None = None,
    classes: int = 10,
    purity: float = 0.95,
    max_edges: int = 50_000_000,
) -> IntArray:
    """Greedy maximum coverage by balls of radius delta: (m, d) -> (n,) positions, in the order chosen.

    Each pick has the most rows nearer than `delta` that no labelled, pending or picked row covers; ties go to the
    lowest key. When everything is covered the rest of the batch is drawn uniformly. Without a `delta` it is the
    largest radius whose balls hold a single pseudo-class in at least the share `purity` of cases; pseudo-classes are
    `classes` k-means clusters. From the distance of each row to the nearest one of another cluster that is a quantile,
    found without a search. Normalise embeddings first, as the paper does. Cost O(m^2 d) for the balls, held as a sparse
    graph, then O(edges) for all picks. Shines with fewer than ten labels a class. Fails at high budgets, and when the
    radius is wrong: too large covers all at once, too small counts single rows.

    Raises BadInput for a radius that is not positive or has more than `max_edges` pairs, with one that fits.

    >>> import numpy as np
    >>> prob_cover(np.array([[0.0], [1.0], [2.0], [9.0], [9.5]]), n=2, rng=0, delta=1.5)
    array([1, 3])
    """
    rows = host(embeddings)
    held = taken.get("embeddings")
    everything = rows if held is None else np.concatenate([rows, host(held)])
    radius = pure_radius(everything, classes, purity, rng.generator("prob_cover")) if delta is None else float(delta)
    if not radius > 0:
        raise BadInput(f"prob_cover: a ball of radius delta={radius} holds nothing; give a positive delta")
    covered = np.zeros(len(rows), dtype=bool) if held is None else within(rows, host(held), radius)
    chosen = Balls.of(rows, radius, max_edges).cover(n, covered)
    rest = np.setdiff1d(np.arange(len(rows)), chosen)
    drawn = rest[np.argsort(rng.bits("prob_cover")[rest])][: n - len(chosen)]
    return np.concatenate([chosen, drawn])
