"""The contract of strategies and policies: values that go to JSON and back, and batches that keep every promise."""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from askwise.core.history import History
from askwise.core.registry import Method
from askwise.execute import Threads
from askwise.strategy import Strategy
from askwise.testing.hints import Hint
from askwise.testing.picks import expect_batch
from askwise.testing.stops import histories
from askwise.testing.suite import Check, choose, evidence_for, expect, expect_same, labelled_evidence
from askwise.testing.values import DOCUMENT_CHECKS
from askwise.testing.world import permuted


def phases(subject: Strategy | Method) -> Iterator[tuple[str, Strategy]]:
    """The strategy, or what a policy makes of each past, with every kind of evidence on offer and with little."""
    if isinstance(subject, Strategy):
        yield "", subject
        return
    for offers in (
        frozenset({"noise"}),
        frozenset({"noise", "embeddings"}),
        frozenset({"noise", "probs", "embeddings"}),
    ):
        for past in histories():
            past = replace(past, offers=offers, batch=min(past.batch, 6))
            yield f" after {past.labels} labels, offered {sorted(offers)}", subject(past)[0]


def check_value(subject: Any, hint: Hint) -> None:
    """Goes to JSON and back, and pickles, as an equal value."""
    for when, strategy in phases(subject):
        again = Strategy.from_dict(json.loads(json.dumps(strategy.to_dict())))
        expect(again == strategy, f"JSON and back gives {again.to_dict()}, not {strategy.to_dict()}{when}")
        expect(pickle.loads(pickle.dumps(strategy)) == strategy, f"pickling and back gives another value{when}")


def check_batch(subject: Any, hint: Hint) -> None:
    """n distinct rows, with and without labelled rows, each of which can say why it was asked."""
    for when, strategy in phases(subject):
        world = hint.world()
        given = evidence_for(strategy, world)
        for evidence in (given, {**given, **labelled_evidence(given, world)}):
            for n in (0, 1, hint.n):
                got = choose(strategy, evidence, n)
                expect_batch(got.rows, n, world.m, f"n={n}{when}")
        for i in range(hint.n):
            why = got.why(i).to_dict()
            expect(why["row"] == got.rows[i] and why["rank"] == i, f"why({i}) is {why}{when}")
            expect(json.loads(json.dumps(why, allow_nan=False)) == why, f"why({i}) does not survive JSON{when}")


def check_order(subject: Any, hint: Hint) -> None:
    """Seed, row order, chunk size and workers: the same rows in the same order."""
    world = hint.world()
    ids = np.array([f"id {i}" for i in np.random.default_rng(1).permutation(world.m)])
    order = np.random.default_rng(2).permutation(world.m)
    for when, strategy in phases(subject):
        evidence = evidence_for(strategy, world)
        wanted = ids[choose(strategy, evidence, hint.n, ids=ids).rows]
        moved = {name: permuted(name, value, order) for name, value in evidence.items()}
        got = choose(strategy, moved, hint.n, ids=ids[order])
        expect_same(ids[order][got.rows], wanted, f"the pool in another order gives another batch{when}")
        got = choose(strategy, evidence, hint.n, ids=ids, chunk=5, execute=Threads(3))
        expect_same(ids[got.rows], wanted, f"chunks on threads give another batch{when}")


def check_stateless(subject: Any, hint: Hint) -> None:
    """A policy depends on history alone, and gives its reason."""
    for past in histories() if isinstance(subject, Method) else []:
        once, twice = subject(past), subject(History(**past.__dict__))
        expect(once == twice, f"the same past gives {once} and then {twice}")
        expect(isinstance(once[1], str) and once[1], "the policy gives no reason for its choice")


STRATEGY_CHECKS: dict[str, Check] = {
    "value": check_value,
    "batch": check_batch,
    "row order, chunks, workers": check_order,
    "stateless": check_stateless,
}
"""Every promise of a strategy by name."""

POLICY_CHECKS: dict[str, Check] = {
    "policy value": DOCUMENT_CHECKS["value"],
    "document": DOCUMENT_CHECKS["document"],
    "example": DOCUMENT_CHECKS["example"],
    **STRATEGY_CHECKS,
}
"""Every promise of a policy by name."""
