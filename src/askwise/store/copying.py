"""Copying a database whole: made while it is in use, checked, and put in place in one step."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from askwise.core.errors import StoreError
from askwise.store.connect import connect
from askwise.store.faults import clear_errors


def copy_to(source: sqlite3.Connection, target: Path) -> Path:
    """Copy a database into `target`: temporary file beside it, integrity check, fsync, atomic rename.

    Whatever fails, `target` is either what it was or the whole copy. Raises StoreError.
    """
    try:
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=target.name, suffix=".part")
    except OSError as fault:
        raise StoreError(
            f"no backup can be written to {str(target)!r}: {fault.strerror}; choose a folder that may be written"
        ) from fault
    os.close(handle)
    part = Path(name)
    try:
        with clear_errors(repr(str(target)), "write the backup"):
            _copy(source, part)
            _check(part)
        _sync(part)
        part.replace(target)
        _sync_folder(target.parent)
    except OSError as fault:
        raise StoreError(
            f"the backup {str(target)!r} could not be finished: {fault.strerror}; nothing was replaced"
        ) from fault
    finally:
        part.unlink(missing_ok=True)
    return target


def _copy(source: sqlite3.Connection, part: Path) -> None:
    with closing(connect(part, "rw")) as copy:
        source.backup(copy)


def _check(part: Path) -> None:
    with closing(connect(part, "ro", immutable=True)) as copy:
        report: str = copy.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if report != "ok":
        raise StoreError(f"the source of the backup is damaged: {report!r}; no earlier backup was replaced")


def _sync(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":  # Windows has no handle for a folder; its rename is durable by itself
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
