"""Every call of a language model, for good: the request's hash, the raw reply, what it cost. A call is paid once."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import threading
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from askwise.core.errors import StoreError

FORMAT = 1
_TABLE = """
CREATE TABLE call(
    key     TEXT PRIMARY KEY,
    at      REAL NOT NULL,
    model   TEXT NOT NULL,
    item    TEXT NOT NULL,
    reply   TEXT NOT NULL,
    prompt  INTEGER NOT NULL,
    written INTEGER NOT NULL,
    cost    REAL NOT NULL,
    seconds REAL NOT NULL
)
"""


@dataclass(frozen=True)
class Call:
    """One kept call: the raw reply, tokens of the prompt and written, cost in money, seconds that it took."""

    reply: Mapping[str, Any]
    prompt: int
    written: int
    cost: float
    seconds: float
    cached: bool = True


def beside(session: str | Path) -> Path:
    """The ledger of a session file.

    >>> beside("reviews.aw").name
    'reviews.aw.llm.db'
    """
    path = Path(session)
    return path.with_name(f"{path.name}.llm.db")


def key_of(**parts: Any) -> str:
    """SHA-256 of what decides a reply: endpoint, model, messages, schema, temperature, seed."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, ensure_ascii=True).encode()).hexdigest()


class Ledger:
    """The calls of one session in a SQLite file of mode 0600, or in memory; durable when `keep` returns.

    Safe to use from several threads. Raises StoreError for a file that is none, or cannot be written.
    """

    def __init__(self, path: str | Path | None = None) -> None:
        self._guard = threading.Lock()
        self.path = None if path is None else Path(path)
        try:
            if self.path is not None:
                os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
            self._connection = sqlite3.connect(":memory:" if path is None else path, check_same_thread=False)
            self._connection.execute("PRAGMA journal_mode = WAL").fetchone()
            self._connection.execute("PRAGMA synchronous = FULL")
            self._prepare()
        except (sqlite3.Error, OSError) as error:
            raise StoreError(f"the ledger {str(path)!r} cannot be used ({error}); check it, or name another") from error

    def _prepare(self) -> None:
        version = self._connection.execute("PRAGMA user_version").fetchone()[0]
        if version == 0:
            with self._connection:
                self._connection.execute(_TABLE)
                self._connection.execute(f"PRAGMA user_version = {FORMAT}")
        elif version != FORMAT:
            raise StoreError(f"the ledger {str(self.path)!r} has format {version}, not {FORMAT}; use another askwise")

    def find(self, key: str) -> Call | None:
        """The call of this key, if it was made."""
        with self._guard:
            found = self._connection.execute(
                "SELECT reply, prompt, written, cost, seconds FROM call WHERE key = ?", (key,)
            ).fetchone()
        return None if found is None else Call(json.loads(found[0]), *found[1:])

    def keep(self, key: str, model: str, item: Any, call: Call) -> None:
        """Put a call on disk."""
        row = (key, time.time(), model, json.dumps(item), json.dumps(call.reply), call.prompt, call.written, call.cost)
        try:
            with self._guard, self._connection:
                self._connection.execute(
                    "INSERT INTO call VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(key) DO NOTHING",
                    (*row, call.seconds),
                )
        except sqlite3.Error as error:
            raise StoreError(f"the reply for {item!r} cannot be kept in {str(self.path)!r} ({error})") from error

    @property
    def spent(self) -> float:
        """Money spent so far, over all models."""
        with self._guard:
            return float(self._connection.execute("SELECT coalesce(sum(cost), 0) FROM call").fetchone()[0])

    def usage(self, model: str) -> tuple[int, float]:
        """Calls of a model, and the mean tokens of a reply; zeros before the first."""
        with self._guard:
            found = self._connection.execute(
                "SELECT count(*), coalesce(avg(written), 0) FROM call WHERE model = ?",
                (model,),
            ).fetchone()
        return int(found[0]), float(found[1])

    def close(self) -> None:
        """Release the file."""
        with self._guard, closing(self._connection):
            pass
