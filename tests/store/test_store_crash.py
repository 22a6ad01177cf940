"""SIGKILL at random moments: every acknowledged event is there, in order, and the file is sound."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from askwise.store import SqliteStore

WRITER = """
import sys
from askwise.core.event import Event
from askwise.store import SqliteStore
path, run = sys.argv[1:]
with SqliteStore(path) as store:
    print("open", flush=True)
    for i in range(1_000_000):
        body = {"text": "x" * (i * 37 % 900)}
        batch = [Event("told", body, key=f"{run}.{i}.{j}") for j in range(1 + i % 4)]
        store.append(*batch)
        print(*(event.key for event in batch), flush=True)
"""


def killed_run(path: Path, run: int, rng: random.Random) -> list[str]:
    """Start a writer, kill it within its start or after some appends; what it acknowledged."""
    command = [sys.executable, "-c", WRITER, str(path), str(run)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None and writer.stderr is not None
        lines = rng.randrange(1, 80) if rng.random() < 0.8 else 0
        read = "".join(writer.stdout.readline() for _ in range(lines))
        time.sleep(rng.uniform(0, 0.02 if lines else 0.12))
        writer.kill()
        rest, trouble = writer.communicate()
    assert trouble == ""
    told = read + rest
    whole = told.rpartition("\n")[0]  # a line cut short by the kill was not acknowledged
    return [key for line in whole.splitlines() if line != "open" for key in line.split()]


def check_rounds(path: Path, rounds: int) -> None:
    rng = random.Random(rounds)
    acknowledged: list[str] = []
    total = 0
    for run in range(rounds):
        if rng.random() < 0.1 and path.exists():
            path, acknowledged = path.with_name(f"new{run}.aw"), []  # so that creation is killed, too
        told = killed_run(path, run, rng)
        acknowledged += told
        total += len(told)
        with SqliteStore(path) as store:
            keys = [event.key for event in store.read()]
        known = set(acknowledged)
        assert [key for key in keys if key in known] == acknowledged
        check_batches_are_whole(keys)
        with closing(sqlite3.connect(path)) as raw:
            assert raw.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert total > 10 * rounds


def check_batches_are_whole(keys: list[str]) -> None:
    sizes: dict[tuple[str, int], int] = {}
    for run, i, _ in (key.split(".") for key in keys):
        sizes[run, int(i)] = sizes.get((run, int(i)), 0) + 1
    assert all(size == 1 + i % 4 for (_, i), size in sizes.items())


def test_ten_kills(tmp_path: Path) -> None:
    check_rounds(tmp_path / "a.aw", 10)


@pytest.mark.slow
def test_a_hundred_kills(tmp_path: Path) -> None:
    check_rounds(tmp_path / "a.aw", 100)
