"""The page of the literature's names: every name in code exists, and every method of askwise is on it."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import askwise as aw
from askwise.catalogue import NAMED
from askwise.core import registry

PAGE = Path(__file__).resolve().parents[2] / "docs" / "results" / "catalogue.md"
ROOMS = (
    "askwise.crowd",
    "askwise.judge",
    "askwise.kernels.dataset_map",
    "askwise.lab.bound",
    "askwise.lab.simulate",
    "askwise.learner",
)
NO_METHODS_OF_THE_LITERATURE = {"answer_entropy", "random"}


def rows() -> list[tuple[str, list[str], str]]:
    """(name in the literature, names in code, remark) of every row of every table."""
    found = []
    for line in PAGE.read_text("utf-8").splitlines():
        if line.startswith("| ") and not line.startswith("| In the literature"):
            name, ours, remark = (cell.strip() for cell in line.strip("|").split("|"))
            found.append((name, re.findall(r"`([^`]+)`", ours), remark))
    return found


def known(name: str) -> bool:
    methods = any(registry.has(kind, name) for kind in registry.KINDS)
    rooms = any(hasattr(importlib.import_module(room), name) for room in ROOMS)
    return methods or name in NAMED or hasattr(aw, name) or rooms


def test_every_name_in_code_exists():
    assert [name for _, ours, _ in rows() for name in ours if not known(name)] == []


def test_a_row_has_a_method_or_a_reason():
    for name, ours, remark in rows():
        assert bool(ours) != remark.startswith("not here: "), name


def test_every_method_is_on_the_page():
    told = {name for _, ours, _ in rows() for name in ours}
    there = {one.name for one in registry.methods()} | set(NAMED)
    missing = there - told - NO_METHODS_OF_THE_LITERATURE
    assert not missing, f"add a row to docs/results/catalogue.md for {sorted(missing)}"


def test_the_page_is_long():
    """The survey of 26 libraries has 149 rows; rows that are one method here share a line."""
    assert len(rows()) > 140
    assert len({name for name, _, _ in rows()}) == len(rows())
