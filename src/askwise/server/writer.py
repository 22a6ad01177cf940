"""One thread through which everything goes that is done to a session: many acts, one wait for the disk."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack
from types import TracebackType
from typing import Any, TypeVar

from askwise.core.errors import StoreError

T = TypeVar("T")
MOST = 64
"""Acts in one commit: enough that fifty people share a wait for the disk, few enough that none waits for long."""

_Act = tuple[Callable[[], Any], "Future[Any]"]


class Writer:
    """Runs acts one after the other; those that came while a commit was under way share the next one.

    `group()` is entered around each lot, with `lock` held, and commits it at its end. An act's future is done once its
    lot is committed. Where the commit fails, `failed()` is called with the lock held, and every act of the lot gets
    the error: nothing of it was kept.
    """

    def __init__(
        self,
        lock: AbstractContextManager[Any],
        group: Callable[[], AbstractContextManager[None]],
        failed: Callable[[], None],
    ) -> None:
        self._lock, self._group, self._failed = lock, group, failed
        self._mutex = threading.Lock()
        self._waiting: deque[_Act] = deque()
        self._busy = self._closed = False
        self._thread = ThreadPoolExecutor(1, "askwise-writer")

    def do(self, act: Callable[[], T]) -> Future[T]:
        """The result of an act, to come; it may raise whatever the act raises. Raises StoreError once closed."""
        future: Future[T] = Future()
        with self._mutex:
            if self._closed:
                raise StoreError("this room was closed, so nothing can be written; start it again and repeat")
            self._waiting.append((act, future))
            if not self._busy:
                self._busy = True
                self._thread.submit(self._drain)
        return future

    def close(self) -> None:
        """Finish what waits, and take nothing more."""
        with self._mutex:
            self._closed = True
        self._thread.shutdown(wait=True)

    def _drain(self) -> None:
        while lot := self._take():
            self._run(lot)

    def _take(self) -> list[_Act]:
        with self._mutex:
            lot = [self._waiting.popleft() for _ in range(min(MOST, len(self._waiting)))]
            self._busy = bool(lot)
        return lot

    def _run(self, lot: list[_Act]) -> None:
        lot = [(act, future) for act, future in lot if future.set_running_or_notify_cancel()]
        caught = [Caught() for _ in lot]
        whole = Caught()
        with self._lock, whole, ExitStack() as stack:
            stack.enter_context(self._group())
            for (act, _), one in zip(lot, caught, strict=True):
                with one:
                    one.value = act()
        if whole.error is not None:
            with self._lock:
                self._failed()
        for (_, future), one in zip(lot, caught, strict=True):
            error = whole.error or one.error
            if error is not None:
                future.set_exception(error)
            else:
                future.set_result(one.value)


class Caught:
    """Keeps what the block raised, so that it can be handed to whoever waits for it in another thread."""

    def __init__(self) -> None:
        self.value: Any = None
        self.error: BaseException | None = None

    def __enter__(self) -> Caught:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        self.error = error
        return isinstance(error, Exception)
