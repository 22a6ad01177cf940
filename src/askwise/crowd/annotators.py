"""What can be said of annotators: agreement with one another and with the consensus, confusion, pace."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from askwise.core.errors import BadInput
from askwise.core.types import FloatArray, IntArray
from askwise.crowd.table import Table


@dataclass(frozen=True)
class Annotators:
    """One line an annotator (a,): answers, rows shared with others, agreement with these, and with the consensus.

    `agreement` is NaN for an annotator who shares no row. `confusion` (a, c, c) counts consensus class by answer.
    """

    names: NDArray[Any]
    answers: IntArray
    shared: IntArray
    agreement: FloatArray
    with_consensus: FloatArray
    confusion: FloatArray

    def skill(self, smoothing: float = 1.0) -> FloatArray:
        """Confusion as chances (a, c, c), smoothed towards the diagonal: the evidence `skill`."""
        c = self.confusion.shape[1]
        counts = self.confusion + smoothing * (np.ones((c, c)) / c + np.eye(c))
        return np.asarray(counts / counts.sum(axis=2, keepdims=True))


def co_agreement(answers: Table) -> FloatArray:
    """Share of co-annotators' answers to the same rows that an annotator agrees with: answers -> (a,), NaN if none.

    Every pair of answers of a row counts once: sum_i (agreeing - 1) / sum_i (answers - 1). Source: CROWDLAB, section 3.

    >>> from askwise.crowd import table
    >>> said = table({"item": [0, 0, 0, 1, 1, 2], "annotator": [0, 1, 2, 0, 1, 3], "label": [1, 1, 0, 0, 1, 1]})
    >>> co_agreement(said).round(3).tolist()
    [0.333, 0.333, 0.0, nan]
    """
    others = answers.answers_per_row[answers.item] - 1
    agreeing = answers.counts[answers.item, answers.label] - 1
    met = answers.per_annotator(others)
    return np.where(met > 0, answers.per_annotator(agreeing) / np.where(met > 0, met, 1), np.nan)


def annotators(answers: Table, consensus: Any) -> Annotators:
    """Statistics of every annotator against a consensus (n,) of class indices, -1 where there is none.

    Raises BadInput for a consensus of another length.

    >>> from askwise.crowd import majority, table
    >>> said = table({"item": [0, 0, 0, 1], "annotator": [0, 1, 2, 0], "label": [1, 1, 0, 0]})
    >>> found = annotators(said, majority(said))
    >>> found.answers.tolist(), found.with_consensus.tolist(), found.confusion[2].tolist()
    ([2, 1, 1], [1.0, 1.0, 0.0], [[0.0, 0.0], [1.0, 0.0]])
    """
    truth = np.asarray(consensus)
    if truth.shape != (answers.rows,) or truth.max(initial=-1) >= answers.classes:
        raise BadInput(
            f"consensus has shape {truth.shape}; give a class below {answers.classes} for {answers.rows} rows"
        )
    known = truth[answers.item] >= 0
    confusion = np.zeros((len(answers.annotators), answers.classes, answers.classes))
    np.add.at(confusion, (answers.annotator[known], truth[answers.item[known]], answers.label[known]), 1.0)
    judged = confusion.sum(axis=(1, 2))
    right = np.trace(confusion, axis1=1, axis2=2)
    return Annotators(
        answers.annotators,
        answers.per_annotator(1.0).astype(np.int64),
        answers.per_annotator(answers.answers_per_row[answers.item] > 1).astype(np.int64),
        co_agreement(answers),
        np.where(judged > 0, right / np.where(judged > 0, judged, 1), np.nan),
        confusion,
    )
