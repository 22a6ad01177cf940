"""`askwise lab`: run suites of experiments, and say what came of them."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from askwise.cli.common import Commands, JsonFlag, interrupted, load, note, say, say_json
from askwise.core.errors import BadInput, StoreError
from askwise.core.words import counted

if TYPE_CHECKING:
    from askwise.lab import Study

lab = typer.Typer(name="lab", cls=Commands, help="Run suites of experiments, and report on them.", no_args_is_help=True)


@lab.command()
def run(
    suite: Annotated[str, typer.Argument(help="A TOML file, or a suite that ships with askwise (see lab suites).")],
    out: Annotated[Path | None, typer.Option(help="Folder of the results; NAME-LEVEL.lab if not given.")] = None,
    level: Annotated[str, typer.Option(help="quick or full.")] = "full",
    workers: Annotated[int | None, typer.Option(help="Runs side by side; one per core if not given.")] = None,
    json: JsonFlag = False,
) -> None:
    """Run every cell of a suite that is not there yet, print what came of it, and write the page.

    Stop it with Ctrl-C or kill it: the same command resumes where it was.
    """
    from askwise.lab import read_suite, run_suite

    wanted = read_suite(suite, level)
    folder = out or Path(f"{wanted.name}-{level}.lab")
    load("numba", "sklearn.linear_model")
    try:
        study = run_suite(wanted, folder, workers=workers, command=_command(suite, level, out))
    except KeyboardInterrupt:
        raise interrupted(
            f"Interrupted. What is finished is kept in {folder}; run the same command to resume."
        ) from None
    _say(folder, json)
    if not json:
        _report(study, folder / "report.html", _command(suite, level, out))
    if study.failed:
        note(f"{counted(len(study.failed), 'cell')} failed; the report shows their tracebacks.")
        raise typer.Exit(1)


@lab.command()
def report(
    folder: Annotated[Path, typer.Argument(help="Folder of the results.")],
    out: Annotated[Path | None, typer.Option(help="The page; report.html in the folder if not given.")] = None,
    json: JsonFlag = False,
) -> None:
    """Print what came of a suite, and write the page: what is significant, ranks, curves, labels needed, overlap."""
    from askwise.lab import Study
    from askwise.lab.experiment import command_of

    _say(folder, json)
    if not json:
        say(f"Report: {Study.read(folder).report(out or folder / 'report.html', command_of(folder))}")


@lab.command()
def suites(json: JsonFlag = False) -> None:
    """List the suites that ship with askwise."""
    from askwise.lab import suites as shipped

    found = shipped()
    if json:
        say_json(found)
        return
    width = max(len(name) for name in found)
    for name, about in found.items():
        say(f"{name:<{width}}  {about}")


def _report(study: Study, place: Path, command: str) -> None:
    """Write the page; where that cannot be, say why: the results are there all the same."""
    try:
        say(f"Report: {study.report(place, command)}")
    except (BadInput, StoreError) as fault:
        note(f"No report was written: {fault}.")


def _command(suite: str, level: str, out: Path | None) -> str:
    """What was typed, as it would be typed again."""
    chosen = ["--level", level] if level != "full" else []
    return shlex.join(["askwise", "lab", "run", suite, *chosen, *(["--out", str(out)] if out else [])])


def _say(folder: Path, json: bool) -> None:
    from askwise.lab import Study
    from askwise.lab.results import jsonable

    study = Study.read(folder)
    if json:
        say_json(jsonable({"suite": study.suite, "summary": study.summary(), "failed": study.failed}))
    else:
        plain = study.plain()
        say("\n\n".join([str(study), *([plain] if plain else []), f"Results: {folder}"]))
