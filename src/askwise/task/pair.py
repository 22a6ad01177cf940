"""Pair: whether two things are the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from askwise.core.errors import BadInput, did_you_mean
from askwise.core.types import IntArray
from askwise.task.base import plurality

_CLASSES = ("different", "same")


@dataclass(frozen=True)
class Pair:
    """The task of saying "same" or "different" of a row that holds two things; `question` is what the page asks.

    >>> Pair().check("same"), Pair().targets(["same", "different"]).tolist()
    ('same', [1, 0])
    """

    kind: ClassVar[str] = "pair"
    item: ClassVar[str] = "pair"
    one_class: ClassVar[bool] = True
    question: str = "Are these the same?"

    @property
    def classes(self) -> tuple[Any, ...]:
        """Different and same, in this order."""
        return _CLASSES

    def check(self, label: Any, item: Mapping[str, Any] | None = None) -> str:
        """The label itself. Raises BadInput for any other."""
        if label not in _CLASSES:
            raise BadInput(
                f"the label {label!r} is neither 'same' nor 'different'.{did_you_mean(str(label), _CLASSES)}"
            )
        return str(label)

    def names(self, label: Any) -> list[Any]:
        """The class itself."""
        return [label]

    def believe(self, labels: Sequence[Any]) -> Any:
        """What most say; None of equals."""
        return plurality(labels)

    def targets(self, labels: Sequence[Any]) -> IntArray:
        """1 for same, 0 for different (l,)."""
        return np.array([_CLASSES.index(label) for label in labels], dtype=np.int64)

    def schema(self) -> dict[str, Any]:
        """The label as JSON Schema."""
        return {"enum": list(_CLASSES)}

    def render(self) -> dict[str, Any]:
        """The question and two buttons with their keys."""
        buttons = [
            {"label": "same", "text": "Same", "key": "f"},
            {"label": "different", "text": "Different", "key": "j"},
        ]
        return {"kind": self.kind, "question": self.question, "options": buttons, "search": False}

    def to_dict(self) -> dict[str, Any]:
        """The task as plain JSON."""
        return {"kind": self.kind, "question": self.question}
