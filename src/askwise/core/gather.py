"""Evidence for a method: resolved, derived, and held whole or read in blocks, whichever fits."""

from __future__ import annotations

import logging
from typing import Any

from askwise.core.arrays import host, is_array, take
from askwise.core.evidence import VOCABULARY, Taken, plan, reachable
from askwise.core.noise import Noise
from askwise.core.registry import Method
from askwise.core.source import Place, Source
from askwise.core.stored import Stored, spooled
from askwise.core.types import Array, FloatArray, IntArray

log = logging.getLogger("askwise")

_ROW_BYTES = 1 << 16
"""More than a row of embeddings takes: smaller pools are held without a look at their width."""


class Gather:
    """Gets evidence from a source, for the strategy called `label`, under a seed and a limit of memory in bytes."""

    def __init__(self, source: Source, label: str, seed: int, memory: int, exact: bool | None = None) -> None:
        self.source, self.label, self.seed, self.memory = source, label, seed, memory
        self.exact = exact
        self.notes: list[str] = []

    def note(self, text: str) -> None:
        """Say something about how the batch is chosen: in the log, and in the `why` of each row."""
        if text not in self.notes:
            log.info(text)
            self.notes.append(text)

    def noise(self, rows: IntArray) -> Noise:
        """The keyed noise of some rows."""
        return Noise(self.seed, take(self.source.keys, rows))

    def taken(self, method: Method) -> Taken:
        """Evidence of labelled and pending rows, as far as the method looks at it and it is there."""
        names = [name for name in (*method.needs, *method.wishes) if name != "scores"]
        return self.source.taken(frozenset(name for name in names if reachable(name, self.source.offers)))

    def arguments(self, method: Method, rows: IntArray, scores: FloatArray | None = None) -> list[Any]:
        """The method's evidence in the order of its parameters; wishes that nobody grants are None."""
        offers = self.source.offers
        wanted = [*method.needs, *method.wishes]
        there = [name for name in wanted if name != "scores" and (name in method.needs or reachable(name, offers))]
        wide = self.wide(rows, there) if self.streams(method) else {}
        given = self.evidence(rows, frozenset(there) - wide.keys())
        given |= {name: self._in_blocks(method, name, one, rows) for name, one in wide.items()}
        if scores is not None:
            given["scores"] = scores
        return [given.get(name) for name in wanted]

    def streams(self, method: Method) -> bool:
        """Whether this method reads a large pool in blocks, in a strategy that is exact or is not."""
        return method.streams is True or method.streams == ("exact" if self.exact else "estimated")

    def evidence(self, rows: IntArray, names: frozenset[str]) -> dict[str, Array]:
        """Evidence of the rows by name, in memory."""
        resolved = plan(dict.fromkeys(names, self.label), self.source.offers)
        whole = {name for name in resolved.ask if VOCABULARY[name].per != "row"}
        given = self.source.rows(rows, resolved.ask - whole - {"noise"})
        given |= {name: self.source.whole(name) for name in whole}
        if "noise" in resolved.ask:
            given["noise"] = self.noise(rows).uniform("score")
        return resolved.complete(given)

    def wide(self, rows: IntArray, names: list[str]) -> dict[str, Array]:
        """One row of each kind of evidence that does not fit: together they would take more than the memory."""
        if len(rows) * _ROW_BYTES <= self.memory:
            return {}
        away = [name for name in names if VOCABULARY[name].per == "row" and self._place(name) != "memory"]
        one = {name: value for name in away if is_array(value := self.evidence(rows[:1], frozenset({name}))[name])}
        total = len(rows) * sum(4 * value.size for value in one.values())
        return {name: value for name, value in one.items() if value.ndim > 1} if total > self.memory else {}

    def _place(self, name: str) -> Place:
        """Where the evidence is, or the farthest of what it is derived from."""
        asked = plan({name: self.label}, self.source.offers).ask - {"noise"}
        places = {self.source.place(one) for one in asked if VOCABULARY[one].per == "row"}
        return "computed" if "computed" in places else "disk" if "disk" in places else "memory"

    def _in_blocks(self, method: Method, name: str, one: Array, rows: IntArray) -> Stored:
        """The evidence of these rows, checked as it is read; what a model computed is written to disk once."""

        def read(at: IntArray) -> Any:
            return host(self.evidence(take(rows, at), frozenset({name}))[name])

        stored = Stored((len(rows), *one.shape[1:]), host(one).dtype, read)
        how = "with estimates of its gains" if method.streams == "estimated" else "with the picks of a pool in memory"
        self.note(f"{method.name} reads {name} {stored.shape} in blocks, {how}")
        if self._place(name) == "disk":
            return stored
        log.info("%s is computed once, into a temporary file of %.1f GB", name, len(rows) * host(one).nbytes / 2**30)
        return spooled(stored)
