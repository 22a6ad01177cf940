"""A SQLite store in daily use: opening, appending, reading, threads, forks."""

from __future__ import annotations

import os
import sqlite3
import sys
import threading
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from askwise.core.errors import BadInput, StoreError
from askwise.core.event import Event
from askwise.store import SqliteStore, open_store
from askwise.store.connect import APPLICATION_ID


def told(row: int) -> Event:
    return Event("told", {"row": row}, key=f"k{row}", at=float(row))


def test_the_file_says_whose_it_is_and_of_which_format(tmp_path: Path) -> None:
    path = tmp_path / "a.aw"
    with SqliteStore(path) as store:
        store.append(told(1), told(2))
    with closing(sqlite3.connect(path)) as raw:
        assert raw.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
        assert raw.execute("PRAGMA user_version").fetchone() == (1,)
        assert raw.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert raw.execute("SELECT seq, key, kind, at, body FROM event").fetchall() == [
            (1, "k1", "told", 1.0, '{"row":1}'),
            (2, "k2", "told", 2.0, '{"row":2}'),
        ]
    assert path.read_bytes()[68:72] == b"askw"


def test_every_commit_is_synced(tmp_path: Path) -> None:
    with SqliteStore(tmp_path / "a.aw") as store:
        assert store._connection.execute("PRAGMA synchronous").fetchone() == (2,)
        assert store._connection.execute("PRAGMA foreign_keys").fetchone() == (1,)


def test_closing_leaves_one_data_file(tmp_path: Path) -> None:
    with SqliteStore(tmp_path / "a.aw") as store:
        store.append(told(1))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.aw", "a.aw.lock"]


def test_numbers_have_no_gaps_after_repeated_keys(tmp_path: Path) -> None:
    with SqliteStore(tmp_path / "a.aw") as store:
        assert store.append(told(1), told(1), told(2)) == 2
        assert store.append(told(1), told(3), told(2), told(4)) == 4
        assert [(e.seq, e.key) for e in store.read()] == [(1, "k1"), (2, "k2"), (3, "k3"), (4, "k4")]
        assert store.last_seq == 4


def test_read_takes_any_integer_and_refuses_the_rest() -> None:
    with SqliteStore() as store:
        store.append(*map(told, range(1, 6)))
        assert [e.seq for e in store.read(np.int64(3))] == [4, 5]  # type: ignore[arg-type]
        assert list(store.read(99)) == []
        with pytest.raises(BadInput, match="not -1"):
            store.read(-1)
        with pytest.raises(BadInput, match=r"not 1\.5"):
            store.read(1.5)  # type: ignore[arg-type]


def test_readers_follow_a_writer(tmp_path: Path) -> None:
    path = tmp_path / "a.aw"
    with SqliteStore(path) as writer:
        writer.append(told(1))
        with SqliteStore(path, readonly=True) as reader:
            assert [e.key for e in reader.read()] == ["k1"]
            writer.append(told(2))
            assert reader.last_seq == 2
            assert [e.key for e in reader.read(1)] == ["k2"]
            with pytest.raises(StoreError, match="without readonly=True to append"):
                reader.append(told(3))
        writer.append(told(3))
    with SqliteStore(path, readonly=True) as reader:
        assert reader.last_seq == 3
        assert repr(reader) == f"SqliteStore({str(path)!r}, readonly=True)"


def test_a_reader_does_not_hold_up_the_log(tmp_path: Path) -> None:
    """A stream left open halfway must not keep a read transaction, which would let the WAL grow for ever."""
    with SqliteStore(tmp_path / "a.aw") as store:
        store.append(*map(told, range(1000)))
        stream = store.read()
        next(stream)
        store.append(told(1000))
        assert store._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
        assert sum(1 for _ in stream) == 999


def test_closed(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "a.aw")
    store.append(told(1), told(2))
    stream = store.read()
    store.close()
    store.close()
    for use in (
        lambda: store.append(told(3)),
        lambda: store.read(),
        lambda: store.last_seq,
        lambda: next(stream),
    ):
        with pytest.raises(StoreError, match="is closed; open it again"):
            use()


def test_names_that_would_confuse_a_uri(tmp_path: Path) -> None:
    path = tmp_path / "50% of #1? né.aw"
    with SqliteStore(path) as store:
        store.append(told(1))
    with SqliteStore(str(path), readonly=True) as store:
        assert store.last_seq == 1
    assert path.exists()


def test_a_relative_path_stays_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with open_store("a.aw") as store:
        monkeypatch.chdir("/")
        store.append(told(1))
        assert store.path == tmp_path / "a.aw"


def test_open_store_refuses_urls_and_empty_paths() -> None:
    with pytest.raises(BadInput, match=r"a store at mysql:// is unknown.*'labels\.aw'"):
        open_store("mysql://localhost/labels")
    with pytest.raises(BadInput, match="path of a store is empty"):
        open_store("")
    with pytest.raises(BadInput, match="in memory starts empty"):
        open_store(None, readonly=True)


def test_threads_share_a_store(tmp_path: Path) -> None:
    with SqliteStore(tmp_path / "a.aw") as store:
        failures: list[BaseException] = []

        def work(me: int) -> None:
            try:
                for i in range(25):
                    store.append(told(1000 * me + i), told(i))
                    list(store.read(max(0, store.last_seq - 5)))
            except BaseException as error:  # noqa: BLE001 - handed to the main thread
                failures.append(error)

        threads = [threading.Thread(target=work, args=(me,)) for me in range(1, 5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []
        assert [e.seq for e in store.read()] == list(range(1, 126))
        assert len({e.key for e in store.read()}) == 125


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.skipif(sys.version_info >= (3, 12), reason="3.12 warns of forking beside threads")
def test_a_forked_child_is_refused_and_harmless(tmp_path: Path) -> None:
    with SqliteStore(tmp_path / "a.aw") as store:
        store.append(told(1))
        child = os.fork()
        if child == 0:
            code = 1
            try:
                store.append(told(2))
            except StoreError as error:
                code = 0 if "forked child" in str(error) else 2
                store.close()
            finally:
                os._exit(code)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert store.append(told(2)) == 2
        with pytest.raises(StoreError, match="open for writing"):
            SqliteStore(tmp_path / "a.aw")


def test_a_repeated_event_as_the_last_act_leaves_the_file_sound(tmp_path: Path) -> None:
    with SqliteStore(tmp_path / "a.aw") as store:
        store.append(told(1), told(2))
        assert store.append(told(2), told(1)) == 2
    with SqliteStore(tmp_path / "a.aw") as store:
        assert [event.key for event in store.read()] == ["k1", "k2"]
        assert store.append(told(3)) == 3
