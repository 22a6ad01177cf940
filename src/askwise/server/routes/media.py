"""Images by opaque name: never a path, never a type that the data chose."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response

from askwise.server.access import Access
from askwise.server.room import Room
from askwise.server.routes.common import EVERYBODY, REFUSALS, roles
from askwise.server.team import TeamAccess
from askwise.server.views import Problem


def routes(room: Room, access: Access | TeamAccess) -> APIRouter:
    """One image, as it was handed out in this run."""
    router = APIRouter(tags=["media"], dependencies=roles(EVERYBODY), responses=REFUSALS)
    answers: dict[int | str, dict[str, Any]] = {
        200: {"description": "The image.", "content": {"image/*": {"schema": {"type": "string", "format": "binary"}}}},
        404: {"model": Problem, "description": "No image was handed out under this name."},
    }

    @router.get("/media/{token}/{name}", response_class=Response, responses=answers)
    def media(token: str, name: str) -> Response:
        found = room.media(token, name)
        if found is None:
            return JSONResponse({"detail": "there is no such image"}, status_code=404)
        kind, data = found
        return Response(data, media_type=kind, headers={"cache-control": "private, max-age=3600, immutable"})

    return router
