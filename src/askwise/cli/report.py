"""`askwise report`: where a session stands."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from askwise.cli.common import JsonFlag, SessionPlace, note, say, say_json


def report(
    session: SessionPlace,
    html: Annotated[Path | None, typer.Option(help="Write one self-contained HTML page.")] = None,
    json: JsonFlag = False,
) -> None:
    """Say where a session stands: labels, accuracy by the control arm, how it chose, and why it stopped.

    Works while another process writes to the session.
    """
    from askwise.core.errors import StoreError
    from askwise.session import Session

    found = Session.open(session).report()
    if html is not None:
        try:
            html.write_text(found.html(), encoding="utf-8")
        except OSError as fault:
            raise StoreError(f"the report {str(html)!r} cannot be written: {fault.strerror}") from fault
        note(f"Report: {html}")
    if json:
        say_json(found.to_dict())
    elif html is None:
        say(str(found))
