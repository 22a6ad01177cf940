"""SQLite's error codes as StoreErrors that say what happened, what is safe, and what to do."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from askwise.core.errors import StoreError

_SAFE = "Nothing of this call was kept, every event acknowledged earlier is safe"
_EXPLAINED = {
    sqlite3.SQLITE_NOTADB: "it is not an askwise file (not a SQLite database at all). Give another path.",
    sqlite3.SQLITE_CORRUPT: (
        "the file is damaged (torn, truncated or overwritten). It was left as it is. "
        "Restore the newest backup (askwise.store.backup, askwise.store.restore)."
    ),
    sqlite3.SQLITE_FULL: f"the disk is full. {_SAFE}. Free some space and repeat the call.",
    sqlite3.SQLITE_IOERR: (
        "the disk refused to read or write. Every event acknowledged earlier is safe, those of this call may "
        "not be. Check the disk, its quota and the space left, then open the store again and repeat: "
        "events that are already there are not written twice."
    ),
    sqlite3.SQLITE_READONLY: (
        f"it may not be written. {_SAFE}. Make the file and its folder writable, or open it with readonly=True."
    ),
    sqlite3.SQLITE_CANTOPEN: (
        "it cannot be opened. Check that the folder exists and that you may read and write in it "
        "(to read beside a log that was not closed, SQLite writes a file there; copy the folder if it may "
        "not)."
    ),
    sqlite3.SQLITE_PERM: "access was denied. Check the permissions of the file and its folder.",
    sqlite3.SQLITE_BUSY: f"another program holds it. {_SAFE}. Close that program and repeat the call.",
    sqlite3.SQLITE_LOCKED: f"another connection holds it. {_SAFE}. Close it and repeat the call.",
    sqlite3.SQLITE_TOOBIG: f"an event is larger than SQLite takes (1 GB). {_SAFE}. Keep such data in files.",
    sqlite3.SQLITE_NOMEM: f"memory ran out. {_SAFE}. Free memory and repeat the call.",
}


def code_of(fault: Exception) -> int:
    """The primary SQLite result code of an error, 0 when Python itself raised it."""
    return getattr(fault, "sqlite_errorcode", 0) & 0xFF


def explain(fault: Exception, place: str, doing: str) -> str:
    """One sentence for what was being done where, one for what to do, then SQLite's own words."""
    fix = _EXPLAINED.get(code_of(fault), "the file may be damaged. Restore the newest backup.")
    return f"could not {doing} {place}: {fix} [{getattr(fault, 'sqlite_errorname', 'sqlite3')}: {fault}]"


@contextmanager
def clear_errors(place: str, doing: str) -> Iterator[None]:
    """Turn every sqlite3.Error of the block into a StoreError about `place`.

    UnicodeDecodeError too: SQLite quotes damaged names in its messages, which Python then fails to decode.
    """
    try:
        yield
    except (sqlite3.Error, UnicodeDecodeError) as fault:
        raise StoreError(explain(fault, place, doing)) from fault
