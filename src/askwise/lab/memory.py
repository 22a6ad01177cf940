"""How much memory a run took at its highest."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_STATUS, _CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")


@dataclass
class Peak:
    """Megabytes that the process held at its highest, inherited pages included."""

    mb: float = 0.0


@contextmanager
def peak_of() -> Iterator[Peak]:
    """The peak within the block. Where the kernel cannot count anew (other than Linux), that of the process so far."""
    peak = Peak()
    _forget()
    yield peak
    peak.mb = _high()


def _forget() -> None:
    if _CLEAR.exists():
        try:
            _CLEAR.write_text("5")
        except OSError:  # a container may forbid it: then the peak is that of the process so far
            return


def _high() -> float:
    if _STATUS.exists():
        line = next(line for line in _STATUS.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    import resource

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (1 << 20 if sys.platform == "darwin" else 1 << 10)
