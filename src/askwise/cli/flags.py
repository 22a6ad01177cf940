"""The flags that `askwise label` and `askwise serve` have in common: which rows, which answers, what people see."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, get_type_hints

from typer import Option

from askwise.cli.kinds import Kind, kind_of


@dataclass(frozen=True)
class Flags:
    """What was said of a session; None where nothing was. In the order of ``--help``."""

    text: Annotated[
        str | None, Option(help="Column with the text; for a pair or a ranking, the columns: left,right.")
    ] = None
    classes: Annotated[
        str | None,
        Option("--classes", "--labels", help="Classes, separated by commas; or @FILE with one class a line."),
    ] = None
    features: Annotated[str | None, Option(help='Columns of a table, by commas, or "all".')] = None
    images: Annotated[str | None, Option(help="Column with encoded images; for a pair or a ranking, the columns.")] = (
        None
    )
    ids: Annotated[str | None, Option(help="Column with a unique id for each row.")] = None
    session: Annotated[Path | None, Option(help="Session file. Default: the name of FILE, ending in .aw.")] = None
    budget: Annotated[int | None, Option(help="How many answers to ask for. Default: every row.")] = None
    strategy: Annotated[str | None, Option(help="How to choose: see `askwise strategies`. Default: auto.")] = None
    suggestions: Annotated[
        str, Option(help="When people see what the model thinks: show, after (the answer), never.")
    ] = "show"
    guidelines: Annotated[Path | None, Option(help="Markdown file with the rules to label by.")] = None
    price: Annotated[
        list[str] | None, Option(help="NAME=0.08 an answer, NAME=18/hour, or 0.08 for everybody; may be repeated.")
    ] = None
    task: Annotated[
        str | None,
        Option(
            help="What an answer is: choice (default), multilabel, number, span, region, pixel, pair, ranking,"
            " candidates, verify."
        ),
    ] = None
    low: Annotated[float | None, Option(help="Number: the least that it may be.")] = None
    high: Annotated[float | None, Option(help="Number: the most that it may be.")] = None
    unit: Annotated[str | None, Option(help="Number: what it is counted in, such as kg.")] = None
    question: Annotated[str | None, Option(help="Pair, ranking: what the page asks.")] = None
    shapes: Annotated[str | None, Option(help="Region: box, polygon, or both by commas (default).")] = None
    pixels: Annotated[int | None, Option(help="Pixel: how many are asked of each image. Default: 10.")] = None
    flat: Annotated[bool, Option("--flat", help="Span: no two may overlap.")] = False
    eps: Annotated[
        float | None, Option(help="Candidates: share of rows whose right class may be hidden. Default: the cheapest.")
    ] = None

    @property
    def kind(self) -> Kind:
        """What was said of the answers."""
        return kind_of(
            self.task, self.low, self.high, self.unit, self.question, self.shapes, self.pixels, self.flat, self.eps
        )


def with_flags(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command every one of `Flags`, in the place of its parameter ``flags``, which has them together."""
    hints = get_type_hints(Flags, include_extras=True)
    names = [one.name for one in fields(Flags)]
    either = inspect.Parameter.POSITIONAL_OR_KEYWORD
    shared = [
        inspect.Parameter(one.name, either, default=one.default, annotation=hints[one.name]) for one in fields(Flags)
    ]
    own = inspect.signature(command, eval_str=True).parameters

    @wraps(command)
    def run(**given: Any) -> None:
        command(flags=Flags(**{name: given.pop(name) for name in names}), **given)

    parameters = [one for name, mine in own.items() for one in (shared if name == "flags" else [mine])]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return run
