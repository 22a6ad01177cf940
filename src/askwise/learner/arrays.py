"""The caller's own evidence: arrays over the pool, given once or made anew each round."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from askwise.core.errors import BadInput, MissingEvidence
from askwise.core.types import Array, FloatArray, IntArray, Rows
from askwise.learner.rows import check_names

Source = Callable[[IntArray, IntArray], Mapping[str, Array]]


class ArraysLearner:
    """Evidence arrays over a pool of n rows, each (n, ...), from the caller; rows are *positions* in that
    pool (m,).

    `source` is the arrays themselves, or a function (labelled positions, labels) -> arrays that is called at
    each fit: any model, trained anywhere. A function must say beforehand what it `provides`. ``head`` is
    passed on whole.

    >>> fixed = ArraysLearner({"probs": np.array([[0.9, 0.1], [0.5, 0.5]])})
    >>> fixed.evidence(np.array([1]), frozenset({"probs"}))["probs"].tolist()
    [[0.5, 0.5]]
    >>> made = ArraysLearner(lambda rows, labels: {"mean": np.full(4, labels.mean())}, provides=["mean"])
    >>> made.fit(np.array([0, 3]), np.array([0, 1]))
    >>> made.evidence(np.array([2]), frozenset({"mean"}))["mean"].tolist()
    [0.5]
    """

    def __init__(self, source: Mapping[str, Array] | Source, *, provides: Iterable[str] = ()) -> None:
        self._source = source if callable(source) else None
        self._arrays: dict[str, Array] | None = None if callable(source) else dict(source)
        self.provides = frozenset(provides) if callable(source) else frozenset(source)
        if not self.provides:
            raise BadInput(
                "the learner provides nothing; name the evidence: ArraysLearner(function, provides=['probs'])"
            )

    def fit(self, rows: Rows, labels: IntArray, weights: FloatArray | None = None, *, seed: int = 0) -> None:
        """Call the function. Raises BadInput for weights, which it cannot take, and for unequal lengths."""
        if self._source is None:
            return
        if weights is not None:
            raise BadInput("a function of (rows, labels) takes no sample weights; leave weights out")
        found = dict(self._source(_positions(rows), np.asarray(labels)))
        missing = sorted(self.provides - set(found))
        if missing:
            raise MissingEvidence(
                f"the function gave {', '.join(sorted(found)) or 'nothing'}, not {', '.join(missing)}, "
                "which it says "
                "it provides; return those arrays too"
            )
        lengths = {name: len(found[name]) for name in self.provides - {"head"}}
        if len(set(lengths.values())) > 1:
            raise BadInput(f"the function's arrays have lengths {lengths}; give one value per row of the pool")
        self._arrays = found

    def evidence(self, rows: Rows, names: frozenset[str]) -> dict[str, Array]:
        """The arrays at these positions. Raises BadInput for positions outside the pool."""
        check_names(names, self.provides, "the caller's arrays")
        if self._arrays is None:
            raise BadInput("there are no arrays yet; call fit(rows, labels) first")
        at = _positions(rows)
        return {name: self._at(self._arrays[name], at, name) for name in names}

    def _at(self, array: Any, at: IntArray, name: str) -> Array:
        if name == "head":
            return array
        outside = at[(at < 0) | (at >= len(array))]
        if outside.size:
            raise BadInput(f"row {outside[0]} is outside {name}, which has {len(array)} rows; give one per pool row")
        return array[at]


def _positions(rows: Rows) -> IntArray:
    """Pool positions (m,) from (m,) or (m, 1) whole numbers."""
    array = np.asarray(rows)
    flat = array[:, 0] if array.ndim == 2 and array.shape[1] == 1 else array
    if flat.ndim != 1 or flat.dtype.kind not in "iu":
        raise BadInput(
            f"rows are {array.dtype} of shape {array.shape}; ArraysLearner takes pool positions: make "
            "the pool of "
            "np.arange(n).reshape(-1, 1)"
        )
    return flat.astype(np.int64)
