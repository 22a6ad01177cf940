"""Access to a room for many: a name and a password, or a token; too many wrong tries have to wait."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Sequence

from askwise.core.errors import AskwiseError
from askwise.server.people import People, Person

DAY = 86_400.0
TRIES = 5
"""Wrong passwords for one name, or from one address four times as many, before it is made to wait."""

LONGEST = 900.0
"""Seconds of the longest wait; it doubles from one second with each further wrong password."""


class TooMany(AskwiseError):
    """Too many wrong passwords: wait."""


class TeamAccess:
    """Who is at the door of a room for many. Log-ins live in memory: after a restart everybody logs in again.

    `hosts` are the Host headers that are answered; with `tls`, a proxy in front speaks HTTPS, and cookies say so.
    """

    single = False

    def __init__(
        self,
        people: People,
        port: int,
        hosts: Sequence[str] = (),
        tls: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.people, self.port, self.tls = people, port, tls
        self.cookie_name = f"askwise_team_{port}"
        own = [f"{name}:{port}" for name in ("127.0.0.1", "localhost", "[::1]")]
        self.hosts = frozenset([*own, *hosts])
        self._clock = clock
        self._guard = threading.Lock()
        self._inside: dict[str, tuple[str, float]] = {}
        self._wrong: dict[str, tuple[int, float]] = {}

    def origin(self, host: str) -> str:
        """The Origin of the room's own page under this host."""
        return f"{'https' if self.tls else 'http'}://{host}"

    def log_in(self, name: str, password: str, address: str) -> str | None:
        """The cookie of somebody whose password is right; None otherwise. Raises TooMany while a wait is on."""
        keys = (f"name:{name}", f"from:{address}")
        self._check(keys)
        person = self.people.by_password(name, password)
        with self._guard:
            if person is None:
                for key in keys:
                    count, _ = self._wrong.get(key, (0, 0.0))
                    self._wrong[key] = (count + 1, self._clock())
                return None
            self._wrong.pop(keys[0], None)
            cookie = secrets.token_urlsafe(32)
            self._inside[cookie] = (person.name, self._clock() + DAY)
            return cookie

    def _check(self, keys: Sequence[str]) -> None:
        with self._guard:
            for key in keys:
                count, last = self._wrong.get(key, (0, 0.0))
                beyond = count - (TRIES if key.startswith("name:") else 4 * TRIES)
                wait = min(LONGEST, 2.0**beyond) - (self._clock() - last) if beyond >= 0 else 0.0
                if wait > 0:
                    raise TooMany(f"too many wrong passwords; try again in {wait:.0f} seconds")

    def log_out(self, cookie: str) -> None:
        """End a log-in."""
        with self._guard:
            self._inside.pop(cookie, None)

    def who(self, cookie: str | None, token: str | None) -> Person | None:
        """Who sends this cookie or token; None for nobody. Somebody who was removed is nobody at once."""
        if token is not None:
            return self.people.by_token(token)
        with self._guard:
            name, until = self._inside.get(cookie or "", ("", 0.0))
        return self.people.get(name) if until > self._clock() else None
