"""How chunks are run: serially, on threads, or in processes. Results come in any order."""

from __future__ import annotations

from askwise.execute.local import Processes, Serial, Threads

__all__ = ["Processes", "Serial", "Threads"]
