"""The shell of the page, and how people come in and leave: by a link that works once, or by a password."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse, JSONResponse, Response

from askwise.server.access import Access
from askwise.server.guard import PAGES
from askwise.server.room import Room
from askwise.server.routes.common import REFUSALS
from askwise.server.team import DAY, TeamAccess
from askwise.server.views import Login, Named, Nothing

STATIC = Path(__file__).parents[1] / "static"


def routes(room: Room, access: Access | TeamAccess) -> APIRouter:
    """The shell at each of `PAGES`; log-in and log-out in a room for many."""
    router = APIRouter(tags=["door"], responses=REFUSALS)
    shell = _team_shell(access) if isinstance(access, TeamAccess) else _link_shell(access)
    for path in PAGES:
        router.add_api_route(path, shell, methods=["GET"], include_in_schema=False)
    if isinstance(access, TeamAccess):
        _log_in(router, access)
    return router


def _link_shell(access: Access) -> Callable[..., Response]:
    def page(request: Request, token: Annotated[str, Query(max_length=100)] = "") -> Response:
        if access.admits(request.cookies.get(access.cookie_name)):
            return FileResponse(STATIC / "index.html")
        cookie = access.redeem(token)
        if cookie is None:
            return FileResponse(STATIC / "locked.html", status_code=401)
        # No redirect: after one, a browser that came from another site would hold back a strict cookie.
        response = FileResponse(STATIC / "index.html")
        response.set_cookie(access.cookie_name, cookie, httponly=True, samesite="strict", path="/")
        return response

    return page


def _team_shell(access: TeamAccess) -> Callable[..., Response]:
    def page(request: Request) -> Response:
        known = access.who(request.cookies.get(access.cookie_name), None) is not None
        return FileResponse(STATIC / ("index.html" if known else "login.html"), status_code=200 if known else 401)

    return page


def _log_in(router: APIRouter, access: TeamAccess) -> None:
    @router.post("/api/login", response_model=Named)
    def log_in(body: Login, request: Request) -> Response:
        cookie = access.log_in(body.name, body.password, request.client.host if request.client else "")
        if cookie is None:
            return JSONResponse({"detail": "the name or the password is wrong"}, status_code=401)
        response = JSONResponse({"name": body.name})
        response.set_cookie(
            access.cookie_name, cookie, max_age=int(DAY), httponly=True, samesite="strict", secure=access.tls, path="/"
        )
        return response

    @router.post("/api/logout", response_model=Nothing)
    def log_out(request: Request) -> Response:
        access.log_out(request.cookies.get(access.cookie_name, ""))
        response = JSONResponse({})
        response.delete_cookie(access.cookie_name, path="/")
        return response
