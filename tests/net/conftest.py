"""A small HTTP server that does what a test tells it, and names that lead to it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from askwise.net import wire

PUBLIC = "93.184.216.34"


class Site:
    """A server on loopback; `play` answers each request, `seen` are (method, path, headers, body)."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str, dict[str, str], bytes]] = []
        self.play: Callable[[BaseHTTPRequestHandler], None] = lambda handler: reply(handler, 200, b"hello")
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                site.seen.append((self.command, self.path, headers, body))
                site.play(self)

            def do_POST(self) -> None:
                self.do_GET()

            def log_message(self, *args: Any) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()


def reply(handler: BaseHTTPRequestHandler, status: int, body: bytes = b"", **headers: str) -> None:
    handler.send_response(status)
    for name, value in {"content-length": str(len(body)), **headers}.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def dialled(site: Site, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every address that is connected to, whatever it is, leads to the site; the addresses are noted."""
    found: list[str] = []
    direct = wire.connect

    def connect(address: str, port: int, timeout: float) -> Any:
        found.append(address)
        return direct("127.0.0.1", site.port, timeout)

    monkeypatch.setattr(wire, "connect", connect)
    return found
