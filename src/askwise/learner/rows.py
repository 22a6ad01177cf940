"""Rows of every kind a pool gives: how many there are, some of them, and checked labels for them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from askwise.core.errors import BadInput, MissingEvidence
from askwise.core.types import FloatArray, IntArray, Rows


def row_count(rows: Rows) -> int:
    """Number of rows m of an ndarray, sparse matrix, DataFrame, Arrow table, tensor or list.

    >>> row_count(["a", "b"]), row_count(np.zeros((3, 2)))
    (2, 3)
    """
    if hasattr(rows, "num_rows"):
        return int(rows.num_rows)
    if hasattr(rows, "shape"):
        return int(rows.shape[0])
    return len(rows)


def take(rows: Rows, index: IntArray) -> Rows:
    """Rows at these positions, in this order and in the same container.

    >>> take(["a", "b", "c"], np.array([2, 0]))
    ['c', 'a']
    """
    if hasattr(rows, "num_rows"):
        return rows.take(index)
    if hasattr(rows, "iloc"):
        return rows.iloc[index]
    if hasattr(rows, "shape"):
        return rows[index]
    return [rows[i] for i in index.tolist()]


def as_objects(labels: Any) -> Any:
    """Labels that are lists (pixels, orders) as an array (m,) of one object each."""
    out = np.empty(len(labels), dtype=object)
    out[:] = list(labels)
    return out


def checked_lengths(rows: Rows, labels: Any) -> int:
    """Number of rows m; BadInput when there are none, or not as many labels."""
    m, shape = row_count(rows), np.shape(labels)
    if m == 0:
        raise BadInput("fit was given 0 rows; label at least one row first")
    if shape != (m,):
        raise BadInput(f"labels have shape {shape} for {m} rows; give one label per row")
    return m


def checked_labels(rows: Rows, labels: Any, n_classes: int) -> IntArray:
    """Class indices (m,) as int64; BadInput for no rows, another length, or one outside 0..c-1."""
    checked_lengths(rows, labels)
    given = np.asarray(labels)
    if given.dtype.kind not in "iu":
        raise BadInput(f"labels are {given.dtype}; a learner takes class indices 0..{n_classes - 1} (integers)")
    outside = given[(given < 0) | (given >= n_classes)]
    if outside.size:
        raise BadInput(f"label {outside[0]} is outside 0..{n_classes - 1}; the task has {n_classes} classes")
    return given.astype(np.int64)


def checked_weights(rows: Rows, weights: Any) -> FloatArray | None:
    """Sample weights (m,) as float64, or None; BadInput for another length or a value below 0."""
    if weights is None:
        return None
    given = np.asarray(weights, dtype=np.float64)
    if given.shape != (row_count(rows),):
        raise BadInput(f"weights have shape {given.shape} for {row_count(rows)} rows; give one weight per row")
    bad = given[~np.isfinite(given) | (given < 0)]
    if bad.size:
        raise BadInput(f"weight {bad[0]} is not a finite number of at least 0; weights say how much a row counts")
    if not given.any():
        raise BadInput("all weights are 0; give at least one row a positive weight")
    return given


def check_names(names: Iterable[str], provides: frozenset[str], who: str) -> None:
    """Raise MissingEvidence when a name is asked for that this learner does not provide."""
    unknown = sorted(set(names) - provides)
    if unknown:
        offered = ", ".join(sorted(provides)) or "nothing"
        raise MissingEvidence(f"{who} provides {offered}, not {', '.join(unknown)}; ask for what it provides")


def prior(labels: IntArray, n_classes: int) -> FloatArray:
    """Smoothed class shares (c,): (count + 1) / (n + c), Laplace's rule of succession.

    >>> prior(np.array([1, 1]), 2).tolist()
    [0.25, 0.75]
    """
    counts = np.bincount(labels, minlength=n_classes)
    return (counts + 1.0) / (labels.size + n_classes)


def member_seeds(seed: int, k: int) -> list[int]:
    """k seeds of 32 bits, spread from one: what NumPy, scikit-learn and torch all take."""
    return [int(s) for s in np.random.SeedSequence(seed).generate_state(k)]
