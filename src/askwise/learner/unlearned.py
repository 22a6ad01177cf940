"""No model: for answers that no default learner takes, so that rows are chosen by what they look like."""

from __future__ import annotations

from typing import Any

from askwise.core.errors import MissingEvidence
from askwise.core.types import Array, FloatArray, Rows


class Unlearned:
    """A learner that learns nothing and says nothing: coverage of the pool is all that a strategy can go by."""

    provides: frozenset[str] = frozenset()

    def fit(self, rows: Rows, labels: Any, weights: FloatArray | None = None, *, seed: int = 0) -> None:
        """Does nothing."""

    def evidence(self, rows: Rows, names: frozenset[str]) -> dict[str, Array]:
        """Raises MissingEvidence for any name."""
        if names:
            raise MissingEvidence(f"this session has no learner, so nobody gives {sorted(names)}; give learner=")
        return {}

    def __repr__(self) -> str:
        return "Unlearned()"
