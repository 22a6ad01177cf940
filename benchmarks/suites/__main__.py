"""Run the shipped suites by the command that a user would give, and write docs/results/suites.md.

Usage: python -m benchmarks.suites [NAME ...] --out FOLDER [--workers 2] [--full NAME ...] [--write PAGE]
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

HEAD = """# The shipped suites, run

What each suite that ships costs and says: run as a user would, by the command above each table, on a machine with two
cores{machine}. Written by `python -m benchmarks.suites {names}--out FOLDER{full} --write
docs/results/suites.md`, which runs what FOLDER lacks; the code is in `benchmarks/suites`. `askwise lab report FOLDER`
makes the page of each, with curves, heat maps and every measure. Texts with spans and images with masks have a page of
[their own](parts.md).

A gap is bold where the strategy is told from random: Wilcoxon's signed-rank test over settings at 5% after Holm's
correction over the suite's strategies, and an interval over settings and seeds on one side of zero. With few
settings nothing can be told, whatever the gap; that is what `full` is for."""


def main(arguments: list[str] | None = None) -> int:
    """Run what is missing, print or write the page; 0."""
    parser = argparse.ArgumentParser(description="What the shipped suites cost and say.")
    parser.add_argument("names", nargs="*", help="suites; all by default")
    parser.add_argument("--out", type=Path, required=True, help="a folder that keeps the runs")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--full", nargs="*", default=[], help="suites to run at their full level, too")
    parser.add_argument("--write", type=Path, help="the page to write")
    given = parser.parse_args(arguments)
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(variable, "1")  # before NumPy is loaded: processes share the cores
    from benchmarks.suites.cost import costed, place, read
    from benchmarks.suites.page import Done, section

    from askwise.lab import Study, suites

    def done(names: list[str], level: str) -> list[Done]:
        lacking = [name for name in names if not read(place(given.out, name, level)).ended]
        failed = [name for name in lacking if costed(name, level, given.out, given.workers) != 0]
        if failed:
            sys.stderr.write(f"did not end well: {', '.join(failed)}; see the .log beside the results\n")
        folders = {name: place(given.out, name, level) for name in names if name not in failed}
        return [Done(name, level, Study.read(one), read(one)) for name, one in folders.items()]

    quick, full = done(given.names or list(suites()), "quick"), done(given.full, "full")
    words = {"machine": _machine(), "names": "".join(f"{name} " for name in given.names)}
    words["full"] = "".join([" --full", *(f" {one.name}" for one in full)]) if full else ""
    text = f"{HEAD.format(**words)}\n\n{section(quick, full)}\n"
    if given.write:
        given.write.write_text(text, "utf-8")
    else:
        sys.stdout.write(text)
    return 0


def _machine() -> str:
    """The processor's name, where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return ""
    found = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f" ({found[0]})" if found else ""


if __name__ == "__main__":
    sys.exit(main())
