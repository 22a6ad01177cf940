"""The benches of one data set: one for each learner and test split, built when first needed, encodings shared."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from askwise.lab.bench import TEST_SHARE, Bench, prepare
from askwise.lab.cell import Cell
from askwise.lab.data import DataSpec, Loaded, crowd_of
from askwise.lab.first_fit import FirstFits


class Shelf:
    """Benches by learner, for the test split in use; forked workers inherit those that are there already."""

    def __init__(
        self,
        spec: DataSpec,
        loaded: Loaded,
        learners: Mapping[str, Any],
        *,
        resplit: bool = False,
        share: float = TEST_SHARE,
    ) -> None:
        self.spec, self.loaded, self.learners = spec, loaded, learners
        self.resplit, self.share = resplit, share
        self._lock = threading.Lock()
        self._split: int | None = None
        self._benches: dict[str, Bench] = {}
        self._encodings: dict[str, Any] = {}
        self._fits: dict[str, FirstFits] = {}

    def bench(self, cell: Cell) -> Bench:
        """The bench of a cell. Raises BadInput for a learner that does not fit the rows."""
        return self.get(cell.learner, cell.split)

    def get(self, learner: str, split: int) -> Bench:
        """The bench of a learner at a test split."""
        with self._lock:
            return self._got(learner, split)

    def _got(self, learner: str, split: int) -> Bench:
        if split != self._split:
            self._split, self._benches, self._encodings = split, {}, {}
        if learner not in self._benches:
            self._benches[learner] = self._made(learner, split)
        return self._benches[learner]

    def fits(self, learner: str) -> FirstFits:
        """First fits of a learner, shared by the runs of this process."""
        return self._fits.setdefault(learner, FirstFits())

    def _made(self, learner: str, split: int) -> Bench:
        made = prepare(
            self.loaded.dataset,
            self.learners[learner],
            split,
            resplit=self.resplit,
            share=self.share,
            encodings=self._encodings,
            asked=self.spec.asked,
        )
        return replace(made, crowd=crowd_of(self.loaded, made.pool.ids), foreground=self._foreground(made))

    def _foreground(self, bench: Bench) -> frozenset[Any]:
        """The classes that are sought: those named, else the known ones of an open set, else all but the commonest."""
        spec = self.spec
        if spec.foreground:
            return frozenset(one for one in bench.classes if str(one) in spec.foreground)
        if spec.unknown:
            return frozenset(bench.classes)
        if not spec.keep:
            return frozenset()
        return frozenset(bench.classes) - {Counter(bench.labels).most_common(1)[0][0]}
