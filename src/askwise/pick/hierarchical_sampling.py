"""Hierarchical sampling: random rows of the clusters that the labels so far leave mixed."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from askwise.core.arrays import host
from askwise.core.errors import BadInput
from askwise.core.evidence import Taken
from askwise.core.noise import Noise
from askwise.core.registry import pick
from askwise.core.types import Array, FloatArray, IntArray
from askwise.kernels.division import Hierarchy


@pick(cite="Dasgupta and Hsu 2008, Hierarchical Sampling for Active Learning, ICML, section 2, algorithm 1")
def hierarchical_sampling(
    embeddings: Array,
    labelled_embeddings: Array | None = None,
    labels: Array | None = None,
    *,
    n: int,
    rng: Noise,
    taken: Taken,
    leaves: int = 256,
    beta: float = 2.0,
) -> IntArray:
    """Random rows of impure clusters: (m, d), (l, d), (l,) -> (n,) positions, in the order drawn.

    A hierarchy of candidates, labelled and pending rows (`Hierarchy`: cuts along principal directions, at most `leaves`
    leaves) is pruned to the clusters that the labels tell apart: see `pruned`. Each slot draws a cluster v with
    probability proportional to w_v (1 - lower bound of its purity), w_v being its share of all rows, and then a row of
    it uniformly. The paper keeps its pruning from round to round; here it follows from the labels, so that the pick has
    no state. Cost O(log(leaves) m d^2) for the hierarchy and O(n leaves). Shines when clusters are nearly pure, and
    never does much worse than random, as it asks at random inside clusters. Fails, to random, when they are not pure.

    Raises BadInput for fewer than one leaf, a beta below 1, or a negative label.

    >>> import numpy as np
    >>> rows, known = np.array([[0.0], [0.1], [9.0], [9.1]]), np.array([[0.05], [9.05]])
    >>> sorted(hierarchical_sampling(rows, known, np.array([0.0, 1.0]), n=4, rng=0).tolist())
    [0, 1, 2, 3]
    """
    if leaves < 1 or not beta >= 1:
        raise BadInput(
            f"hierarchical_sampling: leaves={leaves} and beta={beta} must be at least 1; by default 256 and 2"
        )
    rows = host(embeddings)
    known = rows[:0] if labelled_embeddings is None else host(labelled_embeddings)
    pending = taken.only_pending().get("embeddings")
    tree = Hierarchy.of(np.concatenate([rows, known, rows[:0] if pending is None else host(pending)]), leaves)
    m = len(rows)
    counts = label_counts(tree, m, np.zeros(0) if labels is None else host(labels))
    chosen = pruned(tree, counts, beta)
    weights = np.array([len(tree.members[v]) * (1.0 - bounds(counts[v]).low.max()) for v in chosen])
    generator = rng.generator("hierarchical_sampling")
    queues = [generator.permutation(tree.members[v][tree.members[v] < m]).tolist() for v in chosen]
    return _draw(n, weights, queues, generator)


def _draw(n: int, weights: FloatArray, queues: list[list[int]], generator: np.random.Generator) -> IntArray:
    """Rows (n,) of queues drawn by weight; empty ones are passed over, and of weights that are all zero one by size."""
    picked: list[int] = []
    while len(picked) < n:
        sizes = np.array([len(queue) for queue in queues], dtype=np.float64)
        odds = np.where(sizes > 0, weights, 0.0)
        cumulated = np.cumsum(odds if odds.any() else sizes)
        at = int(np.searchsorted(cumulated, generator.random() * cumulated[-1], side="right"))
        picked.append(queues[at].pop())
    return np.asarray(picked, dtype=np.int64)


class Bounds(NamedTuple):
    """Share of each label in a cluster (c,), with its lower and upper bound."""

    share: FloatArray
    low: FloatArray
    high: FloatArray


def bounds(counts: FloatArray) -> Bounds:
    """p and p -+ (1/n + sqrt(p (1 - p) / n)) within 0 and 1, from the counts of labels (c,); 0 to 1 without labels.

    >>> bounds(np.array([2.0, 2.0])).high, bounds(np.array([4.0, 0.0])).low
    (array([1., 1.]), array([0.75, 0.  ]))
    """
    n = counts.sum()
    if n == 0:
        return Bounds(np.full(len(counts), 1.0 / len(counts)), np.zeros(len(counts)), np.ones(len(counts)))
    share = counts / n
    slack = 1.0 / n + np.sqrt(share * (1.0 - share) / n)
    return Bounds(share, np.maximum(share - slack, 0.0), np.minimum(share + slack, 1.0))


def label_counts(tree: Hierarchy, m: int, labels: Array) -> FloatArray:
    """Labels of each class in each node (v, c) float64; row m + i of the hierarchy bears the i-th label."""
    known = np.asarray(labels).astype(np.int64)
    if len(known) and known.min() < 0:
        raise BadInput(f"hierarchical_sampling: labels holds {known.min()}; give class indices from 0 on")
    classes = max(2, int(known.max(initial=0)) + 1)
    counts = np.zeros((len(tree.members), classes))
    for v, inside in enumerate(tree.members):
        held = inside[(inside >= m) & (inside < m + len(known))] - m
        counts[v] = np.bincount(known[held], minlength=classes)
    return counts


def pruned(tree: Hierarchy, counts: FloatArray, beta: float) -> list[int]:
    """Nodes that together hold every row: from the root down, cut where that lowers the estimated error.

    A label is admissible in a cluster when 1 - its lower bound is less than beta (1 - upper bound) of every other
    label. The error of a cluster is 1 - the share of its best admissible label, 1 without one; it is cut when it has
    an admissible label and its parts, cut in turn where that helps, have less error for their sizes.
    """
    error, cut = np.ones(len(tree.members)), [False] * len(tree.members)
    for v in reversed(range(len(tree.members))):
        admissible = _admissible(bounds(counts[v]), beta)
        if not admissible.any():
            continue
        error[v] = 1.0 - bounds(counts[v]).share[admissible].max()
        below = tree.children[v]
        if below is not None:
            sizes = np.array([len(tree.members[part]) for part in below])
            parts = float(sizes @ error[list(below)]) / sizes.sum()
            # A hair's breadth is rounding and no reason to cut.
            cut[v] = parts < error[v] - 1e-12
            error[v] = min(error[v], parts)
    nodes, out = [0], []
    while nodes:
        v = nodes.pop()
        below = tree.children[v]
        if cut[v] and below is not None:
            nodes += below
        else:
            out.append(v)
    return sorted(out)


def _admissible(seen: Bounds, beta: float) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which labels (c,) may stand for the cluster."""
    rivals = np.array([np.delete(seen.high, label).max() for label in range(len(seen.high))])
    return np.asarray(1.0 - seen.low < beta * (1.0 - rivals))
