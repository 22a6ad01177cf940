"""Ranking: an order of what a row holds, best first; of two, a preference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from askwise.core.errors import BadInput
from askwise.task.base import as_they_are, whole


@dataclass(frozen=True)
class Ranking:
    """The task of ordering the `of` things of a row; a label is their positions 0 .. of - 1, best first.

    `question` is what the page asks. Raises BadInput for fewer than two things.

    >>> Ranking(of=3).check([2, 0, 1]), Ranking(of=2).believe([[0, 1], [1, 0], [1, 0]])
    ([2, 0, 1], [1, 0])
    """

    kind: ClassVar[str] = "ranking"
    item: ClassVar[str] = "list"
    one_class: ClassVar[bool] = False
    of: int = 2
    question: str = "Which is better?"

    def __post_init__(self) -> None:
        if whole(self.of, f"of={self.of!r}") < 2:
            raise BadInput(f"of={self.of} leaves nothing to order; give 2 or more")

    @property
    def classes(self) -> tuple[Any, ...]:
        """None: an order is no class."""
        return ()

    def check(self, label: Any, item: Mapping[str, Any] | None = None) -> list[int]:
        """The order. Raises BadInput unless each position is there once."""
        places = (
            [whole(one, f"{one!r} in the order {label!r}") for one in label] if isinstance(label, list | tuple) else []
        )
        if sorted(places) != list(range(self.of)):
            raise BadInput(f"the label {label!r} is no order of {self.of} things; give each of 0 to {self.of - 1} once")
        if item is not None and len(item.get("items", places)) != self.of:
            raise BadInput(f"the row holds {len(item['items'])} things, and this ranking is of {self.of}")
        return places

    def names(self, label: Any) -> list[Any]:
        """None: an order is no class."""
        return []

    def believe(self, labels: Sequence[Any]) -> list[int]:
        """The order by mean rank (Borda); of equals, the earliest annotator's."""
        ranks = np.array([np.argsort(label) for label in labels])
        first = ranks[0]
        return sorted(range(self.of), key=lambda i: (float(ranks[:, i].mean()), int(first[i])))

    def targets(self, labels: Sequence[Any]) -> Any:
        """The orders as they are, for a learner of preferences that reads them itself."""
        return as_they_are(labels)

    def schema(self) -> dict[str, Any]:
        """The label as JSON Schema."""
        place = {"type": "integer", "minimum": 0, "maximum": self.of - 1}
        return {"type": "array", "items": place, "uniqueItems": True, "minItems": self.of, "maxItems": self.of}

    def render(self) -> dict[str, Any]:
        """The question and a key for each thing: pressed in the order of preference."""
        keys = [{"label": i, "text": str(i + 1), "key": str(i + 1) if i < 9 else None} for i in range(self.of)]
        return {"kind": self.kind, "question": self.question, "of": self.of, "options": keys, "search": False}

    def to_dict(self) -> dict[str, Any]:
        """The task as plain JSON."""
        return {"kind": self.kind, "of": self.of, "question": self.question}
