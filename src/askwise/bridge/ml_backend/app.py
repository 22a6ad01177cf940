"""The routes of an ML backend, as Label Studio 1.23 calls them. Bodies are never logged: they hold a token."""

from __future__ import annotations

import base64
import binascii
import secrets
from typing import Annotated, Any

from fastapi import Body, FastAPI, Request
from fastapi.responses import JSONResponse, Response
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint

from askwise.bridge.ml_backend.backend import Backend
from askwise.core.errors import AskwiseError, BadInput, BudgetSpent

LARGEST_BODY = 64 * 2**20
_Json = Annotated[dict[str, Any], Body()]


def create_app(backend: Backend, password: str = "") -> FastAPI:
    """The application of a started backend; with a `password`, HTTP Basic with any user name is asked for.

    What Label Studio does not need answered (`/validate`, `/job_status`, `/delete` ...) is 404, which it takes well.
    """
    app = FastAPI(title="askwise ML backend", docs_url=None, redoc_url=None, openapi_url=None)

    async def guard(request: Request, go_on: RequestResponseEndpoint) -> Response:
        if int(request.headers.get("content-length") or 0) > LARGEST_BODY:
            return JSONResponse({"detail": f"the body is larger than {LARGEST_BODY} bytes"}, status_code=413)
        if password and not _knows(request.headers.get("authorization", ""), password):
            refused = {"detail": "set user and password of the model in Label Studio (Settings, Model, Basic Auth)"}
            return JSONResponse(refused, status_code=401, headers={"www-authenticate": "Basic"})
        return await go_on(request)

    app.add_middleware(BaseHTTPMiddleware, dispatch=guard)
    app.add_exception_handler(AskwiseError, _refused)
    _routes(app, backend)
    return app


def _routes(app: FastAPI, backend: Backend) -> None:
    @app.get("/")
    @app.get("/health")
    def health() -> dict[str, Any]:
        return backend.health()

    @app.post("/setup")
    def setup(body: _Json) -> dict[str, Any]:
        # The body brings an access token of the project's owner. It is not needed, so it is not kept.
        return {"model_version": backend.version}

    @app.post("/predict")
    def predict(body: _Json) -> dict[str, Any]:
        tasks = body.get("tasks")
        if not isinstance(tasks, list) or not all(isinstance(task, dict) for task in tasks):
            raise BadInput("the body has no list of tasks; send {'tasks': [{'id': 1, 'data': {...}}]}")
        return {"results": backend.predict(tasks, str(body.get("label_config") or ""))}

    @app.post("/webhook")
    @app.post("/train")
    def webhook(body: _Json) -> dict[str, Any]:
        return backend.heard(body)

    @app.get("/versions")
    def versions() -> dict[str, Any]:
        return {"versions": [backend.version]}


def _knows(header: str, password: str) -> bool:
    kind, _, coded = header.partition(" ")
    if kind.lower() != "basic":
        return False
    try:
        _, _, given = base64.b64decode(coded, validate=True).partition(b":")
    except binascii.Error:
        return False
    return secrets.compare_digest(given, password.encode())


def _refused(request: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"detail": str(error)}, status_code=409 if isinstance(error, BudgetSpent) else 400)
