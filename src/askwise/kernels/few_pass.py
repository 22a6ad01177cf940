"""Farthest-first traversal of rows on disk: a few passes over them, exact, with the picks of the traversal in memory.

A pass brings the rows that may be among the farthest up to date and holds those with the largest bounds. Picks are made
among the held rows while the best of them is at least as far as the largest bound outside, which certifies it; bounds
only fall. So thousands of picks take about ten passes, and memory holds 12 bytes a row, the held rows and the centres.
"""

from __future__ import annotations

import numpy as np

from askwise.core.types import FloatArray, IntArray
from askwise.kernels.backend import backend
from askwise.kernels.blocks import Block, middle_of
from askwise.kernels.compiled import traverse
from askwise.kernels.space import Space
from askwise.kernels.traversal import NO_SKETCH, Traversal, tree_of
from askwise.kernels.working_set import pick_inside

_HELD_BYTES = 96 << 20
"""Bytes of the rows held between two passes."""

_SPARSE = 8
"""Rows of a block are read one by one where fewer than one in this many matters."""

_CENTRES = 256
"""Centres that a row meets at a time before it is looked at again whether it still matters."""


def traverse_in_few_passes(state: Traversal) -> None:
    """Make all remaining picks of a traversal whose rows are on disk."""
    middle = middle_of(state.space)
    size = max(1, _HELD_BYTES // (4 * state.space.rows.shape[1]))
    while state.done < len(state.chosen):
        held = _Held(state, middle, min(size, len(state.space)))
        held.pass_over()
        held.pick()


class _Held:
    """The rows with the largest bounds: positions, ascending, and the rows themselves."""

    def __init__(self, state: Traversal, middle: FloatArray, size: int) -> None:
        self.state, self.size = state, size
        self.centres = Block.of(state.centres.take(slice(0, state.held)), middle)
        self.middle = middle
        self.floor = -np.inf
        self.at: list[IntArray] = []
        self.rows: list[Space] = []

    def pass_over(self) -> None:
        """One pass: rows whose bound reaches the floor meet the centres that they have not seen, and are held."""
        state = self.state
        state.work.passes += 1
        for part in state.space.blocks():
            bound = state.bound[part]
            live = np.flatnonzero(bound >= self.floor) if self.floor > -np.inf else np.flatnonzero(bound > -np.inf)
            if len(live) == 0:
                continue
            at = live + part.start
            if len(live) * _SPARSE < len(bound):
                rows = state.space.take(at)
            else:
                rows = state.space.take(part)
                rows = rows if len(live) == len(bound) else rows.take(live)
            self._hold(at, rows, self._meet(at, rows))

    def _meet(self, at: IntArray, rows: Space) -> IntArray:
        """Lower bounds by unseen centres, dropping rows on the way; which of the rows still reach the floor."""
        state = self.state
        live = np.arange(len(at))
        block = Block.of(rows, self.middle)
        for start in range(int(state.seen[at].min()), state.held, _CENTRES):
            stop = min(start + _CENTRES, state.held)
            lowered = state.bound[at[live]]
            state.work.evaluations += block.lower(self.centres.part(slice(start, stop)), lowered)
            state.bound[at[live]] = lowered
            state.seen[at[live]] = np.maximum(state.seen[at[live]], stop)
            kept = lowered >= self.floor
            if not kept.all():
                live, block = live[kept], block.part(np.flatnonzero(kept))
            if len(live) == 0:
                break
        state.work.refreshed += len(at)
        return live

    def _hold(self, at: IntArray, rows: Space, live: IntArray) -> None:
        if len(live):
            self.at.append(at[live])
            self.rows.append(rows if len(live) == len(at) else rows.take(live))
        if sum(map(len, self.at)) > 2 * self.size:
            self._drop()

    def _drop(self) -> None:
        """Hold the rows with the largest bounds only, of equal ones the lowest, and raise the floor to the least."""
        at = np.concatenate(self.at)
        bound = self.state.bound[at]
        # Positions ascend: a stable order by falling bound leaves the lowest of equal rows.
        kept = np.sort(np.argsort(-bound, kind="stable")[: self.size])
        starts = np.cumsum([0, *map(len, self.at)])
        for i, rows in enumerate(self.rows):
            mine = kept[(kept >= starts[i]) & (kept < starts[i + 1])] - starts[i]
            self.at[i], self.rows[i] = self.at[i][mine], rows.take(mine)
        if len(at) >= self.size:
            self.floor = float(bound[kept].min())

    def pick(self) -> None:
        """Pick among the held rows while the best of them is certainly the best of all."""
        self._drop()
        at = np.concatenate(self.at)
        outer = self.state
        outside = outer.bound.copy()
        outside[at] = -np.inf
        rival = int(np.argmax(outside))
        # Equal bounds go to the lowest position: those of the held rows before the rival may be picked.
        limit, before = float(outside[rival]), int(np.searchsorted(at, rival))
        inner = outer.inside(at, joined(self.rows, len(at)))
        if backend() == "numba":
            _traverse_inside(inner, limit, before)
        else:
            pick_inside(inner, np.arange(len(at)), self.middle, limit, before)
        outer.take_over(inner, at)


def joined(parts: list[Space], size: int) -> Space:
    """The rows of several spaces as one, in memory."""
    whole = parts[0].room(size)
    at = 0
    while parts:  # each part is let go as soon as it is copied
        part = parts.pop(0)
        whole.put(at, part)
        at += len(part)
    return whole


def _traverse_inside(state: Traversal, limit: float, before: int) -> None:
    space, centres = state.space, state.centres
    counts = np.zeros(4, dtype=np.int64)
    traverse(
        (space.rows, space.scale, centres.rows, centres.scale, space.kind),
        NO_SKETCH,
        (state.bound, state.seen, tree_of(state.bound)),
        (state.chosen, state.radii),
        (state.taken, state.done, len(state.chosen), limit, before),
        counts,
    )
    state.done = int(counts[3])
    state.work.evaluations += int(counts[0])
    state.work.refreshed += int(counts[2])
