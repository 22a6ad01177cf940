"""One request over one connection of httpcore, to an address that was checked, within one deadline."""

from __future__ import annotations

import functools
import ssl
import time
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpcore

from askwise.net.fetch import Reply, Unreachable

if TYPE_CHECKING:
    from askwise.net.fetch import Fetcher

CONNECT = 10.0
"""Most seconds until an address takes a connection: who is there does so at once, however long the answer takes."""


def exchange(fetcher: Fetcher, method: str, url: str, headers: Mapping[str, str], body: bytes, until: float) -> Reply:
    """Send and receive. A connection of its own, so that nothing is reused from a host that was checked earlier."""
    named = urlsplit(url)
    where = f"{named.scheme}://{named.netloc.rpartition('@')[2]}"
    try:
        with httpcore.ConnectionPool(
            ssl_context=_context() if named.scheme == "https" else None, network_backend=_Backend(fetcher, until)
        ) as pool:
            asked = [(name.encode("ascii"), value.encode("latin-1")) for name, value in headers.items()]
            limits = {"timeout": dict.fromkeys(("connect", "read", "write", "pool"), fetcher.seconds)}
            with pool.stream(method, url, headers=asked, content=body or None, extensions=limits) as response:
                found = {key.decode("ascii").lower(): value.decode("latin-1") for key, value in response.headers}
                return Reply(response.status, found, _read(response, fetcher.most, where), url)
    except httpcore.ConnectTimeout as error:
        raise Unreachable(f"{where} takes no connection; is it running?") from error
    except httpcore.TimeoutException as error:
        raise Unreachable(f"{where} gave no whole answer within {fetcher.seconds:g} seconds; try later") from error
    except (httpcore.NetworkError, httpcore.ProtocolError, ssl.SSLError, OSError) as error:
        raise Unreachable(f"{where} cannot be reached ({type(error).__name__}: {error}); is it running?") from error


def _read(response: httpcore.Response, most: int, where: str) -> bytes:
    parts, size = [], 0
    for part in response.iter_stream():
        size += len(part)
        if size > most:
            raise Unreachable(f"{where} sends more than {most:,} bytes; that is not read")
        parts.append(part)
    return b"".join(parts)


@functools.lru_cache(maxsize=1)
def _context() -> ssl.SSLContext:
    return httpcore.default_ssl_context()


class _Backend(httpcore.NetworkBackend):
    """Connects to one of the addresses that were checked, by number; TLS still asks for the name."""

    def __init__(self, fetcher: Fetcher, until: float) -> None:
        self.fetcher, self.until = fetcher, until

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """The first address that answers."""
        trouble: httpcore.ConnectError | httpcore.ConnectTimeout = httpcore.ConnectError("no address")
        for address in self.fetcher.addresses(host, port):
            try:
                return _Timed(connect(address, port, min(CONNECT, _left(self.until))), self.until)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                trouble = error
        raise trouble


def connect(address: str, port: int, timeout: float) -> httpcore.NetworkStream:
    """A stream to an IP address."""
    return httpcore.SyncBackend().connect_tcp(address, port, timeout)


class _Timed(httpcore.NetworkStream):
    """A stream whose every step ends at one deadline, so that a reply in drops does not last for ever."""

    def __init__(self, inner: httpcore.NetworkStream, until: float) -> None:
        self.inner, self.until = inner, until

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Some bytes."""
        return self.inner.read(max_bytes, _left(self.until))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """All bytes."""
        self.inner.write(buffer, _left(self.until))

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """The same with TLS inside."""
        return _Timed(self.inner.start_tls(ssl_context, server_hostname, _left(self.until)), self.until)

    def get_extra_info(self, info: str) -> Any:
        """What httpcore asks of the socket."""
        return self.inner.get_extra_info(info)

    def close(self) -> None:
        """End it."""
        self.inner.close()


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout("the deadline has passed")
    return left
