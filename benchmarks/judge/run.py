"""What the judge says against the truth over real sessions: docs/results/forecast.md, stopping.md, savings.md.

Usage: python -m benchmarks.judge.run [--workers 2] [--repeats 2] [--cache runs.json] [--write docs/results] [PAGE ...]
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from pathlib import Path
from typing import Any

SECTIONS = {
    "forecast": (
        "forecasts",
        """# Forecasts against what came

Real sessions with known labels, a control arm of one query in ten, and a test set that only this page sees: {n}
sessions on {data} data sets (strategies {strategies}; batches of 10 and 25, sixteen of them; logistic regression),
each with a seed of its own. After 5, 8 and 11 batches a forecast is made, and compared with the test accuracy at so
many times the labels. Bands are of 90 per cent. Nothing was tuned on these sessions. Written by `make judge`; the
code is in `benchmarks/judge`.

A forecast from the control arm knows some ten to forty single outcomes. Its bands are wide, and its mean errs to
the low side, for the prior knows nothing of the task. A forecast from measured accuracy is as sharp as the
measurements. Bands are too short where a curve jumps, as when a rare class is found.""",
    ),
    "stopping": (
        "stops",
        """# When each rule would have stopped

Every stopping rule at its default settings, replayed over {n} real sessions on {data} data sets (strategies
{strategies}; batches of 10 and 25, sixteen of them; logistic regression; control arm of one query in ten). None
was stopped: what the rule would have given up is the test accuracy at the end of the budget less that where it would
have stopped; what it would have saved are the labels that came after. No accuracy was measured, so `metric_plateau`
had nothing to see; and some forty control rows cannot prove an error below 0.1. Written by `make judge`; the code is
in `benchmarks/judge`.""",
    ),
    "savings": (
        "saved",
        """# What sessions say of savings and of harm

{n} sessions on {data} data sets, with 400 answers (or half the pool), batches of 20 and logistic regression; control
arms of a tenth and of a third of the queries. At the end each was asked what it saved (`session.savings()`), and its
guard looked on the way. Random sessions are the null: whatever they claim is false. Three strategies choose badly: no
answer is wrong, but their rows teach little. They are not always worse than random, as the last table shows. Written by
`make judge`; the code is in `benchmarks/judge`.""",
    ),
}


def main(arguments: list[str] | None = None) -> int:
    """Perform the sessions, print or write the pages; 0."""
    parser = argparse.ArgumentParser(description="Compare the judge with the truth over real sessions.")
    parser.add_argument("names", nargs="*", help=f"pages, of {', '.join(SECTIONS)}; all by default")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=2, help="sessions of each data set, strategy and batch")
    parser.add_argument("--cache", type=Path, help="a file that keeps the sessions performed")
    parser.add_argument("--write", type=Path, help="the folder of the pages")
    given = parser.parse_args(arguments)
    if unknown := set(given.names) - set(SECTIONS):
        parser.error(f"there is no page {', '.join(sorted(unknown))}; give some of {', '.join(SECTIONS)}")
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(variable, "1")  # before NumPy is loaded: processes share the cores
    from benchmarks.judge import arms, runs

    for name in given.names or SECTIONS:
        module, head = SECTIONS[name]
        found: list[Any] = (
            arms.gather(arms.plans(), given.cache and given.cache.with_suffix(".arms.jsonl"), given.workers)
            if name == "savings"
            else runs.gather(runs.plans(given.repeats), given.cache, given.workers)
        )
        data = len(runs.TABLES) + len(runs.TEXTS)
        words = {"n": len(found), "data": data, "strategies": ", ".join(runs.STRATEGIES)}
        body = importlib.import_module(f"benchmarks.judge.{module}").section(found)
        page = f"{head.format(**words)}\n\n{body}\n"
        if given.write:
            (given.write / f"{name}.md").write_text(page, "utf-8")
        else:
            sys.stdout.write(page)
    return 0


if __name__ == "__main__":
    sys.exit(main())
