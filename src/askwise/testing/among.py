"""The contract of sub-pools: distinct rows, the same for the same seed; a batch comes from inside while it lasts."""

from __future__ import annotations

from typing import Any

import numpy as np

from askwise.core.evidence import VOCABULARY, Taken
from askwise.core.noise import Noise
from askwise.core.registry import Method
from askwise.core.types import IntArray
from askwise.testing.hints import Hint
from askwise.testing.suite import (
    Check,
    choose,
    evidence_for,
    expect,
    expect_same,
    labelled_evidence,
    names_of,
    strategy_of,
    subject,
    untouched,
)
from askwise.testing.values import DOCUMENT_CHECKS
from askwise.testing.world import World, permuted, take


def part(method: Method, hint: Hint, world: World, n: int, seed: int = 0, taken: Taken | None = None) -> IntArray:
    """The sub-pool of a world."""
    evidence = world.evidence(names_of(method))
    got: Any = subject(method, hint)(*evidence, n=n, rng=Noise(seed, world.m), taken=taken)
    return np.asarray(got)


def _taken(method: Method, world: World) -> Taken:
    rows = np.arange(min(5, world.m))
    names = [name for name in names_of(method) if VOCABULARY[name].per == "row" and name != "noise"]
    return Taken({name: take(name, world[name], rows) for name in names}, rows % 2 == 0)


def check_positions(method: Method, hint: Hint) -> None:
    """Distinct positions, ascending; also with taken rows, equal rows, a single row."""
    for what, world in {
        "plain": hint.world(),
        "equal rows": hint.world(equal=True),
        "one row": hint.world(m=1),
    }.items():
        for taken in (None, _taken(method, world)):
            for n in (1, min(hint.n, world.m), world.m):
                got = part(method, hint, world, n, taken=taken)
                fine = got.dtype == np.int64 and got.ndim == 1
                expect(fine, f"{what}: the result is {got.dtype} {got.shape}, not int64 (s,)")
                expect(bool((np.diff(got) > 0).all()), f"{what}: positions do not ascend: {got.tolist()}")
                inside = len(got) == 0 or (got[0] >= 0 and got[-1] < world.m)
                expect(inside, f"{what}: a position outside 0 to {world.m - 1}")


def check_pure(method: Method, hint: Hint) -> None:
    """The same seed gives the same rows, and the evidence is not changed."""
    world = hint.world()
    with untouched({name: world[name] for name in names_of(method)}):
        first = part(method, hint, world, hint.n, seed=3)
        expect_same(part(method, hint, world, hint.n, seed=3), first, "the same seed gives another sub-pool")


def check_batch(method: Method, hint: Hint) -> None:
    """A batch comes from the sub-pool while it lasts, and has n rows all the same; row order does not matter."""
    world, strategy = hint.world(), strategy_of(method, hint)
    evidence = evidence_for(strategy, world)
    evidence |= labelled_evidence(evidence, world)
    ids = np.random.default_rng(1).permutation(10_000)[: world.m]
    order = np.random.default_rng(2).permutation(world.m)
    moved = {name: permuted(name, value, order) for name, value in evidence.items()}
    for n in (1, hint.n, world.m):
        got = choose(strategy, evidence, n, ids=ids)
        expect(len(np.unique(got.rows)) == n, f"n={n}: {len(np.unique(got.rows))} distinct rows came back")
        again = ids[order][choose(strategy, moved, n, ids=ids[order]).rows]
        expect_same(again, ids[got.rows], "the pool in another order gives another batch")
        expect(method.name in " ".join(got.notes), f"why says nothing of the sub-pool: {got.notes}")


AMONG_CHECKS: dict[str, Check] = {
    "positions": check_positions,
    "pure, seed": check_pure,
    "in a batch, row order": check_batch,
    **DOCUMENT_CHECKS,
}
"""Every promise of a sub-pool by name."""
