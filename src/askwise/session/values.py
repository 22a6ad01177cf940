"""Queries, answers and budgets: what goes between askwise and whoever answers."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import numpy as np

from askwise.core.errors import BadInput, did_you_mean

AnswerKind = Literal["label", "abstain", "reject", "adjudicate"]
KINDS: tuple[AnswerKind, ...] = get_args(AnswerKind)

MACHINE = "llm:"
"""How the names of language models begin that answer: they take nobody's time."""


@dataclass(frozen=True)
class Query:
    """One question: which row, what kind of answer, and why it was asked.

    `wants` is how many annotators in all shall have answered the row then, where that is not the session's overlap.
    """

    number: int
    row: int
    id: Any
    round: int
    arm: str
    kind: str = "choice"
    why: Mapping[str, Any] = field(default_factory=dict, compare=False)
    wants: int | None = None


@dataclass(frozen=True)
class Answer:
    """What came back for a row. `event` makes it idempotent: the same event told twice counts once.

    `kind` is ``label``; ``abstain`` for an annotator who cannot tell, and ``reject`` where the item is at fault and
    nobody could (the label is then None); or ``adjudicate`` for a reviewer's word, with its `reason`. `late` is set by
    the session when the lease of the query had run out. `bulk` marks an answer that was given to many rows at once.
    `context` is plain JSON about how it was given: which suggestion was shown, which guidelines were in force. `cost`
    is what the answer cost in money, where whoever gave it knows, as of a paid call of a language model; the price of
    a person's answer is stated once, in the session's `prices`.
    """

    row: int
    label: Any = None
    id: Any = None
    annotator: str = "me"
    seconds: float | None = None
    kind: AnswerKind = "label"
    query: int | None = None
    event: str = field(default_factory=lambda: uuid.uuid4().hex)
    at: float = field(default_factory=time.time)
    late: bool = False
    reason: str = ""
    bulk: bool = False
    cost: float | None = None
    seq: int = 0
    context: Mapping[str, Any] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class Flag:
    """A note of an annotator on a row, beside whatever she answered: for whoever looks after the data."""

    row: int
    id: Any
    annotator: str
    note: str
    at: float


@dataclass(frozen=True)
class Proposal:
    """What somebody would say of a row, with the chance that it is right (None if unknown): shown, never counted."""

    row: int
    label: Any
    by: str
    probability: float | None = None


@dataclass(frozen=True)
class Budget:
    """How much may be spent: answers, cost (in the unit of the session's costs) and seconds of annotators' time.

    Raises BadInput for a limit that is not positive.
    """

    answers: int | None = None
    cost: float | None = None
    seconds: float | None = None

    def __post_init__(self) -> None:
        for name, value in self.to_dict().items():
            if value is None:
                continue
            if isinstance(value, bool) or not isinstance(value, int | float | np.number):
                raise BadInput(f"Budget({name}={value!r}) is no number; give one, or None for no limit")
            if not value > 0:
                raise BadInput(f"Budget({name}={value!r}) allows nothing; give a positive number, or None for no limit")
        if self.answers is not None and not float(self.answers).is_integer():
            raise BadInput(f"Budget(answers={self.answers!r}) counts part of an answer; give a whole number")

    def to_dict(self) -> dict[str, float | None]:
        """The three limits by name."""
        return {"answers": self.answers, "cost": self.cost, "seconds": self.seconds}


class Oracle:
    """Simulated annotator that knows the truth `y` (n,), aligned with the rows of the pool. For experiments only."""

    def __init__(self, y: Sequence[Any] | np.ndarray[Any, Any], annotator: str = "oracle") -> None:
        self._y = y.tolist() if hasattr(y, "tolist") else list(y)  # arrays, tensors and columns alike
        self.annotator = annotator

    def __call__(self, queries: Iterable[Query]) -> list[Answer]:
        """The true label of each query.

        >>> Oracle(["cat", "dog"])([Query(number=0, row=1, id=1, round=1, arm="strategy")])[0].label
        'dog'
        """
        queries = list(queries)
        beyond = next((q for q in queries if q.row >= len(self._y)), None)
        if beyond is not None:
            raise BadInput(f"the oracle knows {len(self._y)} labels, and row {beyond.row} is asked; give one per row")
        return [
            Answer(row=q.row, id=q.id, label=plain(self._y[q.row]), annotator=self.annotator, query=q.number)
            for q in queries
        ]


def plain(value: Any) -> Any:
    """A label as JSON keeps it: NumPy scalars become Python's."""
    return value.item() if isinstance(value, np.generic) else value


def as_answer(value: Answer | Mapping[str, Any]) -> Answer:
    """An answer from a mapping with its fields. Raises BadInput for a field that answers do not have."""
    if isinstance(value, Answer):
        return value
    if not isinstance(value, Mapping):
        raise BadInput(f"{value!r} is no answer; give an Answer or a mapping such as {{'row': 3, 'label': 'cat'}}")
    known = set(Answer.__dataclass_fields__) - {"late", "seq"}
    for name in value:
        if name not in known:
            raise BadInput(f"an answer has no field {name!r}.{did_you_mean(name, known)}")
    if "row" not in value:
        raise BadInput(f"the answer {dict(value)!r} names no row; give 'row' (and 'query' if it answers one)")
    return Answer(**value)
