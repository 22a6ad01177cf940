"""Run a suite by the command that a user would give, and write down what it cost: wall and CPU seconds, peak memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Cost:
    """Of all attempts together: seconds by the clock and of processors, peak MiB of one process, and workers.

    `ended`: whether the last attempt came to the end of the suite.
    """

    wall: float = 0.0
    cpu: float = 0.0
    peak: float = 0.0
    workers: int = 1
    attempts: int = 0
    ended: bool = False

    def plus(self, other: Cost) -> Cost:
        """Both attempts."""
        peak = max(self.peak, other.peak)
        attempts = self.attempts + other.attempts
        return Cost(self.wall + other.wall, self.cpu + other.cpu, peak, other.workers, attempts, other.ended)


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
    code = os.waitstatus_to_exitcode(status)
    found = Cost(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, workers, 1, ended=code == 0)
    keep(folder, read(folder).plus(found))
    return code


def read(folder: Path) -> Cost:
    """What is known so far."""
    file = folder.with_suffix(".cost.json")
    return Cost(**json.loads(file.read_text("utf-8"))) if file.exists() else Cost()


def keep(folder: Path, cost: Cost) -> None:
    """Write it down."""
    folder.with_suffix(".cost.json").write_text(json.dumps(asdict(cost)), "utf-8")
