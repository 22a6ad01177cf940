"""The first look of facility location and ProbCover: float32 bounds that no exact gain exceeds."""

from __future__ import annotations

import numpy as np
import pytest

from askwise.kernels.coverage import Coverage, Similarity
from askwise.kernels.lazy import lazy_greedy

WORLDS = ["plain", "far off", "duplicates", "tiny", "huge"]


def state_of(world: str, kind: str, seed: int, dtype: type) -> Coverage:
    rng = np.random.default_rng(seed)
    rows = rng.standard_normal((400, 12))
    rows += 300.0 * (world == "far off")
    rows *= {"tiny": 1e-12, "huge": 1e25}.get(world, 1.0)
    if world == "duplicates":
        rows[100:] = rows[:300]
    rows = rows.astype(dtype)
    at = np.sort(rng.permutation(400)[:150])
    weights = rng.random(150)
    width = float(np.median(((rows[:50, None].astype(np.float64) - rows[None, 50:99]) ** 2).sum(axis=-1)))
    held = Similarity(kind, width).reduce(rows[at], rows[:3], lambda block: block.max(axis=1))
    return Coverage(rows, rows[at], weights / weights.sum(), Similarity(kind, width), held)


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("kind", ["rbf", "cosine", "ball"])
def test_no_gain_exceeds_its_bound(world, kind):
    for seed, dtype in enumerate((np.float32, np.float64, np.float32)):
        state = state_of(world, kind, seed, dtype)
        gains, bounds = state.gains(np.arange(400)), state.bounds()
        assert (bounds >= gains).all()
        if world in ("plain", "duplicates"):
            assert (bounds - gains).max() < 0.01, "the bounds would exclude nothing"


@pytest.mark.parametrize("kind", ["rbf", "cosine", "ball"])
def test_picks_after_a_first_look_are_those_without(kind):
    for seed in range(3):
        batches = []
        for look in (True, False):
            state = state_of("duplicates", kind, seed, np.float32)
            bounds = state.bounds() if look else np.full(400, np.inf)
            batches.append(lazy_greedy(20, bounds, state.gains, state.accept))
        np.testing.assert_array_equal(*batches)
