"""One writer per file: a lock that the operating system lets go of when its holder dies."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from pathlib import Path

from askwise.core.errors import StoreError


class WriterLock:
    """The lock ``<path>.lock``, held from construction to `release`; ``<path>.pid`` says by whom.

    A killed holder leaves both files behind, but not the lock. Raises StoreError when another store holds it,
    or when the folder may not be written.
    """

    def __init__(self, path: Path) -> None:
        from filelock import FileLock, Timeout

        self._holder = path.with_name(path.name + ".pid")
        # Not per thread: a server opens the store in one thread and closes it in another.
        self._lock = FileLock(path.with_name(path.name + ".lock"), thread_local=False)
        try:
            self._lock.acquire(timeout=0)
        except Timeout as fault:
            raise StoreError(
                f"{str(path)!r} is open for writing in {self._who()}. Close it there first, or read along "
                "with readonly=True."
            ) from fault
        except OSError as fault:
            raise StoreError(
                f"{str(path)!r} cannot be locked for writing: {fault.strerror} ({str(path.parent)!r}). Make "
                "the folder writable, choose another path, or open it with readonly=True."
            ) from fault
        # Only the words of an error message depend on this file, so a full disk must not keep the store shut.
        with suppress(OSError):
            self._holder.write_text(f"process {os.getpid()} on {socket.gethostname()}", encoding="utf-8")

    def release(self) -> None:
        """Let the next writer in."""
        with suppress(OSError):
            self._holder.unlink(missing_ok=True)
        self._lock.release()

    def _who(self) -> str:
        with suppress(OSError, UnicodeDecodeError):
            return self._holder.read_text(encoding="utf-8").strip() or "another store"
        return "another store"
