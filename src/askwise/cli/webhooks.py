"""`askwise webhooks`: who is told what happens in a session, and what has not been delivered."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from askwise.cli.common import JsonFlag, SessionPlace, file_of, note, say, say_json, shown
from askwise.core.errors import BadInput
from askwise.store.url import exists

ACTIONS = ("list", "add", "remove", "dead", "retry", "run")


def webhooks(
    session: SessionPlace,
    action: Annotated[str, typer.Argument(help="list, add, remove, dead, retry or run.")] = "list",
    what: Annotated[str | None, typer.Argument(help="The address to add, or an id to remove or retry.")] = None,
    events: Annotated[str | None, typer.Option(help="Types of messages, by commas. Default: all.")] = None,
    from_start: Annotated[bool, typer.Option("--from-start", help="Tell what has happened already, too.")] = False,
    allow_private: Annotated[
        bool, typer.Option("--allow-private", help="Let the address be this machine or a private network.")
    ] = False,
    allow_network: Annotated[list[str] | None, typer.Option(help="Another network that it may be in.")] = None,
    json: JsonFlag = False,
) -> None:
    """Tell others what happens in a session, with signed messages that are tried again until they are taken.

    `askwise label` and `askwise serve` deliver while they run; `run` does so for other sessions. `add` prints a secret
    for the receiver, once. `dead` lists messages that were given up, and `retry` sends them again.
    """
    from askwise.bridge.webhooks import Outbox, beside

    if action not in ACTIONS:
        raise BadInput(f"there is nothing called {action!r} to do with webhooks; use one of {', '.join(ACTIONS)}")
    if not exists(session):
        raise BadInput(f"there is no session {shown(session)!r}; make it first: askwise label FILE")
    if action == "run":
        _run(session)
        return
    outbox = Outbox(beside(file_of(session)))
    try:
        if action == "add":
            _add(outbox, session, what, events, from_start, allow_private, allow_network or [])
        elif action == "remove":
            outbox.remove(_named(what, "remove"))
            say("removed; what waited for it is gone")
        elif action == "retry":
            say(f"{outbox.retry(what)} messages will be tried again")
        elif action == "dead":
            _dead(outbox, json)
        else:
            _list(outbox, json)
    finally:
        outbox.close()


def _named(what: str | None, action: str) -> str:
    if what is None:
        raise BadInput(f"which one? askwise webhooks SESSION.aw {action} WHAT")
    return what


def _add(
    outbox: Any,
    session: Path | str,
    url: str | None,
    events: str | None,
    early: bool,
    private: bool,
    networks: list[str],
) -> None:
    from askwise.bridge.webhooks import TYPES
    from askwise.cli.common import names
    from askwise.net import Door, Fetcher
    from askwise.session import Session

    address = _named(url, "add")
    Fetcher(Door(private, tuple(networks))).check(address)
    cursor = 0 if early else Session.open(session).state.seq
    types = TYPES if events is None else tuple(names(events))
    made = outbox.add(address, types, cursor=cursor, private=private, networks=networks)
    say(f"{made.id} is told of {', '.join(made.types)}; its secret, shown once:\n{made.secret}")


def _list(outbox: Any, json: bool) -> None:
    found = [
        {"id": one.id, "url": one.url, "types": list(one.types), "shut": one.shut, **outbox.counts(one.id)}
        for one in outbox.endpoints()
    ]
    if json:
        say_json(found)
        return
    for one in found:
        state = f"shut: {one['shut']}" if one["shut"] else ", ".join(one["types"])
        say(f"{one['id']}  {one['url']}  {one['done']} done, {one['waiting']} waiting, {one['dead']} dead  ({state})")


def _dead(outbox: Any, json: bool) -> None:
    found = outbox.dead()
    if json:
        say_json([vars(one) for one in found])
        return
    for one in found:
        say(f"{one.id}  {one.endpoint}  {one.type}, event {one.seq}, {one.tries} tries: {one.said}")


def _run(session: Path | str) -> None:
    import time

    from askwise.bridge.webhooks.dispatch import dispatcher_of
    from askwise.cli.common import interrupted

    dispatcher = dispatcher_of(file_of(session), session)
    if dispatcher is None:
        named = shown(session)
        raise BadInput(f"{named} tells nobody yet; add somebody: askwise webhooks {named} add https://...")
    note("Delivering. Stop with Ctrl-C; what is not delivered waits.")
    dispatcher.start()
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        raise interrupted("Stopped.") from None
    finally:
        dispatcher.close()
