"""`select`: the front door over arrays."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from askwise.core.arrays import positions
from askwise.core.errors import BadInput
from askwise.core.history import History
from askwise.core.noise import check_seed, row_keys
from askwise.core.protocols import Execute
from askwise.core.registry import Method
from askwise.core.source import ArraySource
from askwise.core.stored import MEMORY
from askwise.engine import check_n, resolve, run
from askwise.execute import Threads
from askwise.picked import Picked
from askwise.strategy import Strategy

_THREADS_FROM = 200_000
"""Rows from which starting threads costs less than they save."""


def select(
    n: int,
    strategy: Strategy | Method | str = "auto",
    *,
    seed: int = 0,
    ids: Any = None,
    candidates: Any = None,
    counts: tuple[int, ...] = (),
    execute: Execute | None = None,
    memory: int = MEMORY,
    **evidence: Any,
) -> Picked:
    """Choose n rows to label from arrays: one line, any model.

    `evidence` holds one array per name of the vocabulary (``probs`` (m, c), ``embeddings`` (m, d), ...), NumPy or
    torch; ``labelled_embeddings`` and its like say what is labelled or pending already. `candidates` restricts the
    choice (positions or a mask), `ids` (m,) key the noise so that row order does not matter, `counts` are the labels
    so far of each class, for strategies that change over time. `execute` runs chunks on threads or elsewhere, with the
    same result. A memory map of more than `memory` bytes (as float32) reaches the pick in blocks and is never held.

    Raises BadInput (n too large, NaN, rows that are no distributions) and MissingEvidence.

    >>> import numpy as np
    >>> P = np.array([[0.9, 0.1], [0.5, 0.5], [0.6, 0.4]])
    >>> select(2, "margin", probs=P).rows
    array([1, 2])
    """
    seed = check_seed(seed)
    source = ArraySource(evidence, None if ids is None else row_keys(ids), ids)
    if ids is not None:
        _check_ids(np.asarray(ids), source)
    rows = source.every_row if candidates is None else positions("candidates", candidates, source.size)
    check_n(n, len(rows))
    history = History(rows=source.size, batch=n, counts=tuple(counts), offers=source.offers, seed=seed)
    chosen, reason = resolve(strategy, history)
    if execute is None and len(rows) >= _THREADS_FROM:
        execute = Threads()
    ordered = candidates is None and ids is None
    return replace(run(n, chosen, source, rows, seed, execute, ordered=ordered, memory=memory), reason=reason)


def _check_ids(ids: np.ndarray[Any, Any], source: ArraySource) -> None:
    """Raise BadInput unless there is one id a row and no two are equal."""
    if ids.shape != (source.size,):
        raise BadInput(f"ids has shape {ids.shape}; give {source.size} ids, one per row")
    keys, first, counts = np.unique(source.keys, return_index=True, return_counts=True)
    if len(keys) != source.size:
        twice = ids[first[np.argmax(counts)]]
        raise BadInput(f"the id {twice!s} stands at {counts.max()} rows; ids must be distinct, one per row")
