"""Forecasts over real sessions: how often 90 per cent bands hold the accuracy that was then measured."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from benchmarks.judge.runs import Run

from askwise.core.errors import BadInput
from askwise.judge import Forecast, forecast, outlook

CUTS = (5, 8, 11)
"""Batches after which a forecast is made, of sixteen."""

AHEAD = (1.0, 1.25, 1.5, 2.0)
KNOWN = ("measured", "outcomes")


@dataclass(frozen=True)
class Check:
    """One forecast against what came: how far ahead, the band, and the accuracy measured there."""

    run: Run
    known: str
    ahead: float
    low: float
    high: float
    mean: float
    truth: float

    @property
    def held(self) -> bool:
        return self.low <= self.truth <= self.high


def made(run: Run, known: str, cut: int) -> Forecast | None:
    """The forecast after `cut` batches: from accuracy on the test set, or from the control arm alone."""
    labels, values = np.array(run.curve, dtype=np.float64)[:cut].T
    try:
        if known == "measured":
            return forecast(labels, values, draws=1000)
        seen = [(n, right) for n, right in run.outcomes if n < labels[-1]]
        return outlook(*zip(*seen, strict=True), draws=1000) if len(seen) >= 10 else None
    except BadInput:  # measurements that only get worse: there is no forecast
        return None


def checks(runs: Sequence[Run], known: str) -> Iterator[Check]:
    """Every forecast of every run against what was measured later."""
    for run in runs:
        labels, values = np.array(run.curve, dtype=np.float64).T
        for cut in CUTS:
            found = made(run, known, cut) if cut < len(labels) else None
            for ahead in AHEAD:
                at = labels[min(cut, len(labels)) - 1] * ahead
                if found is None or at > labels[-1] or (known == "measured" and ahead == 1.0):
                    continue
                band = found.at(at, measured=known == "measured")
                yield Check(
                    run,
                    known,
                    ahead,
                    float(band.low[0]),
                    float(band.high[0]),
                    float(band.mean[0]),
                    float(np.interp(at, labels, values)),
                )


def coverage(runs: Sequence[Run], known: str) -> tuple[float, int]:
    """Share of bands that held, and how many there were."""
    found = [one.held for one in checks(runs, known)]
    return float(np.mean(found)), len(found)


def section(runs: Sequence[Run]) -> str:
    """The page's tables."""
    parts = []
    for known, title in zip(KNOWN, ("From accuracy on a test set", "From the control arm alone"), strict=True):
        found = list(checks(runs, known))
        lines = [f"## {title}", "", "| forecasts | number | bands that held | mean width | mean error |"]
        lines.append("| --- | ---: | ---: | ---: | ---: |")
        for name, group in _groups(found).items():
            width = np.mean([one.high - one.low for one in group])
            error = np.mean([one.mean - one.truth for one in group])
            share = np.mean([one.held for one in group])
            lines.append(f"| {name} | {len(group)} | {share:.1%} | {width:.3f} | {error:+.3f} |")
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def _groups(found: Sequence[Check]) -> dict[str, list[Check]]:
    groups: dict[str, list[Check]] = defaultdict(list)
    for one in found:
        groups["all"].append(one)
    for one in sorted(found, key=lambda one: one.ahead):
        groups[f"{one.ahead:g} times the labels"].append(one)
    for one in found:
        groups[f"strategy {one.run.plan.strategy}"].append(one)
    for one in found:
        groups[f"data {one.run.plan.data}"].append(one)
    return groups
