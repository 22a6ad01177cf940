"""Choosing and learning in a process of their own, so that no fit makes anybody wait.

That process holds the same session over a copy of the log. What it decides, it does not write: it sends the events
over, they are appended here like all others, and come back with whatever was written meanwhile. So there is one
writer, and one that chooses; if that process dies, another one begins where the log stands.
"""

from __future__ import annotations

import contextlib
import io
import mmap
import multiprocessing
import os
import pickle
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import Connection
from typing import Any

import numpy as np

from askwise.core.errors import AskwiseError, StoreError
from askwise.core.event import Event
from askwise.session import Session

NICE = 10
"""The learning process steps back behind whoever answers requests."""

GIVE_UP = 5.0
"""Seconds that a process has to end by itself."""


class Apart:
    """Runs methods of a session in another process: `run("choose", 6)`.

    `news(after)` gives the events of the log behind a sequence number, `write(events)` appends, and `busy` hears when
    heavy work begins and ends; all three are called in the thread that runs. One run at a time.
    """

    def __init__(
        self,
        session: Session,
        *,
        news: Callable[[int], Sequence[Event]],
        write: Callable[[Sequence[Event]], None],
        busy: Callable[[bool], None],
    ) -> None:
        self._package = pack(session.setup)
        self._news, self._write, self._busy = news, write, busy
        self._process: multiprocessing.process.BaseProcess | None = None
        self._line: Connection | None = None
        self._sent, self._closed = 0, False

    @property
    def pid(self) -> int | None:
        """The process, once it runs."""
        return None if self._process is None else self._process.pid

    def start(self) -> None:
        """Start the process, if none runs. Raises StoreError after `close`."""
        if self._closed:
            raise StoreError("this room was closed, so nothing more is chosen; start it again")
        if self._process is not None and self._process.is_alive():
            return
        # A fresh interpreter: threads of compiled code do not survive a fork.
        context = multiprocessing.get_context("spawn")
        self._line, theirs = context.Pipe()
        self._process, self._sent = context.Process(target=_serve, args=(theirs,), daemon=True), 0
        self._process.start()
        theirs.close()
        self._line.send_bytes(self._package)

    def run(self, name: str, *args: Any, **kwargs: Any) -> Any:
        """What the method returns there; raises what it raises. StoreError when the process dies, which is mended."""
        self.start()
        assert self._line is not None and self._process is not None
        try:
            self._send(name, args, kwargs)
            while True:
                kind, value = self._line.recv()
                if kind == "write":
                    self._write(value)
                    self._send()
                elif kind == "busy":
                    self._busy(value)
                elif kind == "done":
                    return value
                else:
                    raise value
        except (EOFError, ConnectionError) as gone:
            self._busy(False)
            self._process.join(GIVE_UP)
            raise StoreError(
                f"the process that chooses and learns ended (exit code {self._process.exitcode}); a new one goes on"
                " from the log, and no answer is lost"
            ) from gone

    def _send(self, *more: Any) -> None:
        """What is new in the log, and what to do, if anything."""
        assert self._line is not None
        events = self._news(self._sent)
        self._sent = events[-1].seq if events else self._sent
        self._line.send((events, *more))

    def close(self) -> None:
        """End the process; what it was at is not kept. From any thread: a run under way ends with an error."""
        self._closed = True
        if self._process is not None:
            self._process.terminate()
            self._process.join(GIVE_UP)


class _Copy:
    """The log as the other process has it; appends go over the line and come back."""

    def __init__(self, line: Connection) -> None:
        self._line = line
        self.events: list[Event] = []

    def append(self, *events: Event) -> int:
        if events:
            self._line.send(("write", events))
            (news,) = self._line.recv()
            self.events += news
        return len(self.events)

    def read(self, after: int = 0) -> Iterator[Event]:
        return iter(self.events[after:])

    def close(self) -> None:
        """Nothing is open."""


def _serve(line: Connection) -> None:
    """The other process: ends with the one that started it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, which ends this
    with contextlib.suppress(EOFError, ConnectionError):
        setup = pickle.loads(line.recv_bytes())
        store, session, lock, back = _Copy(line), None, threading.Lock(), False
        lock.acquire()
        while True:
            news, name, args, kwargs = line.recv()
            store.events += news
            if session is None:
                session = Session.over(setup, store)
                session.share(lock, lambda on: line.send(("busy", on)))
            elif not back:
                back = _step_back()  # not before the first work, for which everybody waits
            session.follow()
            try:
                line.send(("done", getattr(session, name)(*args, **kwargs)))
            except AskwiseError as error:
                line.send(("refused", error))


def _step_back() -> bool:
    with contextlib.suppress(AttributeError, OSError):
        os.nice(NICE)
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))  # where there is such a thing: Linux
    return True


def pack(parts: Any) -> bytes:
    """Anything as bytes for a process of this machine, functions included; memory maps travel as their files."""
    import cloudpickle

    class Pickler(cloudpickle.CloudPickler):  # type: ignore[misc]
        def reducer_override(self, obj: Any) -> Any:
            # Not views of one: they say the offset of the whole.
            if isinstance(obj, np.memmap) and isinstance(getattr(obj, "base", None), mmap.mmap):
                return np.memmap, (obj.filename, obj.dtype, "r", obj.offset, obj.shape, _order(obj))
            return super().reducer_override(obj)

    stream = io.BytesIO()
    Pickler(stream, protocol=pickle.HIGHEST_PROTOCOL).dump(parts)
    return stream.getvalue()


def _order(array: Any) -> str:
    return "C" if array.flags.c_contiguous else "F"
