"""What programs call: other labelling tools, machine annotators, webhooks."""

from __future__ import annotations

from fastapi import APIRouter

from askwise.server.access import Access
from askwise.server.room import Room
from askwise.server.routes.common import EVERYBODY, REFUSALS, roles
from askwise.server.team import TeamAccess


def routes(room: Room, access: Access | TeamAccess) -> APIRouter:
    """None yet."""
    return APIRouter(prefix="/api/machine", tags=["machine"], dependencies=roles(EVERYBODY), responses=REFUSALS)
