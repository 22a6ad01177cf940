"""One session for many threads: one lock, let go of while a model is fitted or a batch is chosen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol


class Lock(Protocol):
    """A lock of `threading`, reentrant or not."""

    def acquire(self) -> bool: ...

    def release(self) -> None: ...


class Sharing:
    """Where a session lets go of its caller's lock. Does nothing until a lock is given."""

    def __init__(self) -> None:
        self._lock: Lock | None = None
        self._busy: Callable[[bool], None] = lambda busy: None

    def by(self, lock: Lock, busy: Callable[[bool], None]) -> None:
        """From now on let go of `lock` during heavy work, and say so to `busy`."""
        self._lock, self._busy = lock, busy

    @contextmanager
    def heavy(self) -> Iterator[None]:
        """Around work that is a function of arguments gathered while the lock was held."""
        if self._lock is None:
            yield
            return
        self._busy(True)
        self._lock.release()
        try:
            yield
        finally:
            self._lock.acquire()
            self._busy(False)
