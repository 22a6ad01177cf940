"""The event table: what appending and reading are, on any SQLite connection."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence

from askwise.core.errors import StoreError
from askwise.core.event import Event
from askwise.store.connect import transaction
from askwise.store.record import Row, checksum, decode

PAGE = 256
"""Rows fetched at a time: reading holds this many, however long the log is."""

_KNOWN = "SELECT 1 FROM event WHERE key = ?"
_INSERT = "INSERT INTO event(seq, key, kind, at, body, crc) VALUES (?, ?, ?, ?, ?, ?)"
_SELECT = "SELECT seq, key, kind, at, body, crc FROM event WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?"


def last_seq(connection: sqlite3.Connection) -> int:
    """The sequence number of the last event, 0 for an empty log."""
    last: int = connection.execute("SELECT coalesce(max(seq), 0) FROM event").fetchone()[0]
    return last


def append(connection: sqlite3.Connection, events: Sequence[Event], bodies: Sequence[str]) -> int:
    """Write the events whose keys are new, in one transaction; return the last sequence number of the log.

    The numbers are given here, one after the other, not by SQLite, which would leave a gap for each key that
    was there already: so a gap in a file always means that something is lost. Known keys are looked up first, for an
    insert that is ignored still counts on SQLite's counter, which says how many events there should be.
    """
    with transaction(connection):
        seq = last_seq(connection)
        for event, body in zip(events, bodies, strict=True):
            if connection.execute(_KNOWN, (event.key,)).fetchone() is not None:
                continue
            at = float(event.at)
            crc = checksum(seq + 1, event.key, event.kind, at, body)
            row = (seq + 1, event.key, event.kind, at, body, crc)
            connection.execute(_INSERT, row)
            seq += 1
    return seq


def page(connection: sqlite3.Connection, after: int, last: int) -> list[Row]:
    """The next few rows above `after`, up to `last`."""
    return connection.execute(_SELECT, (after, last, PAGE)).fetchall()


def events_of(rows: Sequence[Row], after: int, place: str) -> Iterator[Event]:
    """Events of a page that must go on right after `after`; StoreError at the first damaged or lost one."""
    if not rows:
        raise _lost(after + 1, place)
    for expected, row in enumerate(rows, after + 1):
        if row[0] != expected:
            raise _lost(expected, place)
        yield decode(row, place)


def verify(connection: sqlite3.Connection, place: str) -> None:
    """Read everything and raise StoreError at the first event that is damaged or lost."""
    after, last = 0, last_seq(connection)
    while after < last:
        for event in events_of(page(connection, after, last), after, place):
            after = event.seq


def _lost(seq: int, place: str) -> StoreError:
    return StoreError(
        f"event {seq} of {place} is lost: the log goes on without it. The events before it are intact and "
        "can be read. Restore the newest backup (askwise.store.backup, askwise.store.restore)."
    )
