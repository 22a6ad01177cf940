"""`askwise lab`: run suites of experiments, and say what came of them."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from askwise.cli.common import Commands, JsonFlag, interrupted, load, note, say, say_json

lab = typer.Typer(name="lab", cls=Commands, help="Run suites of experiments, and report on them.", no_args_is_help=True)


@lab.command()
def run(
    suite: Annotated[str, typer.Argument(help="A TOML file, or a suite that ships with askwise (see lab suites).")],
    out: Annotated[Path | None, typer.Option(help="Folder of the results; NAME-LEVEL.lab if not given.")] = None,
    level: Annotated[str, typer.Option(help="quick or full.")] = "full",
    workers: Annotated[int | None, typer.Option(help="Runs side by side; one per core if not given.")] = None,
    json: JsonFlag = False,
) -> None:
    """Run every cell of a suite that is not there yet, and print what came of it.

    Stop it with Ctrl-C or kill it: the same command resumes where it was.
    """
    from askwise.lab import read_suite, run_suite

    wanted = read_suite(suite, level)
    folder = out or Path(f"{wanted.name}-{level}.lab")
    load("numba", "sklearn.linear_model")
    try:
        study = run_suite(wanted, folder, workers=workers)
    except KeyboardInterrupt:
        raise interrupted(
            f"Interrupted. What is finished is kept in {folder}; run the same command to resume."
        ) from None
    _say(folder, json)
    if study.failed:
        note(f"{len(study.failed)} cells failed: see `error` and `traceback` in {folder / 'cells.parquet'}.")
        raise typer.Exit(1)


@lab.command()
def report(
    folder: Annotated[Path, typer.Argument(help="Folder of the results.")],
    out: Annotated[Path | None, typer.Option(help="The page; report.html in the folder if not given.")] = None,
    json: JsonFlag = False,
) -> None:
    """Print what came of a suite, and write the page: what is significant, ranks, curves, labels needed, overlap."""
    from askwise.lab import Study

    _say(folder, json)
    if not json:
        again = shlex.join(["askwise", "lab", "report", str(folder)])
        say(f"Report: {Study.read(folder).report(out or folder / 'report.html', again)}")


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


def _say(folder: Path, json: bool) -> None:
    from askwise.lab import Study
    from askwise.lab.results import jsonable

    study = Study.read(folder)
    if json:
        say_json(jsonable({"suite": study.suite, "summary": study.summary(), "failed": study.failed}))
    else:
        plain = study.plain()
        say("\n\n".join([str(study), *([plain] if plain else []), f"Results: {folder}"]))
