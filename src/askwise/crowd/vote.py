"""Majority vote, with ties broken on purpose."""

from __future__ import annotations

from typing import Any

import numpy as np

from askwise.core.arrays import floats
from askwise.core.errors import BadInput
from askwise.core.types import FloatArray, IntArray
from askwise.crowd.table import Table


def majority(answers: Table, probs: Any = None) -> IntArray:
    """The class that most answers name, of each row: answers -> (n,), -1 for a row without answers.

    Of tied classes the one the model thinks likelier (`probs` (n, c), if given), then the one with fewer answers in
    the whole table (a tie should not feed the largest class), then the first. Cost O(nc). Shines with as many good
    annotators as bad budgets allow: three or more a row. Fails with few answers a row, or annotators of unequal
    skill: dawid_skene and crowdlab weigh them.

    Raises BadInput for probs of another shape.

    >>> from askwise.crowd import table
    >>> said = table({"item": [0, 0, 0, 1, 1, 3], "annotator": [0, 1, 2, 0, 1, 0], "label": [1, 1, 0, 0, 1, 0]})
    >>> majority(said).tolist(), majority(said, np.tile([0.6, 0.4], (4, 1))).tolist()
    ([1, 0, -1, 0], [1, 0, -1, 0])
    """
    counts = answers.counts
    tied = counts == counts.max(axis=1, keepdims=True)
    if probs is not None:
        chance = floats("probs", probs, 2)
        if chance.shape != counts.shape:
            raise BadInput(f"probs has shape {chance.shape}, but the answers are about {counts.shape} rows and classes")
        tied &= _best(np.where(tied, chance, -np.inf))
    tied &= _best(np.where(tied, -counts.sum(axis=0), -np.inf))
    return np.where(answers.answers_per_row > 0, tied.argmax(axis=1), -1)


def _best(values: FloatArray) -> Any:
    return values == values.max(axis=1, keepdims=True)
