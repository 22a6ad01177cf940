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


ADVICE = """## What to make of it

- No claim turned round under any change: what one experiment says is better, another at most cannot tell. What
  changes is which claims can be made at all, and which strategy comes first.
- The size of the batch and the rows to begin with matter most. With large batches coverage gains; from a start that
  covers already there is less to gain by covering, and uncertain strategies come first. So tell both when you
  compare, and choose them as you will label.
- The learner (nearest neighbours for logistic regression) and the measure changed less than two seeds do. A forest
  was not tried, for want of time.
- Four seeds on four data sets leave an uncertainty of the order that is as large as most differences in the table.
  Take more data sets rather than more seeds, and do not believe an order from one seed.
- For `auto`: from no label on, coverage is best on the two sets of ten classes and margin on the one of two; it
  covers until every class has three labels, which on two classes is soon."""


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
    page = f"{HEAD.format(**words)}\n\n{section(studies)}\n\n{ADVICE}\n"
    if given.write:
        given.write.write_text(page, "utf-8")
    else:
        sys.stdout.write(page)
    return 0


if __name__ == "__main__":
    sys.exit(main())
