"""Answers that narrow a choice: one of a few likely classes or none of them, and yes or no to a proposed class."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from askwise.core.errors import BadInput
from askwise.core.types import IntArray
from askwise.task.base import finite, named, one_of, plurality
from askwise.task.keys import options


class _Narrowed:
    """What both have in common: a label is a class, or {"not": [classes]} which are ruled out."""

    kind: ClassVar[str]
    item: ClassVar[str] = "any"
    one_class: ClassVar[bool] = True
    classes: Iterable[Any]

    def __post_init__(self) -> None:
        object.__setattr__(self, "classes", named(self.classes, least=2))

    def check(self, label: Any, item: Mapping[str, Any] | None = None) -> Any:
        """A class, or the classes ruled out in their order; all but one ruled out is that one. Raises BadInput."""
        if not isinstance(label, Mapping):
            return one_of(label, self.classes)
        if set(label) != {"not"} or not isinstance(label["not"], list | tuple) or not label["not"]:
            raise BadInput(f"the label {dict(label)!r} is no answer; give a class, or {{'not': [classes ruled out]}}")
        out = [one_of(one, self.classes) for one in label["not"]]
        left = [one for one in self.classes if one not in out]
        if not left:
            raise BadInput(f"the label {dict(label)!r} rules out every class; give the class, or 'unsure'")
        return left[0] if len(left) == 1 else {"not": [one for one in self.classes if one in out]}

    def names(self, label: Any) -> list[Any]:
        """The class, where one is named; what is ruled out is not."""
        return [] if isinstance(label, Mapping) else [label]

    def believe(self, labels: Sequence[Any]) -> Any:
        """The class that most name, None of equals; where none is named, the class that all together leave, or None."""
        named_ = [label for label in labels if not isinstance(label, Mapping)]
        if named_:
            return plurality(named_)
        out = {one for label in labels for one in label["not"]}
        left = [one for one in self.classes if one not in out]
        return left[0] if len(left) == 1 else None

    def targets(self, labels: Sequence[Any]) -> IntArray:
        """The index (l,) of each class."""
        index = {label: i for i, label in enumerate(self.classes)}
        return np.array([index[label] for label in labels], dtype=np.int64)

    def schema(self) -> dict[str, Any]:
        """The label as JSON Schema."""
        names = {"enum": list(self.classes)}
        ruled = {"type": "array", "items": names, "minItems": 1, "uniqueItems": True}
        refused = {"type": "object", "properties": {"not": ruled}, "required": ["not"], "additionalProperties": False}
        return {"oneOf": [names, refused]}

    def render(self) -> dict[str, Any]:
        """A button per class with its key; which of them are shown stands in the query."""
        return {"kind": self.kind, **options(tuple(self.classes))}

    def to_dict(self) -> dict[str, Any]:
        """The task as plain JSON."""
        return {"kind": self.kind, "classes": list(self.classes)}


@dataclass(frozen=True)
class Candidates(_Narrowed):
    """The task of choosing among the likely classes, or none of them: a label is a class or {"not": [...]}.

    Which classes are shown stands in the query (`why["candidates"]`), as a conformal set has it: the right one is among
    them but for a share `eps` of rows; without `eps`, for the share that makes answers cheapest. Source: Gwon et al.
    2024, Enhancing Cost Efficiency in Active Learning with Candidate Set Query, section 3.

    >>> Candidates(["a", "b", "c"]).check({"not": ["c", "a"]}), Candidates(["a", "b", "c"]).check({"not": ["b"]})
    ('b', {'not': ['b']})
    """

    kind: ClassVar[str] = "candidates"
    classes: Iterable[Any]
    eps: float | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.eps is not None and not 0 <= finite(self.eps, f"eps={self.eps!r}") < 1:
            raise BadInput(f"eps={self.eps:g} is no share of rows; give at least 0 and below 1, such as 0.05")

    def to_dict(self) -> dict[str, Any]:
        """The task as plain JSON."""
        return {**super().to_dict(), **({} if self.eps is None else {"eps": self.eps})}


@dataclass(frozen=True)
class Verify(_Narrowed):
    """The task of saying yes or no to a proposed class (`why["proposed"]`): a label is the class, or {"not": [it]}.

    >>> Verify(["a", "b"]).check({"not": ["a"]}), Verify(["a", "b", "c"]).believe([{"not": ["a"]}, {"not": ["c"]}])
    ('b', 'b')
    """

    kind: ClassVar[str] = "verify"
    classes: Iterable[Any]

    def render(self) -> dict[str, Any]:
        """A button per class with its key, and two for yes and no to the class that is proposed in the query."""
        said = [{"label": True, "text": "Yes", "key": "f"}, {"label": False, "text": "No", "key": "j"}]
        return {"kind": self.kind, "verdicts": said, **options(tuple(self.classes), taken="fj")}
