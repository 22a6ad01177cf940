"""The contract of limits: a mask of rows still allowed, given those chosen; more chosen never allows more."""

from __future__ import annotations

from typing import Any

import numpy as np

from askwise.core.errors import BadInput
from askwise.core.registry import Method
from askwise.core.types import BoolArray, IntArray
from askwise.testing.hints import Hint
from askwise.testing.suite import (
    Check,
    choose,
    evidence_for,
    expect,
    expect_same,
    names_of,
    strategy_of,
    subject,
    untouched,
)
from askwise.testing.values import DOCUMENT_CHECKS
from askwise.testing.world import World, permuted


def mask(method: Any, hint: Hint, world: World, chosen: IntArray) -> BoolArray:
    """Rows of a world that the limit still allows."""
    return np.asarray(subject(method, hint).run(*world.evidence(names_of(method)), chosen=chosen))


def _chains(world: World) -> list[IntArray]:
    order = np.random.default_rng(4).permutation(world.m)
    return [order[:k].astype(np.int64) for k in range(min(8, world.m))]


def check_shape(method: Method, hint: Hint) -> None:
    """One boolean a row, with nothing chosen and with something chosen; some row is allowed at first."""
    for world in (hint.world(), hint.world(equal=True), hint.world(m=1)):
        for chosen in _chains(world):
            got = mask(method, hint, world, chosen)
            expect(
                got.shape == (world.m,) and got.dtype == bool, f"the mask is {got.dtype} {got.shape}, not ({world.m},)"
            )
        expect(mask(method, hint, world, _chains(world)[0]).any(), "nothing is allowed even before anything is chosen")


def check_pure(method: Method, hint: Hint) -> None:
    """The same rows give the same mask, and the evidence is not changed."""
    world, chosen = hint.world(), np.arange(3)
    with untouched({**{name: world[name] for name in names_of(method)}, "chosen": chosen}):
        first = mask(method, hint, world, chosen)
        expect_same(mask(method, hint, world, chosen), first, "a second call gives another mask")


def check_monotone(method: Method, hint: Hint) -> None:
    """Choosing one more row never allows a row that was forbidden."""
    world = hint.world()
    before = np.ones(world.m, dtype=bool)
    for chosen in _chains(world):
        now = mask(method, hint, world, chosen)
        freed = np.flatnonzero(now & ~before)
        expect(len(freed) == 0, f"choosing row {chosen[-1:]} allowed rows {freed.tolist()} that were forbidden")
        before = now


def check_order(method: Method, hint: Hint) -> None:
    """Rows in another order give the mask in that order."""
    world = hint.world()
    order = np.random.default_rng(2).permutation(world.m)
    place = np.argsort(order)
    moved = world.with_(**{name: permuted(name, world[name], order) for name in names_of(method)})
    for chosen in _chains(world):
        wanted = mask(method, hint, world, chosen)[order]
        expect_same(mask(method, hint, moved, place[chosen]), wanted, "rows in another order get another mask")


def check_batch(method: Method, hint: Hint) -> None:
    """In a batch every row was allowed by those before it; a batch that cannot be filled names the limit."""
    world, strategy = hint.world(), strategy_of(method, hint)
    evidence = evidence_for(strategy, world)
    for n in (1, hint.n, world.m):
        try:
            rows = choose(strategy, evidence, n).rows
        except BadInput as refusal:
            expect(method.name in str(refusal), f"the refusal {str(refusal)!r} does not name the limit")
            continue
        for i, row in enumerate(rows):
            expect(mask(method, hint, world, rows[:i])[row], f"row {row} was asked against the limit")


LIMIT_CHECKS: dict[str, Check] = {
    "mask": check_shape,
    "pure": check_pure,
    "monotone": check_monotone,
    "row order": check_order,
    "in a batch": check_batch,
    **DOCUMENT_CHECKS,
}
"""Every promise of a limit by name."""
