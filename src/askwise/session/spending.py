"""What a session has spent, and what is left of its budget."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from askwise.core.protocols import Pool
from askwise.core.types import FloatArray
from askwise.session.opening import Setup
from askwise.session.prices import money, paid, stated
from askwise.session.values import Answer
from askwise.session.view import View


class Spending(View):
    """Answers, cost and seconds: spent, owed and left.

    Cost is money where annotators have prices or answers bring theirs, else the sum of the rows' `costs`, 1 each where
    none are given.
    """

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
            "cost": self._cost(answers),
            "seconds": sum(a.seconds or 0.0 for a in answers),
        }

    def _cost(self, answers: Sequence[Answer]) -> float:
        prices = stated(self.state.config)
        if not paid(answers, prices):
            return float(self._setup.costs[np.fromiter((one.row for one in answers), dtype=np.int64)].sum())
        each = money(answers, prices, self._setup.costs if self._setup.priced else None)
        return 0.0 if each is None else float(each.sum())

    def _foreseen(self) -> FloatArray:
        """What one answer to each row (n,) may cost: its price, or what answers have cost so far.

        Before the first answer, it is the highest stated price of one.
        """
        answers, prices = list(self.state.answers.values()), stated(self.state.config)
        if not paid(answers, prices):
            return self._setup.costs
        each = money(answers, prices, self._setup.costs if self._setup.priced else None)
        usual = max((one.answer for one in prices.values()), default=0.0)
        return np.full(len(self.pool), usual if each is None else float(each.mean()))

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
        each = self._foreseen()
        out = sum(self.state.owed(q) * float(each[q.row]) for q in self.state.waiting(test=False).values())
        return (self._setup.budget.cost - self.spent["cost"] - out) / self._setup.overlap
