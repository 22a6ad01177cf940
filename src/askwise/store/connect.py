"""Opening a SQLite file without harming it: paths, connections, transactions and the look before the leap."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from askwise.core.errors import BadInput, StoreError
from askwise.store.faults import code_of

APPLICATION_ID = int.from_bytes(b"askw", "big")
"""What `PRAGMA application_id` says in a file of ours, so that other programs can tell."""

FRESH = 0
"""The version of a file that holds nothing yet."""

BUSY_SECONDS = 10.0


def connect(path: Path, mode: str, *, immutable: bool = False) -> sqlite3.Connection:
    """A connection in autocommit mode, usable from any thread; `mode` is ``ro``, ``rw`` or ``rwc``."""
    uri = f"{path.absolute().as_uri()}?mode={mode}{'&immutable=1' if immutable else ''}"
    return sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False, timeout=BUSY_SECONDS)


def connect_reader(path: Path) -> sqlite3.Connection:
    """A read-only connection that follows a writer, or a still picture where the folder may not be written.

    To follow a writer SQLite needs its shared-memory file. In a read-only folder it cannot make one; if the
    log was closed properly there is nothing but the main file, which can then be read as it stands.
    """
    with ExitStack() as opened:
        connection = opened.enter_context(closing(connect(path, "ro")))
        try:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except sqlite3.OperationalError as fault:
            if code_of(fault) not in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY) or unmerged(path):
                raise
            return connect(path, "ro", immutable=True)
        opened.pop_all()
    return connection


def unmerged(path: Path) -> bool:
    """Whether a write-ahead log with content lies beside the file: it is in use, or was not closed."""
    wal = wal_of(path)
    return wal.exists() and wal.stat().st_size > 0


def wal_of(path: Path) -> Path:
    """The write-ahead log of a SQLite file."""
    return path.with_name(path.name + "-wal")


def place_of(path: str | os.PathLike[str]) -> Path:
    """The real path (links followed, so that two names of one file share one lock).

    Raises BadInput for an empty path, StoreError for a directory or a folder that is not there.
    """
    if not os.fspath(path):
        raise BadInput("the path of a store is empty; give a file name such as 'labels.aw'")
    place = Path(os.path.realpath(path))
    try:
        if place.is_dir():
            raise StoreError(f"{str(path)!r} is a folder; give the path of a file in it")
        if not place.parent.is_dir():
            raise StoreError(f"the folder {str(place.parent)!r} of {str(path)!r} does not exist; create it first")
    except PermissionError as fault:
        raise StoreError(f"{str(path)!r} may not be looked at: {fault.strerror}; check the permissions") from fault
    return place


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All of the block is committed, or none of it, whatever stops it; inside another one, as a part of that."""
    nested = connection.in_transaction
    connection.execute("SAVEPOINT part" if nested else "BEGIN IMMEDIATE")
    kept = False
    try:
        yield
        connection.execute("RELEASE part" if nested else "COMMIT")
        kept = True
    finally:
        # Some errors, a full disk among them, make SQLite roll back by itself.
        if not kept and connection.in_transaction:
            for undo in ("ROLLBACK TO part", "RELEASE part") if nested else ("ROLLBACK",):
                connection.execute(undo)


def inspect(path: Path) -> int:
    """The format version of a file, FRESH when it is missing or holds nothing. Changes nothing.

    Raises StoreError for a foreign or damaged database, sqlite3.Error for what is no database.
    """
    if not path.exists() or path.stat().st_size == 0:
        if unmerged(path):
            raise StoreError(
                f"{str(path)!r} is empty or gone, but {wal_of(path).name!r} still holds events of it. "
                "Put the file back, or move that one away."
            )
        return FRESH
    # A writer at work always has a write-ahead log. Without one, `immutable` keeps SQLite from making files
    # beside a database that may not be ours.
    in_use = wal_of(path).exists()
    with closing(connect_reader(path) if in_use else connect(path, "ro", immutable=True)) as connection:
        version = _version(connection, path)
        if version != FRESH:
            _check_sound(connection, path)
    return version


def _version(connection: sqlite3.Connection, path: Path) -> int:
    owner: int = connection.execute("PRAGMA application_id").fetchone()[0]
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    tables: int = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if owner == version == tables == 0:
        return FRESH
    if owner != APPLICATION_ID:
        raise StoreError(
            f"{str(path)!r} is a SQLite database of another program (application_id {owner:#x}), not an "
            "askwise file; it was left alone. Give another path."
        )
    if version < 1:
        raise StoreError(f"{str(path)!r} is damaged: its format version is {version}. Restore a backup.")
    return version


def _check_sound(connection: sqlite3.Connection, path: Path) -> None:
    """Raise StoreError unless the pages are well-formed and the last event is the last one ever written."""
    report: str = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if report != "ok":
        raise StoreError(
            f"{str(path)!r} is damaged: {report!r}. It was left as it is. Restore the newest backup "
            "(askwise.store.restore)."
        )
    last = connection.execute("SELECT coalesce(max(seq), 0) FROM event").fetchone()[0]
    counter = connection.execute("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'event'")
    written = counter.fetchone()[0]
    if last != written:
        raise StoreError(
            f"{str(path)!r} is damaged: its last event is {last}, but {written} were written. It was left as "
            "it is. Restore the newest backup (askwise.store.restore)."
        )
