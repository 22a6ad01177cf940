"""The tables of logs in PostgreSQL, and the row of one log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from askwise.core.errors import StoreError

if TYPE_CHECKING:
    import psycopg

    from askwise.store.url import Place

FORMAT = 1
LOCK = int.from_bytes(b"askw", "big")
"""The first half of the advisory locks of writers; the second is the number of the log."""

_TABLES = """
CREATE TABLE IF NOT EXISTS askwise_log(
    id     integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name   text NOT NULL UNIQUE,
    format integer NOT NULL,
    last   bigint NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS askwise_event(
    log  integer NOT NULL REFERENCES askwise_log(id),
    seq  bigint NOT NULL,
    key  text NOT NULL,
    kind text NOT NULL,
    at   double precision NOT NULL,
    body text NOT NULL,
    crc  bigint NOT NULL,
    PRIMARY KEY (log, seq),
    UNIQUE (log, key)
);
"""
# The body is text and not jsonb, which reorders, rounds and refuses the character 0: what was written comes back.


def prepare(connection: psycopg.Connection[Any], place: Place, *, readonly: bool) -> int:
    """The number of a log, made with its tables if it is missing. Raises StoreError for a newer format, or (readonly)
    for a log that is not there.
    """
    if not readonly:
        with connection.transaction():
            # Two processes that make the tables at once would trip over each other in the catalogue.
            connection.execute("SELECT pg_advisory_xact_lock(%s, 0)", [LOCK])
            connection.execute(_TABLES)
            connection.execute(
                "INSERT INTO askwise_log(name, format) VALUES (%s, %s) ON CONFLICT (name) DO NOTHING",
                [place.name, FORMAT],
            )
    there = connection.execute("SELECT to_regclass('askwise_log')").fetchone() != (None,)
    query = "SELECT id, format FROM askwise_log WHERE name = %s"
    row = connection.execute(query, [place.name]).fetchone() if there else None
    if row is None:
        raise StoreError(f"'{place}' holds no log yet; check the name, or open it without readonly=True to begin")
    if row[1] > FORMAT:
        raise StoreError(
            f"'{place}' was written by a newer askwise (format {row[1]}, this one reads up to {FORMAT}). Upgrade"
            " askwise: pip install -U askwise."
        )
    return int(row[0])
