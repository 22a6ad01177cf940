"""Facts about the machine that a table of times needs: what one thread reads and multiplies."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np


@dataclass(frozen=True)
class Machine:
    """Gigabytes that one thread reads in a second, and billions of float32 operations in products."""

    read: float
    products: float

    @classmethod
    def measured(cls) -> Machine:
        """Best of a few tries, in processor seconds: the dot product of a large vector, and of square matrices."""
        values = np.ones(1 << 26, dtype=np.float32)
        square = np.ones((2048, 2048), dtype=np.float32)
        read = values.nbytes / _best(lambda: values @ values) / 1e9
        return cls(read, 2 * 2048**3 / _best(lambda: square @ square) / 1e9)

    def least(self, gigabytes: float, flops: float) -> float:
        """Seconds below which the work cannot be done on one thread."""
        return max(gigabytes / self.read, flops / self.products / 1e9)

    def facts(self) -> list[str]:
        """Markdown list."""
        info = Path("/proc/cpuinfo")
        lines = info.read_text().splitlines() if info.exists() else []
        names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
        return [
            f"- processor: {names[0] if names else platform.processor()}, {cores} cores usable, shared with other work",
            f"- Python {platform.python_version()}, NumPy {np.__version__}",
            f"- one thread reads {self.read:.1f} GB/s and multiplies {self.products:.0f} GFLOP/s (float32)",
        ]


def _best(action: Callable[[], object]) -> float:
    times = []
    for _ in range(7):
        start = time.process_time()
        action()
        times.append(time.process_time() - start)
    return max(min(times), 1e-4)
