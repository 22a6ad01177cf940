"""Re-introduce the known bugs of the field into our functions, one at a time, and see whether the tests catch them.

Usage: python benchmarks/mutants/run.py [--workers 2] [--write docs/results/mutants.md [--keep]] [name ...]

Each [[mutant]] of the *.toml files here names a bug, the file under src/askwise, the text to find there exactly once,
the text to put in its place, and the tests that concern the function ("pick-badge" stands for that method's contract;
the examples in the file's own docstrings are always run, last). The work happens in copies of src and tests in a
temporary folder. The tests must pass there first. With --keep, mutants that are not named keep the result that the
page has of them. Exit code 1 if fewer than nine in ten are caught, 2 if a mutant cannot be made because the source has
moved on.
"""

from __future__ import annotations

import argparse
import os
import queue
import re
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LEAST = 0.9
LIMIT = 400.0
"""Seconds after which the tests of a mutant are stopped: it hangs, which nobody overlooks."""

ROOMS = {
    "scores": "Scores",
    "picks": "Picks and their kernels",
    "engine": "Engine: positions, candidates, ties, limits",
    "session": "Session, stopping and measuring",
}


class CannotMake(Exception):
    """A mutant whose text is not found exactly once, or whose tests cannot be run."""


@dataclass(frozen=True)
class Mutant:
    """One known bug as a change of one file, and the tests that ought to notice."""

    room: str
    name: str
    bug: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]

    @classmethod
    def read(cls, room: str, given: dict[str, object]) -> Mutant:
        """From a table of a TOML file."""
        texts = {key: str(given[key]).strip("\n") for key in ("name", "bug", "file", "old", "new")}
        tests = given["tests"]
        assert isinstance(tests, list)
        return cls(room, **texts, tests=tuple(map(str, tests)))

    @property
    def selection(self) -> list[str]:
        """What pytest is told to run."""
        return [*map(_node, self.tests), f"src/askwise/{self.file}"]

    def into(self, text: str) -> str:
        """The source with the bug. Raises CannotMake."""
        found = text.count(self.old)
        if found != 1:
            raise CannotMake(
                f"{self.name}: the text to change stands {found} times in src/askwise/{self.file}, not once"
            )
        return text.replace(self.old, self.new)


@dataclass(frozen=True)
class Result:
    """What became of a mutant: the first test that failed, or none."""

    mutant: Mutant
    test: str | None
    seconds: float
    kept: bool = False


def _node(test: str) -> str:
    return test if "/" in test else f"tests/core/test_contract.py::test_contract[{test}]"


def read_mutants(names: list[str]) -> list[Mutant]:
    """All mutants, or those named."""
    here = Path(__file__).parent
    tables = {room: tomllib.loads((here / f"{room}.toml").read_text("utf-8")) for room in ROOMS}
    every = [Mutant.read(room, given) for room, table in tables.items() for given in table["mutant"]]
    known = {one.name for one in every}
    if len(known) != len(every):
        raise CannotMake("two mutants have the same name")
    if unknown := set(names) - known:
        raise CannotMake(f"no mutant is called {', '.join(sorted(unknown))}")
    return [one for one in every if not names or one.name in names]


class Workshop:
    """A copy of sources and tests in which one mutant at a time lives."""

    def __init__(self, place: Path) -> None:
        self.place = place
        for part in ("src", "tests"):
            # With the compiled caches: those of changed files are found stale by their time and size.
            shutil.copytree(ROOT / part, place / part)
        shutil.copy2(ROOT / "pyproject.toml", place)
        data = os.environ.get("ASKWISE_DATA", str(ROOT.parent / "shared" / "data"))
        self.environment = {**os.environ, "PYTHONPATH": str(place / "src"), "ASKWISE_DATA": data}

    def pytest(self, selection: list[str], limit: float) -> tuple[int, str]:
        """Exit code and output of pytest, which ends at the first failure; code 124 when it did not end in time."""
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "--tb=line"]
        chosen = ["-m", "not slow and not browser", *selection]
        try:
            done = subprocess.run(
                [*command, *chosen],
                cwd=self.place,
                env=self.environment,
                capture_output=True,
                text=True,
                timeout=limit,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return 124, ""
        return done.returncode, done.stdout + done.stderr

    def try_out(self, mutant: Mutant) -> Result:
        """Put the bug in, run the tests, and put the source back as it was."""
        path = self.place / "src" / "askwise" / mutant.file
        started = time.perf_counter()
        path.write_text(mutant.into(path.read_text("utf-8")), "utf-8")
        try:
            code, said = self.pytest(mutant.selection, LIMIT)
        finally:
            shutil.copy2(ROOT / "src" / "askwise" / mutant.file, path)
        seconds = time.perf_counter() - started
        if code == 124:
            return Result(mutant, f"none ended within {LIMIT:g} s", seconds)
        if code not in (0, 1):
            raise CannotMake(f"{mutant.name}: pytest ended with code {code}:\n{said[-2000:]}")
        return Result(mutant, first_failure(said) if code else None, seconds)


def first_failure(said: str) -> str:
    """The test that failed first, as pytest's summary names it."""
    for line in said.splitlines():
        if line.startswith(("FAILED ", "ERROR ")):
            return line.split(" ", 1)[1].split(" - ")[0]
    return "a test without a name"


def run(mutants: list[Mutant], workers: int) -> list[Result]:
    """Results in the order of the mutants. Raises CannotMake, also when the tests fail without any mutant."""
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        shops: queue.Queue[Workshop] = queue.Queue()
        for i in range(workers):
            shops.put(Workshop(Path(folder) / str(i)))

        def with_a_shop(mutant: Mutant) -> Result:
            shop = shops.get()
            try:
                result = shop.try_out(mutant)
            finally:
                shops.put(shop)
            print(f"{'caught' if result.test else 'SURVIVED':<10}{mutant.name:<40}{result.test or ''}", flush=True)
            return result

        first = shops.get()
        for one in mutants:
            one.into((first.place / "src" / "askwise" / one.file).read_text("utf-8"))
        _expect_green(first, mutants)
        shops.put(first)
        with ThreadPoolExecutor(workers) as pool:
            return list(pool.map(with_a_shop, mutants))


def _expect_green(shop: Workshop, mutants: list[Mutant]) -> None:
    # Tests first: a module collected for its examples before its package is imported takes its method's place there.
    selection = sorted({test for one in mutants for test in one.selection}, key=lambda test: ("src/" in test, test))
    code, said = shop.pytest(selection, 4 * LIMIT)
    if code != 0:
        raise CannotMake(f"the tests do not pass without any mutant ({first_failure(said)}):\n{said[-2000:]}")


def kept(path: Path, tried: list[Result]) -> list[Result]:
    """Results of all mutants, in their order: those just tried, and of the others what the page says of their bug."""
    told = dict(re.findall(r"^\| (.+?) \| `[^`]+` \| (.+) \|$", path.read_text("utf-8"), re.MULTILINE))
    now = {one.mutant.name: one for one in tried}
    found = []
    for mutant in read_mutants([]):
        cell = told.get(mutant.bug)
        if mutant.name in now:
            found.append(now[mutant.name])
        elif cell is not None:
            test = None if cell == "**survived**" else cell.strip("`")
            found.append(Result(mutant, test, 0.0, kept=True))
    return found


def page(results: list[Result]) -> str:
    """The results as a page of the documentation."""
    caught = sum(1 for one in results if one.test)
    lines = [
        "# Known bugs, put back in",
        "",
        "Other libraries' bugs are the best test of our tests. `make mutants` puts each bug below into our own"
        " function, one at a time in a temporary copy, runs the tests that concern the function, and notes the first"
        " that fails. This page is written by that command; the changes themselves are in `benchmarks/mutants`.",
        "",
        f"**{caught} of {len(results)} caught** ({caught / len(results):.0%}; at least {LEAST:.0%} are required).",
    ]
    if earlier := sum(one.kept for one in results):
        lines.append(f"The results of {earlier} of them are those of an earlier run.")
    for room, title in ROOMS.items():
        here = [one for one in results if one.mutant.room == room]
        if here:
            lines += ["", f"## {title}", "", "| Bug | In | Caught by |", "|---|---|---|"]
            lines += [f"| {one.mutant.bug} | `{one.mutant.file}` | {_cell(one.test)} |" for one in here]
    return "\n".join(lines) + "\n"


def _cell(test: str | None) -> str:
    if test is None:
        return "**survived**"
    return f"`{test.removeprefix('tests/')}`" if "::" in test else test


def main(arguments: list[str] | None = None) -> int:
    """Run, print a line for each mutant, write the page if asked; the exit code."""
    parser = argparse.ArgumentParser(description="Put known bugs into our functions and see whether tests catch them.")
    parser.add_argument("names", nargs="*", help="mutants to try; all by default")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--write", type=Path, help="the page to write")
    parser.add_argument("--keep", action="store_true", help="keep what the page says of mutants that are not named")
    given = parser.parse_args(arguments)
    started = time.perf_counter()
    try:
        results = run(read_mutants(given.names), given.workers)
    except CannotMake as fault:
        print(fault, file=sys.stderr)
        return 2
    caught = sum(1 for one in results if one.test)
    print(f"{caught} of {len(results)} caught in {time.perf_counter() - started:.0f} s")
    if given.write and given.keep:
        results = kept(given.write, results)
        caught = sum(1 for one in results if one.test)
    if given.write:
        given.write.parent.mkdir(parents=True, exist_ok=True)
        given.write.write_text(page(results), "utf-8")
    return 0 if caught >= LEAST * len(results) else 1


if __name__ == "__main__":
    sys.exit(main())
