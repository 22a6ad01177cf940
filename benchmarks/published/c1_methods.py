"""What C1 runs: methods with their published figures, networks, data sets and sizes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

TASKS = ("protein", "fried")
"""Those of the 15 published tasks that are among our data sets."""
START, BATCH, POOL, VALIDATION = 256, 256, 12000, 1024

METHODS: dict[str, tuple[str, dict[str, Any], float]] = {  # what it chooses by, options of bmdal, published log RMSE
    "random": ("", {}, -1.401),
    "LCMD-TP, gradients": ("gradients", {"selection": "lcmd"}, -1.589),
    "LCMD-TP, inputs": ("inputs", {"selection": "lcmd"}, -1.445),
    "MaxDiag P, gradients": ("gradients", {"selection": "max_diag", "mode": "P", "noise": 1e-3}, -1.369),
    "MaxDet TP, gradients": ("gradients", {"selection": "max_det"}, -1.522),
    "MaxDiag P, last layer": ("last layer", {"selection": "max_diag", "mode": "P", "noise": 1e-3}, -1.285),
    "k-means++ TP, gradients": ("gradients", {"selection": "k_means_pp"}, -1.567),
    "BAIT-FB, gradients": ("gradients", {"selection": "bait"}, -1.584),
}
CORE = ("random", "LCMD-TP, gradients", "LCMD-TP, inputs", "MaxDiag P, gradients")


@dataclass(frozen=True)
class Arm:
    """A network with its training, how many rounds it is asked for, and which methods it is run with."""

    library: str
    width: int
    epochs: int
    rounds: int
    methods: tuple[str, ...]
    seeds: int


ARMS = {
    "published network": Arm("torch", 256, 256, 4, tuple(METHODS), 5),
    "plain network": Arm("scikit-learn", 128, 100, 4, CORE, 1),
}
"""By name: the recipe of the paper at half its width, and scikit-learn's network."""
