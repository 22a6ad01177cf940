"""The state of a farthest-first traversal, and what it has cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from askwise.core.types import FloatArray, IntArray
from askwise.kernels.blocks import lower_rows, middle_of
from askwise.kernels.compiled import LEAF
from askwise.kernels.space import Space

_MANY = 64
"""Taken rows from which they are met in blocks first, not one at a time."""

_FIRST = 512
"""Taken rows that every row of the pool meets in one blocked pass."""

NO_SKETCH: tuple[FloatArray, ...] = (
    np.zeros((0, 1), dtype=np.float32),
    np.zeros(1),
    np.zeros((0, 1), dtype=np.float32),
    np.zeros(1),
)
"""Lines and slack of rows and of centres, for traversals without a sketch."""


@dataclass
class Work:
    """What a traversal cost: exact evaluations, lower bounds looked up, rows brought up to date, passes over all."""

    evaluations: int = 0
    bounds: int = 0
    refreshed: int = 0
    passes: int = 0
    sketched: bool = False


@dataclass
class Traversal:
    """A farthest-first traversal so far: `centres` holds the taken rows, then the picks, then room for the others."""

    space: Space
    centres: Space
    taken: int
    chosen: IntArray
    radii: FloatArray
    bound: FloatArray
    seen: np.ndarray[Any, np.dtype[np.int32]]
    done: int
    work: Work

    @classmethod
    def start(cls, space: Space, n: int, taken: Space | None) -> Traversal:
        m = len(space)
        held = 0 if taken is None else len(taken)
        centres = space.room(held + n)
        if taken is not None:
            centres.put(0, taken)
        state = cls(
            space,
            centres,
            held,
            np.zeros(n, dtype=np.int64),
            np.full(n, np.inf),
            np.full(m, np.inf),
            np.zeros(m, dtype=np.int32),
            0,
            Work(),
        )
        if held == 0 and n:
            state.add(space.central(), np.inf)
        if space.stored:
            return state  # the first pass meets what is there
        if held < _MANY:
            state._meet_the_first()
        else:
            state._meet_the_taken(n)
        return state

    def _meet_the_first(self) -> None:
        """One pass against the first centre; all others wait until a row's bound is the largest."""
        self.bound[:] = self.space.nearest(self.centres.take(slice(0, 1)))
        self.bound[self.chosen[: self.done]] = -np.inf
        self.seen[:] = 1
        self.work.evaluations += len(self.space)
        self.work.passes += 1

    def _meet_the_taken(self, n: int) -> None:
        """Blocked products for many taken rows: all rows meet some, those that may be picked meet more."""
        middle = middle_of(self.space)
        self.refresh(np.arange(len(self.space)), middle, min(_FIRST, self.taken))
        self.work.passes += 1
        room = min(len(self.space), 2 * n + 256)
        best = np.argpartition(self.bound, len(self.bound) - room)[len(self.bound) - room :]
        self.refresh(best, middle)
        # A guess of what matters decides only which rows are met in blocks here and which are met alone later.
        floor = np.sort(self.bound[best])[-min(n, room)]
        for stop in range(2 * _FIRST, self.taken + _FIRST, _FIRST):
            self.refresh(np.flatnonzero(self.bound >= floor), middle, min(stop, self.taken))

    def refresh(self, rows: IntArray, middle: FloatArray, stop: int | None = None) -> None:
        """Bring rows up to date with the first `stop` centres (all by default), by blocks."""
        stop = self.held if stop is None else stop
        rows = rows[self.seen[rows] < stop]
        if len(rows) == 0:
            return
        unseen = self.centres.take(slice(int(self.seen[rows].min()), stop))
        self.work.evaluations += lower_rows(self.space, rows, unseen, self.bound, middle)
        self.seen[rows] = stop

    @property
    def held(self) -> int:
        """Centres there so far."""
        return self.taken + self.done

    def add(self, row: int, radius: float) -> None:
        """Make a row the next pick and a centre; its bound falls below every distance, so it never comes again."""
        self.chosen[self.done], self.radii[self.done] = row, radius
        self.centres.put(self.held, self.space.take(slice(row, row + 1)))
        self.done += 1
        self.bound[row] = -np.inf

    def inside(self, at: IntArray, rows: Space) -> Traversal:
        """The same traversal over some of the rows, at positions `at`, held in memory; it shares the centres."""
        none = np.zeros(len(self.chosen), dtype=np.int64)
        bound, seen = self.bound[at], self.seen[at]
        return Traversal(rows, self.centres, self.taken, none, self.radii, bound, seen, self.done, self.work)

    def take_over(self, inner: Traversal, at: IntArray) -> None:
        """Take over the picks and bounds of a traversal over the rows at positions `at`."""
        self.chosen[self.done : inner.done] = at[inner.chosen[self.done : inner.done]]
        self.bound[at], self.seen[at], self.done = inner.bound, inner.seen, inner.done


def tree_of(bound: FloatArray) -> FloatArray:
    """Maxima of blocks of rows as a complete binary tree: node i has the children 2i and 2i + 1, the root is 1."""
    leaves = max(1, -(-len(bound) // LEAF))
    size = 1 << (leaves - 1).bit_length()
    tree = np.full(2 * size, -np.inf)
    tree[size : size + leaves] = np.maximum.reduceat(bound, np.arange(0, len(bound), LEAF))
    while size > 1:
        tree[size // 2 : size] = tree[size : 2 * size].reshape(-1, 2).max(axis=1)
        size //= 2
    return tree
