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
labels, {seeds} splits, {sets} data sets ({data}),
{n} strategies ({strategies}); area under the accuracy curve. A claim
is a pair of strategies that a paired t-test over all data sets and seeds tells apart (5%, uncorrected, so one in twenty
of the pairs that do not differ is a claim too). A change with fewer seeds is held against the base of the same seeds.
Written by `python -m benchmarks.study --out FOLDER --write docs/results/study.md`; the code is in `benchmarks/study`.
"""


ADVICE = """## What to make of it

- **No claim of the base turned round** under any change: what it says is better, another experiment at most cannot
  tell. But two changes contradict each other: margin is told to be better than random from no start, with small
  batches and with a forest or a neural network, and worse than random with batches of 70.
- **The size of the batch matters most.** With batches of 5 and 20 margin alone comes first; with batches of 70 its rows
  repeat one another. Choose the batch as you will label, and with large ones take a strategy that spreads: typiclust,
  BADGE, or margin with k-means.
- **The learner matters as much.** Nearest neighbours want covering first (typiclust and margin with k-means are told
  from margin); a forest agrees with logistic regression; to a neural network margin with k-means is told to be better
  than BADGE. A comparison made with one learner says little about another: name yours, or use `evaluate_with`.
- **Where to begin and how far to go.** From no label, and in the first half of the budget, covering gains; in the
  second half doubt does. A start that covers already leaves less to gain by covering.
- **The measure**: macro-F1 tells what accuracy tells; NLL keeps the order roughly and tells hardly anything apart.
- **Repeats**: experiments of two seeds each on these eight data sets agree to 0.66 only, so that changes with a higher
  correlation than that are no change that can be seen here. Take more data sets rather than more seeds, and do not
  believe an order from one seed.
- **What held everywhere**: margin spread by k-means is never told to be worse than anything; its mean rank is 2.1 to
  3.1 under every change. k_center comes to the front with the neural network alone, on three sets.

What `auto` does about each: it covers until every class has three labels, whatever the start, and then asks margin
spread by k-means, for every learner and size of batch: first typiclust, then the one that was near the front under
every change. It does not know which learner it serves; with nearest neighbours, whom covering serves longer, try
`auto.using(few=...)` with a larger number on your data (not measured here). One row at a time there is nothing to
spread, and it asks the smallest margin."""


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
    words: dict[str, object] = {
        "budget": BUDGET,
        "seeds": SEEDS,
        "data": data,
        "sets": len(DATASETS),
        "n": len(STRATEGIES),
        "strategies": ", ".join(STRATEGIES),
    }
    page = f"{HEAD.format(**words)}\n{section(studies)}\n\n{ADVICE}\n"
    if given.write:
        given.write.write_text(page, "utf-8")
    else:
        sys.stdout.write(page)
    return 0


if __name__ == "__main__":
    sys.exit(main())
