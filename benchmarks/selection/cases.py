"""What is timed: each case yields rows of the table for one pool."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
from benchmarks.selection.data import probabilities

import askwise as aw
from askwise.execute import Serial
from askwise.kernels.farthest import farthest_first
from askwise.kernels.gradient import Gradients
from askwise.kernels.largest_cluster import largest_cluster_first
from askwise.kernels.log_det import greedy_log_det
from askwise.kernels.seeding import sample_d2
from askwise.kernels.space import Space

PROBE = 15
"""Picks on which passes are timed."""


@dataclass
class Row:
    """One line of the table; times in processor seconds, 0 where there is none."""

    name: str
    picks: int
    seconds: float
    scan: float = 0.0
    numpy: float = 0.0
    library: float = 0.0
    equal: str = ""
    work: str = ""


@numba.njit(nogil=True, fastmath=True)
def scan_pass(rows: Any, centre: Any, nearest: Any) -> None:
    """The compiled pass: lower the nearest distances to one more centre."""
    for i in range(rows.shape[0]):
        total = np.float32(0.0)
        for j in range(rows.shape[1]):
            gap = rows[i, j] - centre[j]
            total += gap * gap
        nearest[i] = min(nearest[i], total)


@numba.njit(nogil=True, fastmath=True)
def gradient_pass(a: Any, h: Any, squares: Any, pick: int, nearest: Any) -> None:
    """The compiled pass in factorised gradient space."""
    for i in range(h.shape[0]):
        left, right = np.float32(0.0), np.float32(0.0)
        for j in range(a.shape[1]):
            left += a[i, j] * a[pick, j]
        for j in range(h.shape[1]):
            right += h[i, j] * h[pick, j]
        nearest[i] = min(nearest[i], squares[i] + squares[pick] - 2 * left * right)


def timed(action: Callable[[], Any]) -> tuple[float, Any]:
    """Processor seconds of an action, and its result."""
    start = time.process_time()
    result = action()
    return time.process_time() - start, result


@contextmanager
def kernels(name: str) -> Iterator[None]:
    """Run with one kernel set."""
    import os

    before = os.environ.get("ASKWISE_BACKEND")
    os.environ["ASKWISE_BACKEND"] = name
    try:
        yield
    finally:
        os.environ.pop("ASKWISE_BACKEND") if before is None else os.environ.update(ASKWISE_BACKEND=before)


def farthest_by(lower: Callable[[np.ndarray, np.ndarray], None], rows: np.ndarray, nearest: np.ndarray) -> list[int]:
    """PROBE picks by one pass each."""
    picks = []
    for _ in range(PROBE):
        picks.append(int(np.argmax(nearest)))
        lower(rows[picks[-1]], nearest)
        nearest[picks[-1]] = -1.0
    return picks


def k_center(rows: np.ndarray, n: int) -> Iterator[Row]:
    """k-center with nothing taken, and with one labelled row per ten."""
    space = Space.of(rows)
    for kernel in ("numba", "numpy"):
        with kernels(kernel):
            farthest_first(Space.of(rows[:500]), 60)
            seconds, (picks, _, work) = timed(lambda: farthest_first(space, n))
        first = np.full(len(rows), np.inf, dtype=np.float32)
        scan_pass(rows, rows[picks[0]], first)
        first[picks[0]] = -1.0
        mine = picks[1 : PROBE + 1].tolist()
        scan, wanted = timed(lambda first=first: farthest_by(lambda c, u: scan_pass(rows, c, u), rows, first.copy()))
        numpy, _ = timed(lambda first=first: farthest_by(_numpy_pass(rows), rows, first.copy()))
        same = f"{sum(a == b for a, b in zip(mine, wanted, strict=False))}/{len(wanted)}"
        each = n / PROBE
        detail = f"{work.evaluations / len(rows):.1f} of {n} distances a row, {work.passes} passes"
        yield Row(f"k_center ({kernel})", n, seconds, scan * each, numpy * each, equal=same, work=detail)
    held = len(rows) // 10
    farthest_first(Space.of(rows[:2000]), 10, Space.of(rows[-100:]))
    seconds, (_, _, work) = timed(lambda: farthest_first(Space.of(rows[:-held]), n, Space.of(rows[-held:])))
    total = scan * (n + held) / PROBE * 0.9
    detail = f"{work.evaluations / len(rows):.1f} of {n + held} distances a row"
    yield Row(f"k_center, {held:,} labelled", n, seconds, total, work=detail)


def _numpy_pass(rows: np.ndarray) -> Callable[[np.ndarray, np.ndarray], None]:
    def lower(centre: np.ndarray, nearest: np.ndarray) -> None:
        np.minimum(nearest, ((rows - centre) ** 2).sum(axis=1), out=nearest)

    return lower


def d2(rows: np.ndarray, n: int) -> Iterator[Row]:
    """D^2 sampling on features (k-means++) and on gradients (BADGE, 10 classes)."""
    from sklearn.cluster import kmeans_plusplus

    nearest = np.full(len(rows), np.inf, dtype=np.float32)
    scan_pass(rows, rows[0], nearest)
    each = n / PROBE
    space = Space.of(rows)
    sample_d2(Space.of(rows[:500]), 40, np.random.default_rng(0))
    seconds, (_, work) = timed(lambda: sample_d2(space, n, np.random.default_rng(0)))
    scan, _ = timed(lambda: [scan_pass(rows, rows[i], nearest) for i in range(PROBE)])
    numpy, _ = timed(lambda: [_numpy_pass(rows)(rows[i], nearest) for i in range(PROBE)])
    library, _ = timed(lambda: kmeans_plusplus(rows, PROBE, n_local_trials=1, random_state=0))
    detail = f"{work.drawn / n:.1f} trials a pick, {work.passes} passes"
    yield Row("k_means_pp", n, seconds, scan * each, numpy * each, library * each, "exact law", detail)
    for sharpness, kind in ((1.0, "soft"), (6.0, "confident")):
        probs = probabilities(len(rows), 10, sharpness)
        aw.pick.badge(probs[:500], rows[:500], n=40)
        seconds, _ = timed(lambda probs=probs: aw.pick.badge(probs, rows, n=n))
        grads = Gradients.of(probs, rows)
        _, work = sample_d2(grads, n, np.random.default_rng(0), first=0)
        squares = grads.squares.astype(np.float32)
        gradient_pass(grads.a, grads.h, squares, 0, nearest)
        scan, _ = timed(lambda g=grads, s=squares: [gradient_pass(g.a, g.h, s, i, nearest) for i in range(PROBE)])
        numpy, _ = timed(
            lambda g=grads, s=squares: [s + s[i] - 2 * (g.a @ g.a[i]) * (g.h @ g.h[i]) for i in range(PROBE)]
        )
        detail = f"{work.drawn / n:.1f} trials a pick, {work.passes} passes"
        yield Row(f"badge, {kind}", n, seconds, scan * each, numpy * each, equal="exact law", work=detail)


def greedy(rows: np.ndarray, n: int) -> Iterator[Row]:
    """Methods that need sums over all rows: LCMD, MaxDet, Frank-Wolfe, BAIT."""
    nearest = np.full(len(rows), np.inf, dtype=np.float32)
    scan_pass(rows, rows[0], nearest)
    scan, _ = timed(lambda: [scan_pass(rows, rows[i], nearest) for i in range(PROBE)])
    one = scan / PROBE
    largest_cluster_first(Space.of(rows[:500]), 30)
    seconds, (_, evaluations) = timed(lambda: largest_cluster_first(Space.of(rows), n))
    yield Row("lcmd", n, seconds, one * n, work=f"{evaluations / len(rows):.0f} of {n} distances a row")
    level = 0.01 * float((rows[:1000] ** 2).sum(axis=1).mean())
    seconds, grown = timed(lambda: greedy_log_det(rows, n, np.full(len(rows), level), None, level))
    yield Row("max_det", n, seconds, one * n, work=f"{grown.passes} passes")
    few = min(n, 100)
    aw.pick.frank_wolfe(rows[:200], n=2)
    seconds, _ = timed(lambda: aw.pick.frank_wolfe(rows, n=few))
    yield Row("frank_wolfe", few, seconds, one * few, work=f"{few} passes")
    aw.pick.bait(rows[:200], n=2)
    seconds, _ = timed(lambda: aw.pick.bait(rows, n=few, oversample=1))
    yield Row("bait, forward", few, seconds, one * few, work=f"{few} passes in float64")


def margin(rows: np.ndarray, n: int) -> Iterator[Row]:
    """Margin with the best n, 10 classes, checks included: against one sum of the array and against a partition."""
    probs = probabilities(10 * len(rows), 10, 1.0)
    aw.select(n, "margin", probs=probs, execute=Serial())
    seconds = min(timed(lambda: aw.select(n, "margin", probs=probs, execute=Serial()))[0] for _ in range(5))
    read = min(timed(probs.sum)[0] for _ in range(5))

    def obvious() -> np.ndarray:
        ordered = np.partition(probs, -2, axis=1)
        return np.argsort(ordered[:, -1] - ordered[:, -2])[:n]

    numpy, _ = timed(obvious)
    detail = f"{len(probs):,} rows; {seconds / read:.1f} times probs.sum()"
    yield Row("select margin", n, seconds, numpy=numpy, work=detail)


CASES: dict[str, Callable[[np.ndarray, int], Iterator[Row]]] = {
    "k_center": k_center,
    "d2": d2,
    "greedy": greedy,
    "margin": margin,
}
