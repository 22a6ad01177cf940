"""`askwise people`: who may log in to a room for several people."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from askwise.cli.common import say
from askwise.core.errors import BadInput


def people(
    session: Annotated[Path, typer.Argument(help="Session file, such as reviews.aw; it need not be there yet.")],
    action: Annotated[str, typer.Argument(help="add, remove, token or list.")] = "list",
    name: Annotated[str | None, typer.Argument(help="Whom it is about.")] = None,
    role: Annotated[str, typer.Option(help="owner, reviewer, annotator or machine.")] = "annotator",
    days: Annotated[float, typer.Option(help="How long a token lasts.")] = 90.0,
) -> None:
    """Say who may log in: `add` prints a password once, `token` a token once; both are kept as hashes only."""
    from askwise.server.people import People, beside

    known = People(beside(session))
    if action == "list":
        for one in known:
            say(f"{one.name}  {one.role}" + (f"  {len(one.tokens)} tokens" if one.tokens else ""))
        return
    if action not in ("add", "remove", "token"):
        raise BadInput(f"there is nothing called {action!r} to do with people; use add, remove, token or list")
    if name is None:
        raise BadInput(f"whom is it about? askwise people {session} {action} NAME")
    if action == "remove":
        known.remove(name)
        say(f"{name} may not log in any more; the answers given stay.")
    elif action == "token":
        say(known.issue(name, days))
    else:
        password = known.add(name, role)
        say(
            f"{name} may log in as {role}, with the password  {password}"
            if password
            else f"{name} is a machine: give it a token"
        )
