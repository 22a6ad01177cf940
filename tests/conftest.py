"""A real PostgreSQL, started once for all tests of a process that want one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of an empty database of its own server."""
    from askwise.testing.postgres import find_postgres, temporary_postgres

    pytest.importorskip("psycopg")
    if find_postgres() is None:
        pytest.skip("PostgreSQL's programs (initdb, postgres) are not installed")
    with temporary_postgres() as url:
        yield url
