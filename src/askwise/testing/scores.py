"""The contract of scores: pure, row-local, finite, higher = ask sooner, the same wherever and however they run."""

from __future__ import annotations

from typing import Any

import numpy as np

from askwise.arrays import select
from askwise.core.arrays import host
from askwise.core.errors import BadInput
from askwise.core.evidence import VOCABULARY
from askwise.core.registry import Method
from askwise.core.types import FloatArray
from askwise.execute import Threads
from askwise.testing.hints import Hint
from askwise.testing.suite import (
    Check,
    as_type,
    backend,
    choose,
    evidence_for,
    expect,
    expect_close,
    expect_error,
    expect_same,
    in_namespace,
    names_of,
    poor_worlds,
    strategy_of,
    subject,
    untouched,
    used_by,
)
from askwise.testing.values import DOCUMENT_CHECKS
from askwise.testing.world import FLOATING, World, permuted, take

EXACT = 1e-6
"""What rounding may do where the same numbers meet in another order."""

_HALF = 2e-2
"""float16 holds three decimal digits."""


def values(method: Method, hint: Hint, world: World) -> FloatArray:
    """The score of every row of a world, in host memory."""
    return host(subject(method, hint)(*world.evidence(names_of(method))), np.float64)


def check_shape(method: Method, hint: Hint) -> None:
    """One finite real number a row."""
    world = hint.world()
    got = host(subject(method, hint)(*world.evidence(names_of(method))))
    expect(got.shape == (world.m,), f"the result has shape {got.shape}, not ({world.m},)")
    expect(got.dtype.kind == "f", f"the result has type {got.dtype}, not a float")
    expect(np.isfinite(got).all(), f"row {np.argmin(np.isfinite(got))} is {got[np.argmin(np.isfinite(got))]}")


def check_row_local(method: Method, hint: Hint) -> None:
    """Each row alone, chunks and permutations of rows give every row the value it has among all rows."""
    world = hint.world()
    whole = values(method, hint, world)
    order = np.random.default_rng(5).permutation(world.m)
    for name, parts in {
        "alone": [np.array([row]) for row in range(world.m)],
        "in chunks of 7": np.array_split(np.arange(world.m), max(world.m // 7, 1)),
        "in another order": [order],
        "next to itself": [np.repeat(order[:3], 4)],
    }.items():
        for rows in parts:
            got = host(subject(method, hint)(*_rows(method, world, rows)), np.float64)
            expect_close(got, whole[rows], EXACT, f"a row scored {name} gets another value")


def _rows(method: Method, world: World, rows: Any) -> list[Any]:
    return [take(name, world[name], rows) for name in names_of(method)]


def check_pure(method: Method, hint: Hint) -> None:
    """The same evidence gives the same values, and the evidence is not changed."""
    world = hint.world()
    with untouched({name: world[name] for name in names_of(method)}):
        first = values(method, hint, world)
        expect_same(values(method, hint, world), first, "a second call on the same evidence gives other values")


def check_wishes(method: Method, hint: Hint) -> None:
    """Evidence with a default of None may be absent."""
    world = hint.world()
    got = host(subject(method, hint)(*world.evidence(list(method.needs))))
    expect(np.isfinite(got).all() and got.shape == (world.m,), f"without {method.wishes} the result is {got}")


def check_edges(method: Method, hint: Hint) -> None:
    """Exact zeros and ones, one class, one row and equal rows give finite values, equal for equal rows."""
    for name, world in {
        "probabilities that are exactly 0 and 1": hint.world(certain=True),
        "a single class": hint.world(c=1),
        "a single row": hint.world(m=1),
    }.items():
        got = values(method, hint, world)
        expect(np.isfinite(got).all(), f"{name} give {got[~np.isfinite(got)][:1]}")
    world = hint.world()
    rows = np.zeros(world.m, dtype=np.int64)
    got = host(subject(method, hint)(*_rows(method, world, rows)), np.float64)
    expect(np.ptp(got) <= EXACT * (1 + abs(got[0])), f"equal rows get values from {got.min()} to {got.max()}")


def check_poor(method: Method, hint: Hint) -> None:
    """A committee of one, no labelled rows, a class without a label: finite values, or BadInput."""
    for name, world in poor_worlds(method, hint):
        try:
            got = values(method, hint, world)
        except BadInput:
            continue
        expect(np.isfinite(got).all() and len(got) == world.m, f"{name} gives {got[~np.isfinite(got)][:1]}")


def check_nan(method: Method, hint: Hint) -> None:
    """A NaN or an infinity in the evidence is BadInput that names the row, before it can reach a score."""
    world = hint.world()
    strategy = strategy_of(method, hint)
    evidence = evidence_for(strategy, world)
    ids = np.array([f"row-{i}" for i in range(world.m)])
    for name in used_by(strategy) & FLOATING:
        if VOCABULARY[name].per == "row":
            for value in (np.nan, np.inf):
                broken = evidence[name].copy()
                broken[3, ...] = value
                expect_error(
                    BadInput,
                    "row-3",
                    lambda given={**evidence, name: broken}: select(1, strategy, ids=ids, **given),  # type: ignore[misc]
                    f"{name} with {value}",
                )


def check_types(method: Method, hint: Hint) -> None:
    """float16, float32 and float64 carry the same evidence and give close values."""
    world = hint.world()
    wanted = values(method, hint, world)
    given = {name: world[name] for name in names_of(method)}
    for dtype, tolerance in ((np.float32, hint.close), (np.float16, _HALF)):
        got = host(subject(method, hint)(*as_type(dtype, given).values()), np.float64)
        expect_close(got, wanted, tolerance, f"{np.dtype(dtype)} gives another value than float64")


def _check_namespace(library: str) -> Check:
    def check(method: Method, hint: Hint) -> None:
        world = hint.world()
        given = [in_namespace(library, world[name]) for name in names_of(method)]
        got = host(subject(method, hint)(*given), np.float64)
        wanted = values(method, hint, world)
        expect_close(got, wanted, EXACT, f"{library} gives another value than NumPy")
        with backend("torch"):  # tensors as on a device
            got = host(subject(method, hint)(*given), np.float64)
            expect_close(got, wanted, EXACT, f"{library} gives another value on a device")

    return check


def check_backend(method: Method, hint: Hint) -> None:
    """Every kernel set gives the same values."""
    wanted = values(method, hint, hint.world())
    with backend("numpy"):
        expect_close(values(method, hint, hint.world()), wanted, EXACT, "ASKWISE_BACKEND=numpy gives another value")


def check_streaming(method: Method, hint: Hint) -> None:
    """The size of a chunk and the number of workers change neither rows nor scores."""
    world, strategy = hint.world(), strategy_of(method, hint)
    evidence = evidence_for(strategy, world)
    whole = choose(strategy, evidence, hint.n)
    for chunk in (1, 5, world.m):
        for execute in (None, Threads(3)):
            got = choose(strategy, evidence, hint.n, chunk=chunk, execute=execute)
            how = f"chunks of {chunk}" + (" on threads" if execute else "")
            expect_same(got.rows, whole.rows, f"{how} choose other rows")
            expect_close(got.scores, whole.scores, EXACT, f"{how} give other scores")


def check_order(method: Method, hint: Hint) -> None:
    """The order of the pool does not change which rows are asked, nor in which order; a subset keeps the order."""
    world, strategy = hint.world(), strategy_of(method, hint)
    evidence = evidence_for(strategy, world)
    ids = np.random.default_rng(1).permutation(10_000)[: world.m]
    order = np.random.default_rng(2).permutation(world.m)
    ranked = choose(strategy, evidence, world.m, ids=ids).rows
    moved = {name: permuted(name, value, order) for name, value in evidence.items()}
    got = choose(strategy, moved, world.m, ids=ids[order]).rows
    expect_same(ids[order][got], ids[ranked], "the pool in another order is asked in another order")
    some = np.sort(order[: world.m // 2])
    got = choose(strategy, evidence, len(some), ids=ids, candidates=some).rows
    expect_same(got, ranked[np.isin(ranked, some)], "a subset of candidates is ranked in another order")


def check_sieve(method: Method, hint: Hint) -> None:
    """A sieve lets every row through that reaches the floor, and none where a row is not valid."""
    if method.sieve is None:
        return
    world = hint.world()
    name = method.needs[0]
    scores = host(method(world[name]), np.float64)
    for floor in (-np.inf, float(np.median(scores)), float(scores.max()), np.inf):
        found = method.sieve(world[name], floor, len(scores))
        expect(found is not None, "the sieve refuses evidence that passes the check")
        assert found is not None
        missed = np.setdiff1d(np.flatnonzero(scores >= floor), found.rows)
        expect(len(missed) == 0, f"the sieve holds back row {missed[:1]}, which scores {floor} or more")
        off = np.abs(found.scores - scores[found.rows]).max(initial=0.0)
        expect(off <= found.rounding, f"a rough score of the sieve is off by {off}; it says {found.rounding} at most")
    broken = np.array(world[name], copy=True)
    broken[3, ...] = np.nan
    expect(method.sieve(broken, -np.inf, 1) is None, "the sieve lets a NaN pass; it must return None")


def check_sooner(method: Method, hint: Hint) -> None:
    """Higher = ask sooner: of the two rows of the hint, the first gets the higher value."""
    if hint.sooner:
        given = [np.asarray(hint.sooner[name]) if name in hint.sooner else None for name in names_of(method)]
        got = host(subject(method, hint)(*given))
        expect(got[0] > got[1], f"the row to ask sooner scores {got[0]}, the other one {got[1]}")


SCORE_CHECKS: dict[str, Check] = {
    "shape": check_shape,
    "row-local": check_row_local,
    "pure": check_pure,
    "wishes may be absent": check_wishes,
    "edge cases": check_edges,
    "poor evidence": check_poor,
    "NaN is refused": check_nan,
    "float types": check_types,
    "array-api-strict": _check_namespace("array_api_strict"),
    "torch": _check_namespace("torch"),
    "kernel sets": check_backend,
    "chunks and workers": check_streaming,
    "row order": check_order,
    "sieve": check_sieve,
    "higher is sooner": check_sooner,
    **DOCUMENT_CHECKS,
}
"""Every promise of a score by name."""
