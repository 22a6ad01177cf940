"""Several answers to one row, side by side, and the word that settles them. For owners and reviewers."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request

from askwise.server import judging as wire
from askwise.server.access import Access
from askwise.server.reviewing import Reviewing
from askwise.server.room import Room
from askwise.server.routes.common import JUDGES, REFUSALS, caller, in_turn, roles
from askwise.server.team import TeamAccess


def routes(room: Room, access: Access | TeamAccess) -> APIRouter:
    """The queue, a word and its taking back, agreement."""
    router = APIRouter(prefix="/api/review", tags=["review"], dependencies=roles(JUDGES), responses=REFUSALS)
    desk = Reviewing(room)

    @router.get("/queue")
    def queue(n: Annotated[int, Query(ge=1, le=100)] = 20, ruled: bool = False, names: bool = False) -> wire.Queue:
        return desk.queue(n, ruled, names)

    @router.post("/rulings")
    async def rule(body: wire.Word, request: Request) -> wire.Ruled:
        who = caller(request)
        return await in_turn(room, lambda: desk.rule(body, who))

    @router.post("/undo")
    async def undo(body: wire.Unword) -> wire.Ruled:
        return await in_turn(room, lambda: desk.unrule(body.row))

    @router.get("/agreement")
    def agreement(scale: Annotated[str | None, Query(max_length=20)] = None) -> wire.Agreement:
        return desk.agreement(scale)

    return router
