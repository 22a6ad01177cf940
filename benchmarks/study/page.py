"""What of the verdict stays when one thing is changed: rank correlations, the best strategy, claims that turn."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

import numpy as np
from benchmarks.study.grid import BUDGET, SEEDS, STRATEGIES

from askwise.judge import Curve
from askwise.lab import Study
from askwise.lab.axes import on_shared_span
from askwise.lab.ranking import ranks

Areas = np.ndarray
"""Area under the curve (s, b, r) of s strategies on b data sets with r seeds."""

HALVES = 400


def areas(study: Study, *, upto: float = np.inf, since: float = 0.0, measure: str | None = None) -> Areas:
    """Areas of a study over the labels in [since, upto] that all strategies of a seed have; NaN without all of them."""
    out = np.full((len(STRATEGIES), len(study.settings), SEEDS), np.nan)
    sign = -1.0 if measure == "nll" else 1.0
    for j, setting in enumerate(study.settings):
        for repeat in range(SEEDS):
            if not all(repeat in study.repeats(name, setting) for name in STRATEGIES):
                continue
            runs = [Curve.of(study.runs(name, setting, measure, repeats=[repeat])) for name in STRATEGIES]
            for i, curve in enumerate(on_shared_span(runs)):
                kept = (curve.labels >= since) & (curve.labels <= upto)
                if kept.any():
                    part = Curve(curve.labels[kept], curve.values[:, kept])
                    out[i, j, repeat] = sign * part.area()[0]
    return out


def mean_ranks(values: Areas) -> np.ndarray:
    """Mean rank (s,) over data sets of the means over seeds."""
    return np.asarray(ranks(np.nanmean(values, axis=2)).mean(axis=1))


def agreement(one: np.ndarray, other: np.ndarray) -> float:
    """Spearman's correlation of two mean ranks."""
    from scipy.stats import spearmanr

    return float(spearmanr(one, other).statistic)


def claims(values: Areas) -> dict[tuple[int, int], int]:
    """Of each pair of strategies: 1 or -1 where the paired t-test over all data sets and seeds says so, else 0."""
    from scipy.stats import ttest_1samp

    out = {}
    for i, j in combinations(range(len(values)), 2):
        gap = (values[i] - values[j]).ravel()
        gap = gap[np.isfinite(gap)]
        p = ttest_1samp(gap, 0.0).pvalue if np.ptp(gap) > 0 else 1.0
        out[i, j] = int(np.sign(gap.mean())) if p < 0.05 else 0
    return out


def section(studies: Mapping[str, Study], first: int = 20, budget: int = BUDGET) -> str:
    """The tables; the base begins with `first` labels and ends with `budget`."""
    base = areas(studies["base"])
    noise = _noise(base)
    rows = [_row(name, areas(study), base) for name, study in studies.items() if name != "base"]
    middle = (first + budget) / 2
    rows += [
        _row("first half of the budget", areas(studies["base"], upto=middle), base),
        _row("second half of the budget", areas(studies["base"], since=middle), base),
        _row("macro-F1 for accuracy", areas(studies["base"], measure="macro_f1"), base),
        _row("NLL for accuracy", areas(studies["base"], measure="nll"), base),
    ]
    lines = [
        "| changed | seeds | rank correlation with the base | best | claims kept | claims lost | claims turned |"
        " new claims |",
        "|---|---:|---:|---|---:|---:|---:|---:|",
        f"| nothing: the base | {SEEDS} | 1.00 | {STRATEGIES[int(np.argmin(mean_ranks(base)))]} | {_made(base)} | 0 | 0"
        " | 0 |",
        *rows,
    ]
    return "\n\n".join(["\n".join(lines), _seeds(base, noise), _ranks_of(studies), _by_data(studies)])


def _made(values: Areas) -> int:
    return sum(claim != 0 for claim in claims(values).values())


def _row(name: str, values: Areas, base: Areas) -> str:
    """A line; the base is that of the same seeds, so that fewer of them are no change by themselves."""
    base = np.where(np.isfinite(values), base, np.nan)
    before, now = claims(base), claims(values)
    kept = sum(before[pair] == now[pair] != 0 for pair in now)
    lost = sum(before[pair] != 0 and now[pair] == 0 for pair in now)
    turned = sum(before[pair] * now[pair] < 0 for pair in now)
    new = sum(before[pair] == 0 and now[pair] != 0 for pair in now)
    best = STRATEGIES[int(np.argmin(mean_ranks(values)))]
    said = agreement(mean_ranks(values), mean_ranks(base))
    seeds = int(np.isfinite(values).any(axis=(0, 1)).sum())
    return f"| {name} | {seeds} | {said:.2f} | {best} | {kept} | {lost} | {turned} | {new} |"


def _noise(base: Areas) -> dict[int, float]:
    """Mean correlation of two experiments of so many seeds each, drawn apart from the seeds of the base."""
    rng = np.random.default_rng(0)
    out = {}
    for seeds in range(1, SEEDS // 2 + 1):
        found = []
        for _ in range(HALVES):
            drawn = rng.permutation(SEEDS)
            one, other = drawn[:seeds], drawn[seeds : 2 * seeds]
            found.append(agreement(mean_ranks(base[:, :, one]), mean_ranks(base[:, :, other])))
        out[seeds] = float(np.mean(found))
    return out


def _seeds(base: Areas, noise: Mapping[int, float]) -> str:
    words = ", ".join(f"{value:.2f} with {seeds}" for seeds, value in noise.items())
    alone = []
    for j in range(base.shape[1]):
        one = np.argmax(np.nanmean(base[:, j], axis=1))
        alone.append(np.mean([np.argmax(base[:, j, r]) == one for r in range(base.shape[2])]))
    return (
        f"Repeats: two experiments like the base with other seeds agree to {words} seeds each (mean rank correlation"
        f" over the same data sets). With a single seed on a single data set the best strategy of {SEEDS} seeds"
        f" comes first in {np.mean(alone):.0%} of runs. A correlation in the table no lower than these says nothing."
    )


def _ranks_of(studies: Mapping[str, Study]) -> str:
    """Mean rank of every strategy under every change."""
    lines = ["Mean rank of each strategy over the data sets, 1 is best:", ""]
    lines += ["| changed | " + " | ".join(STRATEGIES) + " |", "|---|" + "---:|" * len(STRATEGIES)]
    for name, study in studies.items():
        lines.append(f"| {name} | " + " | ".join(f"{rank:.1f}" for rank in mean_ranks(areas(study))) + " |")
    return "\n".join(lines)


def _by_data(studies: Mapping[str, Study]) -> str:
    """The best strategy of every data set under every change, and what it gains over random."""
    lines = ["Best strategy of each data set, and its gain over random in area under the curve:", ""]
    settings = [one.dataset for one in studies["base"].settings]
    lines += ["| changed | " + " | ".join(settings) + " |", "|---|" + "---|" * len(settings)]
    chance = STRATEGIES.index("random")
    for name, study in studies.items():
        means = np.nanmean(areas(study), axis=2)
        best = means.argmax(axis=0)
        cells = (f"{STRATEGIES[i]} {means[i, j] - means[chance, j]:+.3f}" for j, i in enumerate(best))
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)
