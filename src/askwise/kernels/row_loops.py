"""Compiled loops over rows of probabilities: exact entropies in float64, and sifts that check and compare in one pass.

A sift reads a block once. It says which rows may reach a floor, computed in float32 with the rounding as slack, and
whether a row looks like no distribution; what it lets through is scored by the score itself. Rows of few classes are
taken a tile at a time and turned into columns, so that the processor works on many rows at once.

Everything here runs under numba and calls only what is here. Loops whose result must not depend on how they were
compiled say so by having no `fastmath`: elementwise terms, summed in a fixed order.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from askwise.kernels.backend import jit

TILE = 128
"""Rows that are turned into columns at a time."""

NARROW = 32
"""Classes up to which tiles pay; rows of more are long enough by themselves."""

FEW = 10
"""Classes up to which the loop over them is unrolled, in a kernel compiled for that number: twice as fast."""

WIDE = 32
"""Strands into which a long row is split."""

_BUFFER = 4096
_LN2 = 0.6931471805599453
_HALF_BITS = 0x3F3504F3
_HALF_BITS_64 = 0x3FE6A09E667F3BCD
"""Bits of the square root of one half: mantissas are brought to sqrt(1/2) .. sqrt(2), where logarithms are small."""

# Minimax coefficients of (log(1 + f) - 2 s) / s, s = f / (2 + f), in powers of s^2: Sun Microsystems' fdlibm, e_log.c.
_L1, _L2, _L3, _L4 = (
    6.666666666666735130e-01,
    3.999999999940941908e-01,
    2.857142874366239149e-01,
    2.222219843214978396e-01,
)
_L5, _L6, _L7 = 1.818357216161805012e-01, 1.531383769920937332e-01, 1.479819860511658591e-01


@jit(error_model="numpy")
def _terms(values: Any, out: Any) -> None:
    """-v log v of each value in float64, 0 at 0; the library's logarithm is not vectorised, this one is."""
    for k in range(values.size):
        v = np.float64(values[k])
        bits = v.view(np.int64)
        power = (bits - np.int64(_HALF_BITS_64)) >> np.int64(52)
        f = np.int64(bits - (power << np.int64(52))).view(np.float64) - 1.0
        s = f / (2.0 + f)
        z = s * s
        series = z * (_L1 + z * (_L2 + z * (_L3 + z * (_L4 + z * (_L5 + z * (_L6 + z * _L7))))))
        half = 0.5 * f * f
        out[k] = -v * (np.float64(power) * _LN2 + (f - (half - s * (half + series))))


@jit()
def _sum(terms: Any, start: int, size: int) -> float:
    """Sum in eight strands and in this order, however it is compiled."""
    a0 = a1 = a2 = a3 = a4 = a5 = a6 = a7 = 0.0
    stop = start + size
    k = start
    while k + 8 <= stop:
        a0, a1, a2, a3 = a0 + terms[k], a1 + terms[k + 1], a2 + terms[k + 2], a3 + terms[k + 3]
        a4, a5, a6, a7 = a4 + terms[k + 4], a5 + terms[k + 5], a6 + terms[k + 6], a7 + terms[k + 7]
        k += 8
    rest = 0.0
    while k < stop:
        rest += terms[k]
        k += 1
    return ((a0 + a4) + (a1 + a5)) + ((a2 + a6) + (a3 + a7)) + rest


@jit()
def entropies(probs: Any, out: Any) -> None:
    """Entropy (m,) in float64 of each row."""
    m, c = probs.shape
    flat = probs.reshape(m * c)
    step = max(1, _BUFFER // c)
    terms = np.empty(step * c)
    for start in range(0, m, step):
        stop = min(m, start + step)
        _terms(flat[start * c : stop * c], terms)
        for i in range(start, stop):
            out[i] = _sum(terms, (i - start) * c, c)


@jit()
def mean_entropies(samples: Any, each: Any, joint: Any) -> None:
    """Mean entropy of the draws and entropy of their mean, (m,) each in float64."""
    m, k, c = samples.shape
    flat = samples.reshape(m * k * c)
    step = max(1, _BUFFER // (k * c))
    terms = np.empty(step * k * c)
    means = np.empty(step * c)
    for start in range(0, m, step):
        stop = min(m, start + step)
        _terms(flat[start * k * c : stop * k * c], terms)
        means[:] = 0.0
        for i in range(start, stop):
            each[i] = _sum(terms, (i - start) * k * c, k * c) / k
            mean = means[(i - start) * c : (i - start + 1) * c]
            for d in range(k):
                draw = samples[i, d]
                for j in range(c):
                    mean[j] += draw[j]
            for j in range(c):
                mean[j] /= k
        _terms(means[: (stop - start) * c], terms)
        for i in range(start, stop):
            joint[i] = _sum(terms, (i - start) * c, c)


@jit(error_model="numpy", fastmath={"reassoc", "contract", "nsz"})
def _rough_term(value: Any) -> Any:
    """-v log v in float32, off by 2^-23 of the logarithm."""
    v = np.float32(value)
    bits = v.view(np.int32)
    power = (bits - np.int32(_HALF_BITS)) >> np.int32(23)
    f = np.int32(bits - (power << np.int32(23))).view(np.float32) - np.float32(1)
    s = f / (np.float32(2) + f)
    z = s * s
    series = np.float32(2) + z * (np.float32(_L1) + z * (np.float32(_L2) + z * np.float32(_L3)))
    return -v * (np.float32(power) * np.float32(_LN2) + s * series)


@jit(error_model="numpy", fastmath={"reassoc", "contract", "nsz"})
def _rough_entropy(row: Any) -> Any:
    total = np.float32(0)
    for j in range(row.size):
        total += _rough_term(row[j])
    return total


@jit(fastmath={"reassoc", "contract", "nsz"})
def _total(row: Any) -> Any:
    total = row[0] * 0
    for j in range(row.size):
        total += row[j]
    return total


@jit()
def _negatives(flat: Any) -> int:
    count = 0
    for k in range(flat.size):
        count += flat[k] < 0
    return count


@jit()
def _strands(row: Any, first: Any, second: Any) -> None:
    """Two largest values of each of WIDE interleaved strands of a row: elementwise, so that the loop is vectorised."""
    first[:] = 0
    second[:] = 0
    for start in range(0, row.size - WIDE + 1, WIDE):
        part = row[start : start + WIDE]
        for r in range(WIDE):
            v, a = np.float32(part[r]), first[r]
            # Selects, not branches: an if/elif here is seven times slower on ten classes.
            second[r] = max(second[r], min(a, v))
            first[r] = max(a, v)
    for r in range(row.size // WIDE * WIDE, row.size):
        v, a = np.float32(row[r]), first[0]
        second[0] = max(second[0], min(a, v))
        first[0] = max(a, v)


@jit()
def _largest_two(first: Any, second: Any) -> None:
    """The two largest of all strands, put into the first."""
    a, b = first[0], second[0]
    for r in range(1, first.size):
        b = max(max(b, second[r]), min(a, first[r]))
        a = max(a, first[r])
    first[0], second[0] = a, b


@jit()
def _columns(flat: Any, c: int, n: int, out: Any) -> None:
    """Rows of a tile as float32 columns, TILE apart; four rows at a time, for a loop of one is bound by its stores."""
    for j in range(c):
        column = out[j * TILE : (j + 1) * TILE]
        k = j
        for r in range(0, n - 3, 4):
            column[r] = flat[k]
            column[r + 1] = flat[k + c]
            column[r + 2] = flat[k + 2 * c]
            column[r + 3] = flat[k + 3 * c]
            k += 4 * c
        for r in range(n // 4 * 4, n):
            column[r] = flat[r * c + j]


@jit()
def _two_largest(columns: Any, c: int, first: Any, second: Any, total: Any) -> None:
    for r in range(TILE):
        first[r] = total[r] = columns[r]
        second[r] = 0
    for j in range(1, c):
        column = columns[j * TILE : (j + 1) * TILE]
        for r in range(TILE):
            v, a = column[r], first[r]
            second[r] = max(second[r], min(a, v))
            first[r] = max(a, v)
            total[r] += v


@jit(inline="always")
def _next(flat: Any, k: int, first: Any, second: Any, total: Any) -> Any:
    v = np.float32(flat[k])
    return max(first, v), max(second, min(first, v)), total + v


@jit(inline="always")
def _next_four(flat: Any, k: int, first: Any, second: Any, total: Any) -> Any:
    first, second, total = _next(flat, k, first, second, total)
    first, second, total = _next(flat, k + 1, first, second, total)
    first, second, total = _next(flat, k + 2, first, second, total)
    return _next(flat, k + 3, first, second, total)


@jit()
def _two_largest_of_few(flat: Any, n: int, classes: Any, firsts: Any, seconds: Any, totals: Any) -> None:
    """The length of the tuple `classes` is part of its type, so the conditions below are settled by the compiler."""
    c = len(classes)
    rest = (c - 1) % 4
    for r in range(n):
        k = r * c
        first = np.float32(flat[k])
        second, total = np.float32(0), first
        if c > 4:
            first, second, total = _next_four(flat, k + 1, first, second, total)
        if c > 8:
            first, second, total = _next_four(flat, k + 5, first, second, total)
        if rest > 0:
            first, second, total = _next(flat, k + c - 1, first, second, total)
        if rest > 1:
            first, second, total = _next(flat, k + c - 2, first, second, total)
        if rest > 2:
            first, second, total = _next(flat, k + c - 3, first, second, total)
        firsts[r], seconds[r], totals[r] = first, second, total


@jit(error_model="numpy")
def _values(kind: int, first: Any, second: Any, out: Any) -> None:
    """Of the two largest: 0 minus their gap, 1 one less the first, 2 their ratio."""
    if kind == 0:
        for r in range(out.size):
            out[r] = second[r] - first[r]
    elif kind == 1:
        for r in range(out.size):
            out[r] = 1 - first[r]
    else:
        for r in range(out.size):
            out[r] = second[r] / first[r]


@jit()
def _far_from_one(total: Any, slack: Any) -> int:
    count = 0
    for r in range(total.size):
        # With a NaN no comparison holds.
        count += not (abs(total[r] - 1) <= slack)
    return count


@jit()
def _keep(values: Any, floor: Any, start: int, kept: Any, count: int) -> int:
    """Append the positions of values that reach the floor; most tiles hold none."""
    hits = 0
    for r in range(values.size):
        hits += values[r] >= floor
    if hits:
        for r in range(values.size):
            if values[r] >= floor:
                kept[count] = start + r
                count += 1
    return count


@jit()
def sift_few(probs: Any, classes: Any, kind: int, floor: Any, slack: Any, kept: Any) -> int:
    """As sift_top2, for at most FEW classes: `classes` is a tuple with an entry for each."""
    m, c = probs.shape[0], len(classes)
    flat = probs.reshape(m * c)
    first, second = np.zeros(TILE, np.float32), np.zeros(TILE, np.float32)
    total, values = np.zeros(TILE, np.float32), np.zeros(TILE, np.float32)
    count = 0
    for start in range(0, m, TILE):
        n = min(TILE, m - start)
        block = flat[start * c : (start + n) * c]
        _two_largest_of_few(block, n, classes, first, second, total)
        if _negatives(block) or _far_from_one(total[:n], slack):
            return -1
        _values(kind, first, second, values)
        count = _keep(values[:n], floor, start, kept, count)
    return count


@jit()
def sift_top2(probs: Any, kind: int, floor: Any, slack: Any, kept: Any) -> int:
    """How many rows may reach the floor, their positions in `kept`; -1 when a row looks like no distribution."""
    m, c = probs.shape
    if c > NARROW:
        return _sift_wide(probs, kind, floor, slack, kept)
    flat = probs.reshape(m * c)
    columns = np.zeros(c * TILE, np.float32)
    first, second = np.zeros(TILE, np.float32), np.zeros(TILE, np.float32)
    total, values = np.zeros(TILE, np.float32), np.zeros(TILE, np.float32)
    count = 0
    for start in range(0, m, TILE):
        n = min(TILE, m - start)
        block = flat[start * c : (start + n) * c]
        _columns(block, c, n, columns)
        _two_largest(columns, c, first, second, total)
        if _negatives(block) or _far_from_one(total[:n], slack):
            return -1
        _values(kind, first, second, values)
        count = _keep(values[:n], floor, start, kept, count)
    return count


@jit()
def _sift_wide(probs: Any, kind: int, floor: Any, slack: Any, kept: Any) -> int:
    first, second, value = np.zeros(WIDE, np.float32), np.zeros(WIDE, np.float32), np.zeros(1, np.float32)
    count = 0
    for i in range(probs.shape[0]):
        row = probs[i]
        if _negatives(row) or not (abs(_total(row) - 1) <= slack):
            return -1
        _strands(row, first, second)
        _largest_two(first, second)
        _values(kind, first[:1], second[:1], value)
        count = _keep(value, floor, i, kept, count)
    return count


@jit()
def sift_entropy(probs: Any, floor: Any, slack: Any, kept: Any) -> int:
    """As sift_top2, by the entropy of each row."""
    m, c = probs.shape
    flat = probs.reshape(m * c)
    values, total = np.zeros(TILE, np.float32), np.zeros(TILE, np.float32)
    columns = np.zeros(min(c, NARROW) * TILE, np.float32)
    count = 0
    for start in range(0, m, TILE):
        n = min(TILE, m - start)
        block = flat[start * c : (start + n) * c]
        if c > NARROW:
            for i in range(n):
                row = probs[start + i]
                total[i], values[i] = _total(row), _rough_entropy(row)
        else:
            _columns(block, c, n, columns)
            _tile_entropies(columns, c, values, total)
        if _negatives(block) or _far_from_one(total[:n], slack):
            return -1
        count = _keep(values[:n], floor, start, kept, count)
    return count


@jit(error_model="numpy", fastmath={"reassoc", "contract", "nsz"})
def _tile_entropies(columns: Any, c: int, values: Any, total: Any) -> None:
    values[:] = 0
    total[:] = 0
    for j in range(c):
        column = columns[j * TILE : (j + 1) * TILE]
        for r in range(TILE):
            values[r] += _rough_term(column[r])
            total[r] += column[r]


@jit()
def sift_bald(samples: Any, floor: Any, slack: Any, kept: Any) -> int:
    """As sift_top2, by the entropy of the mean of the draws less their mean entropy."""
    m, k, c = samples.shape
    flat = samples.reshape(m * k * c)
    values, total = np.zeros(TILE, np.float32), np.zeros(k, np.float32)
    mean = np.zeros(c, np.float32)
    count = 0
    for start in range(0, m, TILE):
        n = min(TILE, m - start)
        if _negatives(flat[start * k * c : (start + n) * k * c]):
            return -1
        for i in range(start, start + n):
            row = flat[i * k * c : (i + 1) * k * c]
            _draws(row, c, mean, total)
            if _far_from_one(total, slack):
                return -1
            values[i - start] = _rough_entropy(mean) - _rough_entropy(row) / np.float32(k)
        count = _keep(values[:n], floor, start, kept, count)
    return count


@jit(error_model="numpy", fastmath={"reassoc", "contract", "nsz"})
def _draws(row: Any, c: int, mean: Any, total: Any) -> None:
    """Mean (c,) of the draws of a row, one after the other in memory, and the sum (k,) of each."""
    mean[:] = 0
    for d in range(total.size):
        draw = row[d * c : (d + 1) * c]
        sum_of_draw = np.float32(0)
        for j in range(c):
            v = np.float32(draw[j])
            mean[j] += v
            sum_of_draw += v
        total[d] = sum_of_draw
    share = np.float32(1) / np.float32(total.size)
    for j in range(c):
        mean[j] *= share
