"""Forecasts over real sessions: how often 90 per cent bands hold the accuracy that was then measured."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from benchmarks.judge.runs import LOSSES, Run
from benchmarks.judge.sets import sources

from askwise.core.errors import BadInput
from askwise.judge import Forecast, forecast, outlook
from askwise.judge.outlook import LEAST, confidence_of

CUTS = (5, 8, 11)
"""Batches after which a forecast is made, of sixteen."""

AHEAD = (1.0, 1.25, 1.5, 2.0)
KNOWN = ("measured", "outcomes")

CHOSEN_ON = 39
"""Of the data sets of `sets.sources`, the first so many, whose sessions were at hand when the prior was chosen."""

_LEVEL = 0.9
_WORST = 8
_FEWEST = 10


@dataclass(frozen=True)
class Check:
    """One forecast against what came: how far ahead, the band, and what was measured there."""

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
    """The forecast after `cut` batches: from measurements on the user's own rows, or from the control arm alone."""
    _, higher = LOSSES[run.plan.task]
    try:
        if known == "measured":
            bounds = (0.0, 1.0) if higher else None
            counts = np.array(run.labels[:cut], dtype=np.float64)
            return forecast(counts, run.measured[:cut], higher=higher, bounds=bounds, draws=1000)
        seen = [(n, right) for n, right in run.outcomes if n < run.labels[cut - 1]]
        if len(seen) < LEAST:
            return None
        rounds = next(past for past in run.past[::-1] if past.rounds[-1].labels <= run.labels[cut - 1]).rounds
        said = np.bincount(run.said[: len(seen) + len(run.said) - len(run.outcomes)])
        share = float((said.max() + 1) / (said.sum() + 2))
        sure = confidence_of(rounds, run.classes)
        return outlook(*zip(*seen, strict=True), commonest=share, confidence=sure, draws=1000, prior=20_000)
    except BadInput:  # measurements that only get worse: there is no forecast
        return None


def checks(runs: Sequence[Run], known: str) -> Iterator[Check]:
    """Every forecast of every run against what came later.

    From outcomes, the curve is to be found of accuracy against what annotators say; a test set of so many rows is off
    by its own luck, which is added to the band.
    """
    for run in runs:
        labels = np.array(run.labels, dtype=np.float64)
        came = np.array(run.measured if known == "measured" else run.agreed)
        for cut in CUTS:
            found = made(run, known, cut) if cut < len(labels) else None
            for ahead in AHEAD:
                at = labels[min(cut, len(labels)) - 1] * ahead
                if found is None or at > labels[-1] or (known == "measured" and ahead == 1.0):
                    continue
                truth = float(np.interp(at, labels, came))
                yield Check(run, known, ahead, *_band(found, at, known, run.tested), truth)


def _band(found: Forecast, at: float, known: str, tested: int) -> tuple[float, float, float]:
    if known == "measured":
        band = found.at(at, measured=True)
        return float(band.low[0]), float(band.high[0]), float(band.mean[0])
    drawn = found.curves(at)[:, 0]
    luck = np.sqrt(np.clip(drawn * (1 - drawn), 1e-4, None) / tested)
    shown = drawn + luck * np.random.default_rng(1).standard_normal(len(drawn))
    low, high = np.quantile(shown, [(1 - _LEVEL) / 2, (1 + _LEVEL) / 2]).tolist()
    return low, high, float(drawn.mean())


def coverage(runs: Sequence[Run], known: str) -> tuple[float, int]:
    """Share of bands that held, and how many there were."""
    found = [one.held for one in checks(runs, known)]
    return float(np.mean(found)), len(found)


def section(runs: Sequence[Run]) -> str:
    """The page's tables."""
    choice = [run for run in runs if run.plan.task == "choice"]
    outcomes, measured = (list(checks(choice, known)) for known in ("outcomes", "measured"))
    others = [run for run in runs if run.plan.task != "choice"]
    parts = ["## From the control arm alone", _table(_groups(outcomes)), _worst(outcomes)]
    parts += ["## From accuracy on 200 rows of one's own", _table(_groups(measured)), _worst(measured)]
    parts += ["## Numbers and several labels, from measurements", _table(_groups_of_others(others))]
    return "\n\n".join(parts)


def _table(groups: dict[str, list[Check]], relative: bool = False) -> str:
    lines = ["| forecasts | sessions | number | bands that held | mean width | mean error |"]
    lines.append("| --- | ---: | ---: | ---: | ---: | ---: |")
    for name, group in groups.items():
        width, error = np.mean([one.high - one.low for one in group]), np.mean([one.mean - one.truth for one in group])
        share, sessions = np.mean([one.held for one in group]), len({one.run.plan for one in group})
        lines.append(f"| {name} | {sessions} | {len(group)} | {share:.1%} | {width:.3f} | {error:+.3f} |")
    return "\n".join(lines)


def _groups(found: Sequence[Check]) -> dict[str, list[Check]]:
    groups: dict[str, list[Check]] = defaultdict(list)
    groups["all"] = list(found)
    at_hand = set(sources()[:CHOSEN_ON])
    for one in found:
        if one.known == "outcomes":
            then = "at hand when the prior was chosen" if one.run.plan.source in at_hand else "run afterwards"
            groups[f"data sets {then}"].append(one)
    for one in sorted(found, key=lambda one: one.ahead):
        groups[f"{one.ahead:g} times the labels"].append(one)
    for kind in ("strategy", "suite"):
        for one in found:
            plan = one.run.plan
            groups[f"{kind} {plan.strategy if kind == 'strategy' else plan.source.suite}"].append(one)
    return groups


def _groups_of_others(runs: Sequence[Run]) -> dict[str, list[Check]]:
    groups: dict[str, list[Check]] = defaultdict(list)
    for run in runs:
        found = [_scaled(one) for one in checks([run], "measured")]
        name, _ = LOSSES[run.plan.task]
        words = f"{name}, in units of the last value" if name == "rmse" else name
        groups[words] += found
    return groups


def _scaled(one: Check) -> Check:
    """A loss as a share of its last value, so that data sets can be put together."""
    unit = one.run.measured[-1] if one.run.plan.task == "number" else 1.0
    ends = one.low / unit, one.high / unit, one.mean / unit, one.truth / unit
    return Check(one.run, one.known, one.ahead, *ends)


def _worst(found: Sequence[Check]) -> str:
    """The data sets whose bands held least often."""
    groups: dict[str, list[Check]] = defaultdict(list)
    for one in found:
        groups[one.run.plan.source.name].append(one)
    shares = {name: float(np.mean([one.held for one in some])) for name, some in groups.items() if len(some) >= _FEWEST}
    last = sorted(shares, key=shares.__getitem__)[:_WORST]
    few = sum(share < 0.8 for share in shares.values())
    return (
        f"Of {len(shares)} data sets with at least {_FEWEST} forecasts, {few} are below 80 per cent. A data set has two"
        " sessions here, whose forecasts share their luck. Those that held least:\n\n"
        + _table({name: groups[name] for name in last})
    )
