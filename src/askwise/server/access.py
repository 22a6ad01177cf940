"""Who may come in: a link that works once, and the cookie that it is exchanged for."""

from __future__ import annotations

import secrets
import threading

from askwise.server.people import Person

ALONE = Person("", "owner")
"""Whoever holds the one link of a room for one."""


class Access:
    """The secrets of one run of the room, made afresh each time and kept in memory only.

    `port` is part of the cookie's name, because browsers share cookies between the ports of a host.
    """

    single = True

    def __init__(self, port: int) -> None:
        self.port = port
        self.cookie_name = f"askwise_{port}"
        self._token: str | None = secrets.token_urlsafe(32)
        self._cookie = secrets.token_urlsafe(32)
        self._guard = threading.Lock()

    @property
    def hosts(self) -> frozenset[str]:
        """The Host headers that are answered: anything else may be a foreign name that points here."""
        return frozenset(f"{name}:{self.port}" for name in ("127.0.0.1", "localhost", "[::1]"))

    @property
    def link(self) -> str:
        """The address to open, once."""
        return f"http://127.0.0.1:{self.port}/?token={self._token}"

    def origin(self, host: str) -> str:
        """The Origin of the room's own page under this host."""
        return f"http://{host}"

    def who(self, cookie: str | None, token: str | None) -> Person | None:
        """The one annotator, without a name of her own, for the right cookie; there are no tokens here."""
        return ALONE if token is None and self.admits(cookie) else None

    def redeem(self, token: str) -> str | None:
        """The cookie's value for the right token, the first time; None otherwise."""
        with self._guard:
            if self._token is None or not secrets.compare_digest(token.encode(), self._token.encode()):
                return None
            self._token = None
            return self._cookie

    def admits(self, cookie: str | None) -> bool:
        """Whether the cookie is ours, compared in constant time."""
        return cookie is not None and secrets.compare_digest(cookie.encode(), self._cookie.encode())
