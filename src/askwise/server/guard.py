"""The outer wall of the room: every request passes it, and every response leaves with its headers."""

from __future__ import annotations

import math

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from askwise.server.access import Access
from askwise.server.limits import Limits
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
PERSON_CALLS = (200.0, 1000.0)
"""Calls a second, and at once, of somebody known: far more than a page makes, and enough for a program."""

STRANGER_CALLS = (5.0, 60.0)
"""The same for each address from which nobody known calls."""

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
        self._people = Limits(*PERSON_CALLS)
        self._strangers = Limits(*STRANGER_CALLS)

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
        bearer = _bearer(headers)
        if scope["method"] not in SAFE:
            # A token is no cookie: no foreign page can make a browser send it.
            if bearer is None and headers.get("origin") != self.access.origin(host):
                return _refuse(403, "this request does not come from the room's own page")
            if not headers.get("content-length", "").isdigit():
                return _refuse(411, "say how long the body is")
            if int(headers["content-length"]) > LARGEST_BODY:
                return _refuse(413, f"the body is larger than {LARGEST_BODY} bytes")
        person = identify(self.access, scope)
        scope[PERSON] = person
        slow = self._too_fast(scope, person)
        if slow is not None:
            return slow
        if scope["path"] in OPEN or scope["path"].startswith("/static/"):
            return None  # the page itself holds nothing; it is looked at again when it asks for data
        if person is not None and scope["method"] not in SAFE and person.scope == "read":
            return _refuse(403, "this token may read only; issue one with --scope answer")
        if person is None:
            alone = self.access.single
            return _refuse(
                401, f"this room is locked: {'open the link printed in the terminal' if alone else 'log in'}"
            )
        return None

    def _too_fast(self, scope: Scope, person: Person | None) -> JSONResponse | None:
        """A refusal for whoever calls more often than a page or a program needs to; files of the page are free."""
        if scope["path"].startswith("/static/"):
            return None
        address = scope["client"][0] if scope.get("client") else ""
        wait = self._strangers.take(address) if person is None else self._people.take(person.name)
        if wait == 0.0:
            return None
        said = _refuse(429, f"too many calls; try again in {math.ceil(wait)} seconds")
        said.headers["retry-after"] = str(math.ceil(wait))
        return said


def identify(access: Access | TeamAccess, scope: Scope) -> Person | None:
    """Who sends a request, by its cookie or token, now; None for nobody."""
    headers = Headers(scope=scope)
    cookies = cookie_parser(headers.get("cookie", ""))
    return access.who(cookies.get(access.cookie_name), _bearer(headers))


def _bearer(headers: Headers) -> str | None:
    kind, _, token = headers.get("authorization", "").partition(" ")
    return token if kind.lower() == "bearer" and token else None


def person_of(scope: Scope) -> Person:
    """Who sent the request, behind the guard."""
    found: Person = scope[PERSON]
    return found


def _refuse(status: int, message: str) -> JSONResponse:
    return JSONResponse({"detail": message}, status_code=status)
