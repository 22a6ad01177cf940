"""The append-only log and where it is kept: a SQLite file, memory, or a PostgreSQL database."""

from __future__ import annotations

import importlib.util
import os

from askwise.core.errors import BadInput
from askwise.core.protocols import Store
from askwise.store.backup import backup, restore
from askwise.store.sqlite import SqliteStore
from askwise.store.url import is_url, parse

__all__ = ["SqliteStore", "backup", "is_url", "open_store", "restore"]


def open_store(path: str | os.PathLike[str] | None = None, *, readonly: bool = False) -> Store:
    """The store for a path, for a URL such as ``postgresql://host/database#name``, or in memory for None.

    Raises BadInput for another URL, and where the library for it is missing.

    >>> open_store()
    SqliteStore(:memory:)
    """
    if path is None or not is_url(path):
        return SqliteStore(path, readonly=readonly)
    place = parse(os.fspath(path))
    if importlib.util.find_spec("psycopg") is None:
        raise BadInput(f"'{place}' needs psycopg, not installed here: pip install \"askwise[postgres]\"")
    from askwise.store.postgres import PostgresStore

    return PostgresStore(os.fspath(path), readonly=readonly)
