"""The grid: one setting of everything, and from there one thing changed at a time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from askwise.lab import Suite

DATASETS: tuple[Any, ...] = (
    "tab_australian",
    "tab_ionosphere",
    "tab_vehicle",
    {"data": "tab_waveform_40", "rows": 2000, "test_rows": 1500},
    {"data": "tab_segmentation", "rows": 1500, "test_rows": 1000},
    {"data": "tab_pendigits", "rows": 2000, "test_rows": 1500},
    "tab_yeast",
    "digits",
)
STRATEGIES = ("margin", "badge", "k_center", "typiclust", "margin_k_means", "random")
SEEDS, BUDGET = 4, 160
BASE: Mapping[str, Any] = {"batch": 20, "initial": 20, "learners": ["logistic"]}

CHANGES: Mapping[str, Mapping[str, Any]] = {
    "base": {},
    "batch of 5": {"batch": 5},
    "batch of 70": {"batch": 70},
    "no start": {"initial": 0},
    "start by typiclust": {"initial": {"rows": 20, "strategy": "typiclust"}},
    "nearest neighbours": {
        "learners": [{"class": "sklearn.neighbors.KNeighborsClassifier", "settings": {"n_neighbors": 3}}]
    },
    "forest": {"learners": ["forest"], "seeds": 2},
    "neural network": {
        "learners": [
            {
                "class": "sklearn.neural_network.MLPClassifier",
                "settings": {"hidden_layer_sizes": [64], "max_iter": 1000},
            }
        ],
        "seeds": 2,
    },
}
"""What is changed, and to what; budgets and repeats are read off the same runs. Dear learners have fewer seeds."""


def suite(name: str) -> Suite:
    """The suite of one change. Raises KeyError for another name."""
    return Suite.of(
        {
            "name": name,
            "datasets": list(DATASETS),
            "strategies": list(STRATEGIES),
            "budget": BUDGET,
            "seeds": SEEDS,
            "split": "per_seed",
            "measures": ["accuracy", "macro_f1", "nll"],
            "bound": {"rows": 0},
            **BASE,
            **CHANGES[name],
        }
    )
