"""`askwise ml-backend`: a session behind Label Studio, as its ML backend."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from askwise.cli.common import SessionPlace, note
from askwise.core.errors import BadInput

PASSWORD = "ASKWISE_ML_PASSWORD"


def ml_backend(
    session: SessionPlace,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 picks one.")] = 9090,
    host: Annotated[str, typer.Option(help="Address to listen at.")] = "127.0.0.1",
    ahead: Annotated[int, typer.Option(min=1, help="How many rows to have chosen ahead.")] = 50,
    file: Annotated[Path | None, typer.Option(help="The file that is labelled, if it has moved.")] = None,
) -> None:
    """Be the ML backend of a Label Studio project: predict, order its tasks by the strategy, learn from annotations.

    A password for HTTP Basic is read from the environment variable ASKWISE_ML_PASSWORD.
    """
    from askwise.cli.label import need_server
    from askwise.cli.test import opened_session

    need_server()
    password = os.environ.get(PASSWORD, "")
    if host not in ("127.0.0.1", "localhost", "::1") and not password:
        raise BadInput(f"--host {host} lets other machines in; set a password in the environment variable {PASSWORD}")
    import uvicorn

    from askwise.bridge.ml_backend import Backend, create_app
    from askwise.bridge.ml_backend.backend import check
    from askwise.server.serve import listen

    opened = opened_session(session, file)
    check(opened)
    backend = Backend(opened, ahead=ahead)
    try:
        with listen(port, 0, host) as bound:
            settings = uvicorn.Config(
                create_app(backend, password), log_level="warning", access_log=False, lifespan="off"
            )
            backend.start()
            note(f"http://{host}:{bound.getsockname()[1]}  is the model to connect in Label Studio. Stop with Ctrl-C.")
            uvicorn.Server(settings).run(sockets=[bound])
    finally:
        backend.close()
