"""Labels to 95% of the full-data score, from no label on: budgets are as long as random rows need.

A fixed budget hides the largest savings: where random rows do not get there within it, nothing can be divided. So
random rows run first, alone, and their median need sets the budget and the batch of every data set.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.auto.halves import FAMILIES, half

from askwise.lab import Study, Suite, run_suite

LONGEST = 600
"""Labels after which random rows are no longer waited for."""

SEEDS = 6
UNTRIED = ("clinc150",)
"""Its 151 classes have four labels each at most in `LONGEST`."""

RARE = (
    "tab_coil2000", "sms_spam", "tab_page_blocks", "hate_offensive", "pneumoniamnist", "tab_adult", "tab_haberman",
    "tab_german",
)  # fmt: skip
"""Sets of which the commonest class has seven rows in ten or more: macro-F1 for accuracy, which that class alone
nearly satisfies."""

SMALL: Mapping[str, int] = {
    "iris": 90, "tab_australian": 414, "tab_breast": 286, "tab_clean1": 285, "tab_diabetes": 460, "tab_ecoli": 196,
    "tab_glass": 128, "tab_haberman": 183, "tab_heart": 162, "tab_ionosphere": 210, "tab_mammographic": 498,
    "tab_sonar": 124, "tab_tictactoe": 574, "tab_vehicle": 507, "tab_wdbc": 341, "tab_wine": 106,
}  # fmt: skip
"""Sets whose pool has fewer rows than `LONGEST`."""

LARGE: Mapping[str, tuple[int, int]] = {
    "fashion_mnist": (2500, 1000), "pneumoniamnist": (2000, 600), "ag_news": (3000, 1500), "imdb": (2000, 1000),
    "hate_offensive": (3000, 1500), "trec6": (3000, 500), "sms_spam": (3000, 1100), "clinc150": (3000, 1500),
    "tab_adult": (2500, 1500), "tab_magic": (2500, 1500), "tab_letter": (3000, 1500), "tab_coil2000": (3000, 2000),
    "tab_pendigits": (2500, 1500), "tab_satimage": (2500, 1500), "tab_banana": (2500, 1500),
    "tab_waveform_40": (2500, 1500), "tab_page_blocks": (2500, 1500), "tab_spambase": (2500, 1300),
}  # fmt: skip
"""Rows of the pool and of the test part that are drawn of the larger sets."""


def names(part: str) -> tuple[str, ...]:
    """Data sets with one class a row of the 'tuning' or the 'proving' half."""
    return tuple(
        one
        for family in ("images", "tables", "texts")
        for one in FAMILIES[family]
        if half(one) == part and one not in UNTRIED
    )


def _data(name: str, **more: Any) -> dict[str, Any]:
    drawn = dict(zip(("rows", "test_rows"), LARGE[name], strict=True)) if name in LARGE else {}
    return {"data": name, **drawn, **more}


def _suite(name: str, batch: int, budget: int, strategies: list[Any], seeds: int = SEEDS) -> Suite:
    return Suite.of(
        {
            "name": f"reach {name}", "datasets": [_data(name, budget=budget)], "strategies": strategies,
            "batch": batch, "initial": 0, "seeds": seeds, "bound": {"rows": 0},
            "measures": ["macro_f1" if name in RARE else "accuracy"],
            **({} if name in LARGE or name == "digits" else {"split": "per_seed", "test_share": 0.4}),
        }
    )  # fmt: skip


@dataclass(frozen=True)
class Reached:
    """One data set: the labels that random rows needed, and those of every strategy as a share of them.

    A share is inf where half of the seeds or more did not get there within the budget. `gains` are areas under the
    curve, less that of random rows.
    """

    name: str
    batch: int
    random: float
    shares: Mapping[str, float]
    gains: Mapping[str, float]


def probe(name: str, out: Path, workers: int) -> float:
    """Median labels that random rows need, inf beyond `LONGEST`."""
    study = run_suite(_suite(name, 10, SMALL.get(name, LONGEST), ["random"]), out / "probe" / name, workers=workers)
    return study.labels_to("random", study.settings[0]).median()


def compare(name: str, need: float, study: Study) -> Reached:
    """What a study of `reach` found."""
    setting = study.settings[0]
    labels = {one: study.labels_to(one, setting).median() for one in study.strategies}
    shares = {one: found / labels["random"] for one, found in labels.items() if one != "random"}
    areas = {one: float(study.curve(one, setting).area().mean()) for one in study.strategies}
    gains = {one: areas[one] - areas["random"] for one in shares}
    return Reached(name, _batch(need), labels["random"], shares, gains)


def _batch(need: float) -> int:
    return int(np.clip(5 * round(need / 125), 5, 25))


def reach(name: str, need: float, out: Path, strategies: list[Any], workers: int, seeds: int = SEEDS) -> Study:
    """All strategies over a budget of 1.3 times the need, in batches of a 25th of it, between 5 and 25.

    Twice that where random rows, with another size of batch than the probe's, did not get there.
    """
    for longer in (1.3, 2.6):
        budget = min(math.ceil(longer * need), SMALL.get(name, LONGEST))
        wanted = _suite(name, _batch(need), budget, strategies, seeds)
        study = run_suite(wanted, out / "reach" / name, workers=workers)
        if np.isfinite(study.labels_to("random", study.settings[0]).median()):
            break
    return study
