"""batchbald_redux 2.0.5."""

from __future__ import annotations

import numpy as np
from benchmarks.peers.cases.common import Bug, of, pick
from benchmarks.peers.compare import Case
from benchmarks.peers.inputs import PLAIN, World

import askwise as aw
from askwise.kernels.joint import Joint


def _joint_information(world: World) -> np.ndarray:
    """Mutual information of our first row, first two, three and four with the model."""
    samples = world["samples"]
    rows = aw.pick.batch_bald(samples, n=4, rng=0, configurations=10_000)
    state, total = Joint.empty(samples.shape[1]), []
    for row in rows:
        total.append(float(state.gains(samples[[row]])[0]))
        state = state.extend(samples[row], 10_000, np.random.default_rng(0))
    return np.cumsum(total)


CASES = [
    Case("bald", "get_bald_batch", "scores", of(aw.score.bald, "samples"), worlds=PLAIN),
    Case(
        "batch_bald",
        "get_batchbald_batch",
        "picks",
        pick(aw.pick.batch_bald, "samples", configurations=10_000),
        worlds=PLAIN,
    ),
    Case(
        "batch_bald",
        "get_batchbald_batch, scores",
        "scores",
        _joint_information,
        worlds=PLAIN,
        note="joint mutual information of the batch so far",
    ),
]

BUGS = [
    Bug(
        "zero_probability",
        "A probability of exactly 0 makes the score NaN (0 times log 0)",
        given="one row, two draws: (1, 0) and (0, 1)",
        shows=lambda said: bool(np.isnan(said)),
        ours="bald is 0.693, log 2",
    ),
]
