"""News for those who wait in an event loop: rung from any thread, heard by all, however many they are."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress


class Bell:
    """Wakes waiting coroutines. Rings that come before the loop got to the first count as one."""

    def __init__(self) -> None:
        self._guard = threading.RLock()  # a signal handler may ring while its thread is in here
        self._halls: dict[asyncio.AbstractEventLoop, _Hall] = {}

    def ring(self) -> None:
        """Wake everybody who waits now; safe from any thread."""
        with self._guard:
            halls = list(self._halls.values())
        for hall in halls:
            hall.call()

    def next_ring(self) -> asyncio.Future[None]:
        """What the next ring fulfils, for `heard`. Take it before you look at what the ring is about."""
        loop = asyncio.get_running_loop()
        with self._guard:
            # Loops that ended (a test's, a restarted server's) have nobody waiting in them any more.
            self._halls = {one: hall for one, hall in self._halls.items() if not one.is_closed()}
            hall = self._halls.setdefault(loop, _Hall(loop))
        return hall.waiter()


async def heard(ring: asyncio.Future[None], seconds: float) -> bool:
    """Whether it rings within so many seconds."""
    done, _ = await asyncio.wait([ring], timeout=seconds)
    return bool(done)


class _Hall:
    """Those who wait in one loop: they share a future, which the next ring fulfils."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._called = False
        self._waiter: asyncio.Future[None] | None = None

    def waiter(self) -> asyncio.Future[None]:
        if self._waiter is None:
            self._waiter = self._loop.create_future()
        return self._waiter

    def call(self) -> None:
        if self._called or self._loop.is_closed():
            return
        self._called = True
        with suppress(RuntimeError):  # it was closed just now
            self._loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        self._called = False
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(None)
