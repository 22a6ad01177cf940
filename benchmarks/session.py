"""Time of one ask and of one tell in a long session: 10,000 answers in the log, a pool of 100,000 rows.

Usage: python benchmarks/session.py [answers] [rows]. Prints a table; nothing is checked.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.naive_bayes import GaussianNB

import askwise as aw


class Timer:
    """Collects seconds by name."""

    def __init__(self) -> None:
        self.seconds: dict[str, list[float]] = {}

    def __call__(self, name: str, run: Callable[[], Any]) -> Any:
        started = time.perf_counter()
        result = run()
        self.seconds.setdefault(name, []).append(time.perf_counter() - started)
        return result

    def table(self) -> str:
        lines = [f"{'step':<28}{'median ms':>12}{'worst ms':>12}"]
        for name, taken in self.seconds.items():
            lines.append(f"{name:<28}{1e3 * float(np.median(taken)):>12.2f}{1e3 * max(taken):>12.2f}")
        return "\n".join(lines)


def fill(session: aw.Session, oracle: aw.Oracle, until: int, timer: Timer, name: str) -> None:
    """Ask and tell in batches of 100 until there are so many answers."""
    while len(session.state.answers) < until:
        queries = timer(f"{name}: ask(100)", lambda: session.ask(100))
        timer(f"{name}: tell(100)", partial(session.tell, oracle(queries)))


def probe(session: aw.Session, oracle: aw.Oracle, timer: Timer, name: str) -> None:
    """Single questions and answers, and what a page looks at between them."""
    for _ in range(10):
        queries = timer(f"{name}: ask(1)", lambda: session.ask(1))
        timer(f"{name}: tell(1)", partial(session.tell, oracle(queries)))
        timer(f"{name}: labels", lambda: session.labels)
        timer(f"{name}: history", lambda: session.history)
    free = [row for row in range(len(session.pool)) if row not in session.state.by_row][:1000]
    volunteered = [{"row": row, "label": 0} for row in free]
    timer(f"{name}: tell(1000 volunteered)", lambda: session.tell(volunteered))
    timer(f"{name}: undo(100)", lambda: session.undo(100))


def main(answers: int = 10_000, rows: int = 100_000) -> None:
    rng = np.random.default_rng(0)
    truth = rng.integers(10, size=rows)
    X = (rng.normal(size=(rows, 32)) + rng.normal(size=(10, 32))[truth]).astype(np.float32)
    oracle, timer = aw.Oracle(truth), Timer()
    terms: dict[str, Any] = {"pool": X, "learner": GaussianNB(), "classes": range(10), "strategy": "margin"}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "long.aw")
        with timer("create", lambda: aw.Session(path, **terms)) as session:
            fill(session, oracle, answers // 100, timer, "first 1 %")
            fill(session, oracle, answers, timer, "the rest")
            probe(session, oracle, timer, "at the end")
        with timer("open again", lambda: aw.Session(path, **terms)) as session:
            timer("open again: first ask(1)", lambda: session.ask(1))
        timer("read as a record", lambda: aw.Session.open(path))
        print(f"{answers} answers, {rows} rows, a log of {path.stat().st_size / 1e6:.1f} MB\n{timer.table()}")


if __name__ == "__main__":
    main(*(int(one) for one in sys.argv[1:]))
