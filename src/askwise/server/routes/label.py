"""Labelling: what lies before an annotator, and what she does with it."""

from __future__ import annotations

import time
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from askwise.server.access import Access
from askwise.server.bell import heard
from askwise.server.guard import person_of
from askwise.server.room import Room
from askwise.server.routes.common import EVERYBODY, REFUSALS, caller, in_turn, roles
from askwise.server.team import TeamAccess
from askwise.server.views import Act, Flagging, Guidelines, Opening, Page, Reasons, Receipt, Status, Submission, Undoing

LONGEST_WAIT = 20.0
LOOK_SECONDS = 1.0


def routes(room: Room, access: Access | TeamAccess) -> APIRouter:
    """Start, status, next, why, guidelines; answers, skip, abstain, reject, flag, undo."""
    router = APIRouter(prefix="/api", tags=["label"], dependencies=roles(EVERYBODY), responses=REFUSALS)
    _reads(router, room)
    _acts(router, room)
    return router


def _reads(router: APIRouter, room: Room) -> None:
    @router.get("/start")
    async def start(request: Request) -> Opening:
        who = caller(request)
        status = await in_turn(room, lambda: room.status(who))
        return Opening(status=status, task=room.task.render(), role=person_of(request.scope).role, team=room.team)

    @router.get("/status")
    async def status(request: Request) -> Status:
        who = caller(request)
        return await in_turn(room, lambda: room.status(who))

    @router.get("/next")
    async def following(
        request: Request,
        after: int | None = None,
        n: Annotated[int, Query(ge=1, le=50)] = 6,
        wait: Annotated[float, Query(ge=0, le=LONGEST_WAIT)] = 0.0,
        first: Annotated[int | None, Query(description="The query that this page showed before a reload.")] = None,
    ) -> Page:
        who, until = caller(request), time.monotonic() + wait
        while True:
            ring = room.bell.next_ring()
            page = await in_turn(room, lambda: room.next(after, n, 0.0, who, first))
            left = until - time.monotonic()
            if page.items or page.finished or left <= 0 or room.stopping or await request.is_disconnected():
                return page
            # No ring tells when somebody's lease runs out, so look now and then without one.
            await heard(ring, min(left, LOOK_SECONDS))

    @router.get("/why")
    def why(query: int) -> Reasons:
        return room.why(query)

    @router.get("/guidelines")
    def guidelines() -> Guidelines:
        return room.guidelines()


def _acts(router: APIRouter, room: Room) -> None:
    @router.post("/answers")
    async def answers(body: Submission, request: Request) -> Receipt:
        who = caller(request)
        return await in_turn(
            room, lambda: room.answer(body.event, body.query, body.label, body.seconds, who, **_beside(body))
        )

    @router.post("/skip")
    async def skip(body: Act, request: Request) -> Receipt:
        who = caller(request)
        return await in_turn(room, lambda: room.skip(body.event, body.query, who))

    @router.post("/abstain")
    async def abstain(body: Act, request: Request) -> Receipt:
        who = caller(request)
        return await in_turn(room, lambda: room.abstain(body.event, body.query, body.seconds, who, **_beside(body)))

    @router.post("/reject")
    async def reject(body: Act, request: Request) -> Receipt:
        who = caller(request)
        return await in_turn(room, lambda: room.reject(body.event, body.query, body.seconds, who, **_beside(body)))

    @router.post("/flag")
    async def flag(body: Flagging, request: Request) -> Receipt:
        who = caller(request)
        return await in_turn(room, lambda: room.flag(body.event, body.query, body.note, who))

    @router.post("/undo")
    async def undo(body: Undoing, request: Request) -> Receipt:
        who = caller(request)
        return await in_turn(room, lambda: room.undo(body.event, body.query, who))


def _beside(act: Act) -> dict[str, Any]:
    return {"guidelines": act.guidelines, "base": act.base}
