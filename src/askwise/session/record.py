"""A session file read without its pool and model: what was asked and answered."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from askwise.core.errors import StoreError
from askwise.core.event import Event
from askwise.session.state import State, fold
from askwise.session.view import View


class Record(View):
    """Read-only view of a session file; works while another process writes to it.

    Raises StoreError for a file that is missing, foreign, corrupt, newer, or holds no session.
    """

    def __init__(self, path: str | Path) -> None:
        from askwise.store import is_url, open_store

        self.path: str | Path = path if is_url(path) else Path(path)
        store = open_store(path, readonly=True)
        try:
            self._events = list(store.read())
        finally:
            store.close()
        self.state: State = fold(self._events)
        if not self.state.config:
            raise StoreError(f"{path} holds no session yet; create one with Session({str(path)!r}, pool=...)")

    def events(self, after: int = 0) -> Iterator[Event]:
        """The log, behind a sequence number."""
        return iter([event for event in self._events if event.seq > after])
