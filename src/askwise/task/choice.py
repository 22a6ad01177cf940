"""Choice: one label among classes. What an answer must be, which key gives it, how it is offered to a person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from askwise.core.errors import BadInput, did_you_mean
from askwise.core.types import IntArray
from askwise.task.base import named
from askwise.task.keys import keys_of, options


@dataclass(frozen=True)
class Choice:
    """The task of giving one of c classes; `classes` are distinct strings, numbers or truth values.

    Raises BadInput for fewer than two classes, or one that is there twice.

    >>> task = Choice(["cat", "dog"])
    >>> task.check("dog"), task.keys, task.targets(["dog", "cat"]).tolist()
    ('dog', {'cat': '1', 'dog': '2'}, [1, 0])
    """

    kind: ClassVar[str] = "choice"
    classes: Iterable[Any]
    _shown: Mapping[str, Any] = field(init=False, repr=False, compare=False)
    _index: Mapping[Any, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        classes = named(self.classes)
        if len(classes) < 2:
            raise BadInput(f"classes={list(classes)!r}: there is nothing to choose; give at least two classes")
        object.__setattr__(self, "classes", classes)
        object.__setattr__(self, "_shown", {str(label): label for label in classes})
        object.__setattr__(self, "_index", {label: i for i, label in enumerate(classes)})

    @property
    def keys(self) -> dict[Any, str]:
        """The key of each class that has one; see `askwise.task.keys`."""
        return keys_of(tuple(self.classes))

    def check(self, label: Any) -> Any:
        """The label as the class that it is. Raises BadInput with the nearest class; 1, "1" and True differ."""
        label = label.item() if isinstance(label, np.generic) else label
        known = self._shown.get(str(label))
        if known is None and isinstance(label, int | float):  # 1.0 is the class 1
            known = self._shown.get(f"{label:g}")
        if known is not None and _same(known, label):
            return known
        if known is not None:
            raise BadInput(
                f"the label {label!r} is none of the {len(self._shown)} classes. Did you mean {known!r}, of type"
                f" {type(known).__name__}?"
            )
        raise BadInput(f"the label {label!r} is none of the {len(self._shown)} classes.{self._hint(str(label))}")

    def _hint(self, label: str) -> str:
        hint = did_you_mean(label, self._shown)
        return hint if "mean" in hint or len(self._shown) <= 20 else " Look it up with the search (key /)."

    def believe(self, labels: Sequence[Any]) -> Any:
        """The majority; the earliest among equals."""
        return Counter(labels).most_common(1)[0][0]

    def targets(self, labels: Sequence[Any]) -> IntArray:
        """The index (l,) of each label among the classes."""
        return np.array([self._index[label] for label in labels], dtype=np.int64)

    def schema(self) -> dict[str, Any]:
        """The answer as JSON Schema."""
        return {"enum": list(self.classes)}

    def render(self) -> dict[str, Any]:
        """How it is offered: a button per class with its text and key, and whether there is a search."""
        return {"kind": self.kind, **options(tuple(self.classes))}

    def to_dict(self) -> dict[str, Any]:
        """The task as plain JSON."""
        return {"kind": self.kind, "classes": list(self.classes)}


def _same(known: Any, label: Any) -> bool:
    """Equal and of one kind: whole and broken numbers are, truth values and numbers are not."""
    kinds = [
        float if isinstance(one, int | float) and not isinstance(one, bool) else type(one) for one in (known, label)
    ]
    return kinds[0] is kinds[1] and bool(known == label)
