"""`askwise track`: a session in MLflow."""

from __future__ import annotations

from typing import Annotated

import typer

from askwise.cli.common import JsonFlag, SessionPlace, say, say_json


def track(
    session: SessionPlace,
    mlflow: Annotated[str, typer.Option(help="Tracking address of MLflow: http://..., sqlite:///..., or a folder.")],
    experiment: Annotated[str, typer.Option(help="Name of the experiment.")] = "askwise",
    name: Annotated[str, typer.Option(help="Name of a new run. Default: the name of the session.")] = "",
    json: JsonFlag = False,
) -> None:
    """Tell MLflow how a session went: its metrics over the number of labels. Run it again to add what is new."""
    from askwise.bridge.mlflow import track as tell
    from askwise.session import Session

    found = tell(Session.open(session), mlflow, experiment, name or str(session).rpartition("/")[2])
    if json:
        say_json(vars(found))
    else:
        say(f"{found.sent:,} values told to {'a new run' if found.new else 'the run'} {found.run}")
