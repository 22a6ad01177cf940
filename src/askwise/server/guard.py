"""The outer wall of the room: every request passes it, and every response leaves with its headers."""

from __future__ import annotations

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from askwise.server.access import Access
from askwise.server.people import Person
from askwise.server.team import TeamAccess

LARGEST_BODY = 1 << 20
"""Bytes: outlines of a crowded image take some hundred kilobytes."""
SAFE = frozenset({"GET", "HEAD"})
PERSON = "askwise.person"
PAGES = ("/", "/review", "/insight", "/map", "/people", "/settings")
"""Paths of the page: each answers with the same shell, which looks at the address; without a log-in, with the door."""

OPEN = frozenset({*PAGES, "/api/login"})
"""Paths that answer before anybody is known."""
POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; object-src 'none';"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script';"
    " trusted-types 'none'"
)
"""Nothing inline, nothing from outside, no markup from text: the browser enforces what the page keeps to."""

HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}


class Guard:
    """Refuses foreign hosts and origins, large bodies, and callers whom nobody knows; adds the headers.

    Who it is stands in the scope under ``askwise.person`` from here on.
    """

    def __init__(self, app: ASGIApp, access: Access | TeamAccess) -> None:
        self.app, self.access = app, access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer it with a refusal."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self.app(scope, receive, send)
            return  # no websockets here: the handshake is dropped

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                headers.setdefault("cache-control", "no-cache" if scope["path"].startswith("/static/") else "no-store")
            await send(message)

        refusal = self._refusal(scope)
        await (refusal or self.app)(scope, receive, with_headers)

    def _refusal(self, scope: Scope) -> JSONResponse | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if host not in self.access.hosts:
            return _refuse(403, "this room answers on its own address only: open the link printed in the terminal")
        kind, _, token = headers.get("authorization", "").partition(" ")
        bearer = token if kind.lower() == "bearer" and token else None
        if scope["method"] not in SAFE:
            # A token is no cookie: no foreign page can make a browser send it.
            if bearer is None and headers.get("origin") != self.access.origin(host):
                return _refuse(403, "this request does not come from the room's own page")
            if not headers.get("content-length", "").isdigit():
                return _refuse(411, "say how long the body is")
            if int(headers["content-length"]) > LARGEST_BODY:
                return _refuse(413, f"the body is larger than {LARGEST_BODY} bytes")
        cookies = cookie_parser(headers.get("cookie", ""))
        person = self.access.who(cookies.get(self.access.cookie_name), bearer)
        scope[PERSON] = person
        if scope["path"] in OPEN or scope["path"].startswith("/static/"):
            return None  # the page itself holds nothing; it is looked at again when it asks for data
        if person is None:
            alone = self.access.single
            return _refuse(
                401, f"this room is locked: {'open the link printed in the terminal' if alone else 'log in'}"
            )
        return None


def person_of(scope: Scope) -> Person:
    """Who sent the request, behind the guard."""
    found: Person = scope[PERSON]
    return found


def _refuse(status: int, message: str) -> JSONResponse:
    return JSONResponse({"detail": message}, status_code=status)
