"""Run the grid, and write docs/results/study.md.

Usage: python -m benchmarks.study --out FOLDER [--workers 2] [--write docs/results/study.md]
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

HEAD = """# What changes the verdict of an experiment

Published comparisons of strategies disagree. Here one thing of an experiment is changed at a time, and it is asked
which of its claims survive. The base: logistic regression, batches of 20, 20 random rows to begin with, {budget}
labels, {seeds} splits, four data sets ({data}), {n} strategies ({strategies}); area under the accuracy curve. A claim
is a pair of strategies that a paired t-test over all data sets and seeds tells apart (5%, uncorrected, so one in twenty
of the pairs that do not differ is a claim too). Written by `python -m benchmarks.study`; the code is in
`benchmarks/study`."""


def main(arguments: list[str] | None = None) -> int:
    """Run what is missing, print or write the page; 0."""
    parser = argparse.ArgumentParser(description="Which hyper-parameters of an experiment change its verdict.")
    parser.add_argument("--out", type=Path, required=True, help="a folder that keeps the runs")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--write", type=Path, help="the page to write")
    given = parser.parse_args(arguments)
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(variable, "1")  # before NumPy is loaded: processes share the cores
    from benchmarks.study.grid import BUDGET, CHANGES, DATASETS, SEEDS, STRATEGIES, suite
    from benchmarks.study.page import section

    from askwise.lab import run_suite

    studies = {}
    for name in CHANGES:
        studies[name] = run_suite(suite(name), given.out / name.replace(" ", "_"), workers=given.workers)
    data = ", ".join(one if isinstance(one, str) else one["data"] for one in DATASETS)
    words = {"budget": BUDGET, "seeds": SEEDS, "data": data, "n": len(STRATEGIES), "strategies": ", ".join(STRATEGIES)}
    page = f"{HEAD.format(**words)}\n\n{section(studies)}\n"
    if given.write:
        given.write.write_text(page, "utf-8")
    else:
        sys.stdout.write(page)
    return 0


if __name__ == "__main__":
    sys.exit(main())
