"""Compiled passes over rows held in one byte a value: a quarter of the memory traffic of float32.

One stream of short rows leaves the memory idle between rows: they are read as four streams, or fetched ahead.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from askwise.kernels import lanes
from askwise.kernels.backend import jit, vector_code

_AHEAD = 8
"""Rows by which one is fetched ahead."""

ROUND = np.float32(1.5 * 2.0**23)
"""Added to a small float32 number it leaves the nearest whole number in the low bits: conversions are slow."""


@jit()
def largest_size(values: Any, bits: Any) -> Any:
    """Largest absolute value, by the bits of float32 numbers as integers: these maxima are vectorised."""
    top = np.int32(0)
    for j in range(bits.shape[0]):
        top = max(top, np.int32(bits[j] & np.int32(0x7FFFFFFF)))
    bits[0] = top
    return values[0]


@jit()
def low_bytes(bits: Any, out: Any) -> None:
    for j in range(out.shape[0]):
        out[j] = bits[j]


@jit(fastmath={"reassoc", "contract", "nsz"})
def lost_and_kept(gap: Any, level: Any, step: Any) -> Any:
    """Squared lengths of what bytes lose of a row and, in steps, of what they keep."""
    lost, kept = np.float32(0.0), np.float32(0.0)
    for j in range(gap.shape[0]):
        size = np.float32(level[j])
        left = gap[j] - size * step
        lost += left * left
        kept += size * size
    return lost, kept


@jit()
def to_bytes(rows: Any, middle: Any, most: int, table: Any, step: Any, error: Any, length: Any) -> None:
    """Rows about a middle as bytes times a step; `error` is the length of what is lost, `length` of what is kept.

    In float32; the error is not finite for rows beyond its range.
    """
    gap, scaled = np.empty(rows.shape[1], dtype=np.float32), np.empty(rows.shape[1], dtype=np.float32)
    bits = scaled.view(np.int32)
    for i in range(rows.shape[0]):
        for j in range(gap.shape[0]):
            gap[j] = rows[i, j] - middle[j]
            scaled[j] = gap[j]
        top = largest_size(scaled, bits)
        step[i] = top / np.float32(most)
        # Rows of nearly nothing lose it all: squares of float32 end at 1e-38.
        inverse = np.float32(most) / top if top > np.float32(1e-15) else np.float32(0.0)
        for j in range(gap.shape[0]):
            scaled[j] = gap[j] * inverse + ROUND
        low_bytes(bits, table[i])
        lost, kept = lost_and_kept(gap, table[i], np.float32(step[i]))
        error[i] = np.sqrt(lost)
        length[i] = np.sqrt(kept) * step[i]


@vector_code
def _prefetch(typing: Any, flat: Any, at: Any) -> Any:
    return lanes.prefetch(flat, at)


@jit(fastmath={"reassoc", "contract", "nsz"})
def one_product(a: Any, v: Any) -> Any:
    total = np.float32(0.0)
    for j in range(v.shape[0]):
        total += np.float32(a[j]) * v[j]
    return total


@jit(fastmath={"reassoc", "contract", "nsz"})
def four_products(a: Any, b: Any, c: Any, e: Any, v: Any) -> Any:
    s, t, u, w = np.float32(0.0), np.float32(0.0), np.float32(0.0), np.float32(0.0)
    for j in range(v.shape[0]):
        x = v[j]
        s += np.float32(a[j]) * x
        t += np.float32(b[j]) * x
        u += np.float32(c[j]) * x
        w += np.float32(e[j]) * x
    return s, t, u, w


@jit(fastmath={"reassoc", "contract", "nsz"})
def two_pairs(a: Any, b: Any, v: Any, w: Any) -> Any:
    s, t, u, x = np.float32(0.0), np.float32(0.0), np.float32(0.0), np.float32(0.0)
    for j in range(v.shape[0]):
        first, second = np.float32(a[j]), np.float32(b[j])
        s += first * v[j]
        t += first * w[j]
        u += second * v[j]
        x += second * w[j]
    return s, t, u, x


@jit()
def products_with_bytes(table: Any, vectors: Any, out: Any) -> None:
    """Inner products (m, k) in float32 of byte rows (m, d) with a few float32 vectors (k, d)."""
    m = table.shape[0]
    part = m // 4
    pairs = vectors.shape[0] - vectors.shape[0] % 2
    for i in range(part):
        for k in range(0, pairs, 2):
            for j in range(2):
                first, second = i + 2 * j * part, i + (2 * j + 1) * part
                out[first, k], out[first, k + 1], out[second, k], out[second, k + 1] = two_pairs(
                    table[first], table[second], vectors[k], vectors[k + 1]
                )
        for k in range(pairs, vectors.shape[0]):
            out[i, k], out[i + part, k], out[i + 2 * part, k], out[i + 3 * part, k] = four_products(
                table[i], table[i + part], table[i + 2 * part], table[i + 3 * part], vectors[k]
            )
    for i in range(4 * part, m):
        for k in range(vectors.shape[0]):
            out[i, k] = one_product(table[i], vectors[k])


@jit()
def rows_not_held_back(gap: Any, nearest: Any, owner: Any, found: Any) -> int:
    """Positions of the rows that may be nearer to a new centre than to their own, by the triangle inequality.

    Rows i with gap[owner[i]] < nearest[i]; the first of `found` are filled, their number comes back.
    """
    count = 0
    for i in range(nearest.shape[0]):
        found[count] = i
        count += gap[owner[i]] < nearest[i]
    return count


@jit()
def set_reach(coarse: Any, some: Any, nearest: Any, reach: Any) -> None:
    """Of some rows the value that `rows_perhaps_nearer` holds against a centre, by the distance to their own.

    `coarse` is (table, step, error, squared length, rounding). |x - c| >= |kept - c| - error, and the first of these
    has a small rounding of its own: a row is not nearer to c than to its own centre if, p the product of kept and c,
    (1 - rounding) (|kept|^2 + |c|^2) - 2 p >= (sqrt(nearest) + error)^2.
    """
    _, _, error, squares, rounding = coarse
    for p in range(some.shape[0]):
        i = some[p]
        own = np.sqrt(nearest[i]) + error[i]
        reach[i] = (1.0 - rounding) * squares[i] - own * own


@jit()
def rows_perhaps_nearer(coarse: Any, centre: Any, square: float, rows: Any, reach: Any, near: Any) -> int:
    """Of these rows, those whose distance to a centre may be less than that to their own by their bytes.

    `coarse` is as above, all about the middle from which the centre (d,) and its squared length are taken too.
    """
    table, step, _, _, rounding = coarse
    m, d = table.shape
    flat, last, count = table.reshape(m * d), rows.shape[0] - 1, 0
    least = (1.0 - rounding) * square
    for p in range(rows.shape[0]):
        ahead = np.int64(rows[min(p + _AHEAD, last)]) * d
        for k in range(ahead, ahead + d, 64):
            _prefetch(flat, k)
        i = rows[p]
        near[count] = i
        count += reach[i] + least < 2.0 * step[i] * one_product(table[i], centre)
    return count


@jit()
def farthest_of_largest(owner: Any, nearest: Any, free: Any, sums: Any, left: Any) -> int:
    """The farthest free row of the cluster with the largest sum of those with free rows; the earliest of equals."""
    for i in range(owner.shape[0]):
        sums[owner[i]] += nearest[i]
        left[owner[i]] += free[i]
    largest = -1
    for c in range(sums.shape[0]):
        if left[c] > 0 and (largest < 0 or sums[c] > sums[largest]):
            largest = c
    best, most = 0, -1.0
    for i in range(owner.shape[0]):
        if owner[i] == largest and nearest[i] > most and free[i]:
            best, most = i, nearest[i]
    return best


@jit()
def lower_forms(products: Any, copy: Any, pair: Any, weight: Any, exact: Any, off: Any) -> None:
    """Lower two forms of every row by v v and v t, v and t its rough products with two vectors, and add up the errors.

    `copy` is (step, error) of a coarse copy; `pair` the products of its middle with the vectors, and their lengths.
    """
    step, error = copy
    middle, size = pair
    q, h = exact
    off_q, off_h = off
    for i in range(q.shape[0]):
        s, e = step[i % step.size], error[i] * weight[i]
        v = weight[i] * size[0] * (s * products[i, 0] + middle[0])
        t = weight[i] * size[1] * (s * products[i, 1] + middle[1])
        off_v, off_t = e * size[0], e * size[1]
        q[i] -= v * v
        h[i] -= v * t
        off_q[i] += (2.0 * abs(v) + off_v) * off_v
        off_h[i] += abs(v) * off_t + abs(t) * off_v + off_v * off_t


@jit()
def contenders(
    products: Any, copy: Any, pair: Any, factors: Any, usable: Any, tie: float, upper: Any, found: Any
) -> int:
    """Usable rows whose sum of factors times rough products may be the largest; the first of `found` are filled.

    `copy` and `pair` as in `lower_forms`. Their number comes back.
    """
    step, error = copy
    middle, size = pair
    most = -np.inf
    for i in range(usable.shape[0]):
        upper[i] = -np.inf
        if usable[i]:
            s, value, slack = step[i % step.size], 0.0, 0.0
            for k in range(size.shape[0]):
                value += factors[i, k] * size[k] * (s * products[i, k] + middle[k])
                slack += abs(factors[i, k]) * size[k]
            slack *= error[i]
            upper[i] = value + slack
            most = max(most, value - slack)
    count = 0
    for i in range(usable.shape[0]):
        if upper[i] >= most - tie and usable[i]:
            found[count] = i
            count += 1
    return count
