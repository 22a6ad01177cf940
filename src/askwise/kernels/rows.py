"""Row-wise kernels over probabilities (m, c): two largest values, entropy, and the check that rows are distributions.

NumPy arrays go to the chosen kernel set; arrays of other namespaces are computed where they lie.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from askwise.core.arrays import double, host, namespace
from askwise.core.types import Array
from askwise.kernels.backend import backend, jit, near
from askwise.kernels.row_loops import entropies

_BLOCK = 4096

_STEPS = 2.0**40


@jit()
def _top2_of_rows(probs: Any, start: int, first: Any, second: Any) -> None:
    m, c = probs.shape
    for i in range(start, m):
        a = probs[i, 0]
        b = first.dtype.type(-np.inf)
        for j in range(1, c):
            v = probs[i, j]
            # Selects, not branches: an if/elif here is seven times slower on ten classes.
            low = min(a, v)
            a = max(a, v)
            b = max(b, low)
        first[i] = a
        second[i] = b


@jit()
def _top2_numba(probs: Any, first: Any, second: Any) -> None:
    m, c = probs.shape
    least = first.dtype.type(-np.inf)
    # Four rows at a time: a row is one chain of dependent steps, four chains keep the processor busy.
    for i in range(0, m - 3, 4):
        p, q, r, s = probs[i], probs[i + 1], probs[i + 2], probs[i + 3]
        p1, q1, r1, s1 = p[0], q[0], r[0], s[0]
        p2, q2, r2, s2 = least, least, least, least
        for j in range(1, c):
            p2, p1 = max(p2, min(p1, p[j])), max(p1, p[j])
            q2, q1 = max(q2, min(q1, q[j])), max(q1, q[j])
            r2, r1 = max(r2, min(r1, r[j])), max(r1, r[j])
            s2, s1 = max(s2, min(s1, s[j])), max(s1, s[j])
        first[i], first[i + 1], first[i + 2], first[i + 3] = p1, q1, r1, s1
        second[i], second[i + 1], second[i + 2], second[i + 3] = p2, q2, r2, s2
    _top2_of_rows(probs, m // 4 * 4, first, second)


@jit()
def _first_bad_of_rows(probs: Any, start: int, slack: Any) -> int:
    m, c = probs.shape
    for i in range(start, m):
        total = probs[i, 0] * 0
        size = total
        for j in range(c):
            v = probs[i, j]
            total += v
            size += abs(v)
        # With a negative value the sum of magnitudes exceeds the sum; with a NaN no comparison holds.
        if not (abs(total - 1) <= slack and size <= total):
            return i
    return -1


@jit()
def _first_bad_numba(probs: Any, slack: Any) -> int:
    m, c = probs.shape
    zero = probs.dtype.type(0)
    one = probs.dtype.type(1)
    for i in range(0, m - 3, 4):
        p, q, r, s = probs[i], probs[i + 1], probs[i + 2], probs[i + 3]
        tp, tq, tr, ts = zero, zero, zero, zero
        lp, lq, lr, ls = zero, zero, zero, zero
        for j in range(c):
            tp, tq, tr, ts = tp + p[j], tq + q[j], tr + r[j], ts + s[j]
            lp, lq, lr, ls = min(lp, p[j]), min(lq, q[j]), min(lr, r[j]), min(ls, s[j])
        # A NaN makes its sum a NaN, and no comparison with it holds.
        near = abs(tp - one) <= slack and abs(tq - one) <= slack and abs(tr - one) <= slack and abs(ts - one) <= slack
        if not (near and lp >= zero and lq >= zero and lr >= zero and ls >= zero):
            return _first_bad_of_rows(probs, i, slack)
    return _first_bad_of_rows(probs, m // 4 * 4, slack)


def native(array: Array) -> Array:
    """For the compiled loops: float16 as float32 and consecutive in memory; other namespaces as they are."""
    if not isinstance(array, np.ndarray):
        return array
    return np.ascontiguousarray(array, dtype=np.float32 if array.dtype == np.float16 else array.dtype)


def steady(values: Array) -> Array:
    """Values rounded to 2^-40: sums of the same terms in another order, or by another kernel set, are equal."""
    return namespace(values).floor(values * _STEPS + 0.5) / _STEPS


def top2(probs: Array) -> tuple[Array, Array]:
    """Largest and second largest value of each row (m, c) -> (m,), (m,); with one class the second is 0.

    >>> top2(np.array([[0.2, 0.5, 0.3]]))
    (array([0.5]), array([0.3]))
    """
    probs = native(probs)
    xp = namespace(probs)
    if probs.shape[1] == 1:
        return probs[:, 0], probs[:, 0] * 0
    if xp is not np:
        import array_api_compat

        top, at = xp.max(probs, axis=1), xp.argmax(probs, axis=1)
        columns = xp.arange(probs.shape[1], device=array_api_compat.device(probs))
        # Two passes; to sort each row costs ten times as much.
        rest = xp.where(columns[None, :] == at[:, None], xp.full_like(probs, -np.inf), probs)
        return top, xp.max(rest, axis=1)
    first, second = np.empty(len(probs), probs.dtype), np.empty(len(probs), probs.dtype)
    if backend() == "numba":
        _top2_numba(probs, first, second)
    else:
        for start in range(0, len(probs), _BLOCK):
            ends = slice(start, start + _BLOCK)
            ordered = np.partition(probs[ends], probs.shape[1] - 2, axis=1)
            first[ends], second[ends] = ordered[:, -1], ordered[:, -2]
    return first, second


def entropy(probs: Array) -> Array:
    """Shannon entropy in nats of each row (m, c) -> (m,) float64, to 2^-40; 0 log 0 = 0.

    >>> entropy(np.array([[0.5, 0.5], [1.0, 0.0]])).round(4) + 0
    array([0.6931, 0.    ])
    """
    xp = namespace(probs)
    if xp is not np:
        return steady(-_sum_p_log_p(double(probs)))
    out = np.empty(len(probs))
    if backend() == "numba":
        entropies(native(probs), out)
    else:
        for start in range(0, len(probs), _BLOCK):
            out[start : start + _BLOCK] = -_sum_p_log_p(double(probs[start : start + _BLOCK]))
    return steady(out)


def _sum_p_log_p(probs: Array) -> Array:
    xp = namespace(probs)
    safe = xp.where(probs > 0, probs, xp.ones_like(probs))
    return xp.sum(safe * xp.log(safe), axis=-1)


def first_bad_distribution(probs: Array, slack: float) -> int:
    """Position of the first row that is no distribution (NaN, negative, or sum off by more than slack), or -1."""
    probs = near(probs)
    if not isinstance(probs, np.ndarray):
        if are_distributions(probs, slack):
            return -1
        probs = host(probs)
    if backend() == "numba":
        probs = native(probs)
        return int(_first_bad_numba(probs, probs.dtype.type(slack)))
    for start in range(0, len(probs), _BLOCK):
        block = probs[start : start + _BLOCK]
        good = (np.abs(block.sum(axis=1, dtype=np.float64) - 1.0) <= slack) & (block >= 0).all(axis=1)
        if not good.all():
            return start + int(np.argmin(good))
    return -1


def are_distributions(probs: Array, slack: float) -> bool:
    """Whether every line (..., c) is a distribution, computed where the array lies; only the answer leaves it."""
    xp = namespace(probs)
    # float16 sums beyond 2048 classes lose whole probabilities.
    sums = xp.sum(probs, axis=-1, dtype=xp.float32 if getattr(probs.dtype, "itemsize", 4) < 4 else probs.dtype)
    return bool(xp.all(xp.abs(sums - 1) <= slack) & xp.all(probs >= 0))
