"""Compiled distances and the compiled traversal: everything here runs under numba, and calls only what is here.

Sums are in float64 and in one order wherever a pair is evaluated, so a distance has the same value in every kernel.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from askwise.kernels import lanes
from askwise.kernels.backend import jit, vector_code

CHUNK = 128
"""Columns summed before a running sum is compared with its limit."""

AHEAD = 3
"""Rows here and there by which one is fetched ahead."""

LEAF = 32
"""Rows under one leaf of the tree of maxima."""

STEPS = 2.0**40
"""Squared distances of normalised rows are rounded to this part of one, so that equal angles are equal numbers."""


@jit(fastmath={"reassoc", "contract", "nsz"})
def squares(x: Any, y: Any) -> float:
    total = 0.0
    for j in range(x.shape[0]):
        gap = np.float64(x[j]) - np.float64(y[j])
        total += gap * gap
    return total


@jit(fastmath={"reassoc", "nsz"})
def scaled_squares(x: Any, y: Any, s: float, t: float) -> float:
    total = 0.0
    for j in range(x.shape[0]):
        gap = x[j] * s - y[j] * t
        total += gap * gap
    return total


@jit(fastmath={"reassoc", "contract", "nsz"})
def inner(x: Any, y: Any) -> float:
    total = 0.0
    for j in range(x.shape[0]):
        total += np.float64(x[j]) * np.float64(y[j])
    return total


@jit()
def apart(x: Any, y: Any, s: float, t: float, kind: int, limit: float) -> float:
    """Dissimilarity of two rows; a sum of squares that reaches `limit` may stop there, at or above the limit."""
    if kind == 2:
        return -inner(x, y)
    d = x.shape[0]
    total = 0.0
    for j in range(0, d, CHUNK):
        end = min(j + CHUNK, d)
        if kind == 1:
            total += scaled_squares(x[j:end], y[j:end], s, t)
        else:
            total += squares(x[j:end], y[j:end])
        if total >= limit:
            break
    return np.floor(total * STEPS + 0.5) / STEPS if kind == 1 else total


@jit()
def lower_to_all(rows: Any, scale: Any, kind: int, centres: Any, centre_scale: Any, nearest: Any) -> None:
    for i in range(rows.shape[0]):
        for j in range(centres.shape[0]):
            value = apart(
                rows[i], centres[j], scale[i % scale.size], centre_scale[j % centre_scale.size], kind, nearest[i]
            )
            nearest[i] = min(nearest[i], value)


@vector_code
def _prefetch(typing: Any, flat: Any, at: Any) -> Any:
    return lanes.prefetch(flat, at)


@jit()
def move_to_newest(rows: Any, centre: Any, newest: int, some: Any, nearest: Any, owner: Any) -> None:
    """Of some rows those nearer to the newest centre than to their own move to it; rows are fetched ahead."""
    m, d = rows.shape
    flat, last = rows.reshape(m * d), some.shape[0] - 1
    for p in range(some.shape[0]):
        ahead = some[min(p + AHEAD, last)] * d
        for k in range(ahead, ahead + d, 64 // rows.itemsize):
            _prefetch(flat, k)
        i = some[p]
        value = squares(rows[i], centre)
        if value < nearest[i]:
            nearest[i] = value
            owner[i] = newest


@jit()
def weighted_sums(rows: Any, weights: Any, out: Any) -> None:
    """Sums (k, d) in float64 of rows (m, d) with several weights (m, k)."""
    for i in range(rows.shape[0]):
        for k in range(weights.shape[1]):
            weight = np.float64(weights[i, k])
            for j in range(rows.shape[1]):
                out[k, j] += weight * np.float64(rows[i, j])


@jit(fastmath={"reassoc", "contract", "nsz"})
def agreement(labels: Any, centred: Any) -> float:
    """Sum of the entries of a symmetric matrix (k, k) where two draws give the same label (k,)."""
    total = 0.0
    for a in range(labels.shape[0]):
        mine = labels[a]
        half = 0.0
        for b in range(a):
            half += centred[a, b] if labels[b] == mine else 0.0
        total += 2.0 * half + centred[a, a]
    return total


@jit()
def agreements(labels: Any, centred: Any, out: Any) -> None:
    """Those sums (m,) for the labels (m, k) of each row."""
    for i in range(labels.shape[0]):
        out[i] = agreement(labels[i], centred)


@jit()
def lengths(rows: Any, out: Any) -> None:
    """Sum of squares (m,) of each row."""
    for i in range(rows.shape[0]):
        out[i] = inner(rows[i], rows[i])


@jit()
def lower_gradients(first: Any, others: Any, slack: float, nearest: Any) -> None:
    """Squared distances of factorised gradients (a, h, squared length); those below rounding are zero."""
    a, h, lengths = first
    other_a, other_h, other_lengths = others
    for i in range(a.shape[0]):
        for j in range(other_a.shape[0]):
            both = lengths[i] + other_lengths[j]
            value = both - 2.0 * inner(a[i], other_a[j]) * inner(h[i], other_h[j])
            nearest[i] = min(nearest[i], 0.0 if value < slack * both else value)


@jit()
def lower_near_gradients(first: Any, others: Any, products: Any, sizes: Any, slack: float, nearest: Any) -> None:
    """As lower_gradients, where rough products (m, k) of the factors a exclude most pairs without a look at h.

    `sizes` are |a| and |h| of the rows and of the others: |g - g'|^2 >= |g|^2 + |g'|^2 - 2 |a a'| |h| |h'|.
    """
    a, h, lengths = first
    other_a, other_h, other_lengths = others
    size_a, size_h, others_a, others_h = sizes
    for i in range(a.shape[0]):
        line, own = products[i], size_h[i]
        for j in range(other_a.shape[0]):
            both = lengths[i] + other_lengths[j]
            # Of float32 products each term is rounded, at the size of |a| |a'|.
            most = abs(np.float64(line[j])) + 2.0**-22 * a.shape[1] * size_a[i] * others_a[j]
            if (1.0 - 1e-9) * both - 2.0 * most * own * others_h[j] < nearest[i]:
                value = both - 2.0 * inner(a[i], other_a[j]) * inner(h[i], other_h[j])
                nearest[i] = min(nearest[i], 0.0 if value < slack * both else value)


@jit()
def locate(sums: Any, values: Any, leaf: int, share: float) -> Any:
    """The position whose part of the cumulated values holds this share of them all, how far into it, and the total.

    `sums` are those of the values of each leaf, so many in a row. Rounding never leads past the last positive value.
    """
    total = 0.0
    for k in range(sums.shape[0]):
        total += sums[k]
    target = share * total
    place, before = _holder(sums, target, total)
    start, target = place * leaf, target - before
    inside, whole = values[start : start + leaf], 0.0
    for k in range(inside.shape[0]):
        whole += inside[k]
    at, before = _holder(inside, target, whole)
    return start + at, max(target - before, 0.0), total


@jit()
def _holder(values: Any, target: float, total: float) -> Any:
    """First position up to which the values add up to more than the target, or to their total; the sum before it."""
    before = 0.0
    for k in range(values.shape[0]):
        after = before + values[k]
        if after > target or after == total:
            return k, before
        before = after
    return values.shape[0] - 1, before


@jit()
def lower_pairs(
    rows: Any, scale: Any, kind: int, which: Any, centres: Any, centre_scale: Any, others: Any, bound: Any
) -> None:
    for p in range(which.size):
        i, j = which[p], others[p]
        s, t = scale[i % scale.size], centre_scale[j % centre_scale.size]
        bound[i] = min(bound[i], apart(rows[i], centres[j], s, t, kind, bound[i]))


@jit()
def _top_row(bound: Any, tree: Any) -> Any:
    """Lowest position with the largest bound."""
    size = tree.size // 2
    node = 1
    while node < size:
        node = 2 * node if tree[2 * node] >= tree[2 * node + 1] else 2 * node + 1
    start = (node - size) * LEAF
    i = start
    while bound[i] != tree[1]:
        i += 1
    return i


@jit()
def _lift(bound: Any, tree: Any, row: int) -> None:
    """Bring the maxima above a row up to date."""
    node = row // LEAF
    top = -np.inf
    for i in range(node * LEAF, min(node * LEAF + LEAF, bound.size)):
        top = max(top, bound[i])
    node += tree.size // 2
    tree[node] = top
    while node > 1:
        node //= 2
        top = max(tree[2 * node], tree[2 * node + 1])
        if tree[node] == top:
            break
        tree[node] = top


@jit(fastmath={"reassoc", "contract", "nsz"})
def _below(line: Any, other: Any) -> Any:
    """Squared distance of two sketch lines in float32."""
    total = np.float32(0.0)
    for j in range(line.shape[0]):
        gap = line[j] - other[j]
        total += gap * gap
    return total


@jit()
def _refresh(i: int, held: int, best: float, pool: Any, sketch: Any, state: Any, counts: Any) -> None:
    """Compare row i with the centres it has not seen, until its bound falls below the best row known."""
    rows, scale, centres, centre_scale, kind = pool
    lines, slack, centre_lines, centre_slack = sketch
    bound, seen, _ = state
    lowest = bound[i]
    s = scale[i % scale.size]
    root = np.sqrt(lowest) if lines.shape[0] else 0.0
    j = seen[i]
    while j < held and lowest >= best:
        if lines.shape[0]:
            counts[1] += 1
            reach = root + slack[i] + centre_slack[j]
            if _below(lines[i], centre_lines[j]) > reach * reach:
                j += 1
                continue
        counts[0] += 1
        value = apart(rows[i], centres[j], s, centre_scale[j % centre_scale.size], kind, lowest)
        if value < lowest:
            lowest = value
            root = np.sqrt(lowest) if lines.shape[0] else 0.0
        j += 1
    counts[2] += 1
    bound[i] = lowest
    seen[i] = j


@jit()
def traverse(pool: Any, sketch: Any, state: Any, picks: Any, counters: Any, counts: Any) -> None:
    """Pick until `stop`, or until the best row is below `limit`, or equal to it and not before position `before`."""
    rows, scale, centres, centre_scale, kind = pool
    lines, slack, centre_lines, centre_slack = sketch
    bound, seen, tree = state
    chosen, radii = picks
    taken, done, stop, limit, before = counters
    while done < stop:
        held = taken + done
        best = -np.inf
        i = _top_row(bound, tree)
        while seen[i] < held and bound[i] >= limit:
            _refresh(i, held, best, pool, sketch, state, counts)
            if seen[i] == held:
                best = max(best, bound[i])
            _lift(bound, tree, i)
            i = _top_row(bound, tree)
        if bound[i] < limit or (bound[i] == limit and i >= before):
            break
        chosen[done] = i
        radii[done] = bound[i]
        centres[held] = rows[i]
        if kind == 1:
            centre_scale[held] = scale[i]
        if lines.shape[0]:
            centre_lines[held] = lines[i]
            centre_slack[held] = slack[i]
        bound[i] = -np.inf
        _lift(bound, tree, i)
        done += 1
    counts[3] = done
