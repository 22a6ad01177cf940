"""Backing a log up while it is in use, and putting a backup back in its place."""

from __future__ import annotations

import itertools
import os
from contextlib import closing
from pathlib import Path

from askwise.core.errors import BadInput, StoreError
from askwise.store import log
from askwise.store.connect import FRESH, connect_reader, inspect, place_of, unmerged
from askwise.store.copying import copy_to
from askwise.store.faults import clear_errors
from askwise.store.lock import WriterLock
from askwise.store.migrate import check_version, current_version

_SIDECARS = ("", "-wal", "-shm")


def backup(path: str | os.PathLike[str], target: str | os.PathLike[str]) -> Path:
    """Copy the log at `path` to the file `target`, also while a session is writing it; return the target.

    The source is read through first, so that a damaged log never replaces a sound backup. Then SQLite's
    online backup into a temporary file, integrity check, fsync, atomic rename. An older backup at `target` is
    replaced; a file that is not askwise's, or is in use, is not. Raises StoreError, and BadInput when both
    are one file.
    """
    source, goal = _two_places(path, target)
    with clear_errors(repr(str(source)), "back up"):
        _check_log(source)
        with closing(connect_reader(source)) as connection:
            if not goal.exists():
                return copy_to(connection, goal)
            lock = WriterLock(goal)
            try:
                _check_replaceable(goal)
                return copy_to(connection, goal)
            finally:
                lock.release()


def restore(kept: str | os.PathLike[str], path: str | os.PathLike[str]) -> Path:
    """Put the backup `kept` in place of the log at `path`; return the path where the old file went.

    The old file, with what SQLite left beside it, is moved to ``<path>.replaced``, never deleted, as it may
    hold events newer than the backup. Raises StoreError when the backup itself is damaged or the log is in
    use.
    """
    source, goal = _two_places(kept, path)
    with clear_errors(repr(str(source)), "restore"):
        _check_log(source)
        lock = WriterLock(goal)
        try:
            with closing(connect_reader(source)) as connection:
                ready = copy_to(connection, goal.with_name(goal.name + ".restored"))
            aside = _move_aside(goal)  # only now, so that a copy which fails changes nothing
            ready.replace(goal)
        finally:
            lock.release()
    return aside


def _two_places(path: str | os.PathLike[str], target: str | os.PathLike[str]) -> tuple[Path, Path]:
    source, goal = place_of(path), place_of(target)
    if source == goal:
        raise BadInput(f"{str(path)!r} and {str(target)!r} are the same file; give another name for one of them")
    return source, goal


def _check_log(path: Path) -> None:
    """Raise StoreError unless the file is a log whose every event is there and intact."""
    version = inspect(path)
    if version == FRESH:
        raise StoreError(f"{str(path)!r} does not exist or holds no log yet; check the path")
    check_version(version, repr(str(path)), readonly=False)
    if version == current_version():  # an older one is checked by its pages only: its rows may have another form
        with closing(connect_reader(path)) as connection:
            log.verify(connection, repr(str(path)))


def _check_replaceable(target: Path) -> None:
    with clear_errors(repr(str(target)), "replace"):
        inspect(target)
    if unmerged(target):
        # SQLite would play the old write-ahead log over the new file.
        raise StoreError(
            f"{str(target)!r} was not closed: {target.name + '-wal'!r} holds events of it. Choose another "
            "target, or move both away."
        )


def _move_aside(path: Path) -> Path:
    """Rename a log and its sidecars to the first ``<path>.replaced`` name that is free."""
    names = (path.with_name(f"{path.name}.replaced{i or ''}") for i in itertools.count())
    aside = next(name for name in names if not any(_beside(name, end).exists() for end in _SIDECARS))
    for end in _SIDECARS:
        if _beside(path, end).exists():
            _beside(path, end).replace(_beside(aside, end))
    return aside


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)
