"""The routes of the room, a file per matter. Each file has `routes(room, access)`, which returns its router.

A new route goes into the file of its matter, says with `roles` who may call it, returns a model of
`askwise.server.views`. What it does to the room it does by ``await in_turn(room, lambda: room.something(...))``; a
route that computes is a plain function, which runs in a worker thread.
"""

from __future__ import annotations

from fastapi import APIRouter

from askwise.server.access import Access
from askwise.server.room import Room
from askwise.server.routes import admin, insight, label, live, machine, media, pages, review
from askwise.server.team import TeamAccess

FILES = (pages, label, live, media, insight, review, admin, machine)


def routers(room: Room, access: Access | TeamAccess) -> list[APIRouter]:
    """Every router of a room."""
    return [file.routes(room, access) for file in FILES]
