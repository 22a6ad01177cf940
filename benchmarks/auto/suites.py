"""The suites of the proof, over the proving half; every one of them takes minutes on two cores."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from benchmarks.auto.halves import half

from askwise.lab import Suite

SINGLE = (
    "margin", "badge", "k_center", "typiclust", "facility_location", "power_margin", "margin_k_means",
)  # fmt: skip
"""Strategies of choices among classes that shipped suites compare with `auto`."""

NUMBERS = ("lcmd", "k_center", "k_means_pp", "predictive_std", "igs")
"""The same for numbers."""

_FASHION: dict[str, Any] = {"data": "fashion_mnist", "rows": 2500, "test_rows": 1000}
_WRONG = (
    {"name": "30 % wrong", "noise": 0.3},
    {"name": "second taken for first", "noise": [[1.0, 0.0], [0.3, 0.7]]},
)
_CROWD = ({"name": "one of 30", "annotators": 30, "skill": [0.6, 0.95]},)
_REAL = ({"name": "one of the real", "annotators": "real"},)

PROOF: Mapping[str, Mapping[str, Any]] = {
    "binary tables": {
        "datasets": [
            "tab_australian", "tab_breast", "tab_german", "tab_haberman", "tab_ionosphere", "tab_tictactoe",
            {"data": "tab_magic", "rows": 2000}, {"data": "tab_spambase", "rows": 2000},
        ],
        "batch": 5, "initial": 20, "budget": 100, "seeds": 5, "learners": ["logistic"],
        "split": "per_seed", "test_share": 0.4, "measures": ["accuracy"],
    },
    "tables of several classes": {
        "datasets": [
            "tab_mfeat_factors", "tab_segmentation", {"data": "tab_wine", "budget": 90},
            {"data": "tab_pendigits", "rows": 2500}, {"data": "tab_waveform_40", "rows": 2500},
        ],
        "batch": 10, "initial": 20, "budget": 150, "seeds": 5, "learners": ["logistic"],
        "split": "per_seed", "test_share": 0.4, "measures": ["accuracy"],
    },
    "texts": {
        "datasets": ["financial_phrasebank", {"data": "imdb", "rows": 1500, "test_rows": 1000}, "trec6"],
        "batch": 25, "initial": 25, "budget": 250, "seeds": 5, "measures": ["accuracy"],
    },
    "images": {"datasets": [_FASHION], "batch": 20, "initial": 20, "budget": 200, "seeds": 5, "measures": ["accuracy"]},
    "low budgets": {
        "datasets": [
            "tab_wine", "tab_segmentation", "tab_mfeat_factors", "tab_ionosphere", "trec6", _FASHION,
        ],
        "batch": 5, "initial": 0, "budget": 60, "seeds": 5, "measures": ["accuracy"],
    },
    "rare classes": {
        "datasets": [
            {"data": "tab_coil2000", "rows": 4000, "test_rows": 3000},
            {"name": "spambase, 3 % spam", "data": "tab_spambase", "keep": {"1": 0.05}},
            {"name": "segmentation, two rare", "data": "tab_segmentation", "keep": {"1": 0.05, "2": 0.05}},
        ],
        "batch": 20, "initial": 20, "budget": 200, "seeds": 5, "measures": ["macro_f1"],
    },
    "unknown classes": {
        "datasets": [
            {
                "name": "pendigits 0-4 of 0-9", "data": "tab_pendigits", "rows": 3000,
                "unknown": ["5", "6", "7", "8", "9"],
            },
            {"name": "trec6, two unknown", "data": "trec6", "unknown": ["DESC", "ENTY"]},
        ],
        "batch": 20, "initial": 20, "budget": 200, "seeds": 5, "measures": ["accuracy"],
    },
    "wrong answers": {
        "datasets": ["tab_australian", "tab_ionosphere"], "oracles": _WRONG,
        "batch": 10, "initial": 20, "budget": 150, "seeds": 5, "measures": ["accuracy"],
    },
    "several annotators": {
        "datasets": [{"data": "ma_rte", "oracles": _REAL}, "tab_breast"], "oracles": _CROWD,
        "batch": 10, "initial": 20, "budget": 200, "seeds": 5, "measures": ["accuracy"],
    },
    "asked again": {
        "datasets": [
            {"data": "ma_rte", "oracles": {"name": "the real, up to 5", "annotators": "real", "relabel": 5}},
            "tab_breast", "tab_australian", "tab_ionosphere",
        ],
        "oracles": {"name": "10 of 70 %, up to 5", "annotators": 10, "noise": 0.3, "relabel": 5},
        "batch": 10, "initial": 20, "budget": 200, "seeds": 5, "measures": ["accuracy"],
    },
    "numbers": {
        "datasets": [
            "reg_autompg", "reg_wine_red", {"data": "reg_fried", "rows": 2000, "test_rows": 1000},
        ],
        "batch": 32, "initial": 32, "budget": 192, "seeds": 5, "learners": ["forest"], "measures": ["log_rmse"],
    },
    "numbers from nothing": {
        "datasets": ["reg_autompg", "reg_wine_red", {"data": "reg_fried", "rows": 1000, "test_rows": 1000}],
        "batch": 10, "initial": 0, "budget": 150, "seeds": 4, "learners": ["forest"], "measures": ["log_rmse"],
    },
}  # fmt: skip


def suite(name: str) -> Suite:
    """One of the suites. Raises KeyError for another name, and AssertionError for a data set of the tuning half."""
    given = PROOF[name]
    for one in given["datasets"]:
        data = one if isinstance(one, str) else one["data"]
        assert half(data) == "proving", data
    compared = NUMBERS if name.startswith("numbers") else SINGLE
    return Suite.of({"name": name, "strategies": ["auto", *compared, "random"], "bound": {"rows": 0}, **given})
