"""`askwise agreement`: how far the annotators of a session agree."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from askwise.cli.common import JsonFlag, SessionPlace, say, say_json


def agreement(
    session: SessionPlace,
    scale: Annotated[
        str | None, typer.Option(help="nominal; or ordinal or interval, for classes in order. Default: by the kind.")
    ] = None,
    level: Annotated[float, typer.Option(help="Level of the intervals.")] = 0.95,
    pool: Annotated[Path | None, typer.Option(help="File that was labelled, if it has moved.")] = None,
    json: JsonFlag = False,
) -> None:
    """Say how far annotators agree on the rows that several answered: per cent, kappas and alpha, with intervals.

    Where a coefficient is undefined it says why. Works while another process writes to the session.
    """
    from askwise.cli.export import find_pool
    from askwise.session import Session
    from askwise.session.agreeing import agreements

    record = Session.open(session)
    items = find_pool(record, pool) if record.task.kind == "span" else None
    found = agreements(record.state, items, scale=scale, level=level, seed=int(record.config["seed"]))
    if json:
        say_json(found.to_dict())
    else:
        say(str(found))
