"""The contract of picks: n distinct rows in the order to ask, the same for the same seed, whatever carries the rows."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

import numpy as np

from askwise.arrays import select
from askwise.core.errors import BadInput
from askwise.core.evidence import VOCABULARY, Taken
from askwise.core.registry import Method
from askwise.testing.hints import Hint
from askwise.testing.scores import check_nan
from askwise.testing.suite import (
    Check,
    as_type,
    backend,
    choose,
    evidence_for,
    expect,
    expect_error,
    expect_same,
    in_namespace,
    labelled_evidence,
    names_of,
    poor_worlds,
    strategy_of,
    subject,
    untouched,
)
from askwise.testing.values import DOCUMENT_CHECKS
from askwise.testing.world import World, permuted, take

_WIDE = frozenset({"embeddings", "probs", "samples", "draws", "previous_probs", "dynamics"})
"""Row evidence with more than one value a row."""


def batch(method: Method, hint: Hint, world: World, n: int, seed: int = 0, taken: Taken | None = None) -> Any:
    """The method called by hand on a world."""
    return subject(method, hint)(*world.evidence(names_of(method)), n=n, rng=seed, taken=taken)


def expect_batch(got: Any, n: int, m: int, what: str) -> None:
    """n distinct int64 positions below m."""
    got = np.asarray(got)
    expect(got.dtype == np.int64 and got.ndim == 1, f"{what}: the result is {got.dtype} {got.shape}, not int64 ({n},)")
    expect(len(got) == n, f"{what}: {len(got)} rows came back, {n} were asked for")
    expect(n == 0 or (got.min() >= 0 and got.max() < m), f"{what}: a position outside 0 to {m - 1} in {got.tolist()}")
    expect(len(np.unique(got)) == n, f"{what}: a row came twice in {got.tolist()}")


def check_count(method: Method, hint: Hint) -> None:
    """Exactly n distinct positions, for n from 0 to m; more than m is BadInput."""
    world = hint.world()
    for n in (0, 1, hint.n, world.m):
        expect_batch(batch(method, hint, world, n), n, world.m, f"n={n} of {world.m}")
    expect_error(BadInput, str(world.m + 1), lambda: batch(method, hint, world, world.m + 1), "n larger than the pool")
    strategy = strategy_of(method, hint)
    evidence = evidence_for(strategy, world)
    for n in (world.m + 1, -1):
        expect_error(BadInput, str(n), lambda n=n: select(n, strategy, **evidence), f"select({n})")  # type: ignore[misc]


def check_seed(method: Method, hint: Hint) -> None:
    """The same seed gives the same batch; global random generators are neither used nor moved."""
    world = hint.world()
    wanted = batch(method, hint, world, hint.n, seed=3)
    for number in (1, 2):
        random.seed(number)
        np.random.seed(number)  # noqa: NPY002 - the global generator is what must not matter
        before = random.getstate(), np.random.get_state()[1].tolist()  # type: ignore[index]  # noqa: NPY002
        got = batch(method, hint, world, hint.n, seed=3)
        after = random.getstate(), np.random.get_state()[1].tolist()  # type: ignore[index]  # noqa: NPY002
        expect_same(got, wanted, "the same seed gives another batch")
        expect(before == after, "a global random generator was moved; draw from rng")


def check_pure(method: Method, hint: Hint) -> None:
    """Evidence of the pool and of taken rows is not changed."""
    world = hint.world()
    taken = _taken(method, world)
    with untouched({name: world[name] for name in names_of(method)}), untouched(taken.evidence):
        batch(method, hint, world, hint.n, taken=taken)


def _taken(method: Method, world: World) -> Taken:
    """Copies of five pool rows, every other one still pending."""
    rows = np.arange(min(5, world.m))
    names = [name for name in names_of(method) if VOCABULARY[name].per == "row" and name not in ("scores", "noise")]
    return Taken({name: take(name, world[name], rows) for name in names}, rows % 2 == 0)


def check_taken(method: Method, hint: Hint) -> None:
    """Labelled and pending rows may be there; a coverage method takes copies of them last."""
    world = hint.world()
    expect_batch(batch(method, hint, world, hint.n, taken=_taken(method, world)), hint.n, world.m, "with taken rows")
    strategy = strategy_of(method, hint)
    given = evidence_for(strategy, world)
    given |= labelled_evidence(given, world)
    expect_batch(choose(strategy, given, hint.n).rows, hint.n, world.m, "with labelled rows")
    if hint.coverage:
        copies = len(given["labelled_embeddings"])
        given["embeddings"] = np.concatenate([given["labelled_embeddings"], given["embeddings"][copies:]])
        got = choose(strategy, given, hint.n).rows
        expect(got.min() >= copies, f"a copy of a labelled row was picked while others were left: {got.tolist()}")


def check_wishes(method: Method, hint: Hint) -> None:
    """Evidence with a default of None may be absent."""
    world = hint.world()
    got = subject(method, hint)(*world.evidence(list(method.needs)), n=hint.n, rng=0)
    expect_batch(got, hint.n, world.m, f"without {method.wishes}")


def check_edges(method: Method, hint: Hint) -> None:
    """Equal rows, repeated rows, one class, certain probabilities, one row: n distinct rows all the same."""
    plain = hint.world()
    repeated = np.arange(plain.m) // 8
    copies = {name: take(name, plain[name], repeated) for name in names_of(method)}
    for name, world in {
        "all rows equal": hint.world(equal=True),
        "every row eight times": plain.with_(**copies),
        "a single class": hint.world(c=1),
        "certain probabilities": hint.world(certain=True),
    }.items():
        for n in (hint.n, world.m):
            expect_batch(batch(method, hint, world, n), n, world.m, f"{name}, n={n}")
    expect_batch(batch(method, hint, hint.world(m=1), 1), 1, 1, "a pool of one row")


def check_poor(method: Method, hint: Hint) -> None:
    """A committee of one, no labelled rows, a class without a label: n distinct rows, or BadInput that says why not."""
    for name, world in poor_worlds(method, hint):
        try:
            got = batch(method, hint, world, hint.n)
        except BadInput:
            continue
        expect_batch(got, hint.n, world.m, name)


def check_bad_input(method: Method, hint: Hint) -> None:
    """An empty pool, rows without values, evidence of other sizes, labelled rows of another width or with NaN."""
    world, strategy = hint.world(), strategy_of(method, hint)
    evidence = evidence_for(strategy, world)

    def refused(wanted: str, n: int, given: Mapping[str, Any], what: str) -> None:
        expect_error(BadInput, wanted, lambda: select(n, strategy, **given), what)

    nobody = np.zeros(0, dtype=np.int64)
    empty = {name: take(name, value, nobody) for name, value in evidence.items()}
    refused("0 candidates", 1, empty, "an empty pool")
    expect(len(select(0, strategy, **empty)) == 0, "no rows of an empty pool are some rows")
    for name in _WIDE & set(evidence):
        refused(name, 1, {**evidence, name: evidence[name][..., :0]}, f"{name} with rows of no values")
    for name in {"embeddings", "probs"} & set(evidence):
        for other in (hint.world(c=1, d=3), hint.world(c=7, d=9)):
            labelled = labelled_evidence({name: None}, other)
            refused(f"labelled_{name}", 1, {**evidence, **labelled}, f"labelled_{name} of another width")
        labelled = labelled_evidence({name: None}, world)
        labelled[f"labelled_{name}"] = labelled[f"labelled_{name}"].copy()
        labelled[f"labelled_{name}"][2] = np.nan
        refused(f"2 of labelled_{name}", 1, {**evidence, **labelled}, f"NaN in labelled_{name}")
    for name in {"embeddings", "probs"} & set(names_of(method)):
        _refuse_taken_of_another_width(method, hint, name)
    of_rows = [name for name in evidence if VOCABULARY[name].per == "row" and name != "units"]
    if len(of_rows) > 1:
        fewer = take(of_rows[0], evidence[of_rows[0]], np.arange(world.m - 1))
        refused(f"{world.m - 1} rows", 1, {**evidence, of_rows[0]: fewer}, f"{of_rows[0]} one row short")


def _refuse_taken_of_another_width(method: Method, hint: Hint, name: str) -> None:
    """Called by hand too, rows that are taken have as many values as those of the pool."""
    world, taken = hint.world(), _taken(method, hint.world())
    wide = take(name, hint.world(c=7, d=9)[name], np.arange(len(taken)))
    other = Taken({**taken.evidence, name: wide}, taken.pending)
    expect_error(BadInput, name, lambda: batch(method, hint, world, 1, taken=other), f"taken {name} of another width")


def check_order(method: Method, hint: Hint) -> None:
    """Row order and chunk size do not change the batch or its order; candidates alone are picked."""
    world, strategy = hint.world(), strategy_of(method, hint)
    evidence = evidence_for(strategy, world)
    ids = np.random.default_rng(1).permutation(10_000)[: world.m]
    order = np.random.default_rng(2).permutation(world.m)
    wanted = choose(strategy, evidence, hint.n, ids=ids).rows
    moved = {name: permuted(name, value, order) for name, value in evidence.items()}
    got = choose(strategy, moved, hint.n, ids=ids[order]).rows
    expect_same(ids[order][got], ids[wanted], "the pool in another order gives another batch")
    for chunk in (1, 7):
        expect_same(choose(strategy, evidence, hint.n, ids=ids, chunk=chunk).rows, wanted, f"chunks of {chunk} matter")
    some = np.sort(order[: world.m // 2])
    got = choose(strategy, evidence, hint.n, ids=ids, candidates=some).rows
    expect(np.isin(got, some).all(), f"rows that are no candidates were picked: {np.setdiff1d(got, some).tolist()}")
    mask = np.isin(np.arange(world.m), some)
    again = select(hint.n, strategy, ids=ids, candidates=mask, **evidence).rows
    expect_same(again, got, "a mask of candidates and their positions give different batches")


def check_types(method: Method, hint: Hint) -> None:
    """float16, float32 and float64 carry the same evidence and give the same batch."""
    strategy = strategy_of(method, hint)
    evidence = evidence_for(strategy, hint.world())
    wanted = choose(strategy, evidence, hint.n).rows
    for dtype in (np.float32, np.float16):
        got = choose(strategy, as_type(dtype, evidence), hint.n).rows
        expect_same(got, wanted, f"{np.dtype(dtype)} gives another batch than float64")


def _check_namespace(library: str) -> Check:
    def check(method: Method, hint: Hint) -> None:
        world, strategy = hint.world(), strategy_of(method, hint)
        evidence = evidence_for(strategy, world)
        evidence |= labelled_evidence(evidence, world)
        there = {name: in_namespace(library, value) for name, value in evidence.items()}
        wanted = select(hint.n, strategy, **evidence).rows
        expect_same(select(hint.n, strategy, **there).rows, wanted, f"{library} gives another batch than NumPy")
        with backend("torch"):  # tensors as on a device
            expect_same(select(hint.n, strategy, **there).rows, wanted, f"{library} gives another batch on a device")

    return check


def check_backend(method: Method, hint: Hint) -> None:
    """Every kernel set gives the same batch."""
    strategy = strategy_of(method, hint)
    evidence = evidence_for(strategy, hint.world())
    wanted = choose(strategy, evidence, hint.n).rows
    with backend("numpy"):
        expect_same(choose(strategy, evidence, hint.n).rows, wanted, "ASKWISE_BACKEND=numpy gives another batch")


PICK_CHECKS: dict[str, Check] = {
    "n distinct rows": check_count,
    "seeded": check_seed,
    "inputs untouched": check_pure,
    "taken rows": check_taken,
    "wishes may be absent": check_wishes,
    "edge cases": check_edges,
    "poor evidence": check_poor,
    "bad input is refused": check_bad_input,
    "NaN is refused": check_nan,
    "row order, chunks, candidates": check_order,
    "float types": check_types,
    "array-api-strict": _check_namespace("array_api_strict"),
    "torch": _check_namespace("torch"),
    "kernel sets": check_backend,
    **DOCUMENT_CHECKS,
}
"""Every promise of a pick by name."""
