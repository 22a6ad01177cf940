"""Labelling: what lies before an annotator, and what she does with it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request

from askwise.server.access import Access
from askwise.server.guard import person_of
from askwise.server.room import Room
from askwise.server.routes.common import EVERYBODY, REFUSALS, caller, roles
from askwise.server.team import TeamAccess
from askwise.server.views import Act, Opening, Page, Receipt, Status, Submission, Undoing

LONGEST_WAIT = 20.0


def routes(room: Room, access: Access | TeamAccess) -> APIRouter:
    """Start, status, next; answers, skip, abstain, undo."""
    router = APIRouter(prefix="/api", tags=["label"], dependencies=roles(EVERYBODY), responses=REFUSALS)
    _reads(router, room)
    _acts(router, room)
    return router


def _reads(router: APIRouter, room: Room) -> None:
    @router.get("/start")
    def start(request: Request) -> Opening:
        return Opening(status=room.status(caller(request)), task=room.task.render(), role=person_of(request.scope).role)

    @router.get("/status")
    def status(request: Request) -> Status:
        return room.status(caller(request))

    @router.get("/next")
    def following(
        request: Request,
        after: int = 0,
        n: Annotated[int, Query(ge=1, le=50)] = 6,
        wait: Annotated[float, Query(ge=0, le=LONGEST_WAIT)] = 0.0,
    ) -> Page:
        return room.next(after, n, wait, caller(request))


def _acts(router: APIRouter, room: Room) -> None:
    @router.post("/answers")
    def answers(body: Submission, request: Request) -> Receipt:
        return room.answer(body.event, body.query, body.label, body.seconds, caller(request))

    @router.post("/skip")
    def skip(body: Act, request: Request) -> Receipt:
        return room.skip(body.event, body.query, caller(request))

    @router.post("/abstain")
    def abstain(body: Act, request: Request) -> Receipt:
        return room.abstain(body.event, body.query, body.seconds, caller(request))

    @router.post("/undo")
    def undo(body: Undoing, request: Request) -> Receipt:
        return room.undo(body.event, body.query, caller(request))
