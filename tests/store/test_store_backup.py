"""Backups while a session writes, and putting them back."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from askwise.core.errors import BadInput, StoreError
from askwise.core.event import Event
from askwise.store import SqliteStore, backup, restore
from askwise.store import copying as copying_room


def told(row: int) -> Event:
    return Event("told", {"row": row}, key=f"k{row}")


def keys(path: Path) -> list[str]:
    with SqliteStore(path, readonly=True) as store:
        return [e.key for e in store.read()]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with SqliteStore(tmp_path / "a.aw") as store:
        store.append(told(1), told(2))
    return tmp_path / "a.aw"


def damage(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b'{"row":2}', b'{"row":9}'))


def test_backup_beside_a_writer_holds_the_newest_event(path: Path) -> None:
    target = path.with_name("copy.aw")
    with SqliteStore(path) as store:
        store.append(told(3))
        assert backup(path, target) == target
        store.append(told(4))
    assert keys(target) == ["k1", "k2", "k3"]
    assert backup(str(path), str(target)) == target  # an older backup is replaced
    assert keys(target) == ["k1", "k2", "k3", "k4"]
    assert not list(path.parent.glob("*.part*"))


def test_a_damaged_log_does_not_replace_a_sound_backup(path: Path) -> None:
    target = backup(path, path.with_name("copy.aw"))
    damage(path)
    with pytest.raises(StoreError, match=r"event 2 of .* is damaged"):
        backup(path, target)
    assert keys(target) == ["k1", "k2"]


def test_what_is_not_overwritten(path: Path) -> None:
    with pytest.raises(BadInput, match="are the same file"):
        backup(path, path.parent / "." / "a.aw")
    photo = path.with_name("photo.jpg")
    photo.write_bytes(b"\xff\xd8" * 99)
    with pytest.raises(StoreError, match=r"could not replace .*photo\.jpg.*not an askwise file"):
        backup(path, photo)
    assert photo.read_bytes() == b"\xff\xd8" * 99
    other = path.with_name("other.aw")
    with SqliteStore(other) as store:
        store.append(told(9))
        with pytest.raises(StoreError, match="open for writing"):
            backup(path, other)
    other.with_name("other.aw-wal").write_bytes(b"unmerged")
    with pytest.raises(StoreError, match=r"'other\.aw-wal' holds events|damaged"):
        backup(path, other)


def test_nothing_to_back_up(tmp_path: Path, path: Path) -> None:
    with pytest.raises(StoreError, match="does not exist or holds no log yet"):
        backup(tmp_path / "none.aw", tmp_path / "copy.aw")
    with pytest.raises(StoreError, match=r"nowhere' of .* does not exist"):
        backup(path, tmp_path / "nowhere" / "copy.aw")
    assert not (tmp_path / "copy.aw").exists()


def test_a_copy_that_fails_leaves_no_trace(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(part: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(copying_room, "_sync", full)
    with pytest.raises(StoreError, match="could not be finished: No space left on device; nothing was replaced"):
        backup(path, path.with_name("copy.aw"))
    assert not list(path.parent.glob("copy.aw*"))


def test_restore_puts_the_damaged_file_aside(path: Path) -> None:
    kept = backup(path, path.with_name("kept.aw"))
    damage(path)
    spoiled = path.read_bytes()
    aside = restore(kept, path)
    assert aside == path.with_name("a.aw.replaced")
    assert aside.read_bytes() == spoiled
    with SqliteStore(path) as store:
        assert store.append(told(3)) == 3
    assert restore(kept, path) == path.with_name("a.aw.replaced1")
    assert keys(path) == ["k1", "k2"]
    assert keys(path.with_name("a.aw.replaced1")) == ["k1", "k2", "k3"]


def test_a_restore_that_fails_changes_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(part: Path) -> None:
        raise OSError(28, "No space left on device")

    kept = backup(path, path.with_name("kept.aw"))
    damage(path)
    spoiled = path.read_bytes()
    monkeypatch.setattr(copying_room, "_sync", full)
    with pytest.raises(StoreError, match="No space left on device"):
        restore(kept, path)
    assert path.read_bytes() == spoiled
    assert not path.with_name("a.aw.replaced").exists()


def test_restore_takes_the_write_ahead_log_aside_too(path: Path) -> None:
    kept = backup(path, path.with_name("kept.aw"))
    wal = path.with_name("a.aw-wal")
    wal.write_bytes(b"left by a kill")
    aside = restore(kept, path)
    assert aside.with_name("a.aw.replaced-wal").read_bytes() == b"left by a kill"
    assert keys(path) == ["k1", "k2"]


def test_restore_refuses_a_bad_backup_and_a_log_in_use(path: Path) -> None:
    kept = backup(path, path.with_name("kept.aw"))
    with SqliteStore(path), pytest.raises(StoreError, match="open for writing"):
        restore(kept, path)
    damage(kept)
    with pytest.raises(StoreError, match=r"event 2 of .* is damaged"):
        restore(kept, path)
    assert keys(path) == ["k1", "k2"]
    with closing(sqlite3.connect(path)) as raw:
        assert raw.execute("PRAGMA integrity_check").fetchone() == ("ok",)
