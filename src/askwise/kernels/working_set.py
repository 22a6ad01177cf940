"""Farthest-first traversal in working sets, for NumPy: few passes over the rows, matrix products, the same picks.

The rows with the largest bounds are held and kept exact; picks are made among them while the best is at least as far as
the largest bound outside, which certifies it. Then the rows outside that could be better are brought up to date.
"""

from __future__ import annotations

import numpy as np

from askwise.core.types import FloatArray, IntArray
from askwise.kernels.blocks import Block, middle_of
from askwise.kernels.traversal import Traversal

_SHARE = 0.02
_LEAST = 512


def traverse_in_working_sets(state: Traversal) -> None:
    """Make all remaining picks of a traversal."""
    middle = middle_of(state.space)
    size = min(len(state.space), max(_LEAST, int(_SHARE * len(state.space))))
    while state.done < len(state.chosen):
        held = _largest(state, size)
        state.refresh(held, middle)
        rivals = np.flatnonzero((state.bound >= state.bound[held].max()) & (state.seen < state.held))
        state.work.passes += 1
        if len(rivals):
            state.refresh(rivals, middle)
            held = _largest(state, size)
            state.refresh(held, middle)
        outside = state.bound.copy()
        outside[held] = -np.inf
        rival = int(np.argmax(outside))
        pick_inside(state, held, middle, float(outside[rival]), int(np.searchsorted(held, rival)))


def _largest(state: Traversal, size: int) -> IntArray:
    """Positions of the rows with the largest bounds, ascending; of equal ones the lowest, which come first."""
    edge = np.partition(state.bound, len(state.bound) - size)[len(state.bound) - size]
    above = np.flatnonzero(state.bound > edge)
    equal = np.flatnonzero(state.bound == edge)[: size - len(above)]
    return np.sort(np.concatenate([above, equal]))


def pick_inside(state: Traversal, held: IntArray, middle: FloatArray, limit: float, before: int) -> None:
    """Pick among the held rows while the best of them is certainly the best of all.

    No row outside is above `limit`; of rows that equal it, only the first `before` held ones come before all others.
    """
    block = Block.of(state.space.take(held), middle)
    bound = state.bound[held]
    while state.done < len(state.chosen):
        best = int(np.argmax(bound))
        if bound[best] < limit or (bound[best] == limit and best >= before):
            break
        state.add(int(held[best]), float(bound[best]))
        bound[best] = -np.inf
        newest = state.centres.take(slice(state.held - 1, state.held))
        state.work.evaluations += block.lower(Block.of(newest, middle), bound)
    state.bound[held] = bound
    state.seen[held] = state.held
