"""One writer at a time, also across processes, and none after a kill."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from askwise.core.errors import StoreError
from askwise.core.event import Event
from askwise.store import SqliteStore

HOLD = """
import sys
from askwise.store import SqliteStore
store = SqliteStore(sys.argv[1])
print("open", flush=True)
sys.stdin.read()
"""


def test_a_second_writer_in_this_process(tmp_path: Path) -> None:
    path = tmp_path / "a.aw"
    (tmp_path / "link.aw").symlink_to(path)
    with SqliteStore(path) as first:
        for name in ("a.aw", "link.aw"):
            with pytest.raises(StoreError, match=rf"a\.aw' is open for writing in process {os.getpid()} on"):
                SqliteStore(tmp_path / name)
        assert first.append(Event("told", {})) == 1
    with SqliteStore(path) as second:
        assert second.last_seq == 1


def test_a_second_writer_in_another_process_and_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "a.aw"
    command = [sys.executable, "-c", HOLD, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "open\n"
        with pytest.raises(StoreError, match=f"in process {holder.pid} on .*read along with readonly=True"):
            SqliteStore(path)
        with SqliteStore(path, readonly=True) as reader:
            assert reader.last_seq == 0
        os.kill(holder.pid, signal.SIGKILL)
        holder.wait()
    with SqliteStore(path) as store:
        assert store.append(Event("told", {})) == 1


def test_the_holder_need_not_be_known(tmp_path: Path) -> None:
    with SqliteStore(tmp_path / "a.aw"):
        (tmp_path / "a.aw.pid").unlink()
        with pytest.raises(StoreError, match="is open for writing in another store"):
            SqliteStore(tmp_path / "a.aw")


def test_a_failed_opening_lets_go_of_the_lock(tmp_path: Path) -> None:
    path = tmp_path / "a.aw"
    path.write_text("not a log")
    for _ in range(2):
        with pytest.raises(StoreError, match="not an askwise file"):
            SqliteStore(path)
    path.unlink()
    SqliteStore(path).close()
