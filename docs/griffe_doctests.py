"""Fence the doctests of docstrings, so that Markdown shows them as code."""

from __future__ import annotations

from typing import Any

import griffe

_PROMPT = ">>> "


def fenced(text: str) -> str:
    """The docstring with each doctest block inside a ``pycon`` fence.

    >>> print(fenced("Adds.\\n\\n>>> 1 + 1\\n2"))
    Adds.
    <BLANKLINE>
    ```pycon
    >>> 1 + 1
    2
    ```
    """
    out: list[str] = []
    inside = False
    for line in text.split("\n"):
        if not inside and line.startswith(_PROMPT):
            out.append("```pycon")
            inside = True
        elif inside and not line.strip():
            out.append("```")
            inside = False
        out.append(line)
    return "\n".join([*out, "```"] if inside else out)


class FenceDoctests(griffe.Extension):
    """Rewrites every docstring as it is loaded."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Fence the doctests of one object."""
        if obj.docstring is not None:
            obj.docstring.value = fenced(obj.docstring.value)
