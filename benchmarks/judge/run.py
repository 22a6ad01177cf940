"""What the judge says against the truth over real sessions: docs/results/forecast.md, stopping.md, savings.md.

Usage: python -m benchmarks.judge.run [--workers 2] [--repeats 1] [--cache FOLDER [--kept]] [--write DIR] [PAGE ...]
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from pathlib import Path
from typing import Any

SESSIONS = """{n} real sessions with known labels on the data sets of all suites that ship with the lab: {choice} of
choices ({sources} data sets and kinds of annotators), {number} of numbers, {multilabel} of several labels. Pools are
cut to 3,000 rows, a third of each data set is a test set that only this page sees; the learner is the default of the
rows; sixteen batches of 25 (fewer in small pools, five in the suite of few labels), one query in ten drawn at random,
each session with a seed of its own. Every set has a session of random queries and one of margin or auto in turn."""

HEADS = {
    "forecast": f"""# Forecasts against what came

{SESSIONS}

After 5, 8 and 11 batches a forecast is made, and compared with what was measured at so many times the labels. Bands are
of 90 per cent. From the control arm, a forecast is of accuracy against what the annotators say, wrong or not. Its prior
was chosen when the sessions of the first 39 data sets were at hand, and not touched after the others had come.

A forecast from the control arm knows some ten to forty single outcomes, how sure the models are, and the share of the
commonest class. A forecast from measured accuracy is as sharp as the measurements. Bands are too short where a curve
jumps, as when a rare class is found. Written by `make judge`; the code is in `benchmarks/judge`, and a test of the same
claim over fewer sessions in `tests/judge/test_outlook.py`.""",
    "stopping": f"""# When each rule would have stopped

{SESSIONS}

Every stopping rule at its default settings, replayed over them. None was stopped: what a rule would have given up is
the score on the test set at the end of the budget less that where it would have stopped; what it would have saved are
the labels that came after, and money at 0.08 a label (the mean over all sessions, stopped or not). It was worth it
where the labels saved are more than what was given up is worth, at a hundred labels for a point of accuracy; the luck
of a point on the test set decides many of these. Accuracy was measured after each batch on 200 rows of one's own, which
`metric_plateau` and `gain_below_price` look at; the other rules know nothing of it. Written by `make judge`; the code
is in `benchmarks/judge`.""",
    "savings": """# What sessions say of savings and of harm

{n} sessions on {sources} data sets of the lab's suites, with 400 answers (or half the pool), batches of 20 and the
default learner, a third of the queries at random, in some a tenth. At the end each was asked what it saved
(`session.savings()`), and its guard looked on the way. Random sessions are the null: whatever they claim is false.
Three strategies choose badly: no answer is wrong, but their rows teach little. Written by `make judge`; the code is in
`benchmarks/judge`.

A larger null is a test: of sixty random sessions on made-up data nine of ten at least say that they cannot be told from
random (`tests/session/test_session_gains.py`). And the guard, as it is now, looked at 167 earlier sessions on eleven
data sets with control arms of a tenth and a third: it accused none of 57 random ones, none of 44 of margin and auto,
and of those that choose badly none of 33 with a tenth at random and 7 of 33 with a third.""",
}


def main(arguments: list[str] | None = None) -> int:
    """Perform the sessions, print or write the pages; 0."""
    parser = argparse.ArgumentParser(description="Compare the judge with the truth over real sessions.")
    parser.add_argument("names", nargs="*", help=f"pages, of {', '.join(HEADS)}; all by default")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=1, help="sessions of each data set and strategy")
    parser.add_argument("--cache", type=Path, help="a folder that keeps the sessions performed")
    parser.add_argument("--kept", action="store_true", help="only the sessions that the cache has by now")
    parser.add_argument("--write", type=Path, help="the folder of the pages")
    given = parser.parse_args(arguments)
    if unknown := set(given.names) - set(HEADS):
        parser.error(f"there is no page {', '.join(sorted(unknown))}; give some of {', '.join(HEADS)}")
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(variable, "1")  # before NumPy is loaded: processes share the cores
    for name in given.names or HEADS:
        page = _page(name, given)
        if given.write:
            (given.write / f"{name}.md").write_text(page, "utf-8")
        else:
            sys.stdout.write(page)
    return 0


def _page(name: str, given: argparse.Namespace) -> str:
    from benchmarks.judge import arms, runs

    module = {"forecast": "forecasts", "stopping": "stops", "savings": "saved"}[name]
    kept = given.cache and given.cache / ("arms.pkl" if name == "savings" else "runs.pkl")
    plans: list[Any] = arms.plans() if name == "savings" else runs.plans(given.repeats)
    act: Any = arms.perform if name == "savings" else runs.perform
    if given.kept and kept:
        plans = [plan for plan in plans if plan in {one.plan for one in runs.kept(kept)}]
    found = runs.gather(plans, kept, given.workers, act)
    tasks = [getattr(plan, "task", "choice") for plan in plans]
    counts = {task: tasks.count(task) for task in ("choice", "number", "multilabel")}
    of_choice = {plan.source for plan, task in zip(plans, tasks, strict=True) if task == "choice"}
    words = {"n": len(found), "sources": len(of_choice), **counts}
    body = importlib.import_module(f"benchmarks.judge.{module}").section(found)
    return f"{HEADS[name].format(**words)}\n\n{body}\n"


if __name__ == "__main__":
    sys.exit(main())
