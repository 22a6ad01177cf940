"""What several voices say together: the table of a session's answers, and the labels that are inferred from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from askwise.core.errors import BadInput, did_you_mean
from askwise.core.types import FloatArray, IntArray
from askwise.crowd import Table, aggregate, crowdlab, dawid_skene, majority, table
from askwise.session.state import State
from askwise.task import Task

TRUTHS = ("majority", "dawid_skene", "one_coin", "crowdlab", "glad", "mace", "voices")
"""How the answers to a row become its label. `voices` is for matters of opinion: the majority is the label, and the
shares of the answers are what is learnt."""

PURE = ("majority", "dawid_skene", "one_coin", "voices")
"""Those that are a function of the answers alone, whatever is installed: their chances can be worked out anew."""

KINDS = ("choice", "pair")
"""Kinds of answer that are one class, so that annotators can be weighed against one another."""


@dataclass(frozen=True)
class Votes:
    """The answers in force of a session: rows (u,) in order, and the table of who said which class of them.

    Rows of the table are positions in `rows`. Reserved test rows are left out, for nobody votes on them, and so are
    abstentions and adjudications.
    """

    rows: IntArray
    table: Table

    @classmethod
    def of(cls, state: State) -> Votes | None:
        """The votes of a state; None while there are none."""
        index = {label: i for i, label in enumerate(state.task.classes)}
        lines: list[tuple[int, str, int]] = []
        for row in sorted(set(state.by_row) - state.reserved):
            lines += [(row, name, index[one.label]) for name, one in state.voices(row).items()]
        if not lines:
            return None
        item, who, label = (np.array(column) for column in zip(*lines, strict=True))
        rows, at = np.unique(item, return_inverse=True)
        said = table({"item": at, "annotator": who, "label": label}, rows=len(rows), classes=len(index))
        return cls(rows, said)

    @property
    def several(self) -> bool:
        """Whether any row has two answers: without one, nobody can be weighed against anybody."""
        return bool((self.table.answers_per_row > 1).any())


@dataclass(frozen=True)
class Belief:
    """Class (u,) of each row of votes, and the chance of each class (u, c)."""

    labels: IntArray
    chance: FloatArray

    @property
    def decided(self) -> np.ndarray:
        """Whether one class (u,) is likelier than all others, by more than rounding."""
        top = np.sort(self.chance, axis=1)[:, -2:]
        return np.asarray(top[:, 1] - top[:, 0] > 1e-9)


def believe(votes: Votes, truth: str, seed: int = 0, probs: FloatArray | None = None) -> Belief:
    """Labels and their chances by one of `TRUTHS`; ``crowdlab`` reads probs (u, c) of models that did not see the row.

    The chances of majority and voices are the shares of the answers. Raises BadInput where a package is missing.
    """
    said = votes.table
    if truth in ("dawid_skene", "one_coin"):
        skill = dawid_skene(said, coin=truth == "one_coin")
        return Belief(skill.labels, skill.posterior)
    if truth == "crowdlab" and probs is not None:
        found = crowdlab(said, probs)
        return Belief(found.labels, found.posterior)
    shares = said.counts / said.answers_per_row[:, None]
    if truth in ("glad", "mace"):
        made = aggregate(said, truth, seed=seed)
        return Belief(made.labels, shares if made.posterior is None else made.posterior)
    return Belief(majority(said), shares)


def check_truth(truth: Any, soft: Any, task: Task) -> str:
    """The way of truth inference. Raises BadInput for an unknown one, or one that does not fit the task."""
    if truth not in TRUTHS:
        raise BadInput(f"truth={truth!r} is no way to infer labels.{did_you_mean(str(truth), TRUTHS)}")
    if truth != "majority" and task.kind not in KINDS:
        raise BadInput(f"truth={truth!r} weighs answers that are one class; this task is a {task.kind}: use 'majority'")
    if soft and (task.kind not in KINDS or truth not in PURE):
        raise BadInput(
            f"soft=True with truth={truth!r} and a task of the kind {task.kind!r}: soft labels are shares of classes,"
            f" by one of {', '.join(PURE)}"
        )
    return str(truth)
