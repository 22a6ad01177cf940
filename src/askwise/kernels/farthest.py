"""Farthest-first traversal, exact, reading few rows: stale upper bounds and the number of centres each row has seen.

Distances to the nearest centre only fall, so an old one is an upper bound. A row is brought up to date only while its
bound is the largest of all, and only against the centres it has not seen, until it falls below the best row known: each
(row, centre) pair is evaluated at most once, and most never. Labelled rows are centres that nobody has seen yet.
"""

from __future__ import annotations

import numpy as np

from askwise.core.types import FloatArray, IntArray
from askwise.kernels.backend import backend
from askwise.kernels.compiled import traverse
from askwise.kernels.few_pass import traverse_in_few_passes
from askwise.kernels.sketch import Sketch
from askwise.kernels.space import Space
from askwise.kernels.traversal import NO_SKETCH, Traversal, Work, tree_of
from askwise.kernels.working_set import traverse_in_working_sets

_TRIAL = 50
"""Picks after which, and after each doubling, it is decided whether a sketch pays."""

_WORTH = 20.0
"""Evaluations per row still to come beyond which a sketch pays: building it costs about as much as 14."""

_SPARED = 0.6
"""Least share of evaluations that a sketch must spare."""

_WIDE = 96
"""Columns from which a line of 32 numbers is much shorter than a row."""


def farthest_first(
    space: Space, n: int, taken: Space | None = None, sketch: bool | None = None
) -> tuple[IntArray, FloatArray, Work]:
    """Positions (n,), their distance to all centres before them (n,), and the work done.

    Each pick is the row farthest from everything taken or picked before; of equal ones the lowest position. With
    nothing taken the first pick is the row nearest to the mean, at distance infinity. `sketch` forces or forbids the
    sketch; None decides from the evaluations of the first picks. Rows on disk are traversed in a few passes.
    """
    state = Traversal.start(space, n, taken)
    if space.stored:
        traverse_in_few_passes(state)
    elif space.on_device or backend() == "numpy":
        traverse_in_working_sets(state)
    else:
        _run(state, n, sketch)
    return state.chosen, state.radii, state.work


def _run(state: Traversal, n: int, sketch: bool | None) -> None:
    """The compiled traversal: without a sketch first, then with one when the work so far says that it pays."""
    built = _sketch(state) if sketch else None
    stop = n if sketch is not None else min(n, _TRIAL)
    while state.done < n:
        _advance(state, stop, built)
        if built is None and sketch is None and state.done < n and _much_to_come(state, n):
            built = _sketch(state, least=_SPARED)
            stop = n
        stop = min(n, 2 * stop)


def _much_to_come(state: Traversal, n: int) -> bool:
    """Whether the evaluations still to come, which grow as a power 1.5 of the picks, outweigh building a sketch."""
    spent = state.work.evaluations - state.work.passes * len(state.space)
    if state.space.rows.shape[1] < _WIDE:
        return False
    return bool(spent * ((n / max(state.done, 1)) ** 1.5 - 1.0) > _WORTH * len(state.space))


def _sketch(state: Traversal, least: float = 0.0) -> Sketch | None:
    """A sketch of the pool, if it spares at least this share of the evaluations; none for the inner product."""
    if state.space.kind == 2 or len(state.space) < 2:
        return None
    plan = Sketch.plan(state.space)
    if least and plan.spared(state.centres.take(slice(0, state.held))) < least:
        return None
    state.work.sketched = True
    state.work.passes += 1
    return plan.fill()


def _advance(state: Traversal, stop: int, sketch: Sketch | None) -> None:
    tree = tree_of(state.bound)
    counts = np.zeros(4, dtype=np.int64)
    bounds = NO_SKETCH
    if sketch is not None:
        held = state.centres.take(slice(0, state.held))
        bounds = (sketch.lines, sketch.slack, *sketch.of(held, len(state.centres)))
    space, centres = state.space, state.centres
    traverse(
        (space.rows, space.scale, centres.rows, centres.scale, space.kind),
        bounds,
        (state.bound, state.seen, tree),
        (state.chosen, state.radii),
        (state.taken, state.done, stop, -np.inf, len(space)),
        counts,
    )
    state.done = max(state.done, stop)
    state.work.evaluations += int(counts[0])
    state.work.bounds += int(counts[1])
    state.work.refreshed += int(counts[2])
