"""What C1 runs: methods with their published figures, networks, data sets and sizes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

TASKS = ("protein", "fried")
"""Those of the 15 published tasks that are among our data sets."""
OTHER_TASKS = ("kin8nm", "elevators", "power_plant")
"""Tables of ours that are not among the 15."""
SEEDS = 3
START, BATCH, POOL, VALIDATION = 256, 256, 12000, 1024

METHODS: dict[str, tuple[str, dict[str, Any], float]] = {  # what it chooses by, options of bmdal, published log RMSE
    "random": ("", {}, -1.401),
    "LCMD-TP, gradients": ("gradients", {"selection": "lcmd"}, -1.589),
    "BAIT-FB, gradients": ("gradients", {"selection": "bait"}, -1.584),
    "k-means++ TP, gradients": ("gradients", {"selection": "k_means_pp"}, -1.567),
    "MaxDet TP, gradients": ("gradients", {"selection": "max_det"}, -1.522),
    "LCMD-TP, inputs": ("inputs", {"selection": "lcmd"}, -1.445),
    "MaxDiag P, gradients": ("gradients", {"selection": "max_diag", "mode": "P", "noise": 1e-3}, -1.369),
    "MaxDiag P, last layer": ("last layer", {"selection": "max_diag", "mode": "P", "noise": 1e-3}, -1.285),
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
    elsewhere: bool = False


ARMS = {
    "published network": Arm("torch", 256, 256, 4, tuple(METHODS)),
    "plain network": Arm("scikit-learn", 128, 100, 4, CORE),
    "other data": Arm("torch", 256, 256, 3, CORE, elsewhere=True),
}
"""By name: the recipe of the paper at half its width, scikit-learn's network, and the first on other tables."""
