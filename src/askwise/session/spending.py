"""What a session has spent, and what is left of its budget."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from askwise.core.protocols import Pool
from askwise.session.opening import Setup
from askwise.session.values import Answer
from askwise.session.view import View


class Spending(View):
    """Answers, cost and seconds: spent, owed and left."""

    pool: Pool
    _setup: Setup

    @property
    def spent(self) -> dict[str, float]:
        """Answers, cost and seconds so far, tests and reviewers aside. An abstention costs, a skip does not."""
        given = [a for a in self.state.answers.values() if a.kind != "adjudicate"]
        return self._bill([a for a in given if a.row not in self.state.reserved])

    @property
    def spent_on_tests(self) -> dict[str, float]:
        """Answers, cost and seconds of test rows so far."""
        return self._bill([a for a in self.state.answers.values() if a.row in self.state.reserved])

    def _bill(self, answers: Sequence[Answer]) -> dict[str, float]:
        return {
            "answers": len(answers),
            "cost": self._price(a.row for a in answers),
            "seconds": sum(a.seconds or 0.0 for a in answers),
        }

    def _price(self, rows: Iterable[int]) -> float:
        return float(self._setup.costs[np.fromiter(rows, dtype=np.int64)].sum())

    def _affordable(self) -> int:
        """Queries that may still be asked: each costs the answers of `overlap` annotators."""
        return self._answers_left() // self._setup.overlap

    def answers_left(self) -> int | None:
        """Answers that the budget still allows, those that are out deducted; None without such a budget."""
        return None if self._setup.budget.answers is None else self._answers_left()

    def _answers_left(self) -> int:
        allowed = self._setup.budget.answers
        if allowed is None:
            return len(self.pool) * self._setup.overlap
        out = sum(self.state.owed(query) for query in self.state.waiting(test=False).values())
        return max(0, allowed - int(self.spent["answers"]) - out)

    def _money_left(self) -> float:
        """Money for single answers of new rows: what is left, over the answers that each row takes."""
        if self._setup.budget.cost is None:
            return float("inf")
        out = sum(self.state.owed(q) * self._price([q.row]) for q in self.state.waiting(test=False).values())
        return (self._setup.budget.cost - self.spent["cost"] - out) / self._setup.overlap
