"""The page of kernels names things that exist."""

from __future__ import annotations

import importlib
import importlib.util
import re
from pathlib import Path

import pytest

from askwise.core import registry

ROOT = Path(__file__).parents[2]
LINES = [
    line for line in (ROOT / "docs/explanation/kernels.md").read_text("utf-8").splitlines() if line.startswith("| ")
]
CELLS = [[cell.strip() for cell in line.strip("|").split("|")] for line in LINES[2:]]


def names(cell):
    return re.findall(r"`([^`]+)`", cell)


@pytest.mark.parametrize("cells", CELLS, ids=[cells[0] for cells in CELLS])
def test_a_kernel_of_the_page_is_there(cells):
    _, users, *sets, tests = cells
    for name in names(users):
        assert any(registry.has(kind, name) for kind in ("pick", "among", "score")), name
    for dotted in names("".join(sets)):
        module, *attributes = dotted.split(".")
        room = "kernels" if importlib.util.find_spec(f"askwise.kernels.{module}") else "core"
        found = importlib.import_module(f"askwise.{room}.{module}")
        for attribute in attributes:
            found = getattr(found, attribute)
    assert names(tests)
    for name in names(tests):
        assert list((ROOT / "tests").rglob(name)), name
