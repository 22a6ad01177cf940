"""`askwise serve`: the labelling room for several people, each with a name and a password."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from askwise.cli.common import Rules, Suggestions
from askwise.core.errors import BadInput

LEASE = 600.0
"""Seconds that an item is kept for somebody whose page is silent."""

LOOPBACKS = ("127.0.0.1", "localhost", "::1")


def serve(
    file: Annotated[Path, typer.Argument(help="CSV, TSV, JSONL, Parquet, Arrow, .npz, or a folder of images.")],
    text: Annotated[str | None, typer.Option(help="Column with the text.")] = None,
    classes: Annotated[
        str | None, typer.Option(help="Classes, separated by commas; or @FILE with one class a line.")
    ] = None,
    features: Annotated[str | None, typer.Option(help='Columns of a table, by commas, or "all".')] = None,
    images: Annotated[str | None, typer.Option(help="Column with encoded images.")] = None,
    ids: Annotated[str | None, typer.Option(help="Column with a unique id for each row.")] = None,
    session: Annotated[
        Path | None, typer.Option(help="Session file. Default: the name of FILE, ending in .aw.")
    ] = None,
    budget: Annotated[int | None, typer.Option(help="How many answers to ask for. Default: every row.")] = None,
    strategy: Annotated[
        str | None, typer.Option(help="How to choose: see `askwise strategies`. Default: auto.")
    ] = None,
    overlap: Annotated[int | None, typer.Option(min=1, help="Answers to each row, by different people.")] = None,
    suggestions: Suggestions = "show",
    guidelines: Rules = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 picks one.")] = 0,
    host: Annotated[str, typer.Option(help="Address to listen at.")] = "127.0.0.1",
    allow_host: Annotated[
        list[str] | None, typer.Option(help="Host header to answer, as label.example.org; may be repeated.")
    ] = None,
    behind_tls: Annotated[bool, typer.Option("--behind-tls", help="A proxy in front speaks HTTPS.")] = False,
) -> None:
    """Serve a labelling room to several people. They log in with what `askwise people add` gave them.

    Nobody is handed what another holds; each row is answered by as many people as --overlap says.
    """
    from askwise.cli.label import Wanted, begin, default_session, need_server, read_guidelines, remembered
    from askwise.server.people import People, beside

    need_server()
    rules = read_guidelines(guidelines, suggestions)
    path = session or default_session(file)
    people = People(beside(path))
    _check_door(host, allow_host or [], behind_tls, people, path)
    wanted = remembered(Wanted(file, path, text, features, images, ids, classes, budget, strategy))
    typer.echo(f"Reading {file} ...")
    started = begin(wanted, lease=LEASE, overlap=overlap)
    from askwise.server.room import Room
    from askwise.server.serve import serve as run
    from askwise.server.team import TeamAccess

    seen = {"suggestions": suggestions, "guidelines": rules}
    room = Room(started, title=file.name, export_command=wanted.export_command, team=True, **seen)
    typer.echo(
        f"{path}: {len(started.answers):,} answers over {len(started.pool):,} rows; {len(people)} people may log in."
    )
    run(
        room,
        port=port,
        host=host,
        door=lambda number: TeamAccess(people, number, allow_host or [], behind_tls),
        opened=lambda link: typer.echo(f"\n  {link}\n\nStop with Ctrl-C; every answer is on disk."),
    )
    typer.echo(f"\nStopped. {len(started.answers)} answers are kept in {path}.")


def _check_door(host: str, allowed: list[str], behind_tls: bool, people: object, path: Path) -> None:
    """Raise BadInput for a room that nobody can enter, and for one that passwords would reach in the clear."""
    if not len(people):  # type: ignore[arg-type]
        raise BadInput(f"nobody may log in yet; add people first: askwise people {path} add NAME")
    if host not in LOOPBACKS and not (behind_tls and allowed):
        raise BadInput(
            f"--host {host} would be reached from other machines, and passwords would travel in the clear; put a proxy"
            " with HTTPS in front and say --behind-tls --allow-host NAME (or keep to 127.0.0.1)"
        )
