"""DEUCE: the first batch of a prompted model, spread over texts and over predicted classes."""

from __future__ import annotations

from typing import Any

import numpy as np

from askwise.core.arrays import host
from askwise.core.errors import BadInput
from askwise.core.evidence import Taken
from askwise.core.noise import Noise
from askwise.core.registry import pick
from askwise.core.types import Array, BoolArray, FloatArray, IntArray
from askwise.kernels.neighbour_index import check_index, neighbours_of
from askwise.kernels.rows import entropy

_DIGITS = 9


@pick(
    cite="Guo et al. 2024, DEUCE: Dual-diversity Enhancement and Uncertainty-awareness for Cold-start Active Learning,"
    " TACL 12"
)
def deuce(
    probs: Array,
    embeddings: Array,
    *,
    n: int,
    rng: Noise,
    taken: Taken,
    neighbours: int = 10,
    spread: float = 0.5,
    index: str = "exact",
) -> IntArray:
    """Doubt spread over a graph of texts and classes, a row of each part in turn: (m, c), (m, d) -> (n,) positions.

    `probs` are zero-shot: of a prompted language model, or any model made without labels. Two rows are joined when each
    is among the `neighbours` nearest of the other, by cosine, in the embeddings or in the probabilities; an edge weighs
    the product of both cosines. The entropy takes one step along the edges, u <- (1 - r) u + r W u with r = `spread`
    and the rows of W summing to one. The connected parts, the largest first, give in turn their row with the largest u
    that is no neighbour of a labelled, pending or picked one; when only neighbours are left they count too. The
    paper's dual-neighbour graph and propagation; its clusters are HDBSCAN's, ours are parts of the mutual graph, and
    its parameters are not known to us. Ties go to the lowest key. Cost O(m^2 (c + d)) for the neighbours. Shines before
    the first label when a prompt can guess classes. Fails when these guesses are no better than chance.

    ``index="usearch"`` (extra ``index``) finds nearly all of the neighbours in O(m log m), for pools beyond 100,000.

    Raises BadInput for fewer than one neighbour, a spread outside 0 to 1, or an index that is not there.

    >>> import numpy as np
    >>> probs = np.array([[0.5, 0.5], [0.6, 0.4], [0.9, 0.1], [0.9, 0.1]])
    >>> deuce(probs, np.array([[1.0, 0.0], [1.0, 0.1], [0.0, 1.0], [0.1, 1.0]]), n=2, rng=0, neighbours=1)
    array([0, 2])
    """
    check_index("deuce", index)
    if neighbours < 1 or not 0 <= spread <= 1:
        raise BadInput(f"deuce: neighbours={neighbours} must be 1 or more, and spread={spread} lie between 0 and 1")
    from scipy.sparse.csgraph import connected_components

    rows, table = host(embeddings, np.float64), host(probs, np.float64)
    held = taken.get("embeddings")
    graph = _mutual(rows, neighbours, index).maximum(_mutual(table, neighbours, index)).tocsr()
    weights = _products(graph, rows, table)
    doubt = entropy(table)
    total = np.asarray(weights.sum(axis=1)).ravel()
    passed = np.divide(weights @ doubt, total, out=doubt.copy(), where=total > 0)
    value = np.round((1.0 - spread) * doubt + spread * passed, _DIGITS)
    near = np.zeros(len(rows), dtype=bool)
    if held is not None:
        near[neighbours_of(rows, host(held, np.float64), neighbours)[0].ravel()] = True
    parts = connected_components(graph, directed=False)[1].astype(np.int64)
    return _in_turn(parts, value, graph, near, n)


def _mutual(rows: FloatArray, k: int, index: str) -> Any:
    """Which rows are among the k nearest of each other, by cosine: a sparse symmetric matrix of ones."""
    from scipy.sparse import csr_array

    m = len(rows)
    found = neighbours_of(rows, rows, k + 1, index)[0]
    at = np.repeat(np.arange(m), found.shape[1])
    # The row itself is dropped, or of equal rows one too many: at most k are left either way.
    other = found.ravel()
    kept = at != other
    one = csr_array((np.ones(kept.sum()), (at[kept], other[kept])), shape=(m, m))
    return one.multiply(one.T)


def _products(graph: Any, rows: FloatArray, table: FloatArray) -> Any:
    """The graph with the product of both cosines on its edges, negative ones as zero."""
    a, b = graph.nonzero()
    weights = graph.copy().tocoo()
    weights.data = np.maximum(_cosines(rows, a, b), 0.0) * _cosines(table, a, b)
    return weights.tocsr()


def _cosines(rows: FloatArray, a: IntArray, b: IntArray) -> FloatArray:
    lengths = np.sqrt(np.einsum("ij,ij->i", rows, rows))
    both = lengths[a] * lengths[b]
    products = np.einsum("ij,ij->i", rows[a], rows[b])
    return np.asarray(np.divide(products, both, out=np.zeros(len(a)), where=both > 0))


def _in_turn(parts: IntArray, value: FloatArray, graph: Any, near: BoolArray, n: int) -> IntArray:
    """One row of each part in turn, large parts first: the largest value, neighbours of what is taken last."""
    sizes = np.bincount(parts)
    order = np.lexsort((np.arange(len(sizes)), -sizes))
    members = [np.flatnonzero(parts == c) for c in order]
    free = np.ones(len(parts), dtype=bool)
    chosen: list[int] = []
    while len(chosen) < n:
        for inside in members:
            left = inside[free[inside]]
            if len(left) and len(chosen) < n:
                best = int(left[np.lexsort((left, -value[left], near[left]))[0]])
                chosen.append(best)
                free[best] = False
                near[graph.indices[graph.indptr[best] : graph.indptr[best + 1]]] = True
    return np.asarray(chosen, dtype=np.int64)
