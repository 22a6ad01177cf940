"""Does the strategy do harm? Its rows alone against fewer random rows alone, on the same held-out random rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from askwise.core.types import IntArray
from askwise.judge.control import Estimate, advantage
from askwise.session.gains import hits
from askwise.session.training import Trainer

LEAST = 20
"""Control rows, and rows of the strategy, below which nothing is compared."""

GROWTH = 1.5
"""How much the control arm grows between two looks, so that there are few of them."""

_FOLDS = 5
_LEVEL = 0.99


@dataclass(frozen=True)
class Guarded:
    """How much more often a model of `strategy` rows is right than one of `control` rows, with a 99% interval.

    On `wins` of the tested rows the strategy's model alone was right, on `losses` the other alone.
    """

    gap: Estimate
    strategy: int
    control: int
    wins: int = 0
    losses: int = 0

    @property
    def worse(self) -> bool:
        """Whether the strategy's rows teach less than fewer random rows do."""
        return self.gap.high < 0 and self.strategy >= self.control

    def to_dict(self) -> dict[str, Any]:
        """JSON-able, with the sentence that the report shows."""
        gap = self.gap
        words = (
            f"a model of {self.strategy} rows that the strategy chose is right {gap.value:+.1%} more often than one of"
            f" {self.control} random rows ({gap.level:.0%} interval {gap.low:+.1%} to {gap.high:+.1%})"
        )
        counts = {"strategy": self.strategy, "control": self.control, "tested": gap.n}
        return {"worse": self.worse, **counts, "wins": self.wins, "losses": self.losses, "sentence": words}


def guarded(trainer: Trainer, truth: Mapping[int, int], chosen: IntArray, control_rows: IntArray) -> Guarded:
    """Compare in five parts of the control rows: ten fits; the session's own model must be rebuilt afterwards.

    `truth` has the class of every row, `chosen` (l,) are the strategy's rows and `control_rows` (k,) the control
    sample, of which each part is held out from both models. With l >= k a strategy that is as good as random is
    ahead, so an interval below zero accuses none but harmful ones; one that saves nothing, or little, goes unnoticed.
    Error rates: tests/session/test_session_guard.py.
    """
    k = len(control_rows)
    ours, theirs = np.zeros(k), np.zeros(k)
    for fold in range(_FOLDS):
        held = np.arange(k) % _FOLDS == fold
        tested = control_rows[held]
        ours[held] = hits(trainer, chosen[~np.isin(chosen, tested)], tested, dict(truth))
        theirs[held] = hits(trainer, control_rows[~held], tested, dict(truth))
    gap, wins, losses = advantage(ours, theirs, level=_LEVEL), int((ours > theirs).sum()), int((ours < theirs).sum())
    return Guarded(gap, len(chosen), k - k // _FOLDS, wins, losses)
