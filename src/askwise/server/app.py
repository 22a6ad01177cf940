"""The room over HTTP: a page, seven calls, and images by opaque name."""

from __future__ import annotations

import mimetypes
from pathlib import Path
from typing import Annotated

from fastapi import FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse, Response
from fastapi.staticfiles import StaticFiles

from askwise.core.errors import AskwiseError, BadInput, BudgetSpent, StoreError
from askwise.server.access import Access
from askwise.server.guard import Guard, person_of
from askwise.server.room import Conflict, Room
from askwise.server.team import DAY, TeamAccess, TooMany
from askwise.server.views import Act, Login, Opening, Page, Receipt, Status, Submission, Undoing

STATIC = Path(__file__).parent / "static"
LONGEST_WAIT = 20.0
_STATUS = {TooMany: 429, BadInput: 400, Conflict: 409, BudgetSpent: 409, StoreError: 503}


def create_app(room: Room, access: Access | TeamAccess) -> FastAPI:
    """The application for a started room. Every handler runs in a worker thread, so that none waits for another."""
    # What the system's registry says about .js must not decide whether a script with nosniff runs.
    mimetypes.add_type("text/javascript", ".js")
    app = FastAPI(title="askwise", docs_url=None, redoc_url=None, openapi_url=None)
    app.add_middleware(Guard, access=access)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    app.add_exception_handler(AskwiseError, _refused)
    app.add_exception_handler(RequestValidationError, _malformed)
    if isinstance(access, TeamAccess):
        _team_routes(app, access)
    else:
        _link_route(app, access)
    _media_route(app, room)
    _read_routes(app, room)
    _write_routes(app, room)
    return app


def _link_route(app: FastAPI, access: Access) -> None:
    @app.get("/")
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


def _team_routes(app: FastAPI, access: TeamAccess) -> None:
    @app.get("/")
    def page(request: Request) -> Response:
        known = access.who(request.cookies.get(access.cookie_name), None) is not None
        return FileResponse(STATIC / ("index.html" if known else "login.html"), status_code=200 if known else 401)

    @app.post("/api/login")
    def log_in(body: Login, request: Request) -> Response:
        cookie = access.log_in(body.name, body.password, request.client.host if request.client else "")
        if cookie is None:
            return JSONResponse({"detail": "the name or the password is wrong"}, status_code=401)
        response = JSONResponse({"name": body.name})
        response.set_cookie(
            access.cookie_name, cookie, max_age=int(DAY), httponly=True, samesite="strict", secure=access.tls, path="/"
        )
        return response

    @app.post("/api/logout")
    def log_out(request: Request) -> Response:
        access.log_out(request.cookies.get(access.cookie_name, ""))
        response = JSONResponse({})
        response.delete_cookie(access.cookie_name, path="/")
        return response


def _media_route(app: FastAPI, room: Room) -> None:
    @app.get("/media/{token}/{name}")
    def media(token: str, name: str) -> Response:
        found = room.media(token, name)
        if found is None:
            return JSONResponse({"detail": "there is no such image"}, status_code=404)
        kind, data = found
        return Response(data, media_type=kind, headers={"cache-control": "private, max-age=3600, immutable"})


def _read_routes(app: FastAPI, room: Room) -> None:
    @app.get("/api/start")
    def start(request: Request) -> Opening:
        return Opening(status=room.status(_who(request)), task=room.task.render())

    @app.get("/api/status")
    def status(request: Request) -> Status:
        return room.status(_who(request))

    @app.get("/api/next")
    def following(
        request: Request,
        after: int = 0,
        n: Annotated[int, Query(ge=1, le=50)] = 6,
        wait: Annotated[float, Query(ge=0, le=LONGEST_WAIT)] = 0.0,
    ) -> Page:
        return room.next(after, n, wait, _who(request))


def _who(request: Request) -> str | None:
    """The annotator's name; None in a room for one, which has a name of its own for her."""
    return person_of(request.scope).name or None


def _write_routes(app: FastAPI, room: Room) -> None:
    @app.post("/api/answers")
    def answers(body: Submission, request: Request) -> Receipt:
        return room.answer(body.event, body.query, body.label, body.seconds, _who(request))

    @app.post("/api/skip")
    def skip(body: Act, request: Request) -> Receipt:
        return room.skip(body.event, body.query, _who(request))

    @app.post("/api/abstain")
    def abstain(body: Act, request: Request) -> Receipt:
        return room.abstain(body.event, body.query, body.seconds, _who(request))

    @app.post("/api/undo")
    def undo(body: Undoing, request: Request) -> Receipt:
        return room.undo(body.event, body.query, _who(request))


def _refused(request: Request, error: Exception) -> JSONResponse:
    status = next((code for kind, code in _STATUS.items() if isinstance(error, kind)), 500)
    return JSONResponse({"detail": str(error)}, status_code=status)


def _malformed(request: Request, error: Exception) -> JSONResponse:
    problems = error.errors() if isinstance(error, RequestValidationError) else []
    said = "; ".join(f"{'.'.join(map(str, one['loc'][1:]))}: {one['msg']}" for one in problems)
    return JSONResponse({"detail": said or "the request cannot be read"}, status_code=422)
