"""One line of the append-only log."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Event:
    """What happened: its kind, a JSON-able body, an idempotency key, the wall-clock time and its place in the log.

    `seq` is 0 until a store has written the event. Two events with the same key are the same event.
    """

    kind: str
    body: Mapping[str, Any]
    key: str = field(default_factory=lambda: uuid.uuid4().hex)
    at: float = field(default_factory=time.time)
    seq: int = 0
