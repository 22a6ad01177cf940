"""Who is asked what: open queries shared out among annotators by skill, price and load, or so that all are heard."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from askwise.core.arrays import host
from askwise.core.errors import BadInput, did_you_mean
from askwise.core.noise import Noise
from askwise.core.protocols import Pool
from askwise.core.types import BoolArray, FloatArray, IntArray
from askwise.crowd import (
    Table,
    dawid_skene,
    local_skill,
    minority_bias,
    pairs,
    random_annotator,
    representation_diversity,
    semantic_diversity,
    table,
)
from askwise.session.belief import KINDS, Votes
from askwise.session.state import State
from askwise.session.values import Query

WAYS = ("skill", "random", "semantic_diversity", "minority_bias", "representation_diversity")
"""`skill` asks those who are likely right for their price; the others, for matters of opinion, hear everybody."""

NEWCOMER = 0.8
"""Chance of a right answer of somebody whom nobody has judged yet, while nobody at all has been."""

LEAST = 0.01


class Panel:
    """What is known of some annotators when queries are shared out among them; `names` has them in its own order."""

    def __init__(self, state: State, pool: Pool, names: Sequence[str], noise: Noise) -> None:
        self.state, self.pool, self.noise = state, pool, noise
        self.votes = Votes.of(state) if state.task.kind in KINDS else None
        known = set() if self.votes is None else set(self.votes.table.annotators.tolist())
        # Those who have answered come first: their places are then their columns in a table of their answers.
        self.names = [*(name for name in names if name in known), *(name for name in names if name not in known)]

    def share_out(
        self,
        queries: Sequence[Query],
        available: BoolArray,
        owed: IntArray,
        *,
        way: str,
        price: Mapping[str, float],
        load: IntArray,
        capacity: int | None,
    ) -> list[tuple[int, int]]:
        """Pairs (query, annotator) of positions: each query gets as many annotators as it is owed, if there are.

        `available` (n, a) says who may be asked what, `load` (a,) what each holds already.
        """
        open_, left = available.copy(), np.full(len(self.names), 1e9 if capacity is None else capacity) - load
        found: list[tuple[int, int]] = []
        choose = self._chooser(queries, way, price)
        for turn in range(int(owed.max(initial=0))):
            for at in np.flatnonzero(owed > turn).tolist():
                mask = open_[at] & (left >= 1)
                if mask.any():
                    who = choose(at, mask)
                    found.append((at, who))
                    open_[at, who], left[who] = False, left[who] - 1
        return found

    def _chooser(
        self, queries: Sequence[Query], way: str, price: Mapping[str, float]
    ) -> Callable[[int, BoolArray], int]:
        rows = np.array([query.row for query in queries], dtype=np.int64)
        if way == "skill":
            worth = self.skill(rows) / np.array([price.get(name, 1.0) for name in self.names])
            return lambda at, mask: int(pairs([1.0], worth[at : at + 1] / worth.max(), 1, available=mask[None])[0, 1])
        said = self._said()
        if way == "random" or said is None:
            return lambda at, mask: int(random_annotator(mask[None], rng=self._noise(rows[at]))[0])
        return self._heard(way, rows, *said)

    def _heard(self, way: str, rows: IntArray, said: Table, answered: IntArray) -> Callable[[int, BoolArray], int]:
        """ACAL's selectors over the answers so far; `said` is over the rows `answered`, its annotators the panel's."""
        if way == "minority_bias":
            return lambda at, mask: int(minority_bias(mask[None], said, rng=self._noise(rows[at]))[0])
        known = self._embeddings(answered)
        if way == "representation_diversity":
            return lambda at, mask: int(representation_diversity(mask[None], said, known, rng=self._noise(rows[at]))[0])
        here, past, who = self._embeddings(rows), known[said.item], said.annotator
        return lambda at, mask: int(
            semantic_diversity(mask[None], here[at : at + 1], past, who, rng=self._noise(rows[at]))[0]
        )

    def skill(self, rows: IntArray) -> FloatArray:
        """Chance (n, a) that each annotator is right about each row: near it if there are embeddings, else overall.

        By Dawid and Skene's labels; who has answered nothing is taken to be as good as the others are on average.
        """
        out = np.full((len(rows), len(self.names)), NEWCOMER)
        if self.votes is None or not self.votes.several:
            return out
        said, found = self.votes.table, dawid_skene(self.votes.table)
        overall = np.einsum("acc,c->a", found.confusion, found.shares)
        at = {name: i for i, name in enumerate(said.annotators.tolist())}
        out[:] = overall.mean()
        near = None
        if "embeddings" in self.pool.offers:
            known, here = self._embeddings(self.votes.rows), self._embeddings(rows)
            near = local_skill(said, known, here, truth=found.labels)
        for j, name in enumerate(self.names):
            if name in at:
                out[:, j] = overall[at[name]] if near is None else near[:, at[name]]
        return np.asarray(np.maximum(out, LEAST))

    def _said(self) -> tuple[Table, IntArray] | None:
        """The answers of the panel's annotators, numbered as the panel is; None while they have given none."""
        if self.votes is None:
            return None
        own, names = self.votes.table, self.votes.table.annotators.tolist()
        place = np.array([self.names.index(name) if name in self.names else -1 for name in names])
        mine = place[own.annotator] >= 0
        if not mine.any():
            return None
        lines = {"item": own.item[mine], "annotator": place[own.annotator[mine]], "label": own.label[mine]}
        return table(lines, rows=own.rows, classes=own.classes), self.votes.rows

    def _embeddings(self, rows: IntArray) -> FloatArray:
        if "embeddings" not in self.pool.offers:
            raise BadInput(f"this way of choosing annotators needs embeddings; a {type(self.pool).__name__} has none")
        return np.asarray(host(self.pool.evidence(rows, frozenset({"embeddings"}))["embeddings"]), dtype=np.float64)

    def _noise(self, row: int) -> Noise:
        return Noise(self.noise.seed, self.noise.keys[row : row + 1])


def check_panel(annotators: Any, way: str, price: Mapping[str, float] | None, capacity: int | None) -> list[str]:
    """Names of the annotators, once. Raises BadInput for none, an unknown way, a price that is not positive."""
    names = list(dict.fromkeys(annotators)) if not isinstance(annotators, str) else []
    if not names or not all(isinstance(name, str) and name for name in names):
        raise BadInput(f"annotators={annotators!r} names nobody; give a list of names, such as ['ana', 'ben']")
    if way not in WAYS:
        raise BadInput(f"by={way!r} is no way to choose annotators.{did_you_mean(str(way), WAYS)}")
    bad = {name: value for name, value in (price or {}).items() if not value > 0}
    if bad:
        raise BadInput(f"price={bad!r}: every answer must cost something, if only 1")
    if capacity is not None and capacity < 1:
        raise BadInput(f"capacity={capacity!r} leaves nobody anything to do; give 1 or more, or None")
    return names
