"""The page of the proof: ranks, and differences from random, suite by suite."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from benchmarks.auto.suites import NUMBERS, SINGLE

from askwise.lab import Study
from askwise.lab.compare import compare, holm, signed_rank
from askwise.lab.ranking import different, ranks


@dataclass(frozen=True)
class Block:
    """One setting: mean area by strategy."""

    suite: str
    name: str
    areas: Mapping[str, float]


def blocks(suite: str, study: Study) -> list[Block]:
    """The settings of a suite that every strategy finished."""
    scores = study.scores()
    names, means = scores.complete()
    found = []
    for at, name in enumerate(names):
        setting = next(one for one in study.settings if str(one) == name)
        areas = {strategy: float(means[i, at]) for i, strategy in enumerate(scores.strategies)}
        title = setting.dataset if setting.oracle in ("clean", "oracle") else f"{setting.dataset}, {setting.oracle}"
        found.append(Block(suite, title, areas))
    return found


def section(studies: Mapping[str, Study]) -> str:
    """All tables of the proof."""
    found = [one for suite, study in studies.items() for one in blocks(suite, study)]
    choice = [one for one in found if not one.suite.startswith("numbers")]
    numbers = [one for one in found if one.suite.startswith("numbers")]
    parts = [_ranks(choice, ("auto", *SINGLE, "random")), _against_random(studies)]
    if numbers:
        parts.append(_ranks(numbers, ("auto", *NUMBERS, "random"), "Numbers"))
    return "\n\n".join([*parts, _each(found)])


def _ranks(found: Sequence[Block], names: tuple[str, ...], title: str = "Ranks", level: str = "##") -> str:
    suites = list(dict.fromkeys(one.suite for one in found))
    names = tuple(name for name in names if all(name in one.areas for one in found))
    means = np.array([[one.areas[name] for one in found] for name in names])
    each = ranks(means)
    order = np.argsort(each.mean(axis=1), kind="stable")
    differ = different(means)[names.index("auto")]
    lines = [
        f"{level} {title}",
        "",
        "Mean rank by area under the learning curve, 1 is best; over all settings, and by suite. Told from `auto`:"
        " Wilcoxon over settings, Holm over all pairs, 5%.",
        "",
        f"| strategy | all {len(found)} | " + " | ".join(suites) + " | told from auto |",
        "|---|" + "---:|" * (len(suites) + 1) + "---|",
    ]
    for i in order:
        own = [each[i, [one.suite == suite for one in found]].mean() for suite in suites]
        told = "" if names[i] == "auto" else "yes" if differ[i] else "no"
        cells = " | ".join(f"{value:.1f}" for value in own)
        lines.append(f"| {names[i]} | {each[i].mean():.2f} | {cells} | {told} |")
    return "\n".join(lines)


def _against_random(studies: Mapping[str, Study]) -> str:
    """Every suite: auto less random over all pairs of runs, and how many settings it won, tied and lost."""
    rows, values = [], []
    for suite, study in studies.items():
        scores = study.scores(strategies=["auto", "random"])
        one = compare(scores, "random", ["auto"])[0]
        gaps = np.concatenate([gap for gap in scores.pairs("auto", "random") if gap.size])
        values.append(signed_rank(gaps)[0])
        rows.append((suite, one, len(gaps)))
    lines = [
        "## Against random",
        "",
        "`auto` less random, area under the learning curve, over paired runs of the same split, start and seed. The"
        " interval resamples data sets and seeds; p is of Wilcoxon's signed-rank test over the pairs, Holm over suites."
        " Won, tied and lost settings: by the 95% interval of each setting's own seeds, uncorrected; of fewer than five"
        " seeds they are tied.",
        "",
        "| suite | difference | 95% interval | pairs | p | won | tied | lost |",
        "|---|---:|---|---:|---:|---:|---:|---:|",
    ]
    for (suite, one, pairs), p in zip(rows, holm(values), strict=True):
        ends = f"{one.interval.low:+.3f} to {one.interval.high:+.3f}" if one.units > 1 else one.bounds("{:+.3f}")
        won = " | ".join(map(str, one.blocks))
        lines.append(f"| {suite} | {one.difference:+.3f} | {ends} | {pairs} | {_p(float(p))} | {won} |")
    return "\n".join(lines)


def _p(p: float) -> str:
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def _each(found: Sequence[Block]) -> str:
    lines = [
        "## Setting by setting",
        "",
        "Area of random, and what is added to it by `auto`, by margin, and by the best single strategy of this setting"
        " (which nobody knows beforehand).",
        "",
        "| suite | setting | random | auto | rank of auto | margin | best single |",
        "|---|---|---:|---:|---:|---:|---|",
    ]
    for one in found:
        chance = one.areas["random"]
        single = {name: area for name, area in one.areas.items() if name not in ("auto", "random")}
        best = max(single, key=single.__getitem__)
        rank = 1 + sum(area > one.areas["auto"] + 1e-12 for area in one.areas.values())
        margin = f"{one.areas['margin'] - chance:+.3f}" if "margin" in one.areas else "–"
        lines.append(
            f"| {one.suite} | {one.name} | {chance:.3f} | {one.areas['auto'] - chance:+.3f} | {rank} | {margin}"
            f" | {best} {single[best] - chance:+.3f} |"
        )
    return "\n".join(lines)


def tuning(studies: Mapping[str, Study]) -> str:
    """Mean ranks of the candidates over the tuning half."""
    found = [one for suite, study in studies.items() for one in blocks(suite, study)]
    names = tuple(name for name in found[0].areas if all(name in one.areas for one in found))
    return _ranks(found, names, "Rare classes and wrong answers on the tuning half", "###")
