"""`askwise serve`: the labelling room for several people, each with a name and a password."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from askwise.cli.flags import Flags, with_flags
from askwise.core.errors import BadInput
from askwise.core.words import counted
from askwise.store.url import parse

LEASE = 600.0
"""Seconds that an item is kept for somebody whose page is silent."""

LOOPBACKS = ("127.0.0.1", "localhost", "::1")

TruthFlag = Annotated[
    str | None, typer.Option(help="How answers become a label: majority, dawid_skene, crowdlab, voices, ...")
]
LogFlag = Annotated[
    str | None,
    typer.Option(help="Note each request here as a JSON line, never what it held; - is stderr."),
]
StoreFlag = Annotated[
    str | None, typer.Option(help="Keep the answers in PostgreSQL: postgresql://USER@HOST/DATABASE[#NAME].")
]
RelabelFlag = Annotated[
    int | None, typer.Option(min=2, help="With --strategy active_lab: the most answers that a row may get.")
]


@with_flags
def serve(
    file: Annotated[Path, typer.Argument(help="CSV, TSV, JSONL, Parquet, Arrow, .npz, or a folder of images.")],
    flags: Flags,
    overlap: Annotated[int | None, typer.Option(min=1, help="Answers to each row, by different people.")] = None,
    truth: TruthFlag = None,
    relabel: RelabelFlag = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 picks one.")] = 0,
    host: Annotated[str, typer.Option(help="Address to listen at.")] = "127.0.0.1",
    allow_host: Annotated[
        list[str] | None, typer.Option(help="Host header to answer, as label.example.org; may be repeated.")
    ] = None,
    store: StoreFlag = None,
    log: LogFlag = None,
    behind_tls: Annotated[bool, typer.Option("--behind-tls", help="A proxy in front speaks HTTPS.")] = False,
) -> None:
    """Serve a labelling room to several people. They log in with what `askwise people add` gave them.

    Nobody is handed what another holds; each row is answered by as many people as --overlap says.
    """
    from askwise.cli.label import Wanted, begin, need_server, read_guidelines, remembered, telling
    from askwise.server.people import People, beside

    need_server()
    rules = read_guidelines(flags.guidelines, flags.suggestions)
    wanted = Wanted.of(file, flags, store)
    path = wanted.session
    people = People(beside(path))
    _check_door(host, allow_host or [], behind_tls, people, path)
    wanted = remembered(wanted)
    typer.echo(f"Reading {file} ...")
    started = begin(wanted, lease=LEASE, overlap=overlap, truth=truth, relabel=relabel)
    shown = path if store is None else parse(str(wanted.place))
    said = f"{counted(len(started.answers), 'answer')} over {counted(len(started.pool), 'row')}"
    said += f"; {counted(len(people), 'person', 'people')} may log in."
    typer.echo(f"{shown}: {said}")
    shows = {"title": file.name, "export_command": wanted.export_command}
    seen = {"suggestions": flags.suggestions, "guidelines": rules, **shows}
    with telling(path, wanted.place):
        _run(started, seen, people, port, host, allow_host or [], behind_tls, log)
    typer.echo(f"\nStopped. {counted(len(started.answers), 'answer')} kept in {shown}.")


def _run(
    session: Any,
    seen: Mapping[str, Any],
    people: Any,
    port: int,
    host: str,
    allowed: Sequence[str],
    tls: bool,
    log: str | None,
) -> None:
    from askwise.server.journal import keep
    from askwise.server.room import Room
    from askwise.server.serve import serve as run
    from askwise.server.team import TeamAccess

    def opened(link: str) -> None:
        typer.echo(f"\n  {link}\n\nStop with Ctrl-C; every answer is on disk.")

    if log is not None:
        keep(log)
    room = Room(session, team=True, apart=True, **seen)
    run(room, port=port, host=host, opened=opened, door=lambda number: TeamAccess(people, number, allowed, tls))


def _check_door(host: str, allowed: list[str], behind_tls: bool, people: object, path: Path) -> None:
    """Raise BadInput for a room that nobody can enter, and for one that passwords would reach in the clear."""
    if not len(people):  # type: ignore[arg-type]
        raise BadInput(f"nobody may log in yet; add people first: askwise people {path} add NAME")
    if host not in LOOPBACKS and not (behind_tls and allowed):
        raise BadInput(
            f"--host {host} would be reached from other machines, and passwords would travel in the clear; put a proxy"
            " with HTTPS in front and say --behind-tls --allow-host NAME (or keep to 127.0.0.1)"
        )
