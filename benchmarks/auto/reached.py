"""The part of the page about labels to 95% of the full-data score."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.auto import tuning
from benchmarks.auto.reach import LONGEST, RARE, SEEDS, Reached, compare, names, probe, reach
from benchmarks.auto.suites import SINGLE

HALF = 0.5
OTHER_COVER = {"policy": "h3_km3", "name": "auto, other cover"}
"""`auto` with facility location in place of TypiClust: the candidate that the tuning half could not tell from it."""

TITLE = "## Labels to 95% of the full-data score"


def proof(out: Path, workers: int) -> str:
    """The section of the proving half."""
    found, beyond = _found(out, names("proving"), ["auto", OTHER_COVER, *SINGLE], workers, SEEDS)
    return tables(found, beyond, SEEDS)


def tuned(out: Path, workers: int, seeds: int = 8) -> str:
    """The candidates on the tuning half."""
    found, beyond = _found(out, tuning.SETS, tuning.strategies(), workers, seeds)
    return tables(found, beyond, seeds, "### Labels to 95% on the tuning half")


def _found(
    out: Path, sets: Sequence[str], strategies: list[Any], workers: int, seeds: int
) -> tuple[list[Reached], list[str]]:
    """Run what is missing; the sets where random rows get there, and the names of the others."""
    needs = {name: probe(name, out, workers) for name in sets}
    studies = {
        name: reach(name, need, out, [*strategies, "random"], workers, seeds)
        for name, need in needs.items()
        if np.isfinite(need)
    }
    every = [compare(name, needs[name], study) for name, study in studies.items()]
    found = [one for one in every if np.isfinite(one.random)]
    return found, [name for name in sets if name not in {one.name for one in found}]


def tables(found: Sequence[Reached], beyond: Sequence[str], seeds: int, title: str = TITLE) -> str:
    """Shares by data set, and their medians."""
    return "\n".join([title, "", _said(beyond, seeds), "", *_each(found), "", *_medians(found)])


def _said(beyond: Sequence[str], seeds: int) -> str:
    lost = f" Left out, for random rows did not get there: {', '.join(map(_plain, beyond))}." if beyond else ""
    rare = ", ".join(_plain(one) for one in RARE)
    return (
        f"From no label on, with a budget as long as random rows need ({seeds} seeds, up to {LONGEST} labels;"
        f" accuracy, or macro-F1 where the commonest class has seven rows in ten: {rare}). Median labels over seeds,"
        f" as a share of random's in the same splits; – where half of the seeds did not get there.{lost}"
    )


def _each(found: Sequence[Reached]) -> list[str]:
    strategies = list(found[0].shares)
    lines = [
        "| data | batch | random needs | " + " | ".join(strategies) + " |",
        "|---|---:|---:|" + "---:|" * len(strategies),
    ]
    for one in found:
        shares = " | ".join(f"{one.shares[name]:.2f}" if np.isfinite(one.shares[name]) else "–" for name in strategies)
        lines.append(f"| {_plain(one.name)} | {one.batch} | {one.random:.0f} | {shares} |")
    return lines


def _medians(found: Sequence[Reached]) -> list[str]:
    halved = [one for one in found if min(one.shares.values()) <= HALF]
    lines = [
        f"In {len(halved)} of these {len(found)} sets some strategy takes half of random's labels or fewer. Medians"
        " over data sets with 95% bootstrap intervals over data sets, and the mean area under the curve less random's:",
        "",
        "| strategy | median share, all | at half or less | median share where some strategy halves | mean gain |",
        "|---|---:|---:|---:|---:|",
    ]
    for name in sorted(found[0].shares, key=lambda name: float(np.median([one.shares[name] for one in halved]))):
        every, where = ([one.shares[name] for one in group] for group in (found, halved))
        most = sum(share <= HALF for share in every)
        gain = float(np.mean([one.gains[name] for one in found]))
        lines.append(f"| {name} | {_median(every)} | {most} of {len(found)} | {_median(where)} | {gain:+.3f} |")
    return lines


def _plain(name: str) -> str:
    return name.removeprefix("tab_")


def _median(shares: Sequence[float]) -> str:
    """Median and percentile bootstrap; shares that are inf count as such, and are shown as –."""
    draws = np.random.default_rng(0).integers(len(shares), size=(4000, len(shares)))
    medians = np.quantile(np.asarray(shares)[draws], 0.5, axis=1, method="higher")
    low, high = np.quantile(medians, [0.025, 0.975], method="higher")
    say = [f"{one:.2f}" if np.isfinite(one) else "–" for one in (float(np.median(shares)), low, high)]
    return f"{say[0]} ({say[1]} to {say[2]})"
