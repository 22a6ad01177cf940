"""Choice: one label among classes. What an answer must be, which key gives it, how it is offered to a person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from askwise.core.errors import BadInput, did_you_mean

RESERVED = frozenset("usx")
"""Letters that mean undo, skip and unsure."""

DIGITS = frozenset("0123456789")

KEYS = "1234567890" + "".join(letter for letter in "abcdefghijklmnopqrstuvwxyz" if letter not in RESERVED)
"""The key of each class, in order: digits, then letters. Classes beyond have none, and are found by search."""

SEARCH_FROM = 11
"""From this many classes on, a search by name is offered beside the keys."""


@dataclass(frozen=True)
class Choice:
    """The task of giving one of c classes; `classes` are distinct strings, whole numbers or truth values.

    Raises BadInput for fewer than two classes, or one that is there twice.

    >>> task = Choice(["cat", "dog"])
    >>> task.check("dog"), task.keys
    ('dog', {'cat': '1', 'dog': '2'})
    """

    classes: Iterable[Any]
    _shown: Mapping[str, Any] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        classes = tuple(self.classes)
        shown = {str(label): label for label in classes}
        if len(shown) < len(classes):
            names = [str(label) for label in classes]
            twice = next(name for name in names if names.count(name) > 1)
            raise BadInput(f"the class {twice!r} is given twice; classes must be distinct")
        if len(classes) < 2:
            raise BadInput(f"classes={list(classes)!r}: there is nothing to choose; give at least two classes")
        object.__setattr__(self, "classes", classes)
        object.__setattr__(self, "_shown", shown)

    @property
    def keys(self) -> dict[Any, str]:
        """The key of each class that has one, in the order of the classes: it depends on nothing else.

        A class that is called by a digit has that key: whoever sees a 3 presses 3.
        """
        own = {label: str(label) for label in self.classes if str(label) in DIGITS}
        others = iter(key for key in KEYS if key not in own.values())
        keys = {label: own.get(label) or next(others, "") for label in self.classes}
        return {label: key for label, key in keys.items() if key}

    def check(self, label: Any) -> Any:
        """The label as the class that it is. Raises BadInput with the nearest class; 1, "1" and True differ."""
        known = self._shown.get(str(label))
        if known is not None and type(known) is type(label) and known == label:
            return known
        if known is not None:
            raise BadInput(
                f"the label {label!r} is a {type(label).__name__}; the class is {known!r}, a {type(known).__name__}"
            )
        raise BadInput(f"the label {label!r} is none of the {len(self._shown)} classes.{self._hint(str(label))}")

    def _hint(self, label: str) -> str:
        hint = did_you_mean(label, self._shown)
        return hint if "mean" in hint or len(self._shown) <= 20 else " Look it up with the search (key /)."

    def schema(self) -> dict[str, Any]:
        """The answer as JSON Schema."""
        return {"enum": list(self.classes)}

    def render(self) -> dict[str, Any]:
        """How it is offered: a button per class with its text and key, and whether there is a search."""
        keys = self.keys
        options = [{"label": label, "text": str(label), "key": keys.get(label)} for label in self.classes]
        return {"kind": "choice", "options": options, "search": len(options) >= SEARCH_FROM}
