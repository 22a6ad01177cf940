"""Every known bug can still be put back in: its text is in our source exactly once, and the page tells of it."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MUTANTS = {
    one["name"]: one
    for file in sorted((ROOT / "benchmarks" / "mutants").glob("*.toml"))
    for one in tomllib.loads(file.read_text("utf-8"))["mutant"]
}


@pytest.mark.parametrize("name", MUTANTS)
def test_the_bug_can_be_made(name):
    one = MUTANTS[name]
    source = (ROOT / "src" / "askwise" / one["file"]).read_text("utf-8")
    assert source.count(one["old"]) == 1, f"the source of {one['file']} has moved on: say anew what to replace"
    assert one["new"] != one["old"]


@pytest.mark.parametrize("name", MUTANTS)
def test_its_tests_are_there(name):
    for test in MUTANTS[name]["tests"]:
        if "/" in test:
            assert (ROOT / test.partition("::")[0]).exists(), test


def test_no_bug_has_the_name_of_another():
    files = sorted((ROOT / "benchmarks" / "mutants").glob("*.toml"))
    assert sum(len(tomllib.loads(file.read_text("utf-8"))["mutant"]) for file in files) == len(MUTANTS) > 100
