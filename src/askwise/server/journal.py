"""The log of requests: one JSON line each, with what happened and never what was in it."""

from __future__ import annotations

import json
import logging
import re
import time
from datetime import UTC, datetime
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from askwise.core.errors import BadInput

JOURNAL = logging.getLogger("askwise.requests")

_NAMES = "pass(?:word|wd)?|token|secret|cookie|api[_-]?key"
_SECRETS = (
    (re.compile(r"aw_[A-Za-z0-9_-]{8,}"), "aw_..."),
    (re.compile(r"(?i)(bearer\s+)\S+"), r"\1..."),
    (re.compile(rf"(?i)((?:{_NAMES})[\"']?\s*[=:]\s*[\"']?)[^\s\"'&,;]+"), r"\1..."),
    (re.compile(r"(\w+://[^\s/:@]+:)[^\s/@]+(@)"), r"\1...\2"),
    (re.compile(r"\$argon2\w*\$\S+"), "$argon2..."),
)


def redact(text: str) -> str:
    """Text without what looks like a token, a password or a cookie.

    >>> redact("GET /?token=abc123&n=6 Bearer xyz")
    'GET /?token=...&n=6 Bearer ...'
    """
    for pattern, kept in _SECRETS:
        text = pattern.sub(kept, text)
    return text


class Lines(logging.Formatter):
    """One JSON object a line; the fields of a request where it is about one."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without secrets."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        said: dict[str, Any] = {"at": at, "level": record.levelname.lower(), "logger": record.name}
        said |= getattr(record, "fields", None) or {"message": record.getMessage()}
        if record.exc_info:
            said["error"] = self.formatException(record.exc_info)
        clean = {name: redact(value) if isinstance(value, str) else value for name, value in said.items()}
        return json.dumps(clean, ensure_ascii=False)


def keep(path: str) -> None:
    """From now on write requests, and what askwise and the server say, to a file as JSON lines; ``-`` is stderr.

    Raises BadInput for a file that cannot be written.
    """
    try:
        handler = logging.StreamHandler() if path == "-" else logging.FileHandler(path, encoding="utf-8")
    except OSError as error:
        raise BadInput(f"the log {path!r} cannot be written: {error.strerror}; name another file") from error
    handler.setFormatter(Lines())
    for name in ("askwise", "uvicorn"):
        logger = logging.getLogger(name)
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)


class Journal:
    """Notes each request: method, path without its query, status, milliseconds, who. No header, no body."""

    def __init__(self, app: ASGIApp, person: str) -> None:
        self.app, self.person = app, person

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and note it at its end."""
        if scope["type"] != "http" or not JOURNAL.isEnabledFor(logging.INFO):
            await self.app(scope, receive, send)
            return
        started, seen = time.perf_counter(), {"status": 0}

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                seen["status"] = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, noting)
        finally:
            seconds = time.perf_counter() - started
            JOURNAL.info("request", extra={"fields": self._fields(scope, seen["status"], seconds)})

    def _fields(self, scope: Scope, status: int, seconds: float) -> dict[str, Any]:
        person = scope.get(self.person)
        route = scope.get("route")
        path = getattr(route, "path", None) or scope["path"]
        client = scope.get("client")
        return {
            "method": scope["method"],
            "path": path[:200],
            "status": status,
            "ms": round(1000 * seconds, 1),
            "who": None if person is None else person.name,
            "role": None if person is None else person.role,
            "from": client[0] if client else None,
        }
