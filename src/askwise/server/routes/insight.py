"""How the work goes, and the pool as a map on which many rows are labelled at once. For owners and reviewers."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated

from fastapi import APIRouter, Query, Request

from askwise.core.errors import BadInput
from askwise.server import judging as wire
from askwise.server.access import Access
from askwise.server.insight import Insights
from askwise.server.landscape import Landscape
from askwise.server.room import Room
from askwise.server.routes.common import JUDGES, REFUSALS, caller, in_turn, roles
from askwise.server.team import TeamAccess

MOST_SHOWN = 60


def routes(room: Room, access: Access | TeamAccess) -> APIRouter:
    """Numbers; the map, what is known of its rows, search; labels for many rows."""
    router = APIRouter(prefix="/api/insight", tags=["insight"], dependencies=roles(JUDGES), responses=REFUSALS)
    insights = Insights(room)

    @router.get("")
    def look() -> wire.Insight:
        return insights.look()

    @router.post("/savings")
    def savings(body: wire.NoBody) -> wire.Insight:
        return insights.savings()

    _map(router, room, _Once(room))
    return router


class _Once:
    """The map, made when somebody first looks at it."""

    def __init__(self, room: Room) -> None:
        self.room = room

    @cached_property
    def map(self) -> Landscape:
        """The map."""
        return Landscape(self.room)


def _map(router: APIRouter, room: Room, once: _Once) -> None:
    @router.get("/map")
    def landscape(method: Annotated[str, Query(max_length=10)] = "pca") -> wire.Landscape:
        return once.map.draw(method)

    @router.get("/ground")
    def ground() -> wire.Ground:
        return once.map.ground()

    @router.get("/rows")
    def rows(rows: Annotated[str, Query(max_length=1000, pattern=r"^\d+(,\d+)*$")]) -> wire.Rows:
        wanted = [int(one) for one in rows.split(",")]
        if len(wanted) > MOST_SHOWN:
            raise BadInput(f"{len(wanted)} rows at once are more than {MOST_SHOWN}; ask for fewer")
        return once.map.show(wanted)

    @router.get("/find")
    def find(
        text: Annotated[str, Query(max_length=200)] = "", near: Annotated[int | None, Query(ge=0)] = None
    ) -> wire.Found:
        return once.map.search(text) if near is None else once.map.near(near)

    @router.post("/bulk")
    async def bulk(body: wire.Bulk, request: Request) -> wire.Labelled:
        who = caller(request)
        return await in_turn(room, lambda: once.map.label(body, who))

    @router.post("/unbulk")
    async def unbulk(body: wire.Unbulk) -> wire.Labelled:
        return await in_turn(room, lambda: once.map.unlabel(body.event))
