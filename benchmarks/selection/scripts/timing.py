"""Time one call on given arrays in this process, under limits of memory and processor time; NumPy only.

argv[1] is a JSON object: the call, the folder of arrays, its settings, the settings of a small warm-up, and the limits.
One JSON object is printed: processor seconds, peak memory above what the inputs took, and the rows picked.
"""

import json
import os
import resource
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

Given = dict[str, np.ndarray]
Prepared = Callable[[], Any]

_SHORT = 0.4
"""Seconds below which a call is repeated for so long and the mean counts: processor time is told in ticks of ten
milliseconds. The least of _BLOCKS such means is told, for others use the machine too."""

_BLOCKS = 3
_TRIES = 200
_AGAIN = 3.0
"""Seconds below which a call is made twice, and the faster counts."""

_SMALL = 1_200
"""Rows of the warm-up, which compiles and imports; more than any number of classes."""


def main(calls: Mapping[str, Callable[..., Prepared]]) -> None:
    """Run the call that argv[1] names and print what it took."""
    spec = json.loads(sys.argv[1])
    limit = int(spec["memory"])
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    try:
        found = _measured(calls[spec["call"]], spec)
    except MemoryError:
        found = {"failed": "memory"}
    except RuntimeError as error:
        # torch says so with its own words.
        if "allocate memory" not in str(error):
            raise
        found = {"failed": "memory"}
    print(json.dumps(found))


def _measured(call: Callable[..., Prepared], spec: dict[str, Any]) -> dict[str, Any]:
    given = {path.stem: np.load(path) for path in sorted(Path(spec["inputs"]).glob("*.npy"))}
    if spec["warm"] is not None:
        call({name: array[:_SMALL] for name, array in given.items()}, **spec["warm"])()
    run = call(given, **spec["settings"])
    used = int(time.process_time())
    resource.setrlimit(resource.RLIMIT_CPU, (used + int(spec["seconds"]), used + int(spec["seconds"]) + 5))
    before = _reset_peak()
    start = time.process_time()
    answer = run()
    seconds = time.process_time() - start
    peak = max(0, _status("VmHWM") - before)
    if seconds < _AGAIN:
        # What compiles or imports at this size only has done so by now.
        start = time.process_time()
        run()
        seconds = min(seconds, time.process_time() - start)
    if seconds < _SHORT:
        seconds = min(_mean(run) for _ in range(_BLOCKS))
    detail = answer if isinstance(answer, dict) else {"picks": answer}
    picks = np.asarray(detail.pop("picks", [])).ravel()[:2000]
    return {"cpu": seconds * float(detail.pop("scale", 1.0)), "peak": peak, "picks": picks.tolist(), **detail}


def _mean(run: Prepared) -> float:
    tries, start = 0, time.process_time()
    while time.process_time() - start < _SHORT and tries < _TRIES:
        run()
        tries += 1
    return (time.process_time() - start) / tries


def _reset_peak() -> int:
    """Forget the peak so far; bytes held now."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return _status("VmHWM")
    return _status("VmRSS")


def _status(field: str) -> int:
    for line in Path(f"/proc/{os.getpid()}/status").read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1]) * 1024
    return 0
