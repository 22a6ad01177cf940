"""The outbox: endpoints and what is still to be delivered to each, in a SQLite file beside the session."""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import time
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from askwise.bridge.webhooks.messages import TYPES, Message
from askwise.bridge.webhooks.sign import new_secret, sign
from askwise.core.errors import BadInput, StoreError, did_you_mean
from askwise.net.fetch import split

FORMAT = 1
_TABLES = (
    """CREATE TABLE endpoint(id TEXT PRIMARY KEY, url TEXT NOT NULL, secret TEXT NOT NULL, types TEXT NOT NULL,
    private INTEGER NOT NULL, networks TEXT NOT NULL, cursor INTEGER NOT NULL, shut TEXT NOT NULL)""",
    """CREATE TABLE delivery(endpoint TEXT NOT NULL REFERENCES endpoint(id) ON DELETE CASCADE, id TEXT NOT NULL,
    seq INTEGER NOT NULL, type TEXT NOT NULL, body TEXT NOT NULL, state TEXT NOT NULL, tries INTEGER NOT NULL,
    due REAL NOT NULL, said TEXT NOT NULL, PRIMARY KEY(endpoint, id))""",
    "CREATE INDEX waiting ON delivery(state, due)",
)


@dataclass(frozen=True)
class Endpoint:
    """Who is told: where, what about (`types`), and which addresses beyond public ones are open for it.

    `cursor` is the last event whose messages are in the outbox; `shut` says why nothing is sent any more, if so.
    """

    id: str
    url: str
    secret: str
    types: tuple[str, ...]
    private: bool
    networks: tuple[str, ...]
    cursor: int
    shut: str


@dataclass(frozen=True)
class Delivery:
    """One message for one endpoint: waiting, done or dead, after so many tries; `said` is what the last one brought."""

    endpoint: str
    id: str
    seq: int
    type: str
    body: str
    state: str
    tries: int
    due: float
    said: str


def beside(session: str | Path) -> Path:
    """The outbox of a session file.

    >>> beside("reviews.aw").name
    'reviews.aw.webhooks.db'
    """
    path = Path(session)
    return path.with_name(f"{path.name}.webhooks.db")


class Outbox:
    """Endpoints and deliveries; every change is on disk when it returns. The file has mode 0600, for it holds secrets.

    Safe to use from several threads. Raises StoreError for a file that is none, or cannot be written.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._guard = threading.RLock()
        with self._clear():
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
            self._connection = sqlite3.connect(self.path, check_same_thread=False, timeout=10)
            for setting in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
                self._connection.execute(f"PRAGMA {setting}").fetchone()
            version = self._connection.execute("PRAGMA user_version").fetchone()[0]
            if version == 0:
                with self._connection:
                    for table in _TABLES:
                        self._connection.execute(table)
                    self._connection.execute(f"PRAGMA user_version = {FORMAT}")
            elif version != FORMAT:
                raise StoreError(f"{str(self.path)!r} has format {version}, not {FORMAT}; use another askwise")

    # ---- endpoints ------------------------------------------------------------------------------------------------

    def add(
        self,
        url: str,
        types: Sequence[str] = TYPES,
        *,
        cursor: int = 0,
        secret: str = "",
        private: bool = False,
        networks: Sequence[str] = (),
    ) -> Endpoint:
        """Tell an endpoint what happens after the event `cursor`; a secret is made where none is given.

        Raises BadInput for a URL, type or secret that is none.
        """
        split(url)
        for name in types:
            if name not in TYPES:
                raise BadInput(f"there is no message of the type {name!r}.{did_you_mean(name, TYPES)}")
        chosen = secret or new_secret()
        sign(chosen, "msg_check", 0, b"")
        made = Endpoint(uuid.uuid4().hex[:8], url, chosen, tuple(types), private, tuple(networks), cursor, "")
        packed = (made.id, url, chosen, json.dumps(made.types), int(private), json.dumps(made.networks), cursor, "")
        with self._write() as connection:
            connection.execute("INSERT INTO endpoint VALUES (?, ?, ?, ?, ?, ?, ?, ?)", packed)
        return made

    def endpoints(self) -> list[Endpoint]:
        """Every endpoint."""
        with self._clear(), self._guard:
            rows = self._connection.execute("SELECT * FROM endpoint ORDER BY rowid").fetchall()
        return [
            Endpoint(
                one, url, secret, tuple(json.loads(types)), bool(private), tuple(json.loads(networks)), cursor, shut
            )
            for one, url, secret, types, private, networks, cursor, shut in rows
        ]

    def remove(self, name: str) -> None:
        """Tell an endpoint nothing any more, and forget what waited for it. Raises BadInput for an unknown one."""
        with self._write() as connection:
            if not connection.execute("DELETE FROM endpoint WHERE id = ?", (name,)).rowcount:
                raise BadInput(
                    f"there is no endpoint {name!r}.{did_you_mean(name, [one.id for one in self.endpoints()])}"
                )

    def shut(self, name: str, why: str) -> None:
        """Send nothing to an endpoint any more; its messages wait. An empty reason opens it again."""
        with self._write() as connection:
            connection.execute("UPDATE endpoint SET shut = ? WHERE id = ?", (why, name))

    # ---- messages -------------------------------------------------------------------------------------------------

    def put(self, endpoint: Endpoint, messages: Iterable[Message], upto: int) -> int:
        """Put messages in for an endpoint, and note that the log has been read up to an event, in one transaction."""
        count = 0
        with self._write() as connection:
            for one in messages:
                if one.type in endpoint.types and one.seq > endpoint.cursor:
                    row = (endpoint.id, one.id, one.seq, one.type, json.dumps(one.body(), ensure_ascii=False))
                    sql = "INSERT INTO delivery VALUES (?, ?, ?, ?, ?, 'waiting', 0, 0, '') ON CONFLICT DO NOTHING"
                    count += connection.execute(sql, row).rowcount
            connection.execute("UPDATE endpoint SET cursor = max(cursor, ?) WHERE id = ?", (upto, endpoint.id))
        return count

    def due(self, endpoint: str, now: float | None = None, most: int = 100) -> list[Delivery]:
        """Messages that are to be sent to an endpoint now, in the order of the log."""
        when = time.time() if now is None else now
        sql = "SELECT * FROM delivery WHERE endpoint = ? AND state = 'waiting' AND due <= ? ORDER BY seq, rowid LIMIT ?"
        return self._deliveries(sql, (endpoint, when, most))

    def mark(self, one: Delivery, state: str, due: float, said: str) -> None:
        """Note what a try brought."""
        sql = "UPDATE delivery SET state = ?, tries = tries + 1, due = ?, said = ? WHERE endpoint = ? AND id = ?"
        with self._write() as connection:
            connection.execute(sql, (state, due, said[:500], one.endpoint, one.id))

    def dead(self) -> list[Delivery]:
        """Messages that were given up."""
        return self._deliveries("SELECT * FROM delivery WHERE state = 'dead' ORDER BY seq, rowid", ())

    def retry(self, name: str | None = None) -> int:
        """Try dead messages again, one by its id or all; returns how many. A shut endpoint is opened again."""
        with self._write() as connection:
            connection.execute("UPDATE endpoint SET shut = ''")
            sql = "UPDATE delivery SET state = 'waiting', tries = 0, due = 0 WHERE state = 'dead'"
            found = connection.execute(sql + ("" if name is None else " AND id = ?"), () if name is None else (name,))
            return found.rowcount

    def counts(self, endpoint: str) -> dict[str, int]:
        """How many messages of an endpoint are waiting, done and dead."""
        with self._clear(), self._guard:
            sql = "SELECT state, count(*) FROM delivery WHERE endpoint = ? GROUP BY state"
            found = dict(self._connection.execute(sql, (endpoint,)).fetchall())
        return {state: int(found.get(state, 0)) for state in ("waiting", "done", "dead")}

    def close(self) -> None:
        """Release the file."""
        with self._guard, closing(self._connection):
            pass

    def _deliveries(self, sql: str, values: tuple[Any, ...]) -> list[Delivery]:
        with self._clear(), self._guard:
            return [Delivery(*row) for row in self._connection.execute(sql, values).fetchall()]

    @contextmanager
    def _write(self) -> Iterator[sqlite3.Connection]:
        with self._clear(), self._guard, self._connection:
            yield self._connection

    @contextmanager
    def _clear(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise StoreError(
                f"the outbox {str(self.path)!r} cannot be used ({error}); check the file and its folder"
            ) from error
