"""The one way out: every request that askwise sends goes through the guarded fetcher here."""

from __future__ import annotations

from askwise.net.addresses import Door
from askwise.net.fetch import Fetcher, Refused, Reply, Unreachable

__all__ = ["Door", "Fetcher", "Refused", "Reply", "Unreachable"]
