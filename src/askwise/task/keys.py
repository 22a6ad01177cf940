"""Keys of classes: which key stands on which button, whatever the task."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

RESERVED = frozenset("usxrngw")
"""Letters that mean undo, skip, unsure, reject, note, guidelines and why, whatever the task."""

DIGITS = frozenset("0123456789")

KEYS = "1234567890" + "".join(letter for letter in "abcdefghijklmnopqrstuvwxyz" if letter not in RESERVED)
"""The key of each class, in order: digits, then letters. Classes beyond have none, and are found by search."""

SEARCH_FROM = 11
"""From this many classes on, a search by name is offered beside the keys."""


def keys_of(classes: Sequence[Any], taken: Sequence[str] = ()) -> dict[Any, str]:
    """The key of each class that has one, in the order of the classes: it depends on nothing else.

    A class that is called by a digit has that key: whoever sees a 3 presses 3. `taken` are the task's own keys.

    >>> keys_of(["cat", "dog"]), keys_of([3, 1, "other"])
    ({'cat': '1', 'dog': '2'}, {3: '3', 1: '1', 'other': '2'})
    """
    own = {label: str(label) for label in classes if str(label) in DIGITS}
    others = iter(key for key in KEYS if key not in own.values() and key not in taken)
    keys = {label: own.get(label) or next(others, "") for label in classes}
    return {label: key for label, key in keys.items() if key}


def options(classes: Sequence[Any], taken: Sequence[str] = ()) -> dict[str, Any]:
    """A button per class with its text and key, and whether there is a search: plain JSON for the page."""
    keys = keys_of(classes, taken)
    buttons = [{"label": label, "text": str(label), "key": keys.get(label)} for label in classes]
    return {"options": buttons, "search": len(buttons) >= SEARCH_FROM}
