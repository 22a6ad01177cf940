"""Figures with intervals beside published ones: means, Student's t, and tables in Markdown."""

from __future__ import annotations

import json
import os
import pickle
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from scipy import stats

T = TypeVar("T")


@dataclass(frozen=True)
class Figure:
    """A mean over n runs with its standard error."""

    value: float
    error: float
    n: int

    @classmethod
    def of(cls, runs: Sequence[float]) -> Figure:
        """From one number a run."""
        values = np.asarray(runs, dtype=np.float64)
        return cls(float(values.mean()), float(values.std(ddof=1) / np.sqrt(len(values))), len(values))

    @property
    def reach(self) -> float:
        """Half the width of the 95% interval."""
        return float(stats.t.ppf(0.975, self.n - 1)) * self.error

    def __str__(self) -> str:
        return f"{self.value:.3f} ± {self.reach:.3f}"


def apart(ours: Figure, published: float, error: float) -> float:
    """How many standard errors of the difference ours lies from the published figure."""
    return (ours.value - published) / float(np.hypot(ours.error, error))


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join([*lines, *("| " + " | ".join(map(str, row)) + " |" for row in rows)])


def spread(work: Callable[[Any], T], jobs: Sequence[Any], workers: int) -> list[T]:
    """Results of the jobs in their order, on so many processes.

    With ``PUBLISHED_RUNS`` in the environment, a folder, finished jobs are kept there and not run again: what
    was interrupted goes on. Results are by the job alone, so a folder is for one version of the code.
    """
    kept = _Kept(f"{work.__module__}-{work.__name__}")
    missing = [job for job in jobs if kept.key(job) not in kept.found]
    with ProcessPoolExecutor(workers) as pool:
        for job, result in zip(missing, pool.map(work, missing), strict=True):
            kept.put(job, result)
    return [kept.found[kept.key(job)] for job in jobs]


class _Kept:
    """Results by job, in a file that grows where there is a folder to keep it."""

    def __init__(self, name: str) -> None:
        self.found: dict[str, Any] = {}
        self.file = Path(os.environ["PUBLISHED_RUNS"]) / f"{name}.pickle" if "PUBLISHED_RUNS" in os.environ else None
        if self.file is not None and self.file.exists():
            with self.file.open("rb") as lines:
                while lines.peek(1):
                    key, result = pickle.load(lines)
                    self.found[key] = result

    @staticmethod
    def key(job: Any) -> str:
        return json.dumps(job)

    def put(self, job: Any, result: Any) -> None:
        self.found[self.key(job)] = result
        if self.file is not None:
            with self.file.open("ab") as lines:
                pickle.dump((self.key(job), result), lines)
