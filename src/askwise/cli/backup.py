"""`askwise backup` and `askwise restore`: a session with all that lies beside it, and the way back, to any moment."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from askwise.cli.common import SessionPlace, file_of, note, say, session_place
from askwise.core.errors import BadInput
from askwise.core.words import counted

BESIDE = (".people.json", ".webhooks.db", ".llm.db")
"""What may lie beside a session: who may come in, the outbox of webhooks, calls of language models."""


def backup(
    session: SessionPlace,
    target: Annotated[
        Path | None, typer.Argument(help="File to make. Default: SESSION.aw.backups/TIME.aw, a new one each time.")
    ] = None,
    keep: Annotated[int, typer.Option(min=0, help="Keep so many of the default folder, the newest; 0 keeps all.")] = 0,
) -> None:
    """Copy a session to a safe place, also while it is in use; every event is checked on the way."""
    from askwise.store import backup as copy
    from askwise.store import is_url, open_store
    from askwise.store.rewind import copy_until

    goal = target or _spare(_folder(session))
    goal.parent.mkdir(parents=True, exist_ok=True)
    if is_url(session):
        with _closing(open_store(session, readonly=True)) as store:
            last = max((event.seq for event in store.read()), default=0)
            copy_until(store, goal, last)
        said = f"{counted(last, 'event')} written to {goal}"
    else:
        copy(session, goal)
        said = f"written to {goal}"
    more = [name for name in (_beside(file_of(session), goal, end) for end in BESIDE) if name]
    say(said + (f", with {', '.join(more)}" if more else ""))
    if keep and target is None:
        _prune(goal.parent, keep)


def restore(
    session: SessionPlace,
    source: Annotated[
        Any, typer.Option("--from", help="The backup. Default: the session itself.", parser=session_place)
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(help="The moment to go back to: an event's number, or a time such as 2026-11-27T08:30Z."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be there, and change nothing.")] = False,
) -> None:
    """Put a session back: from a backup, as it was at a moment, or both. What is there now is moved aside.

    Who may come in, webhooks and paid calls come back from the backup where they are gone; those that are there stay.
    A time without a zone is taken as UTC. SESSION and the backup may be files or in PostgreSQL: a log in a database is
    renamed to NAME.replaced where it is in the way.
    """
    from askwise.session.state import fold
    from askwise.store import is_url, open_store
    from askwise.store.rewind import position

    if source is None and at is None:
        raise BadInput("back to what? Give --from BACKUP, --at TIME or NUMBER, or both")
    kept = source or session
    with _closing(open_store(kept, readonly=True)) as store:
        upto = store.last_seq if at is None else position(store, _moment(at))
        events = [event for event in store.read() if event.seq <= upto]
        state, dropped = fold(events), store.last_seq - upto
        when = datetime.fromtimestamp(events[-1].at, UTC).isoformat(timespec="seconds")
        said = f"{counted(upto, 'event')} up to {when}, {counted(len(state.answers), 'answer')}"
        said += f"; {counted(dropped, 'later event')} left out"
        if dry_run:
            say(said)
            return
        aside = _put_url(store, session, upto) if is_url(session) else _put_file(store, session, upto)
    file = file_of(session)
    lost = [end for end in BESIDE if source and not Path(f"{file}{end}").exists()]
    back = [end for end in lost if _beside(file_of(kept), file, end)]
    say(said + (f", with {', '.join(back)}" if back else ""))
    if aside:
        note(f"what was there before is {aside}")


def _put_file(store: Any, session: Path, upto: int) -> str:
    """Put the events so far in the place of a file; where that went, or nothing."""
    from askwise.store import restore as put
    from askwise.store.rewind import copy_until

    part = session.with_name(f".{session.name}.rewound")
    part.unlink(missing_ok=True)
    copy_until(store, part, upto)
    try:
        aside = put(part, session)
    finally:
        for end in ("", "-wal", "-shm", ".lock", ".pid"):
            part.with_name(part.name + end).unlink(missing_ok=True)
    return str(aside) if aside.exists() else ""


def _put_url(store: Any, url: str, upto: int) -> str:
    """The same for a log in a database."""
    from askwise.store.postgres import put_log

    return put_log(store, url, upto)


def _moment(text: str) -> int | float:
    """An event's number or a Unix time. Raises BadInput for neither.

    >>> _moment("42"), _moment("1970-01-01T00:01")
    (42, 60.0)
    """
    from askwise.bridge.formats.example import at_of

    if text.isdecimal():
        return int(text)
    found = at_of(text, "--at")
    return 0.0 if found is None else float(found)


def _folder(session: Path | str) -> Path:
    from askwise.store.url import is_url, parse

    return Path(f"{parse(str(session)).name if is_url(session) else session}.backups")


def _spare(folder: Path) -> Path:
    # With microseconds, so that two in one second have two names, in their order.
    return folder / f"{datetime.now(UTC):%Y%m%dT%H%M%S.%f}.aw"


def _beside(session: Path, goal: Path, end: str) -> str:
    """Copy what lies beside the session, with its permissions; its ending, or nothing."""
    import shutil
    import sqlite3
    from contextlib import closing

    source, copy = Path(f"{session}{end}"), Path(f"{goal}{end}")
    if not source.exists():
        return ""
    copy.touch(mode=0o600)
    if end.endswith(".db"):
        with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(copy)) as new:
            old.backup(new)
    else:
        shutil.copyfile(source, copy)
    return end


def _prune(folder: Path, keep: int) -> None:
    for old in sorted(folder.glob("*.aw"))[:-keep]:
        for file in (old, *(Path(f"{old}{end}") for end in BESIDE)):
            file.unlink(missing_ok=True)


def _closing(store: Any) -> Any:
    from contextlib import closing

    return closing(store)
