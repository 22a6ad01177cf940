"""News for a page as they happen: one stream of server-sent events, which also keeps its items hers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse

from askwise.core.errors import AskwiseError
from askwise.server.access import Access
from askwise.server.bell import heard
from askwise.server.guard import identify, person_of
from askwise.server.limits import Limited
from askwise.server.room import Room
from askwise.server.routes.common import EVERYBODY, REFUSALS, caller, in_turn, roles
from askwise.server.team import TeamAccess

LONGEST = 3600.0
"""Seconds of one stream; a browser opens the next by itself."""

QUIET = 20.0
"""Seconds after which a silent stream says that it lives, which renews the leases of the page's items as well."""

PAUSE = 0.5
"""Seconds between two events of a stream at least, however much happens."""

MOST_STREAMS = 8
"""Streams of one person at a time: one for each page that is open."""


def routes(room: Room, access: Access | TeamAccess) -> APIRouter:
    """The stream of a page."""
    router = APIRouter(prefix="/api", tags=["live"], dependencies=roles(EVERYBODY), responses=REFUSALS)
    content = {"text/event-stream": {"schema": {"type": "string"}}}
    said: dict[int | str, dict[str, Any]] = {200: {"description": "Events called `status`.", "content": content}}
    open_now: dict[str, int] = {}

    @router.get("/events", response_class=StreamingResponse, responses=said)
    async def events(
        request: Request, seconds: Annotated[float, Query(ge=0, le=LONGEST)] = LONGEST
    ) -> StreamingResponse:
        """An event `status`, as `/api/status` has it, whenever something has changed, twice a second at most."""
        name = person_of(request.scope).name
        if open_now.get(name, 0) >= MOST_STREAMS:
            raise Limited(f"{MOST_STREAMS} streams are open already; close a page, or wait a little", wait=5.0)

        async def stream() -> AsyncIterator[str]:
            open_now[name] = open_now.get(name, 0) + 1
            try:
                async for event in _events(room, caller(request), seconds, lambda: identify(access, request.scope)):
                    yield event
            finally:
                open_now[name] -= 1

        return StreamingResponse(stream(), media_type="text/event-stream")

    return router


async def _events(room: Room, who: str | None, seconds: float, known: Callable[[], Any]) -> AsyncIterator[str]:
    until, before = time.monotonic() + seconds, ""
    while known() is not None:  # whoever is shut out, or has logged out, hears no more
        ring = room.bell.next_ring()
        try:
            now = (await in_turn(room, lambda: room.status(who))).model_dump_json()
        except AskwiseError:  # the room is being closed
            return
        # One line: JSON has no line breaks of its own, so an event ends where it should.
        yield f"event: status\ndata: {now}\n\n" if now != before else ": still here\n\n"
        before, left = now, until - time.monotonic()
        if left <= 0 or room.stopping:
            return
        await heard(ring, min(left, QUIET))
        await asyncio.sleep(min(PAUSE, max(0.0, until - time.monotonic())))
