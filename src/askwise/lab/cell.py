"""The unit of work of an experiment: one strategy on one data set with one seed, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal

import numpy as np

from askwise.core.errors import BadInput, did_you_mean
from askwise.core.registry import Method
from askwise.lab.oracle_spec import OracleSpec
from askwise.session import Budget
from askwise.strategy import Strategy

Role = Literal["strategy", "random", "full", "bound"]
"""What a cell is for: a strategy, the random arm, the model of all labels, or the best order that a search finds."""


@dataclass(frozen=True)
class Initial:
    """The rows that every strategy of a seed starts from: `rows` at random, or as picked by a strategy without a model.

    With `per_class` they are that many of each class instead.
    """

    rows: int = 0
    per_class: int = 0
    strategy: str | None = None

    @classmethod
    def of(cls, given: Any) -> Initial:
        """From a number of rows, or a table with these names. Raises BadInput for what is neither.

        >>> Initial.of(20), Initial.of({"per_class": 2}).name
        (Initial(rows=20, per_class=0, strategy=None), '2 per class')
        """
        if isinstance(given, Initial):
            return given
        if isinstance(given, int) and not isinstance(given, bool) and given >= 0:
            return cls(given)
        if not isinstance(given, Mapping):
            raise BadInput(f"initial={given!r}; give a number of rows from 0, or a table such as {{per_class = 2}}")
        known = [one.name for one in fields(cls)]
        for name in given:
            if name not in known:
                raise BadInput(f"an initial set has no setting {name!r}.{did_you_mean(str(name), known)}")
        for name in ("rows", "per_class"):
            check_whole(f"{name} of an initial set", given.get(name, 0))
        made = cls(**given)
        if made.rows < 0 or made.per_class < 0 or (made.per_class and (made.rows or made.strategy)):
            raise BadInput(f"initial={dict(given)!r}; give rows (with a strategy), or per_class, from 0 on")
        return made

    def chosen_by(self) -> Strategy:
        """The strategy that picks the rows. Raises BadInput for an unknown one, and one that changes with labels."""
        from askwise.catalogue import find

        found = find(self.strategy or "random")
        if not isinstance(found, Strategy):
            raise BadInput(f"initial strategy {self.strategy!r} changes with the labels; name one without a model")
        return found

    @property
    def name(self) -> str:
        """How it is called in tables."""
        if self.per_class:
            return f"{self.per_class} per class"
        return str(self.rows) if self.strategy is None else f"{self.rows} by {self.strategy}"


def check_whole(what: str, value: Any, least: int = 0) -> None:
    """Raise BadInput for what is no whole number of at least this."""
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise BadInput(f"{what} is {value!r}; give a whole number from {least} on")


@dataclass(frozen=True)
class Cell:
    """One run: everything but the rows. `seed` is the session's, `split` that of the test split."""

    dataset: str
    learner: str
    strategy: str
    method: Strategy | Method
    batch: int
    budget: Any
    repeat: int
    seed: int
    role: Role = "strategy"
    initial: Initial = field(default_factory=Initial)
    oracle: OracleSpec = field(default_factory=OracleSpec)
    split: int = 0
    measures: tuple[str, ...] = ("accuracy", "macro_f1")
    proposals: int = 0
    evaluate_with: tuple[str, ...] = ()

    def columns(self) -> dict[str, Any]:
        """The cell as one line of a table."""
        return {
            "dataset": self.dataset,
            "learner": self.learner,
            "strategy": self.strategy,
            "role": self.role,
            "batch": self.batch,
            "initial": self.initial.name,
            "oracle": self.oracle.name,
            "repeat": self.repeat,
            "seed": self.seed,
            "split": self.split,
        }

    def to_dict(self) -> dict[str, Any]:
        """JSON-able: all that decides what comes of it, but for the rows and the learner."""
        return {
            **self.columns(),
            "method": self.method.to_dict(),
            "initial": self.initial.__dict__,
            "oracle": self.oracle.to_dict(),
            "budget": self.budget,
            "measures": self.measures,
            "proposals": self.proposals,
            # Only where there are any, so that cells without keep the name that they always had.
            **({"evaluate_with": self.evaluate_with} if self.evaluate_with else {}),
        }

    def spending(self, rows: int) -> Budget:
        """The budget on a pool of so many rows: a number of answers, a share of the rows up to 1.0, or a table.

        Raises BadInput for more answers than rows.
        """
        return spending(self.budget, rows, self.dataset)


def spending(budget: Any, rows: int, dataset: str) -> Budget:
    """A budget as it was written, for a pool of so many rows. Raises BadInput for one that does not fit."""
    if isinstance(budget, Mapping):
        known = [one.name for one in fields(Budget)]
        for name in budget:
            if name not in known:
                raise BadInput(f"a budget counts no {name!r}.{did_you_mean(str(name), known)}")
        made = Budget(**budget)
    elif isinstance(budget, float) and 0.0 < budget <= 1.0:
        made = Budget(answers=max(1, round(budget * rows)))
    elif isinstance(budget, int | np.integer) and not isinstance(budget, bool) and budget > 0:
        made = Budget(answers=int(budget))
    else:
        raise BadInput(f"budget={budget!r}; give a number of labels, a share of the pool up to 1.0, or a table")
    if made.answers is not None and made.answers > rows:
        raise BadInput(
            f"a budget of {made.answers} labels does not fit the pool of {dataset!r}; give 1 to {rows}, or a share of"
            " it such as 0.5"
        )
    return made


@dataclass(frozen=True)
class Outcome:
    """What came of a cell: a line for each round and for each row asked, and facts about the whole run.

    `inherited` has, for each learner of `evaluate_with`, the lines of rounds with what it made of the same labels.
    """

    rounds: list[dict[str, Any]]
    picks: list[dict[str, Any]]
    facts: dict[str, Any]
    inherited: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
