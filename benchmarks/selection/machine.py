"""Facts about the machine that a table of times needs."""

from __future__ import annotations

import os
import platform
import time
from pathlib import Path

import numba
import numpy as np


def facts() -> list[str]:
    """Markdown list: processor, cores, versions, and what one thread reads and multiplies."""
    info = Path("/proc/cpuinfo")
    names = [line.split(":", 1)[1].strip() for line in info.read_text().splitlines() if line.startswith("model name")]
    values = np.ones(1 << 26, dtype=np.float32)
    square = np.ones((2048, 2048), dtype=np.float32)
    read = values.nbytes / _best(values.sum) / 1e9
    product = 2 * 2048**3 / _best(lambda: square @ square) / 1e9
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return [
        f"- processor: {names[0] if names else platform.processor()}, {cores} cores usable",
        f"- Python {platform.python_version()}, NumPy {np.__version__}, numba {numba.__version__}",
        f"- one thread: NumPy sums {read:.1f} GB/s, multiplies {product:.0f} GFLOP/s (float32)",
    ]


def _best(action: object) -> float:
    times = []
    for _ in range(5):
        start = time.process_time()
        action()  # type: ignore[operator]
        times.append(time.process_time() - start)
    return min(times)
