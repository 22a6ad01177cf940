"""The best order of labelling that a search finds, knowing all labels and the test set: a bar no strategy can be asked
to reach, but one that says how much there is to gain.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from askwise.core.noise import stream_key
from askwise.core.types import IntArray
from askwise.lab.bench import Bench
from askwise.lab.cell import Cell
from askwise.lab.measures import MEASURES

TRIES = 8
"""Batches that the greedy start looks at for each batch that it takes."""


def best_order(cell: Cell, bench: Bench, started: IntArray) -> IntArray:
    """Rows (budget - l,) in the order that gave the best learning curve, after the l rows `started` with.

    A greedy start (the best of `TRIES` random batches, batch by batch), then simulated annealing over orders: swap two
    rows of different batches, or one row for another of the pool, each with probability 1/2; take the change with
    probability exp((new - old) T), T = 0.1 (i + 1) at proposal i, where the quality of an order is the mean height of
    its learning curve, in hundredths of the measure; the last eighth of the `cell.proposals` takes gains only.
    Source: Zhou, Renduchintala, Li, Wang, Mehdad and Ghoshal 2021, Towards Understanding the Behaviors of Optimal Deep
    Active Learning Algorithms, AISTATS. It is measured on the test set, so it is a bar and not an estimate; a search
    this short finds a lower bar than the paper's 45,000 proposals.

    Cost: one fit for each batch that a proposal changes.
    """
    budget = int(cell.spending(len(bench.pool)).answers or len(bench.pool))
    search = _Search(cell, bench, started)
    order = search.greedy(max(budget - len(started), 0))
    return search.anneal(order) if len(order) else order


class _Search:
    """Qualities of orders, each distinct set of labelled rows fitted once."""

    def __init__(self, cell: Cell, bench: Bench, started: IntArray) -> None:
        from askwise.session.training import Trainer

        self.cell, self.bench, self.started = cell, bench, started
        self.trainer = Trainer(bench.pool, bench.facts().keys, bench.learner(), cell.seed)
        self.rng = np.random.default_rng([int(stream_key(cell.seed, "bound")), 0])
        self.labels = bench.targets()
        self.measure = MEASURES[cell.measures[0]]
        self.sign = 1.0 if self.measure.greater_is_better else -1.0
        self.known: dict[frozenset[int], float] = {}

    def height(self, rows: Sequence[int]) -> float:
        """The measure of a model of these rows and those started with; greater is better."""
        key = frozenset(rows)
        if key not in self.known:
            everything = np.concatenate([self.started, np.array(sorted(key), dtype=np.int64)])
            self.trainer.fit(everything, self.labels[everything])
            predicted = self.trainer.predict(self.bench.test)
            self.known[key] = self.sign * self.bench.evaluate(predicted, [self.measure.name])[self.measure.name]
        return self.known[key]

    def quality(self, order: IntArray) -> float:
        """Mean height of the learning curve of an order."""
        ends = range(self.cell.batch, len(order) + self.cell.batch, self.cell.batch)
        return float(np.mean([self.height(order[:end].tolist()) for end in ends]))

    def greedy(self, count: int) -> IntArray:
        """An order of this many rows, batch by batch the best of a few."""
        order: list[int] = []
        while len(order) < count:
            size = min(self.cell.batch, count - len(order))
            free = np.setdiff1d(np.arange(len(self.bench.pool)), np.concatenate([self.started, np.array(order, int)]))
            batches = [self.rng.choice(free, size, replace=False).tolist() for _ in range(TRIES)]
            order += max(batches, key=lambda batch: self.height([*order, *batch]))
        return np.array(order, dtype=np.int64)

    def anneal(self, order: IntArray) -> IntArray:
        """The best order met on the way from this one."""
        best = current = (self.quality(order), order)
        for i in range(self.cell.proposals):
            tried = self._neighbour(current[1])
            quality = self.quality(tried)
            gain, last = 100 * (quality - current[0]), i >= self.cell.proposals * 7 // 8
            if gain >= 0 or (not last and self.rng.random() < np.exp(gain * 0.1 * (i + 1))):
                current = (quality, tried)
            best = max(best, current, key=lambda one: one[0])
        return best[1]

    def _neighbour(self, order: IntArray) -> IntArray:
        """The order with two rows of different batches swapped, or one row swapped for one outside."""
        out, batch = order.copy(), self.cell.batch
        at = int(self.rng.integers(len(order)))
        others = np.flatnonzero(np.arange(len(order)) // batch != at // batch)
        free = np.setdiff1d(np.arange(len(self.bench.pool)), np.concatenate([self.started, order]))
        if len(others) and (len(free) == 0 or self.rng.random() < 0.5):
            other = int(self.rng.choice(others))
            out[at], out[other] = out[other], out[at]
        elif len(free):
            out[at] = self.rng.choice(free)
        return out
