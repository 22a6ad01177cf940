"""What the studies of C10 share: where their runs are kept, data sets in memory, and how a statement is judged."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from figures import table
from scipy import stats
from sklearn.exceptions import ConvergenceWarning
from sklearn.preprocessing import StandardScaler

from askwise.lab import DataSpec, Study, Suite, labelled, run_suite
from askwise.lab.compare import Comparison
from askwise.lab.scores import Scores

DATA = Path(os.environ.get("ASKWISE_DATA", "../shared/data"))
KEPT = Path(os.environ.get("PUBLISHED_RUNS", "build/statements"))
"""Finished cells of suites: what was stopped goes on, and a page is written again in seconds. Delete it to run anew."""

POINT = 0.01
"""A hundredth of accuracy: what is smaller is called equal."""

HOLDS, FAILS, UNCLEAR = "**Holds.**", "**Does not hold.**", "**Cannot tell.**"


@cache
def arrays(name: str, rows: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Features (n, d), standardised over all rows, and classes (n,) of a table; `rows` of them drawn once."""
    file = np.load(DATA / f"tab_{name}" / "features.npz")
    X, y = StandardScaler().fit_transform(file["X"].astype(np.float64)), file["y"]
    kept = np.sort(np.random.default_rng(len(y)).permutation(len(y))[:rows])
    return X[kept], y[kept]


def tabular(name: str, rows: int | None = None) -> DataSpec:
    """A table as a data set of a suite."""
    return DataSpec(name, labelled(*arrays(name, rows)))


def run(name: str, workers: int, **given: Any) -> Study:
    """The results of a suite, of which finished cells are kept under `KEPT`; no best order is searched."""
    KEPT.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings():
        # Perceptrons stop after a set number of steps, by design.
        warnings.simplefilter("ignore", ConvergenceWarning)
        suite = Suite.of({"name": name, "bound": {"rows": 0}, "measures": ["accuracy"], **given})
        study = run_suite(suite, KEPT / name, workers=workers, progress=False)
    if study.failed:
        raise RuntimeError(f"{len(study.failed)} cells of {name} failed, the first with {study.failed[0]['error']}")
    return study


def joined(parts: Iterable[Scores]) -> Scores:
    """Areas of several suites as one; strategies may be missing from some blocks."""
    found = [
        (strategy, block, seed, float(value))
        for part in parts
        for strategy, of_strategy in zip(part.strategies, part.values, strict=True)
        for block, of_block in zip(part.blocks, of_strategy, strict=True)
        for seed, value in enumerate(of_block)
        if np.isfinite(value)
    ]
    return Scores.of(found)


def some(scores: Scores, blocks: Callable[[str], bool]) -> Scores:
    """The same of some blocks."""
    kept = [i for i, name in enumerate(scores.blocks) if blocks(name)]
    return Scores(scores.strategies, tuple(scores.blocks[i] for i in kept), scores.values[:, kept])


def points(value: float, reach: float | None = None) -> str:
    """A difference of accuracies in points of a hundred, with the reach of its interval."""
    return f"{100 * value:+.1f}" + ("" if reach is None else f" ± {100 * reach:.1f}")


def gap(values: np.ndarray) -> str:
    """Mean of paired differences (n,) in points, ± half of their 95% interval by Student's t."""
    return points(float(values.mean()), half(values))


def half(values: np.ndarray) -> float:
    """Half of the 95% interval of a mean of values (n,) by Student's t; 0 where all are equal."""
    return float(stats.t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values)))


def mean_gap(pairs: Sequence[np.ndarray]) -> tuple[float, float]:
    """Mean over data sets of the paired differences of each, (n,) over seeds, and half of its 95% interval.

    The interval is about these data sets, for other seeds: with three or four of them nothing can be said of others.
    """
    error = np.sqrt(sum(one.var(ddof=1) / len(one) for one in pairs)) / len(pairs)
    freedom = sum(len(one) - 1 for one in pairs)
    return float(np.mean([one.mean() for one in pairs])), float(stats.t.ppf(0.975, freedom) * error)


def clear(pairs: Sequence[np.ndarray], sign: int = 1) -> bool:
    """Whether the mean over data sets has this sign with its whole interval."""
    value, reach = mean_gap(pairs)
    return sign * value > reach


def by_block(scores: Scores, reference: str, arms: Sequence[str]) -> str:
    """A table of data sets: the reference's mean area, and what each arm has more, in points with an interval."""
    rows = []
    for at, block in enumerate(scores.blocks):
        mean = scores.values[scores.index(reference), at]
        cells = [pair[at] for pair in (scores.pairs(arm, reference) for arm in arms)]
        rows.append(
            [block, f"{100 * np.nanmean(mean):.1f}", *(gap(one) if len(one) > 1 else "" for one in cells)],
        )
    return table(["data", reference, *(f"{arm} less {reference}" for arm in arms)], rows)


def overall(found: Sequence[Comparison]) -> str:
    """A table of comparisons over data sets: difference, interval, p after Holm, and data sets won, tied and lost."""
    rows = [
        [
            f"{one.arm} less {one.reference}",
            points(one.difference),
            f"{points(one.interval.low)} to {points(one.interval.high)}",
            f"{one.adjusted:.3f}",
            " / ".join(map(str, one.blocks)),
        ]
        for one in found
    ]
    return table(["over all data sets", "points", "95% interval", "p (Wilcoxon, Holm)", "won / tied / lost"], rows)


def short(scores: Scores, learner: bool = False) -> Scores:
    """Blocks called by their data set (and learner) alone."""
    return Scores(
        scores.strategies,
        tuple(", ".join(block.split(", ")[: 1 + learner]) for block in scores.blocks),
        scores.values,
    )


def unbeaten(found: Sequence[Comparison]) -> str:
    """The verdict on 'the reference matches or beats all of these', to a point."""
    better = [one.arm for one in found if one.verdict() == "better"]
    if better:
        return f"{FAILS} {', '.join(better)} {'is' if len(better) == 1 else 'are'} better."
    open_ = [one.arm for one in found if one.interval.high >= POINT]
    if open_:
        return f"{UNCLEAR} Nothing is better, but by the intervals {', '.join(open_)} could be, by a point or more."
    return f"{HOLDS} Nothing is better, and by the intervals nothing is so by a point."
