"""SIMILAR: submodular measures that steer a batch towards rows like some labelled ones, and away from others."""

from __future__ import annotations

import numpy as np

from askwise.core.arrays import host
from askwise.core.errors import BadInput
from askwise.core.evidence import Taken
from askwise.core.noise import Noise
from askwise.core.registry import pick
from askwise.core.types import Array, FloatArray, IntArray
from askwise.kernels.coverage import Coverage, Similarity, reference_rows
from askwise.kernels.lazy import lazy_greedy

_DIGITS = 12


@pick(
    cite="Kothawade et al. 2021, SIMILAR: Submodular Information Measures Based Active Learning, NeurIPS, section 3.1,"
    " FLQMI",
    aliases=("fl2mi",),
)
def flqmi(
    embeddings: Array,
    labelled_embeddings: Array,
    labels: Array,
    *,
    n: int,
    rng: Noise,
    taken: Taken,
    classes: tuple[int, ...] = (),
    eta: float = 1.0,
    similarity: str = "rbf",
    bandwidth: float | None = None,
) -> IntArray:
    """Rows like the labelled rows Q of some classes: (m, d), (l, d), (l,) -> (n,) positions, in the order chosen.

    Greedy maximum of sum_{i in Q} max_{j in A} s_ij + eta sum_{j in A} max_{i in Q} s_ij over batches A: the first sum
    wants somebody for every row of Q, the second wants every pick near some row of Q. Pending rows have
    no class yet and do not count. `classes` are class indices, by default the one with the fewest labels; similarities
    as in `facility_location`. Lazy greedy; ties go to the lowest key. Cost O(m |Q| d), then a part of it a pick.
    Shines to find more of a rare class of which a few rows are labelled. Fails with nothing but one pole: with a
    large eta all picks are alike; with 0, once each row of Q has its neighbour, nothing is gained any more.

    Raises BadInput for classes without a label, a negative eta, and as `facility_location`.

    >>> import numpy as np
    >>> rows, known = np.array([[0.0], [5.0], [5.2], [9.0]]), np.array([[0.0], [1.0], [5.1]])
    >>> flqmi(rows, known, np.array([0.0, 0.0, 1.0]), n=2, rng=0, bandwidth=1.0)
    array([1, 2])
    """
    if not eta >= 0:
        raise BadInput(f"flqmi: eta={eta} would flee from what is sought; give 0 or more, 1 by default")
    rows = host(embeddings)
    sought = _of_classes("flqmi", host(labelled_embeddings), host(labels), classes or _rarest(host(labels)))
    measure = Similarity.of(similarity, bandwidth, rows, rng.generator("flqmi"))
    best: FloatArray = np.zeros(len(sought))

    def gains(at: IntArray) -> FloatArray:
        def gain(block: FloatArray) -> FloatArray:
            return np.asarray(np.maximum(block - best, 0.0).sum(axis=1) + eta * block.max(axis=1))

        return np.asarray(np.round(measure.reduce(rows[at], sought, gain), _DIGITS))

    def accept(at: int) -> None:
        np.maximum(best, measure.to_one(sought, rows[at]), out=best)

    return lazy_greedy(n, np.full(len(rows), np.inf), gains, accept)


@pick(
    cite="Kothawade et al. 2021, SIMILAR: Submodular Information Measures Based Active Learning, NeurIPS, section 3.1,"
    " FLCG",
    aliases=("scg",),
)
def flcg(
    embeddings: Array,
    labelled_embeddings: Array,
    labels: Array,
    *,
    n: int,
    rng: Noise,
    taken: Taken,
    classes: tuple[int, ...] = (),
    nu: float = 1.0,
    similarity: str = "rbf",
    bandwidth: float | None = None,
    reference: int = 10_000,
) -> IntArray:
    """Rows that represent the pool where labelled rows P do not: (m, d), (l, d), (l,) -> (n,), in the order chosen.

    Greedy maximum of sum_i max(max_{j in A} s_ij - nu max_{j in P} s_ij, 0) over batches A, i running over at most
    `reference` random rows of the pool. P holds the labelled rows of some `classes` (indices), by default of all;
    pending rows count as picked. With all classes and nu 1 it is `facility_location`; with the class of junk (out of
    distribution) and a larger nu it leaves junk alone. Lazy greedy; ties go to the lowest key. Cost O(m r d) for the
    first look, then a few per cent of it a pick. Shines on pools with a known kind of row that nobody wants. Fails when
    wanted rows lie among the unwanted.

    Raises BadInput for classes without a label, a negative nu, and as `facility_location`.

    >>> import numpy as np
    >>> rows, known = np.array([[0.0], [0.1], [0.2], [5.0], [5.1]]), np.array([[0.1], [9.0]])
    >>> flcg(rows, known, np.array([1.0, 0.0]), n=1, rng=0, bandwidth=1.0, classes=(1,))
    array([3])
    """
    if not nu >= 0:
        raise BadInput(f"flcg: nu={nu} would seek what is to be avoided; give 0 or more, 1 by default")
    rows, known = host(embeddings), host(labelled_embeddings)
    avoided = _of_classes("flcg", known, host(labels), classes) if classes else known
    generator = rng.generator("facility_location")  # the same reference rows: nu = 1 is facility location to the row
    measure = Similarity.of(similarity, bandwidth, rows, generator)
    at = reference_rows(len(rows), reference, generator)
    best = nu * measure.reduce(rows[at], avoided, lambda block: block.max(axis=1))
    pending = taken.only_pending().get("embeddings")
    if pending is not None:
        np.maximum(best, measure.reduce(rows[at], host(pending), lambda block: block.max(axis=1)), out=best)
    state = Coverage(rows, rows[at], np.full(len(at), 1.0 / len(at)), measure, best)
    return lazy_greedy(n, np.full(len(rows), np.inf), state.gains, state.accept)


def _rarest(labels: FloatArray) -> tuple[int, ...]:
    """The class with the fewest labels, of those that have some; the lowest among equals; none without labels."""
    found, counts = np.unique(labels.astype(np.int64), return_counts=True)
    return (int(found[np.argmin(counts)]),) if len(found) else ()


def _of_classes(name: str, known: FloatArray, labels: FloatArray, classes: tuple[int, ...]) -> FloatArray:
    rows = known[np.isin(labels.astype(np.int64), classes)]
    if len(rows) == 0:
        there = np.unique(labels.astype(np.int64)).tolist()
        raise BadInput(f"{name}: no labelled row is of the classes {tuple(classes)}; there are labels of {there}")
    return rows
