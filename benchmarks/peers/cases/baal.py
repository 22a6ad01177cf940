"""BaaL 2.1.0."""

from __future__ import annotations

import numpy as np
from benchmarks.peers.cases.common import Bug, counted, of, pick
from benchmarks.peers.compare import Case
from benchmarks.peers.inputs import PLAIN, World

import askwise as aw


def _mean(world: World) -> np.ndarray:
    return np.asarray(world["samples"].mean(axis=1))


def _drawn(method: object, **settings: object):  # type: ignore[no-untyped-def]
    def run(world: World) -> np.ndarray:
        scores = np.asarray(aw.score.bald(world["samples"]))
        return counted(lambda seed: int(method(scores, n=1, rng=seed, **settings)[0]), len(scores))  # type: ignore[operator]

    return run


CASES = [
    Case("bald", "BALD", "scores", of(aw.score.bald, "samples")),
    Case("entropy", "Entropy", "scores", lambda w: np.asarray(aw.score.entropy(_mean(w)))),
    Case("margin", "Margin", "scores", lambda w: -np.asarray(aw.score.margin(_mean(w))), note="theirs is minus ours"),
    Case(
        "least_confidence",
        "Certainty",
        "scores",
        lambda w: 1.0 - np.asarray(aw.score.least_confidence(_mean(w))),
        note="theirs is 1 - ours",
    ),
    Case(
        "mean_std",
        "Variance",
        "scores",
        of(aw.score.mean_std, "samples"),
        reason="another definition: the mean over classes of the variance; the papers have the standard deviation",
        shown=lambda w: w["samples"].var(axis=1).mean(axis=1),
    ),
    Case(
        "epig", "EPIG", "scores", of(aw.score.epig, "samples", "target_samples"), rtol=1e-3, note="theirs is in float32"
    ),
    Case(
        "batch_bald",
        "BatchBALD",
        "picks",
        pick(aw.pick.batch_bald, "samples", configurations=10_000),
        reason="their bug: gains grow along the greedy path and are then sorted, so that the batch is asked from its"
        " last row to its first, and the first, the best, is the one that drops out (num_samples further rows follow)",
        shown=lambda w: aw.pick.batch_bald(w["samples"], n=5, rng=0, configurations=10_000)[:0:-1],
        worlds=PLAIN,
    ),
    Case("power", "PowerSampling, law", "law", _drawn(aw.pick.power), worlds=PLAIN, note="on BALD"),
    Case(
        "softmax", "GibbsSampling, law", "law", _drawn(aw.pick.softmax, standardise=False), worlds=PLAIN, note="on BALD"
    ),
    Case("soft_rank", "RankBasedSampling, law", "law", _drawn(aw.pick.soft_rank), worlds=PLAIN, note="on BALD"),
]

BUGS = [
    Bug(
        "best_first",
        "BatchBALD asks the best row last",
        given="three rows with mutual information .637, .193 and .046",
        shows=lambda said: int(said[-1]) != 2 or int(said[0]) != 0,
        ours="batch_bald asks row 0 first",
    ),
]
