"""Several answers to one row, side by side, and the word that settles them."""

from __future__ import annotations

from fastapi import APIRouter

from askwise.server.access import Access
from askwise.server.room import Room
from askwise.server.routes.common import JUDGES, REFUSALS, roles
from askwise.server.team import TeamAccess


def routes(room: Room, access: Access | TeamAccess) -> APIRouter:
    """None yet."""
    return APIRouter(prefix="/api/review", tags=["review"], dependencies=roles(JUDGES), responses=REFUSALS)
