"""askwise decides what to label next, collects the answers, and says what it saved.

The first lesson: `select` over arrays, `Session` over a pool, `Strategy` to compose, `Query` and `Answer` to talk.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from askwise._version import __version__

if TYPE_CHECKING:
    from askwise import among, lab, limit, pick, score, stop
    from askwise.arrays import select
    from askwise.core.errors import BadInput, BudgetSpent, MissingEvidence, StoreError
    from askwise.picked import Picked
    from askwise.session import Answer, Budget, Oracle, Query, Session
    from askwise.strategy import Strategy

_HOME = {
    "select": "askwise.arrays",
    "Picked": "askwise.picked",
    "Mixture": "askwise.strategy",
    "Strategy": "askwise.strategy",
    "Session": "askwise.session",
    "Query": "askwise.session",
    "Answer": "askwise.session",
    "Budget": "askwise.session",
    "Oracle": "askwise.session",
    "BadInput": "askwise.core.errors",
    "MissingEvidence": "askwise.core.errors",
    "StoreError": "askwise.core.errors",
    "BudgetSpent": "askwise.core.errors",
}
_ROOMS = ("score", "pick", "among", "limit", "stop", "lab")

__all__ = [
    "Answer",
    "BadInput",
    "Budget",
    "BudgetSpent",
    "MissingEvidence",
    "Mixture",
    "Oracle",
    "Picked",
    "Query",
    "Session",
    "StoreError",
    "Strategy",
    "__version__",
    "among",
    "lab",
    "limit",
    "pick",
    "score",
    "select",
    "stop",
]


def __getattr__(name: str) -> Any:
    # Loaded when first used, so that `import askwise` costs NumPy and nothing else.
    if name in _ROOMS:
        return importlib.import_module(f"askwise.{name}")
    if name in _HOME:
        return getattr(importlib.import_module(_HOME[name]), name)
    raise AttributeError(f"module 'askwise' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
