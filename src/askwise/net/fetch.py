"""The guarded fetcher: looks a name up once, checks every address, connects to what it checked, and stops in time."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import SplitResult, urljoin, urlsplit

from askwise.core.errors import AskwiseError, BadInput
from askwise.net.addresses import Door

MIB = 2**20
_MOVED = frozenset({301, 302, 303, 307, 308})
_SECRET = frozenset({"authorization", "cookie", "proxy-authorization", "x-api-key"})


class Refused(BadInput):
    """This address is not talked to: it is private, or the URL is odd. Nothing was sent."""


class Unreachable(AskwiseError):
    """The other side cannot be reached, answers too slowly or too much, or breaks off. Trying later may help."""


@dataclass(frozen=True)
class Reply:
    """What came back: status, headers by lower-case name, the whole body, and the URL that gave it."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str


def look_up(host: str, port: int) -> list[str]:
    """Every IP address of a name, in the system's order. Raises OSError where there is none."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


@dataclass(frozen=True)
class Fetcher:
    """Sends requests over HTTP and HTTPS to addresses that its `door` opens.

    A reply of more than `most` bytes, or that is not whole after `seconds`, is broken off. Up to `redirects` are
    followed, for GET only, each checked like the first; what is secret in the headers stays with the first host, and
    none leads from HTTPS to HTTP. No proxy of the environment is used, no cookie kept, nothing decompressed.

    >>> Fetcher().get("http://127.0.0.1:1/")
    Traceback (most recent call last):
    askwise.net.fetch.Refused: 127.0.0.1 is a private address ('127.0.0.1'), and those are not talked to; allow it ...
    """

    door: Door = field(default_factory=Door)
    most: int = 8 * MIB
    seconds: float = 10.0
    redirects: int = 0
    look_up: Callable[[str, int], Sequence[str]] = field(default=look_up, repr=False)

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> Reply:
        """Fetch a URL. Raises Refused and Unreachable; any status is a reply."""
        until = time.monotonic() + self.seconds
        sent = dict(headers or {})
        for _ in range(self.redirects + 1):
            reply = self._send("GET", url, sent, b"", until)
            target = reply.headers.get("location")
            if reply.status not in _MOVED or target is None or self.redirects == 0:
                return reply
            url, sent = _follow(url, urljoin(url, target), sent)
        raise Unreachable(f"{_shown(url)} redirects more than {self.redirects} times; give the address it leads to")

    def post(self, url: str, body: bytes, headers: Mapping[str, str] | None = None) -> Reply:
        """Send a body. Redirects are not followed: whoever moved says so."""
        return self._send("POST", url, dict(headers or {}), body, time.monotonic() + self.seconds)

    def check(self, url: str) -> None:
        """Raise Refused where this URL would be refused now, Unreachable where its name is unknown. Sends nothing."""
        parts = split(url)
        self.addresses(parts.hostname or "", _port(parts))

    def addresses(self, host: str, port: int) -> list[str]:
        """The addresses of a host, all of them open. Raises Refused if any is not: a mixed answer is an attack."""
        try:
            found = list(dict.fromkeys(self.look_up(host, port)))
        except (OSError, UnicodeError) as error:
            raise Unreachable(f"the name {host!r} is unknown here ({error}); check it") from error
        for address in found:
            if not self.door.open(address):
                raise Refused(
                    f"{host} is a private address ({address!r}), and those are not talked to; allow it explicitly if it"
                    " is yours (--allow-private, or --allow-network for others)"
                )
        return found

    def _send(self, method: str, url: str, headers: dict[str, str], body: bytes, until: float) -> Reply:
        from askwise.net.wire import exchange

        parts = split(url)
        return exchange(
            self, method, url, {"host": parts.netloc, "accept-encoding": "identity", **headers}, body, until
        )


def split(url: str) -> SplitResult:
    """The parts of an HTTP URL. Raises Refused for another scheme, a password in it, or characters that do not belong.

    >>> split("file:///etc/passwd")
    Traceback (most recent call last):
    askwise.net.fetch.Refused: 'file:///etc/passwd' is no web address; give one that begins with https:// or http://
    """
    if re.search(r"[\x00-\x20\x7f\\]", url):
        raise Refused(f"{url!r} holds a space, a backslash or a control character; give a plain address")
    if not url.isascii():
        raise Refused(f"{url!r} holds letters beyond ASCII; give the host in Punycode and the path percent-encoded")
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise Refused(f"{url!r} cannot be read as an address: {error}") from error
    if parts.scheme not in ("http", "https") or not host:
        raise Refused(f"{url!r} is no web address; give one that begins with https:// or http://")
    if parts.username is not None or parts.password is not None or "%" in host:
        raise Refused(f"{_shown(url)} has a user name, a password or a zone in it; leave that out")
    return parts


def _port(parts: SplitResult) -> int:
    return parts.port or (443 if parts.scheme == "https" else 80)


def _follow(before: str, after: str, headers: dict[str, str]) -> tuple[str, dict[str, str]]:
    old, new = split(before), split(after)
    if old.scheme == "https" and new.scheme != "https":
        raise Refused(f"{_shown(before)} leads from HTTPS to HTTP ({_shown(after)}); that is not followed")
    if (old.scheme, old.hostname, _port(old)) != (new.scheme, new.hostname, _port(new)):
        headers = {name: value for name, value in headers.items() if name.lower() not in _SECRET}
    return after, headers


def _shown(url: str) -> str:
    """A URL for messages: without user, password and query, which may hold secrets.

    >>> _shown("https://me:pw@example.org/a?key=1")
    'https://example.org/a'
    """
    parts = urlsplit(url)
    host: Any = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}"
