"""Choice: one label among classes. What an answer must be, which key gives it, how it is offered to a person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from askwise.core.types import IntArray
from askwise.task.base import named, one_of, plurality
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
    item: ClassVar[str] = "any"
    one_class: ClassVar[bool] = True
    classes: Iterable[Any]
    _index: Mapping[Any, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        classes = named(self.classes, least=2)
        object.__setattr__(self, "classes", classes)
        object.__setattr__(self, "_index", {label: i for i, label in enumerate(classes)})

    @property
    def keys(self) -> dict[Any, str]:
        """The key of each class that has one; see `askwise.task.keys`."""
        return keys_of(tuple(self.classes))

    def check(self, label: Any, item: Mapping[str, Any] | None = None) -> Any:
        """The label as the class that it is. Raises BadInput with the nearest class; 1, "1" and True differ."""
        return one_of(label, self.classes)

    def names(self, label: Any) -> list[Any]:
        """The class itself."""
        return [label]

    def believe(self, labels: Sequence[Any]) -> Any:
        """What most say; None of equals."""
        return plurality(labels)

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
