"""How a session writes: events to the log, then into its state, and to whoever watches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from askwise.core.event import Event
from askwise.core.protocols import Grouping, Store
from askwise.session.leases import Leases
from askwise.session.opening import Setup
from askwise.session.state import State, fold
from askwise.session.view import View


class Keeping(View):
    """The writing side of a session."""

    state: State
    setup: Setup
    _store: Store
    _leases: Leases
    _watchers: list[Callable[[Event], None]]
    _elsewhere: bool
    _settled: int
    _held: Any

    def _append(self, *events: Event) -> None:
        if not events:
            return
        self._store.append(*events)
        self.follow()

    def write(self, *events: Event) -> None:
        """Append what another process decided for this session, `over` a copy of the log."""
        self._append(*events)

    def follow(self) -> None:
        """Take in what is new in the log."""
        for event in self._store.read(after=self.state.seq):
            self.state.apply(event)
            for watcher in self._watchers:
                watcher(event)

    def decide_elsewhere(self) -> None:
        """From now on another process chooses and learns, and gives its events to `write`; this one hands out only."""
        self._elsewhere = True

    @contextmanager
    def grouped(self) -> Iterator[None]:
        """Everything that the block writes is one transaction, with one wait for the disk: all of it is kept, or none.

        Where that fails, the session stands as the log does, and nobody holds a query; the error goes on.
        """
        kept = False
        try:
            with self._store.group() if isinstance(self._store, Grouping) else nullcontext():
                yield
            kept = True
        finally:
            if not kept:
                self._stand_as_the_log()

    def _stand_as_the_log(self) -> None:
        self.state, self._leases = fold(self._store.read()), Leases(self.setup.lease)
        self._settled, self._held = 0, None

    def watch(self, watcher: Callable[[Event], None]) -> None:
        """Tell `watcher` of each event as the state takes it in; inside `grouped`, before it is on disk."""
        self._watchers.append(watcher)
