"""How much one caller may ask of a room: buckets of tokens that fill up again."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable

from askwise.core.errors import AskwiseError

MOST_CALLERS = 10_000
"""Callers that are remembered; the ones not heard of for longest are forgotten first."""


class Limited(AskwiseError):
    """Too many calls: come again in `wait` seconds."""

    def __init__(self, message: str, wait: float) -> None:
        super().__init__(message)
        self.wait = wait


class Limits:
    """`rate` calls a second in the long run, `burst` at once, for each caller.

    >>> now = [0.0]
    >>> limits = Limits(rate=1.0, burst=2, clock=lambda: now[0])
    >>> limits.take("ana"), limits.take("ana"), limits.take("ana"), limits.take("ben")
    (0.0, 0.0, 1.0, 0.0)
    >>> now[0] = 1.0
    >>> limits.take("ana")
    0.0
    """

    def __init__(self, rate: float, burst: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.rate, self.burst, self._clock = rate, burst, clock
        self._guard = threading.Lock()
        self._left: dict[str, tuple[float, float]] = {}

    def take(self, caller: str) -> float:
        """0 and one call less, or the seconds to wait and nothing taken."""
        now = self._clock()
        with self._guard:
            left, at = self._left.pop(caller, (self.burst, now))
            left = min(self.burst, left + self.rate * (now - at))
            wait = 0.0 if left >= 1.0 else (1.0 - left) / self.rate
            self._left[caller] = (left if wait else left - 1.0, now)  # at the end: heard of last
            while len(self._left) > MOST_CALLERS:
                del self._left[next(iter(self._left))]
        return wait

    def check(self, caller: str) -> None:
        """Raise Limited for a caller who has to wait."""
        wait = self.take(caller)
        if wait > 0:
            raise Limited(f"too many calls; try again in {math.ceil(wait)} seconds", wait)
