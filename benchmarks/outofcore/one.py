"""One selection over a pool on disk, in a process of its own: what it chose, what it read, what memory it took.

Memory is measured by the operating system: VmHWM, the most that was resident at any time, with the pages of mapped
files, and ru_maxrss, which is the same number. It is compared with the same process just after its imports.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

import numpy as np

from askwise.pool import open_vectors


def main() -> None:
    """Run the selection that the arguments describe (JSON) and print its figures (JSON)."""
    task = json.loads(sys.argv[1])
    given = _evidence(task)
    import askwise as aw

    if task["compile"]:
        tiny = {name: value[:300] for name, value in given.items()}
        aw.select(5, task["strategy"], memory=1, **{name: np.array(value) for name, value in tiny.items()})
    before = _peak()
    read = _bytes_read()
    wall, cpu = time.perf_counter(), time.process_time()
    picked = aw.select(task["picks"], task["strategy"], seed=0, **given)
    out = {
        "wall": time.perf_counter() - wall,
        "cpu": time.process_time() - cpu,
        "peak": _peak(),
        "before": before,
        "read": _bytes_read() - read,
        "rows": picked.rows.tolist(),
    }
    print(json.dumps(out))


def _evidence(task: dict) -> dict:
    folder = Path(task["folder"])
    given = {name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in task["evidence"]}
    if task["labelled"]:
        at = np.random.default_rng(1).choice(len(given["embeddings"]), task["labelled"], replace=False)
        given["labelled_embeddings"] = open_vectors(folder / "embeddings.npy")[np.sort(at)]  # leaves no page mapped
    if task["memory"]:
        given = {name: np.array(value) for name, value in given.items()}
    return given


def _peak() -> float:
    """Most resident memory so far, in GB."""
    status = Path("/proc/self/status").read_text()
    high = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))
    assert abs(high - resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) < 8192, "the two measures disagree"
    return high / 2**20


def _bytes_read() -> int:
    """Bytes that this process has asked files for so far."""
    lines = Path("/proc/self/io").read_text().splitlines()
    return int(lines[0].split()[1])


if __name__ == "__main__":
    main()
