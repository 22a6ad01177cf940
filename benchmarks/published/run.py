"""Reproduce published tables with our functions and write them beside the published figures.

Usage: python benchmarks/published/run.py [--workers 2] [--write docs/results/published.md] [c4a c4c ...]

With names, --write puts these sections in their place on the page and leaves the others as they are.
PUBLISHED_RUNS=FOLDER in the environment keeps finished runs, so that an interrupted page goes on.
"""

from __future__ import annotations

import argparse
import importlib
import os
import re
import sys
import time
from collections.abc import Sequence
from pathlib import Path

SECTIONS = ("c1", "c2", "c3", "c4a", "c4c", "c5", "c6", "c7", "c8", "c9")
HEAD = """# Published figures, reproduced

What others measured, measured again with askwise through its public functions. The page is written by
`make published`; the code is in `benchmarks/published`, a file for each table. ± is a 95% interval over seeds, "apart"
the difference in standard errors of the difference. Where the original protocol leaves something open (splits, seeds,
noise) our runs are another draw of it."""


def main(arguments: list[str] | None = None) -> int:
    """Run the sections, print or write the page; 0."""
    parser = argparse.ArgumentParser(description="Reproduce published tables.")
    parser.add_argument("names", nargs="*", help=f"tables, of {', '.join(SECTIONS)}; all by default")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--write", type=Path, help="the page to write")
    parser.add_argument("--embeddings", type=Path, help="of c9: a file of train, train_labels, test and test_labels")
    given = parser.parse_args(arguments)
    if unknown := set(given.names) - set(SECTIONS):
        parser.error(f"there is no table {', '.join(sorted(unknown))}; give some of {', '.join(SECTIONS)}")
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(variable, "1")  # before NumPy is loaded: processes share the cores, and sums round alike
    if given.embeddings:
        os.environ["PUBLISHED_EMBEDDINGS"] = str(given.embeddings)
    parts = []
    for name in given.names or SECTIONS:
        started = time.perf_counter()
        parts.append(importlib.import_module(name).section(given.workers))
        print(f"{parts[-1]}\n\n{name}: {time.perf_counter() - started:.0f} s\n", file=sys.stderr, flush=True)
    if given.write:
        before = given.write.read_text("utf-8") if given.names and given.write.exists() else ""
        given.write.parent.mkdir(parents=True, exist_ok=True)
        given.write.write_text(page(before, parts), "utf-8")
    return 0


def page(before: str, parts: Sequence[str]) -> str:
    """The page with these sections in place of those of the same table, in the order of the tables."""
    old = re.split(r"^(?=## )", before, flags=re.MULTILINE)[1:]
    found = {_table(one): one.strip() for one in (*old, *parts)}
    order = sorted(found, key=lambda name: (int(re.sub(r"\D", "", name) or 0), name))
    return "\n\n".join([HEAD, *(found[name] for name in order)]) + "\n"


def _table(section: str) -> str:
    """The name of a section's table: "C4a" of "## C4a: BatchBALD, exact"."""
    return section.removeprefix("## ").partition(":")[0]


if __name__ == "__main__":
    sys.exit(main())
