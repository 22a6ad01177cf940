"""Sub-pools near labelled rows: SEALS and AnchorAL, for large pools with rare classes."""

from __future__ import annotations

import numpy as np

from askwise.among.check import check_count
from askwise.core.arrays import host
from askwise.core.evidence import Taken
from askwise.core.noise import Noise
from askwise.core.registry import among
from askwise.core.topn import top_order
from askwise.core.types import Array, FloatArray, IntArray
from askwise.kernels.neighbour_index import check_index, neighbours_of
from askwise.kernels.seeding import sample_d2
from askwise.kernels.space import Space


@among(
    cite="Coleman et al. 2022, Similarity Search for Efficient Active Learning and Search of Rare Concepts, AAAI,"
    " algorithm 1",
    streams=True,
)
def seals(
    embeddings: Array, *, n: int, rng: Noise, taken: Taken, neighbours: int = 100, index: str = "exact"
) -> IntArray:
    """Neighbours of labelled rows: (m, d) -> (s,) positions, ascending.

    The union of the `neighbours` candidates with the largest cosine to each labelled or pending row; with nothing
    labelled it is the whole pool. Cost O(t m d), an exact scan in blocks: one pass for the lengths and one for each 512
    labelled rows; ``index="usearch"`` (extra ``index``) searches an index, which pays from thousands of labelled rows
    on. Shines for rare classes, once a few rows of them are labelled. Fails when a class has no label at
    all: its rows are never near. Start with a sample of the pool.

    Raises BadInput for neighbours below 1, or an index that is not there.

    >>> import numpy as np
    >>> from askwise.core.evidence import Taken
    >>> rows = np.array([[1.0, 0.0], [1.0, 0.1], [0.0, 1.0]])
    >>> known = Taken({"embeddings": np.array([[2.0, 0.0]])}, np.array([False]))
    >>> seals(rows, n=1, rng=0, taken=known, neighbours=2)
    array([0, 1])
    """
    check_count("seals", "neighbours", neighbours)
    check_index("seals", index)
    held = taken.get("embeddings")
    if held is None:
        return np.arange(len(embeddings))
    found, _ = neighbours_of(embeddings, host(held), neighbours, index)
    return np.unique(found)


@among(
    cite="Lesci and Vlachos 2024, AnchorAL: Computationally Efficient Active Learning for Large Datasets, NAACL",
    streams=True,
)
def anchor_al(
    embeddings: Array,
    labelled_embeddings: Array,
    labels: Array,
    *,
    n: int,
    rng: Noise,
    taken: Taken,
    anchors: int = 10,
    neighbours: int = 50,
    size: int = 10_000,
    index: str = "exact",
) -> IntArray:
    """Rows near anchors of every class: (m, d), (l, d), (l,) -> (s,) positions, ascending, at most max(size, n).

    Of each class at most `anchors` labelled rows are drawn by k-means++, anew each batch. Each anchor retrieves the
    `neighbours` candidates with the largest cosine; a candidate counts the mean cosine to the anchors that retrieved
    it, and the `size` best are the sub-pool. Cost O(c anchors m d), an exact scan in blocks: two passes for up to 512
    anchors; ``index="usearch"`` (extra ``index``) searches an index, which pays from thousands of anchors on. Shines on
    large pools with rare classes: each class gets as many anchors as another. Fails when a class has no label yet.

    Raises BadInput for counts below 1, or an index that is not there.

    >>> import numpy as np
    >>> rows = np.array([[1.0, 0.0], [0.9, 0.1], [0.5, 0.5], [0.0, 1.0]])
    >>> known, labels = np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([0.0, 1.0])
    >>> anchor_al(rows, known, labels, n=1, rng=0, neighbours=1)
    array([0, 3])
    """
    for name, value in (("anchors", anchors), ("neighbours", neighbours), ("size", size)):
        check_count("anchor_al", name, value)
    check_index("anchor_al", index)
    known = host(labelled_embeddings)
    at = draw_anchors(known, host(labels), anchors, rng.generator("anchor_al"))
    found, cosines = neighbours_of(embeddings, known[at], neighbours, index)
    near, means = mean_by_row(found, cosines)
    return np.sort(near[top_order(means, rng.keys[near], max(size, n), rng.seed)])


def draw_anchors(known: FloatArray, labels: Array, most: int, generator: np.random.Generator) -> IntArray:
    """Positions of at most this many labelled rows of each class, by k-means++ where there are more."""
    chosen = [np.zeros(0, dtype=np.int64)]
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        if len(members) > most:
            members = members[sample_d2(Space.of(known[members]), most, generator)[0]]
        chosen.append(members)
    return np.concatenate(chosen)


def mean_by_row(found: IntArray, cosines: FloatArray) -> tuple[IntArray, FloatArray]:
    """Rows that were found (s,), ascending, and the mean cosine of each over the points that found it.

    >>> mean_by_row(np.array([[4, 2], [2, 7]]), np.array([[0.9, 0.5], [0.25, 0.125]]))
    (array([2, 4, 7]), array([0.375, 0.9  , 0.125]))
    """
    rows, which = np.unique(found.ravel(), return_inverse=True)
    means = np.bincount(which, weights=cosines.ravel(), minlength=len(rows)) / np.bincount(which, minlength=len(rows))
    return rows, np.round(means, 12)
