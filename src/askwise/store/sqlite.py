"""The log in one SQLite file, or in memory: durable when `append` returns, one writer, many readers."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from types import TracebackType

from askwise.core.errors import BadInput, StoreError
from askwise.core.event import Event
from askwise.store import log
from askwise.store.connect import FRESH, connect, connect_reader, inspect, place_of, transaction
from askwise.store.faults import clear_errors
from askwise.store.lock import WriterLock
from askwise.store.migrate import check_version, create, current_version, migrate
from askwise.store.record import encode, position

MEMORY = ":memory:"


class SqliteStore:
    """An append-only event log in a SQLite file; `path` None or ``":memory:"`` keeps it in memory.

    The file is created when it is missing, and migrated (after a backup) when it is of an older format. It is
    in WAL mode with ``synchronous=FULL``: once `append` returns, the events survive a killed process and a
    power cut. Beside ``labels.aw`` lie ``labels.aw-wal`` and ``-shm`` while it is open or after a kill: they
    belong to it, so copy a log with `askwise.store.backup`, not with a file manager.

    A second writer is refused, in this process or another; ``readonly=True`` reads along with a writer. In a
    folder that may not be written, a reader sees the log as it was when opened.

    Threads may share a store. Forked children may not: open another in the child (the inherited one raises
    StoreError there, and closing it there leaves the parent's alone).

    Raises StoreError for a locked, foreign, newer, damaged, missing (readonly) or unwritable file and for a
    full disk; nothing that was acknowledged is lost by it, and the file is left as it is.

    >>> with SqliteStore() as store:
    ...     store.append(Event("told", {"row": 3}, key="a"), Event("told", {"row": 5}, key="b"))
    ...     store.append(Event("told", {"row": 3}, key="a"))
    ...     [event.body["row"] for event in store.read(after=1)]
    2
    2
    [5]
    """

    def __init__(self, path: str | os.PathLike[str] | None = None, *, readonly: bool = False) -> None:
        self.path: Path | None = None if path is None or path == MEMORY else place_of(path)
        self.readonly = readonly
        self._name = MEMORY if self.path is None else repr(os.fspath(self.path))
        self._guard = threading.RLock()
        self._process = os.getpid()
        self._closed = False
        with ExitStack() as opened, clear_errors(self._name, "open"):
            if self.path is None:
                self._connection = _open_memory(opened, readonly=readonly)
            elif readonly:
                self._connection = _open_reader(self.path, opened)
            else:
                self._connection = _open_writer(self.path, opened)
            self._opened = opened.pop_all()

    @property
    def last_seq(self) -> int:
        """The sequence number of the last event in the log, 0 when there is none."""
        with self._use("read"):
            return log.last_seq(self._connection)

    def append(self, *events: Event) -> int:
        """Write the events as one transaction, durably; return the last sequence number of the log.

        An event whose key is there already is left out, so a call can be repeated. NumPy values in a body
        become plain numbers and lists. Raises BadInput for a body that JSON cannot hold, before anything is
        written, and StoreError when the file cannot take it.
        """
        if self.readonly:
            raise StoreError(f"{self._name} was opened to read; open it without readonly=True to append")
        bodies = [encode(event) for event in events]
        with self._use("append to"):
            return log.append(self._connection, events, bodies) if events else log.last_seq(self._connection)

    @contextmanager
    def group(self) -> Iterator[None]:
        """One transaction around many appends, with one wait for the disk; what fails undoes all of them.

        Other threads wait until the block ends. `read` in the block sees what was appended there. Raises StoreError.
        """
        if self.readonly:
            raise StoreError(f"{self._name} was opened to read; open it without readonly=True to append")
        with self._use("append to"), transaction(self._connection):
            yield

    def read(self, after: int = 0) -> Iterator[Event]:
        """Events with a sequence number above `after`, in order, a page in memory at a time.

        Ends at the event that was last when `read` was called. Raises StoreError at an event whose checksum
        disagrees or that is missing; those before it have been given by then.
        """
        start = position(after)
        return self._stream(start, self.last_seq)

    def close(self) -> None:
        """Close the file and let the next writer in. Closing twice, or in a forked child, does nothing."""
        if os.getpid() != self._process:
            return
        with self._guard:
            if not self._closed:
                self._closed = True
                with clear_errors(self._name, "close"):
                    self._opened.close()

    def __enter__(self) -> SqliteStore:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"SqliteStore({self._name}{', readonly=True' if self.readonly else ''})"

    def _stream(self, after: int, last: int) -> Iterator[Event]:
        while after < last:
            with self._use("read"):
                rows = log.page(self._connection, after, last)
            for event in log.events_of(rows, after, self._name):
                after = event.seq
                yield event

    @contextmanager
    def _use(self, doing: str) -> Iterator[None]:
        """One thread at a time, in the process that opened the store, while it is open; errors made clear."""
        if os.getpid() != self._process:
            raise StoreError(
                f"{self._name} was opened in process {self._process} and cannot be used in its forked child "
                f"{os.getpid()}; open the store again there"
            )
        with self._guard, clear_errors(self._name, doing):
            if self._closed:
                raise StoreError(f"{self._name} is closed; open it again to {doing} it")
            yield


def _open_memory(opened: ExitStack, *, readonly: bool) -> sqlite3.Connection:
    if readonly:
        raise BadInput("a store in memory starts empty, so readonly=True makes no sense; give a path")
    connection = sqlite3.connect(MEMORY, isolation_level=None, check_same_thread=False)
    opened.enter_context(closing(connection))
    create(connection)
    return connection


def _open_reader(path: Path, opened: ExitStack) -> sqlite3.Connection:
    version = _look(path)
    if version == FRESH:
        problem = "holds no log yet" if path.exists() else "does not exist"
        raise StoreError(f"{str(path)!r} {problem}; check the path, or begin a session there: askwise label FILE")
    check_version(version, repr(str(path)), readonly=True)
    return opened.enter_context(closing(connect_reader(path)))


def _open_writer(path: Path, opened: ExitStack) -> sqlite3.Connection:
    lock = WriterLock(path)
    opened.callback(lock.release)
    version = _look(path)
    check_version(version, repr(str(path)), readonly=False)
    if version != FRESH and not os.access(path, os.W_OK):
        raise StoreError(f"{str(path)!r} may not be written; change its permissions, or use readonly=True")
    connection = opened.enter_context(closing(connect(path, "rwc")))
    _settle(connection)
    if version == FRESH:
        create(connection)
    elif version < current_version():
        migrate(connection, path, version)
    return connection


def _look(path: Path) -> int:
    try:
        return inspect(path)
    except OSError as fault:
        raise StoreError(f"{str(path)!r} may not be read: {fault.strerror}; check its permissions") from fault


def _settle(connection: sqlite3.Connection) -> None:
    """Durable when a commit returns, readers beside the writer, and references kept."""
    for setting in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {setting}").fetchone()
