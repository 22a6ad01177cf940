"""From one format to the next: a version-1 file made with raw SQL, and steps put in for the test."""

from __future__ import annotations

import sqlite3
import zlib
from contextlib import closing
from pathlib import Path

import pytest

from askwise.core.errors import StoreError
from askwise.core.event import Event
from askwise.store import SqliteStore, backup, migrate
from askwise.store.migrate import Migration

ROWS = [(1, "a", "told", 0.5, '{"row":3}'), (2, "b", "asked", 1e9 + 1 / 3, '{"text":"ж"}')]


def write_version_1(path: Path) -> None:
    """The format as the first commit wrote it. Never change this: files like it are out there."""
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("PRAGMA journal_mode = WAL")
        raw.execute("PRAGMA application_id = 1634954103")
        raw.execute("PRAGMA user_version = 1")
        raw.execute(
            "CREATE TABLE event(seq INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, "
            "kind TEXT NOT NULL, at REAL NOT NULL, body TEXT NOT NULL, crc INTEGER NOT NULL)"
        )
        for row in ROWS:
            crc = zlib.crc32("\n".join([str(row[0]), row[1], row[2], repr(row[3]), row[4]]).encode())
            raw.execute("INSERT INTO event VALUES (?, ?, ?, ?, ?, ?)", (*row, crc))
        raw.commit()


def add_note(connection: sqlite3.Connection) -> None:
    connection.execute("ALTER TABLE event ADD COLUMN note TEXT")
    connection.execute("UPDATE event SET note = 'was version 1'")


def add_index(connection: sqlite3.Connection) -> None:
    connection.execute("CREATE INDEX by_kind ON event(kind)")


def commit_halfway(connection: sqlite3.Connection) -> None:
    connection.executescript("CREATE TABLE oops(x);")


def break_halfway(connection: sqlite3.Connection) -> None:
    connection.execute("DROP TABLE event")
    connection.execute("SELECT * FROM event")


def put_in(monkeypatch: pytest.MonkeyPatch, *steps: Migration) -> None:
    monkeypatch.setattr(migrate, "MIGRATIONS", steps)


@pytest.fixture
def old(tmp_path: Path) -> Path:
    path = tmp_path / "a.aw"
    write_version_1(path)
    return path


def version_of(path: Path) -> int:
    with closing(sqlite3.connect(path)) as raw:
        version: int = raw.execute("PRAGMA user_version").fetchone()[0]
        return version


def test_version_1_is_read_as_it_is(old: Path) -> None:
    with SqliteStore(old) as store:
        assert list(store.read()) == [
            Event("told", {"row": 3}, key="a", at=0.5, seq=1),
            Event("asked", {"text": "ж"}, key="b", at=1e9 + 1 / 3, seq=2),
        ]
        assert store.append(Event("told", {}, key="a"), Event("told", {}, key="c")) == 3
    assert not list(old.parent.glob("*.backup*"))


def test_two_steps_with_a_backup(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_in(monkeypatch, add_note, add_index)
    with SqliteStore(old) as store:
        assert [e.key for e in store.read()] == ["a", "b"]
        assert store.append(Event("told", {}, key="c")) == 3
    assert version_of(old) == 3
    with closing(sqlite3.connect(old)) as raw:
        notes = raw.execute("SELECT note FROM event ORDER BY seq").fetchall()
    assert notes == [("was version 1",), ("was version 1",), (None,)]
    kept = old.with_name("a.aw.v1.backup")
    assert version_of(kept) == 1
    put_in(monkeypatch)
    with SqliteStore(kept) as store:
        assert [e.key for e in store.read()] == ["a", "b"]


def test_only_the_steps_that_are_missing_run(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_in(monkeypatch, add_note)
    SqliteStore(old).close()
    put_in(monkeypatch, add_note, add_index)  # add_note a second time would fail
    SqliteStore(old).close()
    assert version_of(old) == 3
    assert sorted(p.name for p in old.parent.glob("*.backup*")) == ["a.aw.v1.backup", "a.aw.v2.backup"]


def test_a_new_file_equals_a_migrated_one(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_in(monkeypatch, add_note, add_index)
    fresh = old.with_name("fresh.aw")
    schemas = []
    for path in (old, fresh):
        SqliteStore(path).close()
        with closing(sqlite3.connect(path)) as raw:
            rows = raw.execute("SELECT sql FROM sqlite_master WHERE sql <> ''").fetchall()
        schemas.append(["".join(sql.split()) for (sql,) in rows])
    assert schemas[0] == schemas[1]
    assert len(schemas[0]) == 3


def test_a_failing_step_changes_nothing(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_in(monkeypatch, add_note, break_halfway)
    with pytest.raises(StoreError, match=r"could not migrate .*backup: .*a\.aw\.v1\.backup"):
        SqliteStore(old)
    assert version_of(old) == 1
    put_in(monkeypatch)
    with SqliteStore(old) as store:
        assert [e.key for e in store.read()] == ["a", "b"]
    put_in(monkeypatch, add_note)
    SqliteStore(old).close()
    assert len(list(old.parent.glob("a.aw.v1.backup*"))) == 2  # the first backup was not overwritten


def test_a_step_that_commits_is_found_out(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_in(monkeypatch, commit_halfway)
    with pytest.raises(StoreError, match="'commit_halfway' committed halfway"):
        SqliteStore(old)


def test_a_reader_does_not_migrate(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_in(monkeypatch, add_note)
    with pytest.raises(StoreError, match="older format 1; open it once without readonly=True"):
        SqliteStore(old, readonly=True)
    assert version_of(old) == 1
    assert version_of(backup(old, old.with_name("copy.aw"))) == 1
