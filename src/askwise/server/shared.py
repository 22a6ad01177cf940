"""One session for many threads: one lock, let go of while a model is fitted or a batch is chosen."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from askwise.session import Session

_HEAVY = frozenset({"fit", "predicted", "probs", "choose"})


class _Aside:
    """Stands in for a session's trainer or chooser, and runs its heavy methods with the lock let go.

    Sound because they are functions of their arguments, which the session gathers while it holds the lock, and
    because one thread only (the room's worker) ever calls them.
    """

    def __init__(self, inner: Any, lock: threading.Lock, busy: Callable[[bool], None]) -> None:
        self._inner, self._lock, self._busy = inner, lock, busy

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        return self._outside(found) if name in _HEAVY else found

    def _outside(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **settings: Any) -> Any:
            self._busy(True)
            self._lock.release()
            try:
                return method(*args, **settings)
            finally:
                self._lock.acquire()
                self._busy(False)

        return call


def share(session: Session, lock: threading.Lock, busy: Callable[[bool], None]) -> None:
    """From now on hold `lock` around every use of the session; answers get in while it learns or chooses."""
    inside: Any = session
    inside._trainer = _Aside(inside._trainer, lock, busy)
    inside._chooser = _Aside(inside._chooser, lock, busy)
