"""The generators of the documentation, importable by name, and the pages as files."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def root() -> Path:
    """The root of the repository."""
    return ROOT


@pytest.fixture(scope="session")
def generator() -> ModuleType:
    """docs/gen_methods.py, the hook that makes the method pages."""
    pytest.importorskip("griffe", reason="the extra 'docs' is not installed")
    pytest.importorskip("matplotlib", reason="the extra 'report' is not installed")
    sys.path.insert(0, str(ROOT / "docs"))
    try:
        return importlib.import_module("gen_methods")
    finally:
        sys.path.remove(str(ROOT / "docs"))
