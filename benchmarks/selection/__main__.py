"""Selections timed beside other libraries and the obvious forms: `python -m benchmarks.selection`.

Other libraries need their environments: `python -m benchmarks.peers setup`. Results are kept in `.bench`, so that some
rows can be measured again (`--only`) and the page is made of all.
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

from benchmarks.selection.jobs import GROWTH, HUGE, LARGE, VERSUS
from benchmarks.selection.machine import Machine
from benchmarks.selection.page import page
from benchmarks.selection.run import Results, forget, run

PARTS = {"versus": VERSUS, "large": LARGE, "huge": HUGE, "growth": GROWTH}


def main() -> None:
    """Measure, print line by line, and write the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.selection", description=__doc__)
    parser.add_argument("--parts", nargs="*", default=["versus", "large", "growth"], choices=[*PARTS], help="tables")
    parser.add_argument("--only", nargs="*", help="some of the selections")
    parser.add_argument("--missing", action="store_true", help="only what has not been measured yet")
    parser.add_argument("--memory", type=float, default=6.0, help="gigabytes of address space for each process")
    parser.add_argument("--seconds", type=int, default=90, help="processor seconds for each process")
    parser.add_argument("--write", type=Path, default=Path("docs/results/selection.md"), help="the page to write")
    options = parser.parse_args()
    results, machine = Results(), Machine.measured()
    for job in [job for part in options.parts for job in PARTS[part]]:
        if (options.only and job.call not in options.only) or (options.missing and results.get(job)):
            continue
        started = time.perf_counter()
        run(job, results, options.memory, options.seconds)
        told = {
            who: measure.get("failed", round(measure.get("cpu", 0.0), 4))
            for who, measure in results.found[job.key].items()
        }
        print(f"{job.key}: {told} ({time.perf_counter() - started:.0f} s)", flush=True)
        options.write.write_text(page(results, machine, options.memory, options.seconds), "utf-8")
    forget()
    options.write.parent.mkdir(parents=True, exist_ok=True)
    options.write.write_text(page(results, machine, options.memory, options.seconds), "utf-8")
    print(page(results, machine, options.memory, options.seconds))


if __name__ == "__main__":
    main()
