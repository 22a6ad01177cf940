"""Multilabel: any of several classes together, none of them included."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from askwise.core.errors import BadInput
from askwise.core.types import IntArray
from askwise.task.base import named, one_of
from askwise.task.keys import options


@dataclass(frozen=True)
class Multilabel:
    """The task of naming every class that applies; a label is a list of classes, in the order of the classes.

    Raises BadInput for no class, or one that is there twice.

    >>> task = Multilabel(["sad", "calm", "loud"])
    >>> task.check(["loud", "sad"]), task.targets([["sad"], []]).tolist()
    (['sad', 'loud'], [[1, 0, 0], [0, 0, 0]])
    """

    kind: ClassVar[str] = "multilabel"
    item: ClassVar[str] = "any"
    one_class: ClassVar[bool] = False
    classes: Iterable[Any]

    def __post_init__(self) -> None:
        object.__setattr__(self, "classes", named(self.classes, least=1))

    @property
    def _names(self) -> tuple[Any, ...]:
        return tuple(self.classes)

    def check(self, label: Any, item: Mapping[str, Any] | None = None) -> list[Any]:
        """The classes in their order, each once. Raises BadInput for anything but a list of them."""
        if isinstance(label, str) or not isinstance(label, list | tuple | set | frozenset | np.ndarray):
            raise BadInput(
                f"the label {label!r} is no list; give the classes that apply, such as {list(self._names[:1])}"
            )
        given = [one_of(one, self.classes) for one in label]
        return [one for one in self._names if one in given]

    def names(self, label: Any) -> list[Any]:
        """The label itself: every class of it."""
        return list(label)

    def believe(self, labels: Sequence[Any]) -> list[Any]:
        """Every class that more than half of the annotators named; of an even split, the earliest annotator decides."""
        votes = Counter(name for label in labels for name in label)
        half = len(labels) / 2
        return [name for name in self._names if votes[name] > half or (votes[name] == half and name in labels[0])]

    def targets(self, labels: Sequence[Any]) -> IntArray:
        """Which classes apply (l, q): 0 or 1."""
        return np.array([[name in label for name in self._names] for label in labels], dtype=np.int64).reshape(
            len(labels), len(self._names)
        )

    def schema(self) -> dict[str, Any]:
        """The label as JSON Schema."""
        return {"type": "array", "items": {"enum": list(self._names)}, "uniqueItems": True}

    def render(self) -> dict[str, Any]:
        """A switch per class with its text and key, and whether there is a search."""
        return {"kind": self.kind, **options(self._names)}

    def to_dict(self) -> dict[str, Any]:
        """The task as plain JSON."""
        return {"kind": self.kind, "classes": list(self._names)}
