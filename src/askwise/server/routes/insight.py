"""How the work goes: curves, agreement, people. For those who look after it."""

from __future__ import annotations

from fastapi import APIRouter

from askwise.server.access import Access
from askwise.server.room import Room
from askwise.server.routes.common import JUDGES, REFUSALS, roles
from askwise.server.team import TeamAccess


def routes(room: Room, access: Access | TeamAccess) -> APIRouter:
    """None yet."""
    return APIRouter(prefix="/api/insight", tags=["insight"], dependencies=roles(JUDGES), responses=REFUSALS)
