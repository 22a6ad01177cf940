"""Asking again: what is known of rows that have answers, so that a strategy may send one to another annotator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from askwise.core.errors import BadInput
from askwise.core.registry import Method
from askwise.core.types import FloatArray, IntArray
from askwise.crowd import Trust, crowdlab
from askwise.session.belief import KINDS, Votes
from askwise.session.state import State
from askwise.strategy import Strategy
from askwise.task import Task

MOST_OPEN = 20
"""Open queries about answered rows beyond which no more are asked: those who could answer them may not come back."""

NEED = "answer_sums"
"""The evidence by which a strategy weighs what rows were answered so far."""


@dataclass(frozen=True)
class Heard:
    """Rows (u,) with answers: class probabilities (u, c) of models that have not seen them, weighted answers, trust."""

    rows: IntArray
    probs: FloatArray
    sums: FloatArray
    trust: Trust

    @classmethod
    def nothing(cls, classes: int) -> Heard:
        """Nobody has said anything: every row is new, and a model is believed as one annotator would be."""
        none = np.zeros((0, classes))
        return cls(np.zeros(0, dtype=np.int64), none, none, Trust(None, (1.0,), 1.0, (1.0,)))

    @classmethod
    def of(cls, votes: Votes, probs: FloatArray) -> Heard:
        """By CROWDLAB, from the votes and what models that have not seen the rows say of them."""
        found = crowdlab(votes.table, probs)
        return cls(votes.rows, probs, found.sums, found.trust)

    def over(self, rows: IntArray, given: FloatArray) -> FloatArray:
        """The probabilities (m, c) of rows, those of answered rows replaced by what was held out."""
        at, own = self._find(rows)
        out = np.array(given, dtype=np.float64)
        out[own] = self.probs[at[own]]
        return out

    def sums_of(self, rows: IntArray) -> FloatArray:
        """The weighted answers (m, c) of rows: zeros for those without."""
        at, own = self._find(rows)
        out = np.zeros((len(rows), self.sums.shape[1]))
        out[own] = self.sums[at[own]]
        return out

    def _find(self, rows: IntArray) -> tuple[IntArray, np.ndarray]:
        if not len(self.rows):
            return np.zeros(len(rows), dtype=np.int64), np.zeros(len(rows), dtype=bool)
        at = np.minimum(np.searchsorted(self.rows, rows), len(self.rows) - 1)
        return at, self.rows[at] == rows


def may_be_asked_again(state: State, most: int, annotator: str) -> Mapping[int, int]:
    """Answered rows that somebody else could answer, with the answers that each would then have.

    Those with fewer than `most` answers and no open query, that no reviewer settled; with an annotator's name, those
    that she has not answered, else those that not everybody has who ever answered anything.
    """
    out = {query.row for query in state.open.values()}
    if sum(query.wants is not None for query in state.open.values()) >= MOST_OPEN:
        return {}
    people = {annotator} if annotator else {one.annotator for one in state.answers.values() if one.kind == "label"}
    found = {}
    for row in (*state.labels, *filter(state.tied, state.by_row)):
        done = state.answered_by(row)
        if len(done) < most and row not in out and row not in state.adjudicated and people - done:
            found[row] = len(done) + 1
    return found


def check_relabel(relabel: int | None, strategy: Strategy | Method, task: Task) -> int | None:
    """The most answers that a row may have. Raises BadInput where the strategy can never weigh answers."""
    if relabel is None:
        return None
    if not isinstance(relabel, int) or isinstance(relabel, bool) or relabel < 2:
        raise BadInput(f"relabel={relabel!r} is no number of answers a row; give 2 or more, or None")
    if task.kind not in KINDS:
        raise BadInput(f"relabel={relabel} weighs answers that are one class; this task is a {task.kind}")
    if isinstance(strategy, Method) and strategy.kind == "policy":
        return relabel  # it returns a strategy that weighs answers once there are some, or asks new rows
    if isinstance(strategy, Method) or NEED not in strategy.wants() or "samples" in strategy.wants():
        name = getattr(strategy, "label", getattr(strategy, "name", strategy))
        raise BadInput(
            f"relabel={relabel} needs a strategy that weighs answers, such as 'auto' or 'active_lab'; not {name!r}"
        )
    return relabel
