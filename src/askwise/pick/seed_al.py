"""SeedAL: the most varied batch that a budget pays for, by integer programming."""

from __future__ import annotations

import numpy as np

from askwise.core.arrays import host
from askwise.core.errors import BadInput
from askwise.core.evidence import Taken
from askwise.core.noise import Noise
from askwise.core.registry import pick
from askwise.core.types import Array, BoolArray, FloatArray, IntArray
from askwise.kernels.balls import squared_blocks

_DIGITS = 9


@pick(
    cite="Samet et al. 2023, You Never Get a Second Chance To Make a Good First Impression: Seeding Active Learning for"
    " 3D Semantic Segmentation, ICCV, section 3",
    aliases=("budgeted_diversity",),
)
def seed_al(
    embeddings: Array,
    costs: Array | None = None,
    *,
    n: int,
    rng: Noise,
    taken: Taken,
    budget: float | None = None,
    edges: int = 300,
    nodes: int = 20,
) -> IntArray:
    """n rows with the largest sum of pairwise distances that cost at most `budget`: (m, d), (m,) -> (n,) positions.

    Maximises sum_{i < j} |x_i - x_j| over the batch (plus the distances to labelled and pending rows) subject to sum
    costs <= budget, no bound without one. A greedy batch comes first; then SciPy's mixed integer program, over the
    `edges` longest pairs of the pool, looks for a better one within `nodes` nodes of its search, and the better of the
    two is returned: never worse than greedy, exact on small pools. A batch with more pairs than `edges` stays greedy.
    The rows with the largest sums come first, ties to the lowest key. Cost O(m^2 d) for the pairs, and seconds for the
    search. Shines as the first batch, when rows differ in price. Fails with outliers: they are the farthest rows, and
    nothing asks whether they are like any other row.

    Raises BadInput for a budget that does not pay for the n cheapest rows, a negative cost, fewer than 1 edge or node.

    >>> import numpy as np
    >>> rows, prices = np.array([[0.0], [1.0], [4.0], [10.0]]), np.array([1.0, 1.0, 1.0, 5.0])
    >>> sorted(seed_al(rows, prices, n=2, rng=0, budget=3.0).tolist())
    [0, 2]
    """
    rows = host(embeddings)
    held = taken.get("embeddings")
    price = np.ones(len(rows)) if costs is None else host(costs, np.float64)
    limit = np.inf if budget is None else float(budget)
    if edges < 1 or nodes < 1 or price.min() < 0:
        raise BadInput(
            f"seed_al: edges={edges} and nodes={nodes} must be positive, and costs {price.min()} no less than 0"
        )
    least = np.sort(price)[:n].sum()
    if least > limit:
        raise BadInput(
            f"seed_al: budget={budget} does not pay for {n} rows, the cheapest of which cost {least:g};"
            " ask for fewer, or raise it"
        )
    alone = np.zeros(len(rows)) if held is None else _distances(rows, host(held)).sum(axis=1)
    best = _greedy(rows, alone, price, limit, n)
    solvable = 1 < n < len(rows) and n * (n - 1) // 2 <= edges
    found = _solve(rows, alone, price, limit, best, edges, nodes) if solvable else None
    if found is not None and _value(rows, alone, found) > _value(rows, alone, best):
        best = found
    sums = _distances(rows[best], rows[best]).sum(axis=1) + alone[best]
    return best[np.lexsort((best, -np.round(sums, _DIGITS)))]


def _distances(rows: FloatArray, others: FloatArray) -> FloatArray:
    """Euclidean distances (m, k), for k few rows."""
    blocks = [block for _, block in squared_blocks(rows, others)]
    return np.asarray(np.sqrt(np.concatenate(blocks)))


def _value(rows: FloatArray, alone: FloatArray, batch: IntArray) -> float:
    """The sum that the batch maximises, rounded so that equal batches tie."""
    return round(float(_distances(rows[batch], rows[batch]).sum() / 2.0 + alone[batch].sum()), _DIGITS)


def _greedy(rows: FloatArray, alone: FloatArray, price: FloatArray, limit: float, n: int) -> IntArray:
    """Each row adds the most distance of those that leave enough for the cheapest rest."""
    away = alone if alone.any() else _distances(rows, rows.mean(axis=0, dtype=np.float64)[None])[:, 0]
    free = np.ones(len(rows), dtype=bool)
    chosen: list[int] = []
    while len(chosen) < n:
        allowed = free & _affordable(price, free, limit - float(price[chosen].sum()), n - len(chosen))
        chosen.append(int(np.argmax(np.where(allowed, np.round(away, _DIGITS), -np.inf))))
        free[chosen[-1]] = False
        step = _distances(rows, rows[chosen[-1]][None])[:, 0]
        # The distance to the mean chose the first row only.
        away = step if len(chosen) == 1 and not alone.any() else away + step
    return np.asarray(chosen, dtype=np.int64)


def _affordable(price: FloatArray, free: BoolArray, left: float, count: int) -> BoolArray:
    """Which rows (m,), each with the count - 1 cheapest other free rows, cost no more than is left."""
    cheapest = np.sort(price[free])[:count]
    total = cheapest[:-1].sum() + np.maximum(price, cheapest[-1])
    return np.asarray(total <= left * (1 + 1e-12) + 1e-12)


def _solve(
    rows: FloatArray, alone: FloatArray, price: FloatArray, limit: float, start: IntArray, edges: int, nodes: int
) -> IntArray | None:
    """The best batch of the integer program over the longest pairs and those of the batch to beat; None if none."""
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import coo_array, vstack

    a, b, length = _longest_pairs(rows, edges, start)
    used, place = np.unique(np.concatenate([a, b]), return_inverse=True)
    k, e, each = len(used), len(a), np.arange(len(a))
    # y_e <= x_a and y_e <= x_b: a pair counts when both of its rows are chosen. A row of a batch of n has at most n - 1
    # pairs: implied for whole numbers, and what makes the relaxed program a close bound.
    pairs = coo_array((np.ones(2 * e), (place, np.concatenate([k + each, k + each]))), shape=(k, k + e)).tocsr()
    rows_of = coo_array((np.full(k, 1.0 - len(start)), (np.arange(k), np.arange(k))), shape=(k, k + e)).tocsr()
    ends = [
        coo_array(
            (np.tile([1.0, -1.0], e), (np.repeat(each, 2), np.stack([k + each, end], axis=1).ravel())), shape=(e, k + e)
        )
        for end in (place[:e], place[e:])
    ]
    none = np.zeros(e)
    rules = [LinearConstraint(vstack([*ends, pairs + rows_of]).tocsr(), -np.inf, 0.0)]
    rules += [LinearConstraint(np.concatenate([np.ones(k), none]), len(start), len(start))]
    rules += [LinearConstraint(np.concatenate([price[used], none]), -np.inf, limit)] if np.isfinite(limit) else []
    goal = -np.concatenate([alone[used], length])
    whole = np.concatenate([np.ones(k), none])
    found = milp(goal, integrality=whole, bounds=Bounds(0, 1), constraints=rules, options={"node_limit": nodes})
    return None if found.x is None else used[np.flatnonzero(found.x[:k] > 0.5)].astype(np.int64)


def _longest_pairs(rows: FloatArray, edges: int, start: IntArray) -> tuple[IntArray, IntArray, FloatArray]:
    """Both ends and the length of the longest pairs of rows, and of all pairs of a batch."""
    keys = np.zeros(0, dtype=np.int64)
    length = np.zeros(0)
    m = len(rows)
    for part, block in squared_blocks(rows, rows):
        above = np.arange(m)[None, :] > np.arange(part.start, part.stop)[:, None]
        at = np.flatnonzero(above)
        keys = np.concatenate([keys, at + part.start * m])
        length = np.concatenate([length, block.ravel()[at]])
        if len(keys) > edges:
            kept = np.sort(np.lexsort((keys, -np.round(length, _DIGITS)))[:edges])
            keys, length = keys[kept], length[kept]
    low, high = np.sort(start)[np.array(np.triu_indices(len(start), 1))]
    keys = np.union1d(keys, low * m + high)
    a, b = np.divmod(keys, m)
    return a, b, np.sqrt(((rows[a].astype(np.float64) - rows[b].astype(np.float64)) ** 2).sum(axis=1))
