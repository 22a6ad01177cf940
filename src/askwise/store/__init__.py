"""The append-only log and where it is kept: a SQLite file, or memory."""

from __future__ import annotations

import os
import re

from askwise.core.errors import BadInput
from askwise.store.backup import backup, restore
from askwise.store.sqlite import SqliteStore

__all__ = ["SqliteStore", "backup", "open_store", "restore"]


def open_store(path: str | os.PathLike[str] | None = None, *, readonly: bool = False) -> SqliteStore:
    """The store for a path, or one in memory for None and ``":memory:"``. Raises BadInput for a URL.

    >>> open_store()
    SqliteStore(:memory:)
    """
    scheme = re.match(r"([a-z][a-z0-9+.-]+)://", os.fspath(path), re.IGNORECASE) if path is not None else None
    if scheme:
        raise BadInput(
            f"a store at {scheme[1]}:// is not built in this version of askwise; give the path of a file, "
            "such as 'labels.aw'"
        )
    return SqliteStore(path, readonly=readonly)
