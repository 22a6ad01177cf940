"""`askwise demo`: the main job in a minute, on handwritten digits that ship with scikit-learn."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from askwise.cli.common import JsonFlag, command_line, interrupted, note, say, say_json

BUDGET, BATCH, REPEATS = 200, 20, 5


def demo(
    out: Annotated[Path, typer.Option(help="Folder for the report and the runs.")] = Path("demo"),
    picture: Annotated[Path | None, typer.Option(help="Write the learning curve as .svg or .png, too.")] = None,
    seed: Annotated[int, typer.Option(help="Decides all seeds.")] = 0,
    workers: Annotated[int | None, typer.Option(help="Runs side by side; one per core if not given.")] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Run again even where runs are there already.")] = False,
    json: JsonFlag = False,
) -> None:
    """Label handwritten digits with auto and with random, and show what was saved. Takes under a minute."""
    from sklearn.datasets import load_digits

    from askwise import lab

    X, y = load_digits(return_X_y=True)
    if not json:
        note(f"1,797 handwritten digits; {REPEATS} sessions of {BUDGET} labels with auto, and as many with random.")
    try:
        results = lab.simulate(
            lab.labelled(X, y),
            ["auto", "random"],
            budget=BUDGET,
            batch=BATCH,
            repeats=REPEATS,
            seed=seed,
            workdir=out / "runs",
            workers=workers,
            fresh=fresh,
            name="handwritten digits",
            command=command_line(),
        )
    except KeyboardInterrupt:
        raise interrupted(f"Interrupted. Every answer is kept in {out}; run the same command to resume.") from None
    report = results.report(out / "report.html")
    if picture is not None:
        results.picture(picture)
    if json:
        say_json(results.to_dict())
    else:
        say(f"{results}\n\nReport: {report.resolve()}")
