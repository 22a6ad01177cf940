"""`askwise simulate`: what would each strategy have saved on data whose labels are known?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from askwise.cli.common import JsonFlag, command_line, interrupted, load, names, say, say_json
from askwise.core.errors import BadInput


def simulate(
    file: Annotated[
        Path, typer.Argument(help="A table, arrays, a folder of images, or a folder of train and test files.")
    ],
    text: Annotated[str | None, typer.Option(help="Column of texts.")] = None,
    label: Annotated[str | None, typer.Option(help="Column of labels.")] = None,
    features: Annotated[str | None, typer.Option(help="Columns with commas between, or 'all'.")] = None,
    images: Annotated[str | None, typer.Option(help="Column of encoded images.")] = None,
    strategy: Annotated[str, typer.Option(help="Strategy that this is about.")] = "auto",
    against: Annotated[str, typer.Option(help="Strategies to compare with, with commas between.")] = "random",
    budget: Annotated[int | None, typer.Option(help="Labels a run. Default: 500, at most half of the pool.")] = None,
    batch: Annotated[int, typer.Option(help="Labels a round.")] = 25,
    repeats: Annotated[int, typer.Option(help="Runs of each strategy, with different seeds.")] = 5,
    seed: Annotated[int, typer.Option(help="Decides all seeds.")] = 0,
    learner: Annotated[
        str | None, typer.Option(help="Head (logistic, boosting, forest), encoder, or ENCODER+HEAD.")
    ] = None,
    workers: Annotated[int | None, typer.Option(help="Runs side by side; one per core if not given.")] = None,
    report: Annotated[Path, typer.Option(help="HTML report to write.")] = Path("simulation.html"),
    work: Annotated[Path | None, typer.Option(help="Folder of the runs; beside the report if not given.")] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Start over instead of resuming.")] = False,
    json: JsonFlag = False,
) -> None:
    """Simulate labelling with known labels, and report what each strategy saved against random.

    Stop it with Ctrl-C or kill it: the same command resumes where it was.
    """
    from askwise import lab
    from askwise.lab.data import open_labelled

    chosen = _chosen(strategy, against)
    listed: Any = features if features in (None, "all") else names(str(features))
    dataset = open_labelled(file, text=text, label=label, features=listed, images=images)
    folder = work or report.with_suffix(".work")
    try:
        load("numba", "sklearn.linear_model")
        results = lab.simulate(
            dataset,
            chosen,
            budget=budget,
            batch=batch,
            repeats=repeats,
            learner=learner,
            seed=seed,
            workdir=folder,
            workers=workers,
            fresh=fresh,
            name=file.resolve().stem,
            command=command_line(),
        )
    except KeyboardInterrupt:
        raise interrupted(
            f"Interrupted. Every answer is kept in {folder}; run the same command (without --fresh) to resume."
        ) from None
    results.report(report)
    if json:
        say_json(results.to_dict())
    else:
        say(f"{results}\n\nReport: {report}")


def _chosen(strategy: str, against: str) -> list[str]:
    """Names of the strategies, each once, the one that the simulation is about first."""
    if not names(strategy):
        raise BadInput(f"--strategy {strategy!r} names none; give one of `askwise strategies`, such as auto")
    return list(dict.fromkeys(names(strategy) + names(against)))
