"""The four public errors, and the did-you-mean hint that their messages use.

Every message quotes the offending value and names the fix.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class AskwiseError(Exception):
    """Base of every error that askwise raises on purpose."""


class BadInput(AskwiseError, ValueError):
    """What was given cannot be used: the message quotes it and says what to give instead."""


class MissingEvidence(AskwiseError, LookupError):
    """A method needs evidence which nobody offers: says who wanted what, what is on offer, and what would supply it."""


class StoreError(AskwiseError, RuntimeError):
    """A session file cannot be read or written: corrupt, foreign, newer, locked, read-only or out of space."""


class BudgetSpent(AskwiseError, RuntimeError):
    """More was wanted than the budget allows."""


def did_you_mean(name: object, known: Iterable[str]) -> str:
    """Return ``" Did you mean 'x'?"`` for the nearest of the known names, else the list of what there is.

    >>> did_you_mean("entorpy", ["entropy", "margin"])
    " Did you mean 'entropy'?"
    >>> did_you_mean("zzz", ["entropy", "margin"])
    ' Known: entropy, margin.'
    """
    names = sorted(known)
    near = difflib.get_close_matches(str(name), names, n=1)  # a number given as a name is no name
    if near:
        return f" Did you mean {near[0]!r}?"
    return f" Known: {', '.join(names)}."
