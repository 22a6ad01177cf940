"""The long table of answers: one line for each answer, of who said what about which row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from askwise.core.errors import BadInput
from askwise.core.types import FloatArray, IntArray

_COLUMNS = ("item", "annotator", "label")


@dataclass(frozen=True)
class Table:
    """Answers as numbers: row position, annotator index and class index of each answer (r,), no pair twice.

    `rows` is the number of rows of the pool, `classes` the number of classes, `annotators` (a,) names the annotators.
    """

    item: IntArray
    annotator: IntArray
    label: IntArray
    rows: int
    classes: int
    annotators: NDArray[Any]

    @cached_property
    def counts(self) -> FloatArray:
        """How many answers name each class: (rows, classes)."""
        return self.sums(np.ones(len(self.annotators)))

    @cached_property
    def answers_per_row(self) -> FloatArray:
        """How many answers each row has: (rows,)."""
        return np.asarray(self.counts.sum(axis=1))

    def sums(self, weights: FloatArray) -> FloatArray:
        """Summed weight (a,) of the answers of each row by class: (rows, classes)."""
        flat = np.bincount(
            self.item * self.classes + self.label, weights[self.annotator], minlength=self.rows * self.classes
        )
        return np.asarray(flat.reshape(self.rows, self.classes))

    def per_annotator(self, values: Any) -> FloatArray:
        """Sum of a value (r,) of each answer over the answers of each annotator: (a,)."""
        each = np.broadcast_to(np.asarray(values, dtype=np.float64), self.label.shape)
        return np.asarray(np.bincount(self.annotator, each, minlength=len(self.annotators)), dtype=np.float64)


def table(answers: Mapping[str, Any], *, rows: int | None = None, classes: int | None = None) -> Table:
    """The answers {item, annotator, label} checked: row positions, annotators of any kind, class indices, (r,) each.

    `rows` and `classes` default to the largest seen plus one. Where an annotator answered the same row again, the last
    answer counts. Abstentions are no answers: leave them out.

    Raises BadInput for a missing column, columns of unequal length, no answers, positions or classes out of range.

    >>> said = table({"item": [0, 0, 2, 0], "annotator": ["a", "b", "a", "b"], "label": [1, 0, 1, 1]})
    >>> said.counts.tolist(), said.annotators.tolist()
    ([[0.0, 2.0], [0.0, 0.0], [0.0, 1.0]], ['a', 'b'])
    """
    for name in _COLUMNS:
        if name not in answers:
            raise BadInput(f"the answers have no column {name!r} (only {sorted(answers)}); give item, annotator, label")
    item, label = (_indices(name, answers[name]) for name in ("item", "label"))
    who, code = np.unique(np.asarray(answers["annotator"]), return_inverse=True)
    if not len(item) == len(code) == len(label):
        raise BadInput(f"{len(item)} items, {len(code)} annotators and {len(label)} labels; give one of each an answer")
    if not len(item):
        raise BadInput("0 answers were given: every annotator is silent; ask at least one row first")
    rows, classes = _at_least("item", item, rows), _at_least("label", label, classes)
    last = len(item) - 1 - np.unique((item * len(who) + code)[::-1], return_index=True)[1]
    last.sort()
    return Table(item[last], code[last].astype(np.int64), label[last], rows, classes, who)


def _indices(name: str, values: Any) -> IntArray:
    array = np.asarray(values)
    if array.ndim != 1 or (array.size and array.dtype.kind not in "iu"):
        raise BadInput(f"{name} is {array.dtype} {array.shape}; give whole numbers, one for each answer")
    if array.size and array.min() < 0:
        raise BadInput(f"{name} holds {array.min()}; give positions from 0, and leave abstentions out")
    return array.astype(np.int64)


def _at_least(name: str, values: IntArray, size: int | None) -> int:
    most = int(values.max()) + 1
    if size is not None and most > size:
        raise BadInput(f"{name} holds {most - 1}, but there are only {size} (0 to {size - 1})")
    return most if size is None else size
