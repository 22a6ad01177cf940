"""ProbCover: the balls of one radius that cover most of the pool."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np

from askwise.core.arrays import host
from askwise.core.errors import BadInput
from askwise.core.evidence import Taken
from askwise.core.noise import Noise
from askwise.core.registry import pick
from askwise.core.stored import Stored
from askwise.core.types import Array, IntArray
from askwise.kernels.balls import Balls
from askwise.kernels.coverage import Coverage, Similarity, reference_rows
from askwise.kernels.lazy import lazy_greedy
from askwise.kernels.purity import pure_radius, within
from askwise.kernels.space import is_stored

log = logging.getLogger("askwise")


@pick(
    cite="Yehuda et al. 2022, Active Learning Through a Covering Lens, NeurIPS, algorithm 1 and section 3.3",
    streams="estimated",
)
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
    reference: int = 20_000,
) -> IntArray:
    """Greedy maximum coverage by balls of radius delta: (m, d) -> (n,) positions, in the order chosen.

    Each pick has the most rows nearer than `delta` that no labelled, pending or picked row covers; ties go to the
    lowest key. When everything is covered the rest of the batch is drawn uniformly. Without a `delta` it is the
    largest radius whose balls hold a single pseudo-class in at least the share `purity` of cases; pseudo-classes are
    `classes` k-means clusters. From the distance of each row to the nearest one of another cluster that is a quantile,
    found without a search. Normalise embeddings first, as the paper does. Cost O(m^2 d) for the balls, held as a sparse
    graph, then O(edges) for all picks.

    On disk all rows are candidates, and coverage is counted among r = `reference` random rows: for a given batch the
    share is off by sqrt(ln(2 / 0.05) / 2 r) at most in 95 % of draws (Hoeffding), 1 % for 20,000, and for the best of
    ten million batches by 2.2 %. Two passes find a `delta` if there is none, then one counts what each ball covers,
    O(m r d); picks are greedy by lazy evaluation, which reads the rows at the top one by one. Held are r d numbers and
    40 bytes a row. `Strategy(exact=True)` holds the pool.

    Shines with fewer than ten labels a class. Fails at high budgets, and when the
    radius is wrong: too large covers all at once, too small counts single rows.

    Raises BadInput for a radius that is not positive, no reference rows, or more than `max_edges` pairs within the
    radius, with one that fits.

    >>> import numpy as np
    >>> prob_cover(np.array([[0.0], [1.0], [2.0], [9.0], [9.5]]), n=2, rng=0, delta=1.5)
    array([1, 3])
    """
    rows: Any = embeddings if is_stored(embeddings) else host(embeddings)
    held = taken.get("embeddings")
    if is_stored(rows):
        everything = rows.astype(np.float64).followed_by(None if held is None else host(held))
    else:
        everything = rows if held is None else np.concatenate([rows, host(held)])
    radius = pure_radius(everything, classes, purity, rng.generator("prob_cover")) if delta is None else float(delta)
    if not radius > 0:
        raise BadInput(f"prob_cover: a ball of radius delta={radius} holds nothing; give a positive delta")
    if is_stored(rows):
        chosen = _estimated(rows, n, radius, held, reference, rng.generator("prob_cover/reference"))
    else:
        covered = np.zeros(len(rows), dtype=bool) if held is None else within(rows, host(held), radius)
        chosen = Balls.of(rows, radius, max_edges).cover(n, covered)
    rest = np.setdiff1d(np.arange(len(rows)), chosen)
    drawn = rest[np.argsort(rng.bits("prob_cover")[rest])][: n - len(chosen)]
    return np.concatenate([chosen, drawn])


def _estimated(
    rows: Stored, n: int, radius: float, held: Array | None, reference: int, generator: np.random.Generator
) -> IntArray:
    """Up to n rows whose balls cover the most of some random rows; ends when these are covered."""
    at = reference_rows(len(rows), reference, generator)
    log.info("prob_cover counts what balls cover among %s random rows of %s", f"{len(at):,}", f"{len(rows):,}")
    some = rows[at]
    covered = np.zeros(len(at)) if held is None else within(some, host(held), radius).astype(np.float64)
    state = Coverage(rows, some, np.full(len(at), 1.0 / len(at)), Similarity("ball", radius**2), covered)
    if covered.all():
        return np.zeros(0, dtype=np.int64)

    def accept(row: int) -> bool:
        state.accept(row)
        return not state.best.all()

    return lazy_greedy(n, state.bounds(), state.gains, accept)
