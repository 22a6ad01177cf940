"""Regression-tree active learning: labels where leaves are large and their labels disagree."""

from __future__ import annotations

import numpy as np

from askwise.core.arrays import host
from askwise.core.errors import BadInput, did_you_mean
from askwise.core.evidence import Taken
from askwise.core.noise import Noise
from askwise.core.registry import pick
from askwise.core.types import Array, FloatArray, IntArray
from askwise.kernels.space import Space

WITHIN = ("diversity", "random")
"""Which row of a leaf is taken: the farthest from what is taken there, or a random one."""


@pick(
    cite="Jose et al. 2024, Regression Tree-Based Active Learning, Data Mining and Knowledge Discovery 38, section 3;"
    " Goetz, Tewari and Zimmerman 2018, Active Learning for Non-Parametric Regression, NeurIPS",
    aliases=("rt_al",),
)
def regression_tree(
    embeddings: Array,
    labelled_embeddings: Array | None = None,
    labels: Array | None = None,
    *,
    n: int,
    rng: Noise,
    taken: Taken,
    min_leaf: int = 5,
    within: str = "diversity",
) -> IntArray:
    """Rows of leaves whose labels vary, for their share of the pool: (m, d), (l, d), (l,) -> (n,) positions, in order.

    A regression tree (scikit-learn, at least `min_leaf` labels a leaf) is fitted on the labels. A leaf with the share p
    of the pool, the variance v of labels and k rows taken adds p v / k to the error; each slot goes to the leaf where
    one more row lowers that the most, p v / (k (k + 1)), which fills leaves in the papers' proportion sqrt(p v). In the
    leaf it takes the row `within` says: the farthest from those taken there (`k_center` in the leaf), or a random one.
    Pending rows count as taken. Leaves without variance share by size when no other is left; without labels the pool
    is one leaf. Ties go to the first leaf and the lowest key. Cost O(l d log l) for the tree, O(m d) a pick at most.
    Shines for regression whose noise or slope differs from place to place. Fails with few labels, when the variance of
    a leaf is a guess.

    Raises BadInput for fewer than two labels a leaf, or another word for `within`.

    >>> import numpy as np
    >>> rows, held = np.array([[0.0], [0.5], [9.0], [9.5]]), np.array([[0.1], [0.2], [9.1], [9.2]])
    >>> regression_tree(rows, held, np.array([1.0, 1.0, 0.0, 7.0]), n=2, rng=0, min_leaf=2)
    array([3, 2])
    """
    if min_leaf < 2:
        raise BadInput(
            f"regression_tree: a leaf of min_leaf={min_leaf} label has no variance; give 2 or more, 5 by default"
        )
    if within not in WITHIN:
        raise BadInput(f"regression_tree: within={within!r} is unknown.{did_you_mean(within, WITHIN)}")
    rows = host(embeddings, np.float64)
    y = np.zeros(0) if labels is None else host(labels, np.float64)
    known = rows[:0] if labelled_embeddings is None else host(labelled_embeddings, np.float64)
    pending = taken.only_pending().get("embeddings")
    held = known if pending is None else np.concatenate([known, host(pending, np.float64)])
    leaves, held_leaves = _leaves(rows, known, held, y, min_leaf, rng)
    size = int(max(leaves.max(initial=0), held_leaves.max(initial=0))) + 1
    variance = np.array([y[held_leaves[: len(y)] == leaf].var() if len(y) else 0.0 for leaf in range(size)])
    share = np.bincount(leaves, minlength=size) / len(rows)
    weight = share * variance + 1e-9 * share * (y.var() if len(y) and y.var() > 0 else 1.0)
    counts = np.bincount(held_leaves, minlength=size)
    order = _inside(rows, leaves, held, held_leaves, within, rng)
    return _allocate(order, weight, counts, n)


def _leaves(
    rows: FloatArray, known: FloatArray, held: FloatArray, y: FloatArray, min_leaf: int, rng: Noise
) -> tuple[IntArray, IntArray]:
    """Leaf of each row (m,) and of each taken row (t,), counted from 0."""
    if len(y) == 0:
        return np.zeros(len(rows), dtype=np.int64), np.zeros(len(held), dtype=np.int64)
    from sklearn.tree import DecisionTreeRegressor

    seed = int(rng.generator("regression_tree").integers(2**31))
    tree = DecisionTreeRegressor(min_samples_leaf=min_leaf, random_state=seed).fit(known, y)
    both = tree.apply(np.concatenate([rows, held]))
    leaves = np.unique(both, return_inverse=True)[1].astype(np.int64)
    return leaves[: len(rows)], leaves[len(rows) :]


def _inside(
    rows: FloatArray, leaves: IntArray, held: FloatArray, held_leaves: IntArray, within: str, rng: Noise
) -> list[list[int]]:
    """The rows of each leaf, the one to take first last."""
    queues: list[list[int]] = []
    for leaf in range(int(max(leaves.max(initial=0), held_leaves.max(initial=0))) + 1):
        members = np.flatnonzero(leaves == leaf)
        if within == "random":
            members = members[np.argsort(rng.bits("regression_tree")[members])]
        elif len(members):
            from askwise.kernels.farthest import farthest_first

            there = held[held_leaves == leaf]
            members = members[
                farthest_first(Space.of(rows[members]), len(members), Space.of(there) if len(there) else None)[0]
            ]
        queues.append(members[::-1].tolist())
    return queues


def _allocate(queues: list[list[int]], weight: FloatArray, counts: IntArray, n: int) -> IntArray:
    """Slot by slot the next row of the leaf where it lowers the error the most; an empty leaf counts as holding one."""
    held = np.maximum(counts.astype(np.float64), 1.0)
    chosen: list[int] = []
    while len(chosen) < n:
        gain = np.where([len(queue) > 0 for queue in queues], weight / (held * (held + 1.0)), -np.inf)
        leaf = int(np.argmax(gain))
        chosen.append(queues[leaf].pop())
        held[leaf] += 1.0
    return np.asarray(chosen, dtype=np.int64)
