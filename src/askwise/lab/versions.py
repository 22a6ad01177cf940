"""Versions of what decides numbers."""

from __future__ import annotations

import importlib.metadata
import platform
from functools import cache

from askwise._version import __version__

_PACKAGES = ("numpy", "scipy", "scikit-learn", "numba", "pyarrow")


@cache
def versions() -> dict[str, str]:
    """Versions of Python, askwise and the packages that decide numbers."""
    found = {"python": platform.python_version(), "askwise": __version__}
    return found | {name: importlib.metadata.version(name) for name in _PACKAGES}
