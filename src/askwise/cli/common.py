"""What all commands share: how they are found, how they fail, how they print."""

from __future__ import annotations

import importlib
import importlib.util
import json
import keyword
import re
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from askwise._version import __version__
from askwise.core.errors import AskwiseError
from askwise.store.url import is_url, parse


def session_place(text: str) -> Path | str:
    """A session file, or the URL of one in a database, from the command line.

    >>> session_place("postgresql://localhost/labels#reviews")
    'postgresql://localhost/labels#reviews'
    """
    return text if is_url(text) else Path(text)


def shown(place: Path | str) -> str:
    """A place of a session for messages, without the password of its database."""
    return str(parse(str(place)) if is_url(place) else place)


SessionPlace = Annotated[
    Any, typer.Argument(help="A session file, or postgresql://...#NAME.", metavar="SESSION.aw", parser=session_place)
]


def file_of(place: Path | str) -> Path:
    """The file after which what lies beside a session is named: of a log in a database, its name here with .aw.

    >>> file_of("postgresql://localhost/labels#team/reviews").name, file_of(Path("reviews.aw")).name
    ('team_reviews.aw', 'reviews.aw')
    """
    return Path(re.sub(r"[^\w.-]+", "_", parse(str(place)).name) + ".aw") if is_url(place) else Path(place)


BAD_INPUT = 2
INTERRUPTED = 128 + signal.SIGINT

JsonFlag = Annotated[bool, typer.Option("--json", help="Print JSON to stdout.")]


class Commands(TyperGroup):
    """Turns an askwise error of any command into one line on stderr and exit code 2."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was named."""
        try:
            return super().invoke(ctx)
        except AskwiseError as error:
            typer.echo(f"askwise: {error}", err=True)
            raise typer.Exit(BAD_INPUT) from error


def make_app(names: Sequence[str]) -> typer.Typer:
    """The application with these commands; a command whose file is not there is left out."""
    app = typer.Typer(
        name="askwise",
        cls=Commands,
        help="Decides what to label next, collects the answers, and says what it saved.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_root)
    for name in names:
        found = _command(name)
        if isinstance(found, typer.Typer):
            app.add_typer(found)
        elif found is not None:
            app.command(name.replace("_", "-"))(found)
    return app


def _root(
    version: Annotated[
        bool,
        typer.Option("--version", help="Print the version and end.", is_eager=True, callback=lambda on: _version(on)),
    ] = False,
) -> None:
    """Decides what to label next, collects the answers, and says what it saved."""


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


def _command(name: str) -> Callable[..., Any] | typer.Typer | None:
    # The module of a command is light: it imports what it needs when it runs.
    own = f"{name}_" if keyword.iskeyword(name) else name
    module = f"askwise.cli.{own}"
    if importlib.util.find_spec(module) is None:
        return None
    command: Callable[..., Any] | typer.Typer = getattr(importlib.import_module(module), own)
    return command


def say(text: str) -> None:
    """Print a result to stdout."""
    typer.echo(text)


def note(text: str) -> None:
    """Print something beside the result to stderr."""
    typer.echo(text, err=True)


def say_json(value: Any) -> None:
    """Print a result as JSON to stdout."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))


@contextmanager
def holding_ctrl_c() -> Iterator[None]:
    """Hold Ctrl-C back until the end of the block."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    pressed: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: pressed.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if pressed:
        raise KeyboardInterrupt


def load(*modules: str) -> None:
    """Import what will be needed; Ctrl-C waits, for a C extension that it stops halfway says ImportError instead."""
    with holding_ctrl_c():
        for module in modules:
            importlib.import_module(module)


def interrupted(text: str) -> typer.Exit:
    """What to raise after Ctrl-C, once everything is on disk: the message, and exit code 130."""
    note("")
    note(text)
    return typer.Exit(INTERRUPTED)


def command_line() -> str:
    """The command as it was typed, for reports."""
    import shlex

    return shlex.join(["askwise", *sys.argv[1:]])


def names(value: str) -> list[str]:
    """Names from a list with commas.

    >>> names("random, margin")
    ['random', 'margin']
    """
    return [name.strip() for name in value.split(",") if name.strip()]
