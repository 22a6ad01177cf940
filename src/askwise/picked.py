"""What a selection gives: the rows in the order to ask, and why each was chosen."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from askwise.core.registry import Method
from askwise.core.types import FloatArray, IntArray
from askwise.strategy import Strategy


@dataclass(frozen=True)
class Why:
    """Why a row was asked: its place in the batch, its score and tie noise, and under which strategy and seed.

    `notes` say how a large pool was handled: read in blocks, or a part of it drawn first.
    """

    row: int
    rank: int
    score: float | None
    tie_noise: float
    arm: str
    strategy: str
    limits: tuple[str, ...]
    seed: int
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """JSON-able form; without notes when there are none."""
        out = {**self.__dict__, "limits": list(self.limits), "notes": list(self.notes)}
        if not self.notes:
            del out["notes"]
        return out


@dataclass(frozen=True)
class Picked:
    """The rows to ask, in order. `rows` are int64 positions into what was given; `scores` are NaN without a score."""

    rows: IntArray
    scores: FloatArray
    noise: FloatArray
    arms: tuple[str, ...]
    strategy: Strategy
    seed: int
    reason: str = ""
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.rows)

    def why(self, i: int) -> Why:
        """Why the i-th row of the batch was chosen."""
        score = float(self.scores[i])
        return Why(
            row=int(self.rows[i]),
            rank=i,
            score=None if np.isnan(score) else score,
            tie_noise=float(self.noise[i]),
            arm=self.arms[i],
            strategy=self.strategy.label,
            limits=tuple(f"{one.name}({settings_of(one)})" for one in self.strategy.limits),
            seed=self.seed,
            notes=self.notes,
        )


@dataclass(frozen=True)
class MixedWhy(Why):
    """Why a mixture asked a row: `by`, the strategies that had it next, and `share`, the chance that it was drawn."""

    by: tuple[str, ...] = ()
    share: float = 1.0

    def to_dict(self) -> dict[str, Any]:
        """JSON-able form."""
        return {**super().to_dict(), "by": list(self.by)}


@dataclass(frozen=True)
class MixedPicked(Picked):
    """The batch of a mixture: beside each row the strategies that had it next, and its share."""

    by: tuple[tuple[str, ...], ...] = ()
    shares: FloatArray = field(default_factory=lambda: np.zeros(0))

    def why(self, i: int) -> MixedWhy:
        """Why the i-th row of the batch was chosen."""
        return MixedWhy(**super().why(i).__dict__, by=self.by[i], share=float(self.shares[i]))


def settings_of(one: Method) -> str:
    """The settings of a method as one writes them."""
    return ", ".join(f"{name}={value!r}" for name, value in one.settings.items())
