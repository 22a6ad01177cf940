"""`askwise label`: from a file to a page that asks, in one command; the same command resumes."""

from __future__ import annotations

import importlib.util
import shlex
import threading
import webbrowser
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

import typer

from askwise.cli.flags import Flags, with_flags
from askwise.cli.kinds import Kind, open_rows, split
from askwise.core.errors import BadInput
from askwise.core.event import Event
from askwise.core.words import counted
from askwise.store.url import exists, named, parse

AUTO = "auto"

KEPT = ("control", "seed", "start", "refit", "guard", "overlap", "truth", "soft", "relabel")
"""What a session goes on with as it was made."""

CONTROL = {"candidates": 0.2}
"""Share of random rows by kind of answer, where it is not a tenth: candidate sets are calibrated on them."""


@dataclass(frozen=True)
class Wanted:
    """What was asked for on the command line; None where nothing was said."""

    file: Path
    session: Path
    text: str | None = None
    features: str | None = None
    images: str | None = None
    ids: str | None = None
    classes: str | None = None
    budget: int | None = None
    strategy: str | None = None
    kind: Kind = field(default_factory=Kind)
    store: str | None = None
    prices: Sequence[str] | None = None

    @classmethod
    def of(cls, file: Path, flags: Flags, store: str | None = None) -> Wanted:
        """What the flags of a command say of a file."""
        path = flags.session or default_session(file)
        rows = (flags.text, flags.features, flags.images, flags.ids)
        return cls(file, path, *rows, flags.classes, flags.budget, flags.strategy, flags.kind, store, flags.price)

    @property
    def place(self) -> Path | str:
        """Where the log is: the session file, or under its name in the database of `store`."""
        return self.session if self.store is None else named(self.store, self.session.stem)

    @property
    def note(self) -> dict[str, Any]:
        """What the session file remembers about where its rows come from."""
        return {
            "file": str(self.file.resolve()),
            "text": self.text,
            "features": self.features,
            "images": self.images,
            "ids": self.ids,
            "strategy": self.strategy or AUTO,
        }

    @property
    def resume_command(self) -> str:
        """The command that goes on with this session."""
        parts = ["askwise", "label", str(self.file)]
        if self.session != default_session(self.file):
            parts += ["--session", str(self.session)]
        return shlex.join(parts)

    @property
    def export_command(self) -> str:
        """The command that takes the labels out."""
        shown = str(self.place if self.store is None else parse(str(self.place)))
        return shlex.join(["askwise", "export", shown, str(self.session.with_suffix(".labels.jsonl"))])


@with_flags
def label(
    file: Annotated[Path, typer.Argument(help="CSV, TSV, JSONL, Parquet, Arrow, .npz, or a folder of images.")],
    flags: Flags,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on this machine; 0 picks one.")] = 0,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page.")] = True,
    annotator: Annotated[str, typer.Option(help="Your name, stored with each answer.")] = "me",
) -> None:
    """Label a file on a page that asks what is worth asking and learns beside you. Run it again to resume."""
    if not annotator.strip():
        raise BadInput(f"--annotator {annotator!r} has no name; give one such as ana, or leave it out")
    need_server()
    from askwise.server.room import Room
    from askwise.server.serve import serve

    rules = read_guidelines(flags.guidelines, flags.suggestions)
    wanted = remembered(Wanted.of(file, flags))
    path = wanted.session
    typer.echo(f"Reading {file} ...")
    started = begin(wanted)
    typer.echo(_standing(started, path))
    room = Room(
        started,
        annotator=annotator,
        title=file.name,
        export_command=wanted.export_command,
        suggestions=flags.suggestions,
        guidelines=rules,
        apart=True,
    )
    with telling(path):
        serve(room, port=port, opened=lambda link: announce(link, browser))
    typer.echo(f"\nStopped. {counted(len(started.answers), 'answer')} kept in {path}.")
    if started.finished:
        typer.echo(f"Finished: {started.finished}.")
    typer.echo(f"  resume:  {wanted.resume_command}\n  export:  {wanted.export_command}")


@contextmanager
def telling(path: Path, place: Path | str | None = None) -> Iterator[None]:
    """Deliver the webhooks of a session during the block, if it has any; `place` is where its log is, if elsewhere."""
    from askwise.bridge.webhooks.dispatch import dispatcher_of

    dispatcher = dispatcher_of(path, place)
    if dispatcher is None:
        yield
        return
    dispatcher.start()
    try:
        yield
    finally:
        dispatcher.close()


def need_server() -> None:
    """Raise BadInput that names the extra when the page cannot be served."""
    missing = [name for name in ("fastapi", "uvicorn") if importlib.util.find_spec(name) is None]
    if missing:
        raise BadInput(
            f'`askwise label` needs {" and ".join(missing)}, not installed here: pip install "askwise[server]"'
        )


def read_guidelines(path: Path | None, suggestions: str) -> Any:
    """The guidelines, or None; before anything else is opened. Raises BadInput, for an unknown `suggestions` too."""
    from askwise.server.exposure import check_mode
    from askwise.server.guidelines import Guidelines

    check_mode(suggestions)
    return None if path is None else Guidelines(path)


def default_session(file: Path) -> Path:
    """The file's name ending in .aw, in the current folder.

    >>> default_session(Path("data/reviews.csv")).as_posix()
    'reviews.aw'
    """
    return Path(f"{file.resolve().stem}.aw")


def remembered(wanted: Wanted) -> Wanted:
    """What was not said is as it was when the session file was made."""
    if not exists(wanted.place):
        return wanted
    from askwise.session import Session

    config = Session.open(wanted.place).config
    note = config.get("note", {})
    told = {name: getattr(wanted, name) or note.get(name) for name in ("text", "features", "images", "ids", "strategy")}
    budget = config["budget"]["answers"] if wanted.budget is None else wanted.budget
    return replace(wanted, budget=budget, **told)


def begin(wanted: Wanted, *, lease: float | None = None, overlap: int | None = None, **voices: Any) -> Any:
    """The session, made or resumed. Raises BadInput for a changed file, saying what changed.

    `overlap` None is what the session was made with, 1 for a new one; so are `voices`: truth, soft, relabel.
    """
    from askwise.session import Budget, Session
    from askwise.session.prices import parse_prices

    known = Session.open(wanted.place) if exists(wanted.place) else None
    task = wanted.kind.task(wanted.classes, len(split(wanted.text) or split(wanted.images)), known)
    kept: dict[str, Any] = {"control": CONTROL.get(task.kind, 0.1)}
    if known is not None:  # as it was made, if only in Python
        kept = {name: known.config[name] for name in KEPT if name in known.config}
    return Session(
        wanted.place,
        pool=open_rows(wanted.file, wanted.note, task.kind),
        task=task,
        strategy=wanted.strategy or (AUTO if known is None else known.config["strategy"]),
        budget=Budget(answers=wanted.budget),
        lease=lease,
        note=wanted.note,
        prices=parse_prices(wanted.prices or ()),
        **{**kept, **{name: value for name, value in {"overlap": overlap, **voices}.items() if value}},
    )


def _standing(session: Any, path: Path) -> str:
    """One or two lines: new or resumed, and what was added to the file since."""
    events: list[Event] = list(session.events())
    if len(events) == 1:
        return f"{path}: a new session over {counted(len(session.pool), 'row')}."
    said = f"{path}: resumed with {counted(len(session.answers), 'answer')} over {counted(len(session.pool), 'row')}."
    grown = next((event for event in reversed(events) if event.kind in ("extended", "asked")), None)
    if grown is not None and grown.kind == "extended":
        added = grown.body["added"]
        were = f"{counted(added, 'row')} {'was' if added == 1 else 'were'}"
        said += f"\n{were} added at the end of the file; they may be asked from now on."
    return said


def announce(link: str, browser: bool) -> None:
    """Say the link that opens the page, and open it."""
    typer.echo(f"\n  {link}\n\nThe link works once, on this machine only. Stop with Ctrl-C; every answer is on disk.")
    if browser:
        # In its own thread: some browsers return only when they are closed.
        threading.Thread(target=webbrowser.open, args=(link,), daemon=True).start()
