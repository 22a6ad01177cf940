"""A log as it was: its first events, copied into a file of their own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import islice, takewhile
from pathlib import Path

from askwise.core.errors import BadInput, StoreError
from askwise.core.event import Event
from askwise.core.protocols import Store
from askwise.store.sqlite import SqliteStore

BATCH = 1000
"""Events written at once."""


def position(store: Store, at: int | float) -> int:
    """Where a log stood: after the event of this number (an int), or just before the first one later than a time (a
    float, Unix seconds).

    Raises BadInput for a number beyond the log, or a time before its first event.
    """
    last = before = 0
    for event in store.read():
        if isinstance(at, float) and event.at > at:
            break
        before, last = event.seq, event.seq
        if isinstance(at, int) and event.seq == at:
            return at
    if isinstance(at, int):
        raise BadInput(f"there is no event {at}; the log has the events 1 to {last}")
    if before == 0:
        raise BadInput("the log begins after that time; give a later one, or the number of an event")
    return before


def copy_until(store: Store, target: str | os.PathLike[str], upto: int) -> Path:
    """Copy the events 1 to `upto` of any store into the new file `target`; return it.

    Keys, times and numbers are kept, so the copy is the log as it was. Raises StoreError where there is a file already.
    """
    path = Path(target)
    if path.exists():
        raise StoreError(f"{str(path)!r} is there already; choose another name, or move it away")
    with SqliteStore(path) as copy:
        append_until(copy, store, upto)
    return path


def append_until(target: Store, store: Store, upto: int) -> None:
    """Append the events 1 to `upto` of a store to another, some at a time."""
    events: Iterator[Event] = takewhile(lambda event: event.seq <= upto, store.read())
    while some := list(islice(events, BATCH)):
        target.append(*some)
