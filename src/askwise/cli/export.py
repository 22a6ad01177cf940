"""`askwise export`: the labels of a session file as JSON lines, CSV or Parquet, or in another tool's format."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from askwise.cli.common import SessionPlace
from askwise.core.errors import AskwiseError, BadInput


def export(
    session: SessionPlace,
    target: Annotated[
        Path, typer.Argument(help="Where to: ends in .jsonl, .csv or .parquet; a folder gets three files.")
    ],
    pool: Annotated[Path | None, typer.Option(help="File that was labelled, if it has moved.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Every answer ever given, undone ones too.")] = False,
    format: Annotated[
        str | None,
        typer.Option(help="Another tool's format: label_studio, prodigy, conll, coco, hugging_face, argilla, docbin."),
    ] = None,
) -> None:
    """Write the labels to a file, with what the labelled file says about each row if it can be read.

    Into a folder go three files: every event, every answer, and every label with how sure it is and who says so.
    """
    if format is not None:
        _export_format(session, target, pool, format)
        return
    from askwise.bridge.export import COLUMNS, answer_lines, with_items, write
    from askwise.session import Session

    record = Session.open(session)
    items = find_pool(record, pool)
    if not target.suffix:
        from askwise.bridge.three import write_three

        typer.echo(f"{', '.join(path.name for path in write_three(record, target, items))} written to {target}")
        return
    lines = answer_lines(record, every=every)
    if items is not None:
        lines = with_items(lines, items)
    write(lines, target, [*COLUMNS, "undone"] if every else COLUMNS)
    what = "answers" if every else "labels"
    typer.echo(f"{len(lines):,} {what} written to {target}" + ("" if items is not None else ", without their items"))


def _export_format(session: Path | str, target: Path, pool: Path | None, name: str) -> None:
    """Every answer of every annotator, as far as the format holds them; what it does not is said."""
    from askwise.bridge.formats import Losses, find
    from askwise.bridge.formats.ours import examples_of_session
    from askwise.session import Session

    made = find(name)
    record = Session.open(session)
    if record.task.kind not in made.kinds:
        raise BadInput(f"{name} holds no answers of the kind {record.task.kind!r}; it holds {', '.join(made.kinds)}")
    items = find_pool(record, pool)
    if items is None:
        raise BadInput(f"{name} holds items with their answers, and the items are not to be found; give --pool FILE")
    losses = Losses()
    made.module.write(examples_of_session(record, items), record.task, target, losses)
    typer.echo(f"{len(record.labels):,} labelled items written to {target}; not kept by this format: {losses}")
    return


def find_pool(record: Any, given: Path | None) -> Any:
    """The pool of the session: from the file given, or the one that the session names; None where that is gone.

    Raises BadInput when the file given is not the one that was labelled. A recorded file that has moved or changed is
    said on stderr and left out, for the labels matter more.
    """
    note: Mapping[str, Any] = record.config.get("note", {})
    file = str(given) if given is not None else note.get("file")
    if file is None:
        return None
    try:
        return _same_pool(record, file, note)
    except (AskwiseError, OSError) as error:
        if given is not None:
            raise
        typer.echo(f"The items are left out: {error}. Name the file with --pool to have them.", err=True)
        return None


def _same_pool(record: Any, file: str, note: Mapping[str, Any]) -> Any:
    from askwise.cli.kinds import open_rows
    from askwise.pool import Changed, compare

    found = open_rows(file, note, record.task.kind)
    difference = compare(record.state.fingerprint, found)
    if isinstance(difference, Changed):
        raise BadInput(f"{file} is not the file that was labelled: {difference.description}")
    return found
