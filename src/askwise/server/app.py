"""The room over HTTP: the wall around it, its routes, and how errors leave it."""

from __future__ import annotations

import math
import mimetypes

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.staticfiles import StaticFiles

from askwise._version import __version__
from askwise.core.errors import AskwiseError, BadInput, BudgetSpent, StoreError
from askwise.server.access import Access
from askwise.server.guard import PERSON, Guard
from askwise.server.journal import Journal
from askwise.server.limits import Limited
from askwise.server.room import Conflict, Room
from askwise.server.routes import routers
from askwise.server.routes.common import Forbidden
from askwise.server.routes.pages import STATIC
from askwise.server.team import TeamAccess, TooMany

_STATUS = {TooMany: 429, Limited: 429, Forbidden: 403, BadInput: 400, Conflict: 409, BudgetSpent: 409, StoreError: 503}


def create_app(room: Room, access: Access | TeamAccess) -> FastAPI:
    """The application for a started room; it describes itself at ``/openapi.json`` to those who are logged in."""
    # What the system's registry says about .js must not decide whether a script with nosniff runs.
    mimetypes.add_type("text/javascript", ".js")
    app = FastAPI(title="askwise", version=__version__, docs_url=None, redoc_url=None)
    app.add_middleware(Guard, access=access)
    app.add_middleware(Journal, person=PERSON)  # outermost: it notes refusals, too
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    app.add_exception_handler(AskwiseError, _refused)
    app.add_exception_handler(RequestValidationError, _malformed)
    for router in routers(room, access):
        app.include_router(router)
    return app


def _refused(request: Request, error: Exception) -> JSONResponse:
    status = next((code for kind, code in _STATUS.items() if isinstance(error, kind)), 500)
    clash = error.clash if isinstance(error, Conflict) else None
    headers = {"retry-after": str(math.ceil(error.wait))} if isinstance(error, Limited) else None
    return JSONResponse(clash.model_dump() if clash else {"detail": str(error)}, status_code=status, headers=headers)


def _malformed(request: Request, error: Exception) -> JSONResponse:
    problems = error.errors() if isinstance(error, RequestValidationError) else []
    said = "; ".join(f"{'.'.join(map(str, one['loc'][1:]))}: {one['msg']}" for one in problems)
    return JSONResponse({"detail": said or "the request cannot be read"}, status_code=422)
