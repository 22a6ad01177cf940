"""Pivotal sampling: a sample of fixed size with given inclusion probabilities, spread over a tree of the rows."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from askwise.core.types import FloatArray, IntArray
from askwise.kernels.backend import backend
from askwise.kernels.compiled_tree import cut_tree

_BLOCK = 4096
_RANK = 1e-10
_LEAF = 8
_DIRECTIONS = 8


def leverage(rows: FloatArray) -> FloatArray:
    """Leverage scores (m,): squared lengths of the rows of an orthonormal basis of the columns of rows (m, d).

    >>> leverage(np.array([[1.0, 0.0], [0.0, 2.0], [0.0, 2.0]])).round(6)
    array([1. , 0.5, 0.5])
    """
    from scipy.linalg import solve_triangular

    gram = _gram(rows)
    values = np.linalg.eigvalsh(gram)
    if values[0] > _RANK * values[-1]:
        # Of full rank: a triangular solve has half of the operations of a product with a basis.
        root = np.linalg.cholesky(gram)
        solved = (solve_triangular(root, block.T, lower=True, overwrite_b=True) for block in _blocks(rows))
        return np.concatenate([np.einsum("ij,ij->j", one, one) for one in solved])
    values, vectors = np.linalg.eigh(gram)
    kept = values > _RANK * max(float(values[-1]), 0.0)
    basis = vectors[:, kept] / np.sqrt(values[kept])
    return np.concatenate([((block @ basis) ** 2).sum(axis=1) for block in _blocks(rows)])


def _blocks(rows: FloatArray) -> Iterator[FloatArray]:
    return (rows[start : start + _BLOCK].astype(np.float64, copy=True) for start in range(0, len(rows), _BLOCK))


def _gram(rows: FloatArray, middle: FloatArray | float = 0.0) -> FloatArray:
    """Gram matrix (d, d) of the columns of the rows about a middle."""
    gram = np.zeros((rows.shape[1], rows.shape[1]))
    for block in _blocks(rows):
        block -= middle
        gram += block.T @ block
    return gram


def inclusion(weights: FloatArray, n: int) -> FloatArray:
    """Probabilities (m,) proportional to the weights, at most one, that sum to n.

    Where fewer than n weights are positive, those rows are certain and the others share the rest.

    >>> inclusion(np.array([8.0, 1.0, 1.0]), 2)
    array([1. , 0.5, 0.5])
    """
    certain = np.zeros(len(weights), dtype=bool)
    if (weights > 0).sum() <= n:
        rest = max(1, int((weights <= 0).sum()))
        return np.where(weights > 0, 1.0, (n - int((weights > 0).sum())) / rest)
    while True:
        factor = (n - certain.sum()) / weights[~certain].sum()
        full = ~certain & (factor * weights >= 1.0)
        if not full.any():
            return np.where(certain, 1.0, factor * weights)
        certain |= full


def tree_slots(rows: FloatArray) -> IntArray:
    """Positions (2^k,) of the rows as leaves of a balanced tree, -1 in empty slots: neighbours in space duel first.

    Each node is cut at the median of its widest direction, one of the leading principal ones; of rows tied there the
    first go left. Slots number a power of two, so that pairs of slots, pairs of pairs and so on are the branches of the
    tree and never straddle two. Three passes over the rows; 64 bytes a row for the directions, and about as much for
    the cuts.
    """
    middle = sum(block.sum(axis=0) for block in _blocks(rows)) / len(rows)
    vectors = np.linalg.eigh(_gram(rows, middle))[1][:, ::-1][:, :_DIRECTIONS]
    points = np.empty((len(rows), vectors.shape[1]))
    for start, block in zip(range(0, len(rows), _BLOCK), _blocks(rows), strict=True):
        points[start : start + len(block)] = (block - middle) @ vectors
    slots = np.full(1 << (len(rows) - 1).bit_length(), -1, dtype=np.int64)
    (cut_tree if backend() == "numba" else _cut_tree)(points, _LEAF, slots)
    return slots


def _cut_tree(points: FloatArray, leaf: int, slots: IntArray) -> None:
    """The tree without a compiler: `compiled_tree.cut_tree` in so many words."""
    nodes = [(0, len(slots), np.arange(len(points)))]
    while nodes:
        start, width, node = nodes.pop()
        widest = int(np.argmax(np.ptp(points[node], axis=0)))
        order, half = node[np.argsort(points[node, widest], kind="stable")], (len(node) + 1) // 2
        if len(node) <= leaf:
            slots[start : start + len(node)] = order
        else:
            halves = np.sort(order[:half]), np.sort(order[half:])
            nodes += [(start, width // 2, halves[0]), (start + width // 2, width // 2, halves[1])]


def spread(slots: IntArray, probabilities: FloatArray, generator: np.random.Generator) -> IntArray:
    """Positions chosen by duels over the tree: row i with probability i, rows of one branch rarely together."""
    held = np.where(slots >= 0, probabilities[slots], 0.0)
    return slots[tournament(held, generator)]


def tournament(probabilities: FloatArray, generator: np.random.Generator) -> IntArray:
    """Positions chosen by pivotal duels between neighbours, level by level: each with its probability exactly.

    Of two with a sum below one, one goes on with the sum; else one is chosen and the other goes on with what is over
    one. The sum of the probabilities must be a whole number: that many are chosen.
    """
    alive, carried = np.arange(len(probabilities)), probabilities.copy()
    chosen: list[IntArray] = []
    while len(alive) > 1:
        pairs = len(alive) // 2
        left, right = alive[0 : 2 * pairs : 2], alive[1 : 2 * pairs : 2]
        total = carried[left] + carried[right]
        both = total >= 1.0 - 1e-12
        room = np.where(both, 2.0 - total, total)
        share = np.where(both, 1.0 - carried[left], carried[left])
        stays = generator.random(pairs) < np.divide(share, room, out=np.ones(pairs), where=room > 1e-12)
        winners, losers = np.where(stays, left, right), np.where(stays, right, left)
        chosen.append(losers[both])
        carried[winners] = np.where(both, np.maximum(total - 1.0, 0.0), total)
        alive = np.concatenate([winners, alive[2 * pairs :]])
    return np.concatenate([*chosen, alive[carried[alive] > 0.5]])
