"""Compiled sifts over rows of probabilities: one pass that checks, computes roughly and compares with a floor.

A sift reads a block once, in float32. It keeps the rows that may be among the n best, with their rough values, and says
whether a row looks like no distribution; what it keeps is scored by the score itself. Its floor rises as it goes: the
n-th best of the rough values so far, less what they may be off, is a score that n rows reach for certain.

Everything here runs under numba and calls only what is here. All sifts take (..., floors, rule, start, book, count):
floors (1,), or (m,) fixed ones for each row; the rule is (slack of a sum, twice the error, n); start is the position of
the block's first row; the book (kept, found) has positions and values of the rows kept, `count` of them. They return
the new count, or -1 when a row looks like no distribution.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from askwise.kernels import lanes
from askwise.kernels.backend import jit, vector_code

_LANES = lanes.ROWS

TILE = 128
"""Rows that are turned into columns at a time; also the rows by which a book is longer than its block."""

NARROW = 32
"""Classes up to which tiles pay; rows of more are long enough by themselves."""

FEW = 12
"""Classes up to which rows are turned in registers, by code for that number."""

WIDE = lanes.STRIDE
"""Strands into which a long row is split."""

ROUGH, CLOSE = 5.1e-4, 1.1e-5
"""How far the two logarithms below are off, in nats."""

_LEAST = 256
"""Rows kept from which a floor is raised."""

_BIAS = 0x3F800000
_SCALE = -0.6931471805599453 * 2.0**-23

# -(log m - (m - 1) log 2) on [1, 2), interpolated at Chebyshev points: degree 3, and degree 5.
_R0, _R1, _R2, _R3 = 0.79361237, -1.4067271, 0.720358865, -0.107746856
_C0, _C1, _C2, _C3, _C4, _C5 = 1.24361256, -2.82094012, 2.44002976, -1.11609003, 0.283826848, -0.0304490045


@jit(error_model="numpy", fastmath={"reassoc", "contract", "nsz"})
def _rough_term(value: Any) -> Any:
    """-v log v in float32, off by ROUGH v: bits of v as an integer are its logarithm but for a bend in each octave."""
    v = np.float32(value)
    bits = v.view(np.int32)
    m = np.int32((bits & np.int32(0x7FFFFF)) | np.int32(_BIAS)).view(np.float32)
    bend = np.float32(_R0) + m * (np.float32(_R1) + m * (np.float32(_R2) + m * np.float32(_R3)))
    return v * (np.float32(_SCALE) * np.float32(bits - np.int32(_BIAS)) + bend)


@jit(error_model="numpy", fastmath={"reassoc", "contract", "nsz"})
def _close_term(value: Any) -> Any:
    """-v log v in float32, off by CLOSE v."""
    v = np.float32(value)
    bits = v.view(np.int32)
    m = np.int32((bits & np.int32(0x7FFFFF)) | np.int32(_BIAS)).view(np.float32)
    bend = np.float32(_C3) + m * (np.float32(_C4) + m * np.float32(_C5))
    bend = np.float32(_C0) + m * (np.float32(_C1) + m * (np.float32(_C2) + m * bend))
    return v * (np.float32(_SCALE) * np.float32(bits - np.int32(_BIAS)) + bend)


@jit(error_model="numpy", fastmath={"reassoc", "contract", "nsz"})
def _rough_entropy(row: Any) -> Any:
    """Entropy of a row, the sum of it, and whether a sign bit is set, which NaNs and negative values may have."""
    total, mass, signs = np.float32(0), np.float32(0), np.int32(0)
    for j in range(row.size):
        v = np.float32(row[j])
        total += _rough_term(v)
        mass += v
        signs = min(signs, v.view(np.int32))
    return total, mass, signs < 0


@jit(error_model="numpy", fastmath={"reassoc", "contract", "nsz"})
def _close_entropy(row: Any) -> Any:
    total = np.float32(0)
    for j in range(row.size):
        total += _close_term(row[j])
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


@vector_code
def _many_in_lanes(typing: Any, flat: Any, start: Any, size: Any, out: Any) -> Any:
    return lanes.two_largest_of_many(flat, start, size, out)


@jit()
def _of_long_row(flat: Any, start: int, size: int, out: Any) -> Any:
    """The two largest values of a row, the sum of all, and the smallest or 0."""
    _many_in_lanes(flat, start, size, out)
    first, second, total, low = np.float32(0), np.float32(0), np.float32(0), np.float32(0)
    for r in range(WIDE):
        second = max(max(second, out[WIDE + r]), min(first, out[r]))
        first = max(first, out[r])
        total += out[2 * WIDE + r]
        low = min(low, out[3 * WIDE + r])
    for k in range(start + size // WIDE * WIDE, start + size):
        v = np.float32(flat[k])
        second = max(second, min(first, v))
        first = max(first, v)
        total += v
        low = min(low, v)
    return first, second, total, low


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
def _keep(values: Any, floors: Any, start: int, book: Any, count: int) -> int:
    """Note the rows whose values reach the floor."""
    kept, found = book
    # One floor for all, or one for each row: no division in the loop.
    at, step = (0, 0) if floors.size == 1 else (start, 1)
    for r in range(values.size):
        if values[r] >= floors[at + r * step]:
            kept[count], found[count] = start + r, values[r]
            count += 1
    return count


@jit()
def _reaching(values: Any, floor: Any) -> int:
    hits = 0
    for r in range(values.size):
        hits += values[r] >= floor
    return hits


@jit()
def _raised(book: Any, count: int, floors: Any, rule: Any) -> int:
    """Raise the floor to what the n best kept reach for certain, and drop those below it."""
    kept, found = book
    best = np.float64(np.partition(found[:count], count - rule[2])[count - rule[2]])
    # One step of float32 below, so that rounding lets through and does not hold back.
    floors[0] = max(floors[0], np.float32(best - rule[1] - 2.0**-22 * abs(best)))
    left = 0
    for k in range(count):
        kept[left], found[left] = kept[k], found[k]
        left += found[k] >= floors[0]
    return left


@jit()
def _note(values: Any, floors: Any, rule: Any, start: int, book: Any, counts: Any) -> Any:
    """Keep what reaches the floor; raise it when the second of the counts (kept, when to look again) is reached."""
    if floors.size == 1 and not _reaching(values, floors[0]):
        return counts  # as in most tiles
    count, again = _keep(values, floors, start, book, counts[0]), counts[1]
    if count >= again and floors.size == 1:
        count = _raised(book, count, floors, rule)
        again = max(again, 2 * count)
    return count, again


@vector_code
def _prefetch(typing: Any, flat: Any, at: Any) -> Any:
    return lanes.prefetch(flat, at)


@jit()
def _prefetch_row(flat: Any, start: int, size: int) -> None:
    for k in range(start, start + size, 64 // flat.itemsize):
        _prefetch(flat, k)


@vector_code
def _rows_in_lanes(typing: Any, flat: Any, start: Any, classes: Any, kind: Any, out: Any, at: Any) -> Any:
    return lanes.on_rows(lanes.of_two_largest(len(kind)), TILE, flat, start, classes, kind, out, at)


@vector_code
def _draws_in_lanes(typing: Any, flat: Any, start: Any, classes: Any, out: Any, at: Any) -> Any:
    return lanes.on_rows(lanes.distance, TILE, flat, start, classes, out, at)


@vector_code
def _sum_of_draws(typing: Any, flat: Any, start: Any, classes: Any, draws: Any, out: Any) -> Any:
    return lanes.sum_of_draws(flat, start, classes, draws, out)


@jit()
def sift_few(probs: Any, classes: Any, kind: Any, floors: Any, rule: Any, start: int, book: Any, count: int) -> int:
    """By the two largest values of at most FEW classes. `classes` is a tuple with an entry for each class, and `kind`
    one with as many entries as its number says: the compiler knows the lengths of tuples."""
    m, c = probs.shape[0], len(classes)
    flat, spare, found = probs.reshape(m * c), np.zeros(_LANES * c, probs.dtype), np.zeros(2 * TILE, np.float32)
    counts = count, max(2 * rule[2], _LEAST)
    for i in range(0, m, TILE):
        n = min(TILE, m - i)
        for r in range(0, n, _LANES):
            if n - r >= _LANES:
                _rows_in_lanes(flat, (i + r) * c, classes, kind, found, r)
            else:
                spare[: (n - r) * c] = flat[(i + r) * c :]
                _rows_in_lanes(spare, 0, classes, kind, found, r)
        if _beyond(found[TILE : TILE + n], rule[0]):
            return -1
        # Looked at here too: to hand the book over for each tile would take a tenth of the pass.
        if floors.size > 1 or _reaching(found[:n], floors[0]):
            counts = _note(found[:n], floors, rule, start + i, book, counts)
    return counts[0]


@jit()
def _beyond(off: Any, slack: Any) -> int:
    count = 0
    for r in range(off.size):
        # With a NaN no comparison holds.
        count += not (off[r] <= slack)
    return count


@jit()
def sift_top2(probs: Any, kind: int, floors: Any, rule: Any, start: int, book: Any, count: int) -> int:
    """By the two largest values."""
    m, c = probs.shape
    if c > NARROW:
        return _sift_wide(probs, kind, floors, rule, start, book, count)
    flat = probs.reshape(m * c)
    columns = np.zeros(c * TILE, np.float32)
    first, second = np.zeros(TILE, np.float32), np.zeros(TILE, np.float32)
    total, values = np.zeros(TILE, np.float32), np.zeros(TILE, np.float32)
    counts = count, max(2 * rule[2], _LEAST)
    for i in range(0, m, TILE):
        n = min(TILE, m - i)
        block = flat[i * c : (i + n) * c]
        _columns(block, c, n, columns)
        _two_largest(columns, c, first, second, total)
        if _negatives(block) or _far_from_one(total[:n], rule[0]):
            return -1
        _values(kind, first, second, values)
        counts = _note(values[:n], floors, rule, start + i, book, counts)
    return counts[0]


@jit()
def _sift_wide(probs: Any, kind: int, floors: Any, rule: Any, start: int, book: Any, count: int) -> int:
    m, c = probs.shape
    flat, lines = probs.reshape(m * c), np.zeros(4 * WIDE, np.float32)
    first, second, values = np.zeros(TILE, np.float32), np.zeros(TILE, np.float32), np.zeros(TILE, np.float32)
    counts = count, max(2 * rule[2], _LEAST)
    for i in range(0, m, TILE):
        n = min(TILE, m - i)
        for r in range(n):
            _prefetch_row(flat, (i + r + 1) * c, c)
            first[r], second[r], total, low = _of_long_row(flat, (i + r) * c, c, lines)
            # With a NaN no comparison holds.
            if not (abs(total - 1) <= rule[0] and low >= 0):
                return -1
        _values(kind, first, second, values)
        counts = _note(values[:n], floors, rule, start + i, book, counts)
    return counts[0]


@jit()
def sift_entropy(probs: Any, floors: Any, rule: Any, start: int, book: Any, count: int) -> int:
    """By the entropy of each row."""
    m, c = probs.shape
    flat = probs.reshape(m * c)
    values, total = np.zeros(TILE, np.float32), np.zeros(TILE, np.float32)
    columns = np.zeros(min(c, NARROW) * TILE, np.float32)
    counts = count, max(2 * rule[2], _LEAST)
    for i in range(0, m, TILE):
        n = min(TILE, m - i)
        block = flat[i * c : (i + n) * c]
        below = 0
        if c > NARROW:
            for r in range(n):
                _prefetch_row(flat, (i + r + 1) * c, c)
                values[r], total[r], signed = _rough_entropy(block[r * c : (r + 1) * c])
                below += signed
        else:
            _columns(block, c, n, columns)
            _tile_entropies(columns, c, values, total)
        # A zero may have a sign, so a sign is looked into.
        if _far_from_one(total[:n], rule[0]) or ((below or c <= NARROW) and _negatives(block)):
            return -1
        counts = _note(values[:n], floors, rule, start + i, book, counts)
    return counts[0]


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
def sift_bald(samples: Any, floors: Any, rule: Any, start: int, book: Any, count: int) -> int:
    """By the entropy of the mean of the draws less their mean entropy."""
    m, k, c = samples.shape
    flat = samples.reshape(m * k * c)
    values, total = np.zeros(TILE, np.float32), np.zeros(k, np.float32)
    mean = np.zeros(c, np.float32)
    counts = count, max(2 * rule[2], _LEAST)
    for i in range(0, m, TILE):
        n = min(TILE, m - i)
        if _negatives(flat[i * k * c : (i + n) * k * c]):
            return -1
        for r in range(n):
            row = flat[(i + r) * k * c : (i + r + 1) * k * c]
            _draws(row, c, mean, total)
            if _far_from_one(total, rule[0]):
                return -1
            values[r] = _close_entropy(mean) - _close_entropy(row) / np.float32(k)
        counts = _note(values[:n], floors, rule, start + i, book, counts)
    return counts[0]


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


@jit()
def sift_bald_of_few(samples: Any, classes: Any, floors: Any, rule: Any, start: int, book: Any, count: int) -> int:
    """As sift_bald, for at most FEW classes: `classes` is a tuple with an entry for each."""
    m, k, c = samples.shape[0], samples.shape[1], len(classes)
    size = k * c
    flat, spare = samples.reshape(m * size), np.zeros(_LANES * c + size, samples.dtype)
    found, values = np.zeros(TILE, np.float32), np.zeros(TILE, np.float32)
    means = np.zeros(TILE * _LANES, np.float32)
    counts = count, max(2 * rule[2], _LEAST)
    for i in range(0, m, TILE):
        n = min(TILE, m - i)
        block = flat[i * size : (i + n) * size]
        if _bad_draws(block, classes, rule[0], spare, found):
            return -1
        for r in range(n):
            mean = means[r * _LANES : (r + 1) * _LANES]
            # Whole registers are read: the last rows, after which nothing may follow, are read from a copy.
            if (r + 1) * size - c + _LANES <= block.size:
                _sum_of_draws(block, r * size, classes, k, mean)
            else:
                spare[:size] = block[r * size : (r + 1) * size]
                _sum_of_draws(spare, 0, classes, k, mean)
        _terms_of_means(means, np.float32(1) / np.float32(k))
        for r in range(n):
            joint = _total(means[r * _LANES : r * _LANES + c])
            values[r] = joint - _close_entropy(block[r * size : (r + 1) * size]) / np.float32(k)
        counts = _note(values[:n], floors, rule, start + i, book, counts)
    return counts[0]


@jit(error_model="numpy", fastmath={"reassoc", "contract", "nsz"})
def _terms_of_means(sums: Any, share: Any) -> None:
    for j in range(sums.size):
        sums[j] = _close_term(sums[j] * share)


@jit()
def _bad_draws(flat: Any, classes: Any, slack: Any, spare: Any, found: Any) -> int:
    """How many draws look like no distribution."""
    c, bad = len(classes), 0
    draws = flat.size // c
    for i in range(0, draws, TILE):
        n = min(TILE, draws - i)
        for r in range(0, n, _LANES):
            if n - r >= _LANES:
                _draws_in_lanes(flat, (i + r) * c, classes, found, r)
            else:
                spare[: (n - r) * c] = flat[(i + r) * c : draws * c]
                _draws_in_lanes(spare, 0, classes, found, r)
        bad += _beyond(found[:n], slack)
    return bad
