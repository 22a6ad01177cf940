"""People, roles and tokens. For the owner."""

from __future__ import annotations

from fastapi import APIRouter

from askwise.server.access import Access
from askwise.server.room import Room
from askwise.server.routes.common import OWNERS, REFUSALS, roles
from askwise.server.team import TeamAccess


def routes(room: Room, access: Access | TeamAccess) -> APIRouter:
    """None yet."""
    return APIRouter(prefix="/api/admin", tags=["admin"], dependencies=roles(OWNERS), responses=REFUSALS)
