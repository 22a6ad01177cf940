"""bmdal_reg 3.0.2."""

from __future__ import annotations

import numpy as np
from benchmarks.peers.cases.common import counted, pick, taken
from benchmarks.peers.compare import Case, Ours
from benchmarks.peers.inputs import PLAIN, World

import askwise as aw
from askwise.core.evidence import Taken


def _beside(method: object, **settings: object) -> Ours:
    return pick(method, "embeddings", labelled="labelled_embeddings", **settings)  # type: ignore[arg-type]


def _from_longest(world: World) -> np.ndarray:
    """k-center whose first row is the longest."""
    rows = world["embeddings"]
    first = int((rows**2).sum(axis=1).argmax())
    known = Taken({"embeddings": rows[[first]]}, np.array([False]))
    return np.append(first, aw.pick.k_center(rows, n=3, rng=0, taken=known))


def _first_drawn(world: World) -> np.ndarray:
    known = taken(world, embeddings="labelled_embeddings")
    rows = world["embeddings"]
    return counted(lambda seed: int(aw.pick.k_means_pp(rows, n=1, rng=seed, taken=known)[0]), len(rows))


CASES = [
    Case("k_center", "MaxDist", "picks", _beside(aw.pick.k_center), worlds=PLAIN),
    Case(
        "k_center",
        "MaxDist, nothing labelled",
        "picks",
        pick(aw.pick.k_center, "embeddings"),
        reason="their default: the first row is the longest; ours is the row nearest to the mean",
        shown=_from_longest,
        worlds=PLAIN,
    ),
    Case("lcmd", "LargestClusterMaxDist", "picks", _beside(aw.pick.lcmd), worlds=PLAIN),
    Case("lcmd", "LargestClusterMaxDist, nothing labelled", "picks", pick(aw.pick.lcmd, "embeddings"), worlds=PLAIN),
    Case("max_det", "MaxDet", "picks", _beside(aw.pick.max_det), worlds=PLAIN),
    Case("max_det", "MaxDet, feature space", "picks", _beside(aw.pick.max_det), worlds=PLAIN),
    Case("max_det", "MaxDet, nothing labelled", "picks", pick(aw.pick.max_det, "embeddings"), worlds=PLAIN),
    Case("bait", "Bait, forward", "picks", _beside(aw.pick.bait, oversample=1.0), worlds=PLAIN),
    Case("bait", "Bait, forward and backward", "picks", _beside(aw.pick.bait, oversample=2.0), worlds=PLAIN),
    Case("frank_wolfe", "FrankWolfe", "picks", pick(aw.pick.frank_wolfe, "embeddings"), worlds=PLAIN),
    Case("frank_wolfe", "FrankWolfe, kernel space", "picks", pick(aw.pick.frank_wolfe, "embeddings"), worlds=PLAIN),
    Case("k_means_pp", "Kmeanspp, law of the first pick", "counts", _first_drawn, worlds=PLAIN),
]

BUGS: list = []
