"""Reproduce published tables with our functions and write them beside the published figures.

Usage: python benchmarks/published/run.py [--workers 2] [--write docs/results/published.md] [c4a c4c ...]
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
import time
from pathlib import Path

SECTIONS = ("c1", "c2", "c3", "c4a", "c4c", "c5", "c6", "c7", "c8")
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
    given = parser.parse_args(arguments)
    if unknown := set(given.names) - set(SECTIONS):
        parser.error(f"there is no table {', '.join(sorted(unknown))}; give some of {', '.join(SECTIONS)}")
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(variable, "1")  # before NumPy is loaded: processes share the cores, and sums round alike
    parts = [HEAD]
    for name in given.names or SECTIONS:
        started = time.perf_counter()
        parts.append(importlib.import_module(name).section(given.workers))
        print(f"{parts[-1]}\n\n{name}: {time.perf_counter() - started:.0f} s\n", file=sys.stderr, flush=True)
    if given.write:
        given.write.parent.mkdir(parents=True, exist_ok=True)
        given.write.write_text("\n\n".join(parts) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
