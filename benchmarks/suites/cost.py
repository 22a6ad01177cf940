"""Run a suite by the command that a user would give, and write down what it cost: wall and CPU seconds, peak memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Cost:
    """Of all attempts together: seconds by the clock and of processors, peak MiB of one process, and workers."""

    wall: float = 0.0
    cpu: float = 0.0
    peak: float = 0.0
    workers: int = 1
    attempts: int = 0

    def plus(self, other: Cost) -> Cost:
        """Both attempts."""
        peak = max(self.peak, other.peak)
        return Cost(self.wall + other.wall, self.cpu + other.cpu, peak, other.workers, self.attempts + other.attempts)


def place(out: Path, name: str, level: str) -> Path:
    """The folder of a suite's results."""
    return out / f"{name}-{level}.lab"


def command(name: str, level: str, folder: Path, workers: int) -> list[str]:
    """What is run, as it would be typed."""
    level_, out = ("--level", level), ("--out", str(folder))
    return ["askwise", "lab", "run", name, *level_, *out, "--workers", str(workers)]


def costed(name: str, level: str, out: Path, workers: int) -> int:
    """Run what a suite lacks in a process of its own, and add what it took to FOLDER.cost.json; its exit status."""
    folder = place(out, name, level)
    out.mkdir(parents=True, exist_ok=True)
    log = folder.with_suffix(".log")
    started = time.perf_counter()
    with log.open("a", encoding="utf-8") as said:
        run = [sys.executable, "-m", *command(name, level, folder, workers)]
        process = subprocess.Popen(run, stdout=said, stderr=subprocess.STDOUT)
        _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    found = Cost(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, workers, 1)
    keep(folder, read(folder).plus(found))
    return os.waitstatus_to_exitcode(status)


def read(folder: Path) -> Cost:
    """What is known so far."""
    file = folder.with_suffix(".cost.json")
    return Cost(**json.loads(file.read_text("utf-8"))) if file.exists() else Cost()


def keep(folder: Path, cost: Cost) -> None:
    """Write it down."""
    folder.with_suffix(".cost.json").write_text(json.dumps(asdict(cost)), "utf-8")


def run_all(names: Sequence[str], level: str, out: Path, workers: int) -> list[str]:
    """Run suites one after another; names of those that did not end well."""
    return [name for name in names if costed(name, level, out, workers) != 0]
