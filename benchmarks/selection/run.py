"""Run jobs in processes of their own, one after another, under limits; keep what they said."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.peers import environments
from benchmarks.selection import data
from benchmarks.selection.jobs import GB, Job, Other

SCRIPTS = Path(__file__).parent / "scripts"
ROOT = Path(__file__).parents[2]
STORE = ROOT / ".bench"
"""Pools and results; git ignores it."""

Measure = dict[str, Any]


class Results:
    """What was measured, by job and by who: a file for each job, so that parts may be measured side by side."""

    def __init__(self) -> None:
        self.found: dict[str, dict[str, Measure]] = {}
        for path in sorted((STORE / "results").glob("*.json")):
            key, measures = json.loads(path.read_text())
            self.found[key] = measures

    def put(self, job: Job, who: str, measure: Measure) -> None:
        """Keep one measurement."""
        self.found.setdefault(job.key, {})[who] = measure
        name = hashlib.sha256(job.key.encode()).hexdigest()[:16]
        (_made(STORE / "results") / f"{name}.json").write_text(json.dumps([job.key, self.found[job.key]]))

    def get(self, job: Job, who: str = "askwise") -> Measure | None:
        """One measurement, if there is one."""
        return self.found.get(job.key, {}).get(who)


def run(job: Job, results: Results, memory: float, seconds: int) -> None:
    """Time ours and the others on one set of arrays, one after another."""
    with tempfile.TemporaryDirectory(dir=_made(STORE)) as folder:
        _inputs(job, Path(folder))
        results.put(job, "askwise", timed(Other("askwise", job.call), job, folder, memory, seconds))
        for other in job.others:
            results.put(job, other.label, timed(other, job, folder, memory, seconds))


def timed(other: Other, job: Job, folder: str, memory: float, seconds: int) -> Measure:
    """One process: what it measured, or why there is no measurement."""
    ours = other.who in ("askwise", "plain")
    if not ours and not environments.ready(other.who):
        return {"failed": "absent"}
    python = sys.executable if ours else str(environments.python(other.who))
    spec = {
        "call": other.call,
        "inputs": folder,
        "settings": job.settings if other.settings is None else other.settings,
        "warm": job.warming if other.settings is None else None,
        "memory": int(memory * GB),
        "seconds": seconds,
    }
    script = SCRIPTS / f"time_{other.who}.py"
    command = [python, "-W", "ignore", str(script), json.dumps(spec)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=_alone(ours))
    if done.returncode == 0 and done.stdout.strip():
        return dict(json.loads(done.stdout.strip().splitlines()[-1]))
    if done.returncode in (-24, -9):
        return {"failed": "time"}
    if done.returncode in (-6, -11) or "MemoryError" in done.stderr or "bad_alloc" in done.stderr:
        return {"failed": "memory"}
    return {"failed": (done.stderr.strip().splitlines() or ["no word"])[-1][:200]}


def _alone(ours: bool) -> dict[str, str]:
    """Environment variables of a measurement: one thread, and our paths for our own scripts only."""
    kept = {key: value for key, value in os.environ.items() if ours or key != "PYTHONPATH"}
    threads = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
    return {**kept, **dict.fromkeys(threads, "1")}


def _inputs(job: Job, folder: Path) -> None:
    """Write the arrays that the job needs."""
    if job.features:
        np.save(folder / "rows.npy", _rows(job.pool, job.rows))
    if job.draws:
        np.save(folder / "samples.npy", data.samples(job.rows, job.draws, job.classes))
    elif job.classes:
        np.save(folder / "probs.npy", data.probabilities(job.rows, job.classes))


def _rows(pool: str, m: int) -> np.ndarray:
    """The first m rows of a pool, which is made anew when the largest so far is too small."""
    folder = _made(STORE / "pools")
    for path in folder.glob(f"{pool}-*.npy"):
        if int(path.stem.split("-")[1]) >= m:
            return np.array(np.load(path, mmap_mode="r")[:m])
    size = max(m, 60_000)
    rows = data.POOLS[pool](size)
    np.save(folder / f"making-{pool}-{os.getpid()}.npy", rows)
    (folder / f"making-{pool}-{os.getpid()}.npy").rename(folder / f"{pool}-{size}.npy")
    return np.array(rows[:m])


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def forget() -> None:
    """Remove pools, which take gigabytes."""
    shutil.rmtree(STORE / "pools", ignore_errors=True)
