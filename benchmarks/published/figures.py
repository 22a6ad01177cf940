"""Figures with intervals beside published ones: means, Student's t, and tables in Markdown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
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
    """Results of the jobs in their order, on so many processes."""
    with ProcessPoolExecutor(workers) as pool:
        return list(pool.map(work, jobs))
