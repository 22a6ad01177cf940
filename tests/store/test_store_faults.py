"""Every way a file can be wrong: a clear StoreError, nothing acknowledged lost, the file as it was."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from askwise.core.errors import StoreError
from askwise.core.event import Event
from askwise.store import SqliteStore
from askwise.store.connect import APPLICATION_ID
from askwise.store.faults import explain

EVENTS = [Event("told", {"row": i, "text": "x" * (i % 90)}, key=f"k{i}", at=i / 7) for i in range(120)]


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("sound") / "a.aw"
    with SqliteStore(path) as store:
        store.append(*EVENTS)
    return path.read_bytes()


def contents(path: Path, *, readonly: bool) -> list[tuple[str, object]]:
    with SqliteStore(path, readonly=readonly) as store:
        return [(e.key, e.body) for e in store.read()]


def refused(path: Path, said: str) -> None:
    before = path.read_bytes()
    for readonly in (True, False):
        with pytest.raises(StoreError, match=said) as caught:
            contents(path, readonly=readonly)
        assert path.name in str(caught.value)
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"text,label\nhello,1\n", b"\x89PNG" * 1000, b"{}"])
def test_not_a_database(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.aw"
    path.write_bytes(content)
    refused(path, "not an askwise file.*Give another path")
    assert {p.suffix for p in tmp_path.iterdir()} == {".aw", ".lock"}


@pytest.mark.parametrize("journal", ["delete", "wal"])
def test_a_foreign_database(tmp_path: Path, journal: str) -> None:
    path = tmp_path / "a.aw"
    with closing(sqlite3.connect(path)) as raw:
        raw.execute(f"PRAGMA journal_mode = {journal}")
        raw.execute("CREATE TABLE event(seq, key)")
        raw.commit()
    refused(path, "database of another program.*left alone")
    assert {p.name for p in tmp_path.iterdir()} == {"a.aw", "a.aw.lock"}


def test_a_newer_version(tmp_path: Path, sound: bytes) -> None:
    path = tmp_path / "a.aw"
    path.write_bytes(sound)
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("PRAGMA user_version = 7")
    refused(path, r"newer askwise \(format 7, this one reads up to 1\).*pip install -U askwise")


def test_no_version(tmp_path: Path) -> None:
    path = tmp_path / "a.aw"
    with closing(sqlite3.connect(path)) as raw:
        raw.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    refused(path, "its format version is 0")


def test_missing_or_empty_when_reading(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"none\.aw' does not exist; check the path"):
        SqliteStore(tmp_path / "none.aw", readonly=True)
    (tmp_path / "empty.aw").touch()
    with pytest.raises(StoreError, match="holds no log yet"):
        SqliteStore(tmp_path / "empty.aw", readonly=True)
    with SqliteStore(tmp_path / "empty.aw") as store:
        assert store.append(EVENTS[0]) == 1


def test_folders(tmp_path: Path) -> None:
    for readonly in (True, False):
        with pytest.raises(StoreError, match=r"nowhere' of .* does not exist; create it first"):
            SqliteStore(tmp_path / "nowhere" / "a.aw", readonly=readonly)
        with pytest.raises(StoreError, match="is a folder; give the path of a file"):
            SqliteStore(tmp_path, readonly=readonly)


@pytest.mark.parametrize("kept", [20, 99, 100, 700, 4096, 5000, 8192, -4096, -1])
def test_truncated(tmp_path: Path, sound: bytes, kept: int) -> None:
    path = tmp_path / "a.aw"
    path.write_bytes(sound[:kept])
    refused(path, "damaged|not an askwise file")


def test_flipped_bytes_are_found_or_harmless(tmp_path: Path, sound: bytes) -> None:
    """300 files with one byte changed: each reads exactly as written, or says it is damaged."""
    rng = random.Random(5)
    path = tmp_path / "a.aw"
    wanted = [(e.key, e.body) for e in EVENTS]
    found = 0
    for round_ in range(300):
        place = rng.randrange(100 if round_ < 60 else len(sound))
        bad = bytearray(sound)
        bad[place] ^= rng.randrange(1, 256)
        path.write_bytes(bad)
        try:
            got = contents(path, readonly=True)
        except StoreError:
            found += 1
        else:
            assert got == wanted, f"byte {place}"
        assert path.read_bytes() == bad
    assert found > 100


def test_a_flip_inside_an_event_names_it(tmp_path: Path, sound: bytes) -> None:
    path = tmp_path / "a.aw"
    path.write_bytes(sound.replace(b'{"row":77,', b'{"row":78,'))
    with SqliteStore(path, readonly=True) as store:
        good: list[str] = []
        with pytest.raises(StoreError, match=r"event 78 of .* is damaged.*Restore the newest backup"):
            good.extend(event.key for event in store.read())
    assert good == [f"k{i}" for i in range(77)]


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("DELETE FROM event WHERE seq = 60", "event 60 of .* is lost"),
        ("DELETE FROM event WHERE seq > 100", "last event is 100, but 120 were written"),
        ("DELETE FROM event", "last event is 0, but 120 were written"),
        ("DELETE FROM event WHERE seq = 1", "event 1 of .* is lost"),
        ("DROP TABLE event", "could not open"),
    ],
)
def test_missing_rows(tmp_path: Path, sound: bytes, statement: str, said: str) -> None:
    path = tmp_path / "a.aw"
    path.write_bytes(sound)
    with closing(sqlite3.connect(path)) as raw:
        raw.execute(statement)
        raw.commit()
    with pytest.raises(StoreError, match=said):
        contents(path, readonly=True)


def test_the_file_is_gone_but_its_log_is_not(tmp_path: Path) -> None:
    path = tmp_path / "a.aw"
    path.with_name("a.aw-wal").write_bytes(b"events")
    with pytest.raises(StoreError, match=r"'a\.aw-wal' still holds events.*Put the file back"):
        SqliteStore(path)
    assert path.with_name("a.aw-wal").read_bytes() == b"events"


def test_full_disk(tmp_path: Path) -> None:
    """SQLite's own limit on pages raises the same SQLITE_FULL as a disk without space."""
    path = tmp_path / "a.aw"
    with SqliteStore(path) as store:
        store.append(*EVENTS[:50])
        pages = store._connection.execute("PRAGMA page_count").fetchone()[0]
        store._connection.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(StoreError, match=r"disk is full.*acknowledged earlier is safe.*repeat the call"):
            store.append(EVENTS[50], Event("told", {"text": "x" * 100_000}))
        assert store.last_seq == 50
        store._connection.execute("PRAGMA max_page_count = 1000000")
        assert store.append(*EVENTS) == 120
    assert contents(path, readonly=True) == [(e.key, e.body) for e in EVENTS]


LIMITED = """
import resource, sys
from askwise.core.errors import StoreError
from askwise.core.event import Event
from askwise.store import SqliteStore
with SqliteStore(sys.argv[1]) as store:
    store.append(*(Event("told", {"row": i}, key=f"k{i}") for i in range(20)))
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, resource.RLIM_INFINITY))
    try:
        for i in range(20, 10_000):
            store.append(Event("told", {"row": i, "text": "x" * 1000}, key=f"k{i}"))
            print(i, flush=True)
    except StoreError as error:
        print(error)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    store.append(Event("told", {}, key="after"))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs setrlimit")
def test_a_write_that_the_system_refuses(tmp_path: Path) -> None:
    """A quota stops the write-ahead log from growing, in the middle of an append."""
    path = tmp_path / "a.aw"
    done = subprocess.run([sys.executable, "-c", LIMITED, path], capture_output=True, text=True, check=True)
    *told, message = done.stdout.splitlines()
    assert "disk refused to read or write" in message or "disk is full" in message
    assert len(told) > 5
    keys = [key for key, _ in contents(path, readonly=False)]
    assert keys == [f"k{i}" for i in range(20 + len(told))] + ["after"]


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder which another user can reach (pytest's own cannot be)."""
    folder = Path(tempfile.mkdtemp(prefix="askwise-store-"))
    folder.chmod(0o755)
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


STRANGER = """
import os, sys, tempfile
from askwise.core.errors import StoreError
from askwise.store import SqliteStore
with tempfile.TemporaryDirectory() as folder:
    SqliteStore(folder + "/a.aw").close()  # import everything while it may still be read
if os.getuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
try:
    with SqliteStore(sys.argv[1], readonly=sys.argv[2] == "readonly") as store:
        print([e.key for e in store.read()][-1])
except StoreError as error:
    print(error)
"""


def as_stranger(path: Path, mode: str) -> str:
    """What opening says to a user for whom permissions count (they do not count for root)."""
    command = [sys.executable, "-W", "error", "-c", STRANGER, str(path), mode]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


needs_permissions = pytest.mark.skipif(sys.platform == "win32", reason="needs Unix permissions")


@needs_permissions
def test_a_read_only_folder(open_folder: Path, sound: bytes) -> None:
    path = open_folder / "a.aw"
    path.write_bytes(sound)
    open_folder.chmod(0o555)
    assert as_stranger(path, "readonly") == "k119\n"
    assert "cannot be locked for writing: Permission denied" in (said := as_stranger(path, "write"))
    assert "readonly=True" in said
    assert [p.name for p in open_folder.iterdir()] == ["a.aw"]
    assert path.read_bytes() == sound


@needs_permissions
def test_a_read_only_folder_beside_an_unclosed_log(open_folder: Path) -> None:
    path = open_folder / "a.aw"
    with SqliteStore(path) as store:
        store.append(*EVENTS)
        copy = open_folder / "copy.aw"
        shutil.copy(path, copy)
        shutil.copy(f"{path}-wal", f"{copy}-wal")
    open_folder.chmod(0o555)
    said = as_stranger(copy, "readonly")
    assert said == "k119\n" or "copy the folder" in said


@needs_permissions
def test_a_read_only_or_unreadable_file(open_folder: Path, sound: bytes) -> None:
    path = open_folder / "a.aw"
    path.write_bytes(sound)
    open_folder.chmod(0o777)
    path.chmod(0o444)
    assert "may not be written; change its permissions" in as_stranger(path, "write")
    assert as_stranger(path, "readonly") == "k119\n"
    path.chmod(0o000)
    assert "cannot be opened" in as_stranger(path, "readonly")
    assert path.read_bytes() == sound or os.getuid() != 0


def test_every_code_is_explained_and_quotes_sqlite() -> None:
    fault = sqlite3.OperationalError("disk I/O error")
    fault.sqlite_errorcode = sqlite3.SQLITE_IOERR_FSYNC
    fault.sqlite_errorname = "SQLITE_IOERR_FSYNC"
    said = explain(fault, "'a.aw'", "append to")
    assert said.startswith("could not append to 'a.aw': the disk refused")
    assert said.endswith("[SQLITE_IOERR_FSYNC: disk I/O error]")
    assert "may be damaged" in explain(sqlite3.OperationalError("odd"), "'a.aw'", "read")
