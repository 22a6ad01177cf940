"""The log in a PostgreSQL database: the same promises as the SQLite file, for teams that have a server for it."""

from __future__ import annotations

import itertools
import logging
import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from askwise.core.errors import BadInput, StoreError
from askwise.core.event import Event
from askwise.store.log import PAGE, events_of
from askwise.store.record import Row, checksum, encode, position
from askwise.store.rewind import append_until
from askwise.store.schema import LOCK, prepare
from askwise.store.url import Place, parse

if TYPE_CHECKING:
    import psycopg

    from askwise.core.protocols import Store

LONGEST_KEY = 1000
"""Characters of an event's key: what an index of PostgreSQL takes, with room to spare."""

CONNECT_SECONDS = 10

_PAGE = (
    "SELECT seq, key, kind, at, body, crc FROM askwise_event"
    " WHERE log = %s AND seq > %s AND seq <= %s ORDER BY seq LIMIT %s"
)
_INSERT = "INSERT INTO askwise_event(log, seq, key, kind, at, body, crc) VALUES (%s, %s, %s, %s, %s, %s, %s)"


class PostgresStore:
    """An append-only event log in PostgreSQL, at ``postgresql://user@host/database#name``; the name says which log.

    The tables are made when they are missing. Once `append` returns, the events are committed with
    ``synchronous_commit = on``. A second writer is refused by an advisory lock, which the server lets go of when its
    holder dies; ``shared=True`` takes no lock: several processes may then append, one after the other, and each sees
    the others' events with its next `read`. Numbers have no gaps, as every append locks the row of its log.

    Threads may share a store. A connection that was lost is opened anew at the next call. Raises StoreError for what
    the server refuses, a log in use, of a newer format, or (readonly) not there; passwords are never in a message.
    """

    def __init__(self, url: str, *, readonly: bool = False, shared: bool = False) -> None:
        self.place: Place = parse(url)
        self.readonly, self.shared = readonly, shared
        self._name = repr(str(self.place))
        self._guard = threading.RLock()
        self._process = os.getpid()
        self._closed = False
        self._connection: psycopg.Connection[Any] | None = None
        self._log = 0
        with self._use("open"):
            pass

    @property
    def last_seq(self) -> int:
        """The sequence number of the last event in the log, 0 when there is none."""
        with self._use("read") as connection:
            return self._last(connection)

    def append(self, *events: Event) -> int:
        """Write the events as one transaction, durably; return the last sequence number of the log.

        An event whose key is there already is left out, so a call can be repeated. Raises BadInput for a body that
        JSON cannot hold and for a key that is too long, before anything is written, and StoreError.
        """
        bodies = [self._body(event) for event in events]
        if not events:
            return self.last_seq
        with self._use("append to", writes=True) as connection, connection.transaction():
            return self._append(connection, events, bodies)

    @contextmanager
    def group(self) -> Iterator[None]:
        """One transaction around many appends, with one wait for the disk; what fails undoes all of them."""
        with self._use("append to", writes=True) as connection, connection.transaction():
            yield

    def read(self, after: int = 0) -> Iterator[Event]:
        """Events with a sequence number above `after`, in order, a page in memory at a time.

        Ends at the event that was last when `read` was called. Raises StoreError at an event that is damaged or lost.
        """
        return self._stream(position(after), self.last_seq)

    def take_name(self, name: str) -> str:
        """Rename this log; one that has the name already is renamed to the first free ``<name>.replaced``.

        Returns what that one is called now, empty where there was none.
        """
        with self._use("rename", writes=True) as connection, connection.transaction():
            taken = {one for (one,) in connection.execute("SELECT name FROM askwise_log").fetchall()}
            names = (f"{name}.replaced{i or ''}" for i in itertools.count())
            aside = next(one for one in names if one not in taken)
            connection.execute("UPDATE askwise_log SET name = %s WHERE name = %s", [aside, name])
            connection.execute("UPDATE askwise_log SET name = %s WHERE id = %s", [name, self._log])
        return aside if name in taken else ""

    def close(self) -> None:
        """Close the connection and let the next writer in. Closing twice, or in a forked child, does nothing."""
        if os.getpid() != self._process:
            return
        with self._guard:
            self._closed = True
            if self._connection is not None:
                self._connection.close()

    def __enter__(self) -> PostgresStore:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"PostgresStore({self._name}{', readonly=True' if self.readonly else ''})"

    def _append(self, connection: psycopg.Connection[Any], events: Sequence[Event], bodies: Sequence[str]) -> int:
        # The row of the log is the queue: who holds it appends, with numbers that nobody else can have given.
        row = connection.execute("SELECT last FROM askwise_log WHERE id = %s FOR UPDATE", [self._log]).fetchone()
        last = self._count(row)
        keys = [event.key for event in events]
        found = connection.execute("SELECT key FROM askwise_event WHERE log = %s AND key = ANY(%s)", [self._log, keys])
        known = {key for (key,) in found.fetchall()}
        rows: list[tuple[Any, ...]] = []
        for event, body in zip(events, bodies, strict=True):
            if event.key in known:
                continue
            known.add(event.key)
            seq, at = last + len(rows) + 1, float(event.at)
            crc = checksum(seq, event.key, event.kind, at, body)
            rows.append((self._log, seq, event.key, event.kind, at, body, crc))
        if rows:
            connection.cursor().executemany(_INSERT, rows)
            connection.execute("UPDATE askwise_log SET last = %s WHERE id = %s", [last + len(rows), self._log])
        return last + len(rows)

    def _body(self, event: Event) -> str:
        body = encode(event)
        for name, text in (("key", event.key), ("kind", event.kind)):
            if "\0" in text or len(text) > LONGEST_KEY:
                raise BadInput(
                    f"the {name} of a {event.kind[:40]!r} event is {text[:40]!r}..., which PostgreSQL cannot keep; give"
                    f" up to {LONGEST_KEY} characters, without the character 0"
                )
        return body

    def _last(self, connection: psycopg.Connection[Any]) -> int:
        return self._count(connection.execute("SELECT last FROM askwise_log WHERE id = %s", [self._log]).fetchone())

    def _count(self, row: tuple[Any, ...] | None) -> int:
        if row is None:
            raise StoreError(f"the log {self._name} was removed from its database; restore it from a backup")
        return int(row[0])

    def _stream(self, after: int, last: int) -> Iterator[Event]:
        while after < last:
            with self._use("read") as connection:
                rows: list[Row] = connection.execute(_PAGE, [self._log, after, last, PAGE]).fetchall()
            for event in events_of(rows, after, self._name):
                after = event.seq
                yield event

    @contextmanager
    def _use(self, doing: str, *, writes: bool = False) -> Iterator[psycopg.Connection[Any]]:
        """The connection, for one thread at a time, opened anew if it was lost; errors made clear."""
        import psycopg

        if writes and self.readonly:
            raise StoreError(f"{self._name} was opened to read; open it without readonly=True to append")
        if os.getpid() != self._process:
            raise StoreError(f"{self._name} was opened in process {self._process}; open the store again in this one")
        with self._guard:
            if self._closed:
                raise StoreError(f"{self._name} is closed; open it again to {doing} it")
            try:
                if self._connection is None or self._connection.closed:
                    self._connection = self._connect()
                yield self._connection
            except psycopg.Error as fault:
                raise StoreError(_explain(fault, self._name, doing)) from fault

    def _connect(self) -> psycopg.Connection[Any]:
        import psycopg

        connection: psycopg.Connection[Any] = psycopg.connect(
            self.place.conninfo, autocommit=True, connect_timeout=CONNECT_SECONDS, application_name="askwise"
        )
        try:
            self._log = prepare(connection, self.place, readonly=self.readonly)
            if not self.readonly:
                self._settle(connection)
        except (StoreError, psycopg.Error):
            connection.close()
            raise
        return connection

    def _settle(self, connection: psycopg.Connection[Any]) -> None:
        connection.execute("SET synchronous_commit = on")
        fsync = connection.execute("SHOW fsync").fetchone()
        if fsync == ("off",):
            logging.getLogger(__name__).warning("%s: fsync is off, so a power cut may lose answers", self._name)
        if not self.shared:
            held = connection.execute("SELECT pg_try_advisory_lock(%s, %s)", [LOCK, self._log]).fetchone()
            if held != (True,):
                raise StoreError(
                    f"{self._name} is open for writing elsewhere. Close it there first, or read along with"
                    " readonly=True, or open every writer with shared=True."
                )


def put_log(source: Store, url: str, upto: int) -> str:
    """Put the events 1 to `upto` of a store in the place of the log at `url`, whole or not at all.

    What was there is renamed, never deleted; returns the URL where it is now, empty where there was nothing. Raises
    StoreError while somebody writes there.
    """
    place = parse(url)
    base = url.partition("#")[0]
    with ExitStack() as held:
        if exists_at(place):
            held.enter_context(PostgresStore(url))  # its lock keeps writers out
        part = held.enter_context(PostgresStore(f"{base}#{quote(place.name, safe='')}.restored"))
        with part.group():
            append_until(part, source, upto)
            aside = part.take_name(place.name)
    return str(parse(f"{base}#{quote(aside, safe='')}")) if aside else ""


def exists_at(place: Place) -> bool:
    """Whether there is a log with anything in it. Raises StoreError where the server cannot be asked."""
    import psycopg

    try:
        with psycopg.connect(place.conninfo, autocommit=True, connect_timeout=CONNECT_SECONDS) as connection:
            if connection.execute("SELECT to_regclass('askwise_log')").fetchone() == (None,):
                return False
            found = connection.execute("SELECT last FROM askwise_log WHERE name = %s", [place.name]).fetchone()
            return found is not None and found[0] > 0
    except psycopg.Error as fault:
        raise StoreError(_explain(fault, repr(str(place)), "look into")) from fault


def _explain(fault: psycopg.Error, place: str, doing: str) -> str:
    """What was being done where, what to do, then PostgreSQL's own words."""
    state = fault.sqlstate or ""
    if state.startswith("53"):
        fix = "the server is out of disk, memory or connections; make room and repeat"
    elif state.startswith("28"):
        fix = "the server does not let this user in; check the name, the password and pg_hba.conf"
    elif state == "3D000":
        fix = "there is no such database; create it first (createdb NAME)"
    elif state.startswith("42"):
        fix = "this user may not use these tables; grant it the rights, or give another database"
    else:
        fix = (
            "the server was not reached or broke off. Events acknowledged earlier are safe; repeat the call when it is"
            " back: events that are there already are not written twice"
        )
    return f"could not {doing} {place}: {fix}. [{type(fault).__name__}: {str(fault).strip()}]"
