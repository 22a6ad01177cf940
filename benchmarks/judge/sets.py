"""The data sets of the suites that ship with the lab, as sessions with a control arm take them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from askwise.lab.bench import Bench
from askwise.lab.data import DataSpec
from askwise.lab.oracle import OracleSpec
from askwise.lab.suite import Suite, read_suite, suites

ROUNDS = 16
ROWS = 4500
"""Rows of a data set at most: a third of them, drawn at random, are the test set, so that it is of one kind with the
pool, which a data set's own test part need not be."""

LARGEST = 25
"""Rows of a batch where the pool is large enough; a session takes sixteen batches, and half of its pool at most."""

SMALL = {"low-budget": 5}
"""Rows of a batch in suites of few labels."""


@dataclass(frozen=True)
class Source:
    """A data set of a suite with one kind of annotators: what a session is about."""

    suite: str
    data: str
    oracle: str

    @property
    def name(self) -> str:
        """How it is called in tables."""
        return self.data if self.oracle == "clean" else f"{self.data}, {self.oracle}"


def sources(task: str = "choice") -> list[Source]:
    """Each data set of the shipped suites with each kind of annotators, once: in the first suite that has it."""
    known: dict[tuple[Any, ...], Source] = {}
    for name in sorted(suites(), key=lambda one: one == "starter"):
        kind = {"regression": "number", "multi-label": "multilabel"}.get(name, "choice")
        for spec, oracle in _of(read_suite(name)) if kind == task else ():
            # The suite of few labels asks another question of the same rows.
            key = (name in SMALL, spec.data, str(spec.keep), spec.unknown, str(oracle.to_dict() | {"name": ""}))
            known.setdefault(key, Source(name, spec.name, oracle.name))
    return list(known.values())


def _of(suite: Suite) -> Iterator[tuple[DataSpec, OracleSpec]]:
    for spec in suite.datasets:
        for oracle in spec.oracles or suite.oracles:
            yield spec, oracle


@lru_cache(maxsize=2)
def opened(suite: str, data: str) -> tuple[Bench, dict[str, OracleSpec]]:
    """The bench of a data set, cut to size, with its annotators by name."""
    from askwise.lab.bench import prepare
    from askwise.lab.data import crowd_of, load

    whole = read_suite(suite)
    spec = next(one for one in whole.datasets if one.name == data)
    oracles = {one.name: one for one in (spec.oracles or whole.oracles)}
    loaded = load(replace(spec, rows=min(spec.rows or ROWS, ROWS)), whole.seed)
    bench = prepare(replace(loaded.dataset, test=None), next(iter(whole.learners.values())), whole.seed, share=1 / 3)
    return replace(bench, crowd=crowd_of(loaded, bench.pool.ids)), oracles


def sizes(suite: str, rows: int) -> tuple[int, int]:
    """Rows of a batch and the budget of a session over so many rows."""
    batch = max(min(SMALL.get(suite, LARGEST), rows // (2 * ROUNDS)), 2)
    return batch, min(batch * ROUNDS, rows // 2)
