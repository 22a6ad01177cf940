"""Test statements of published studies that give no tables, and write them on a page.

Usage: python benchmarks/published/statements.py [--workers 2] [--write docs/results/statements.md] [margin text ...]

Named studies replace their sections on a page that is there; the others stay as they are.
"""

from __future__ import annotations

import argparse
import importlib
import os
import re
import sys
import time
from pathlib import Path

SECTIONS = ("margin", "text", "wide", "open", "bits", "stop", "softmax", "imital", "hast", "people", "deep")
HEAD = """# Published statements, tested

Some studies of the field are known here by what they state and how they measured, without tables to set beside ours.
Each statement is tested with askwise at the size of a laptop: other data, fewer rows and smaller models than in the
paper, but paired over seeds and with intervals. So a verdict is on the statement at our size: **holds**, **does not
hold**, or **cannot tell** where the intervals leave it open. A point is a hundredth of accuracy; ± is half of a 95%
interval over seeds; an area is the mean height of a learning curve. Written by `make statements`; the code is in
`benchmarks/published`, a file (`c10_*.py`) for each study."""

LAST = """## Not tested

- SetFit against other text classifiers (Schröder's small-text): no pre-trained weights are at hand here. askwise takes
  them by name (`sentence-transformers:NAME`).
- KECOR, boxes in LiDAR scenes: needs its data and a GPU. Its score is here as `coding_rate`.
- Replay for less training time (CAL): every fit of askwise starts anew, so that the same answers always give the same
  model, whoever resumes the session; there is no warm start that replay could repair."""


def main(arguments: list[str] | None = None) -> int:
    """Run the studies, print or write the page; 0."""
    parser = argparse.ArgumentParser(description="Test published statements.")
    parser.add_argument("names", nargs="*", help=f"studies, of {', '.join(SECTIONS)}; all by default")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--write", type=Path, help="the page to write")
    given = parser.parse_args(arguments)
    if unknown := set(given.names) - set(SECTIONS):
        parser.error(f"there is no study {', '.join(sorted(unknown))}; give some of {', '.join(SECTIONS)}")
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(variable, "1")  # before NumPy is loaded: processes share the cores, and sums round alike
    # Finished runs are kept, so that what was stopped goes on.
    Path(os.environ.setdefault("PUBLISHED_RUNS", "build/statements")).mkdir(parents=True, exist_ok=True)
    for name in given.names or SECTIONS:
        started = time.perf_counter()
        part = importlib.import_module(f"c10_{name}").section(given.workers)
        print(f"{part}\n\n{name}: {time.perf_counter() - started:.0f} s\n", file=sys.stderr, flush=True)
        if given.write:
            given.write.parent.mkdir(parents=True, exist_ok=True)
            given.write.write_text(placed(given.write, part), "utf-8")
    return 0


def placed(page: Path, part: str) -> str:
    """The page with this section in place of the one of the same heading, else in front of the last one."""
    text = page.read_text("utf-8") if page.exists() else HEAD
    sections = re.split(r"\n\n(?=## )", text.removesuffix(LAST + "\n").rstrip())[1:]
    known = {one.splitlines()[0]: one for one in sections} | {part.splitlines()[0]: part}
    return "\n\n".join([HEAD, *known.values(), LAST]) + "\n"


if __name__ == "__main__":
    sys.exit(main())
