"""The format of the file: its tables, its version, and the steps from each version to the next.

Version 1 has the one table `event`. A later version adds one function to `MIGRATIONS`; a new file is made by
running all of them, so a new file and a migrated one are the same.
"""

from __future__ import annotations

import itertools
import logging
import sqlite3
from collections.abc import Callable
from pathlib import Path

from askwise.core.errors import StoreError
from askwise.store.connect import APPLICATION_ID, transaction
from askwise.store.copying import copy_to
from askwise.store.faults import clear_errors

Migration = Callable[[sqlite3.Connection], None]

MIGRATIONS: tuple[Migration, ...] = ()
"""``MIGRATIONS[i]`` turns version i + 1 into version i + 2. It must not commit: no `executescript`."""

_EVENT = """
CREATE TABLE event(
    seq  INTEGER PRIMARY KEY AUTOINCREMENT,
    key  TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    at   REAL NOT NULL,
    body TEXT NOT NULL,
    crc  INTEGER NOT NULL
)
"""


def current_version() -> int:
    """The format version that this askwise writes.

    >>> current_version()
    1
    """
    return 1 + len(MIGRATIONS)


def check_version(version: int, place: str, *, readonly: bool) -> None:
    """Raise StoreError for a file from a newer askwise, or an older one that may not be migrated here."""
    if version > current_version():
        raise StoreError(
            f"{place} was written by a newer askwise (format {version}, this one reads up to "
            f"{current_version()}). Upgrade askwise: pip install -U askwise."
        )
    if readonly and version < current_version():
        raise StoreError(
            f"{place} has the older format {version}; open it once without readonly=True, which makes a "
            f"backup and brings it to format {current_version()}."
        )


def create(connection: sqlite3.Connection) -> None:
    """Make an empty log of the current version, in one transaction."""
    with transaction(connection):
        connection.execute(_EVENT)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        _run(connection, 1)


def migrate(connection: sqlite3.Connection, path: Path, version: int) -> Path:
    """Bring a file to the current version: a backup first, then all steps in one transaction.

    Returns the path of the backup, ``<path>.v<version>.backup``. A step that fails leaves the file as it was.
    """
    kept = copy_to(connection, _spare_name(path, version))
    with clear_errors(f"{str(path)!r} (backup: {str(kept)!r})", "migrate"), transaction(connection):
        _run(connection, version)
    logging.getLogger(__name__).info("%s: format %d -> %d, backup in %s", path, version, current_version(), kept)
    return kept


def _run(connection: sqlite3.Connection, version: int) -> None:
    for step in MIGRATIONS[version - 1 :]:
        step(connection)
        if not connection.in_transaction:
            raise StoreError(f"migration {step.__name__!r} committed halfway; use execute, not executescript")
    connection.execute(f"PRAGMA user_version = {current_version()}")


def _spare_name(path: Path, version: int) -> Path:
    """A name that is not taken: an earlier backup is never overwritten."""
    first = path.with_name(f"{path.name}.v{version}.backup")
    numbered = (first.with_name(f"{first.name}{i}") for i in itertools.count(2))
    return next(name for name in itertools.chain([first], numbered) if not name.exists())
