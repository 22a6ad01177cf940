"""`askwise people`: who may log in to a room for several people."""

from __future__ import annotations

import time
from typing import Annotated, Any

import typer

from askwise.cli.common import file_of, say, session_place, shown
from askwise.core.errors import BadInput


def people(
    session: Annotated[
        Any,
        typer.Argument(
            help="Session file, or postgresql://...#NAME; it need not be there yet.",
            metavar="SESSION.aw",
            parser=session_place,
        ),
    ],
    action: Annotated[str, typer.Argument(help="add, remove, token, revoke or list.")] = "list",
    name: Annotated[str | None, typer.Argument(help="Whom it is about.")] = None,
    prefix: Annotated[str, typer.Argument(help="revoke: the first characters of the token, as list shows them.")] = "",
    role: Annotated[str, typer.Option(help="owner, reviewer, annotator or machine.")] = "annotator",
    days: Annotated[float, typer.Option(help="How long a token lasts.")] = 90.0,
    scope: Annotated[str, typer.Option(help="What a token is good for: all, answer or read.")] = "all",
) -> None:
    """Say who may log in: `add` prints a password once, `token` a token once; both are kept as hashes only."""
    from askwise.server.people import People, beside

    known = People(beside(file_of(session)))
    if action == "list":
        for one in known:
            say(f"{one.name}  {one.role}")
            for token in one.tokens:
                say(f"    {token.prefix}...  {token.scope}, {_until(token.ends)}, {_last(token.used)}")
        return
    if action not in ("add", "remove", "token", "revoke"):
        raise BadInput(f"there is nothing called {action!r} to do with people; use add, remove, token, revoke or list")
    if name is None:
        raise BadInput(f"whom is it about? askwise people {shown(session)} {action} NAME")
    if action == "remove":
        known.remove(name)
        say(f"{name} may not log in any more; the answers given stay.")
    elif action == "revoke":
        known.revoke(name, prefix)
        say(f"The token {prefix}... of {name} is worth nothing any more.")
    elif action == "token":
        say(known.issue(name, days, scope))
    else:
        password = known.add(name, role)
        say(
            f"{name} may log in as {role}, with the password  {password}"
            if password
            else f"{name} is a machine: give it a token"
        )


def _until(ends: float) -> str:
    return f"{'ended' if ends < time.time() else 'ends'} {time.strftime('%Y-%m-%d', time.gmtime(ends))}"


def _last(used: float) -> str:
    return f"last used {time.strftime('%Y-%m-%d %H:00', time.gmtime(used))} UTC" if used else "never used"
