"""`askwise import`: another tool's file becomes a session."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from askwise.cli.common import JsonFlag, note, say, say_json
from askwise.core.words import counted


def import_(
    source: Annotated[Path, typer.Argument(help="File or folder of another tool.")],
    session: Annotated[Path, typer.Argument(help="Session file to make or continue, such as reviews.aw.")],
    format: Annotated[
        str,
        typer.Option(help="label_studio, prodigy, conll, coco, hugging_face, argilla, docbin, image_folder, or lines."),
    ],
    images: Annotated[Path | None, typer.Option(help="Folder with the images that the file names.")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would come in, and what is wrong with it.")
    ] = False,
    json: JsonFlag = False,
) -> None:
    """Bring labels from another tool: items and every annotator's answers. Run it again to add what is new."""
    from askwise.bridge.importing import import_file

    found = import_file(source, session, format=format, images=images, dry_run=dry_run)
    if json:
        say_json(found.to_dict())
    else:
        names = counted(len(found.annotators), "annotator")
        items, answers = counted(found.items, "item"), counted(found.answers, "answer")
        say(f"{items}, {answers} of {names}; task: {found.task['kind']}")
        if found.labels:
            say("labels: " + ", ".join(f"{count:,} {name}" for name, count in found.labels.items()))
        say(f"not kept by this path: {found.losses}")
        if found.session is not None:
            before = f", {found.answers - found.new:,} were there" if found.new < found.answers else ""
            say(f"{counted(found.new, 'new answer')} in {found.session}{before}; items in {found.items_file}")
    for problem in found.problems:
        note(problem)
    if found.problems:
        raise typer.Exit(2)
