"""Run the suites `spans` and `masks`, and write docs/results/parts.md.

Usage: python -m benchmarks.parts --out FOLDER [--level quick] [--workers 2] [--write docs/results/parts.md]
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

SUITES = ("spans", "masks")


def main(arguments: list[str] | None = None) -> int:
    """Run what is missing, print or write the page; 0."""
    parser = argparse.ArgumentParser(description="What strategies gain on spans and masks, per row and per second.")
    parser.add_argument("--out", type=Path, required=True, help="a folder that keeps the runs")
    parser.add_argument("--level", default="quick")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--write", type=Path, help="the page to write")
    given = parser.parse_args(arguments)
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(variable, "1")  # before NumPy is loaded: processes share the cores
    from benchmarks.parts import page

    from askwise.lab import run_suite

    studies = {
        name: run_suite(name, given.out / name, level=given.level, workers=given.workers, progress=False)
        for name in SUITES
    }
    text = page.page(studies, given.level)
    if given.write:
        given.write.write_text(text, "utf-8")
    else:
        sys.stdout.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
