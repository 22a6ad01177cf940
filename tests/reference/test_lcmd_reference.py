"""LCMD against all distances written out."""

from __future__ import annotations

import numpy as np
import pytest

from askwise.core.evidence import Taken
from askwise.kernels import coarse
from askwise.kernels.largest_cluster import largest_cluster_first
from askwise.kernels.space import Space
from askwise.pick import lcmd


def reference(rows, n, taken=None):
    """Clusters of nearest centres recomputed from nothing at every pick."""
    rows = rows.astype(np.float64)
    centres = [] if taken is None else list(taken.astype(np.float64))
    chosen = []
    if not centres:
        chosen.append(int(np.argmax((rows**2).sum(axis=1))))
        centres.append(rows[chosen[0]])
    while len(chosen) < n:
        far = ((rows[:, None] - np.array(centres)[None]) ** 2).sum(axis=-1)
        owner, nearest = far.argmin(axis=1), far.min(axis=1)
        free = np.setdiff1d(np.arange(len(rows)), chosen)
        sums = {c: nearest[owner == c].sum() for c in range(len(centres)) if (owner[free] == c).any()}
        best = max(sums, key=lambda c: (sums[c], -c))
        inside = free[owner[free] == best]
        chosen.append(int(inside[np.argmax(nearest[inside])]))
        centres.append(rows[chosen[-1]])
    return np.array(chosen[:n])


POOLS = {
    "normal": lambda rng, m, d: rng.standard_normal((m, d)),
    "clusters": lambda rng, m, d: 5 * rng.standard_normal((4, d))[rng.integers(0, 4, m)] + rng.standard_normal((m, d)),
    "offset": lambda rng, m, d: 1000 + rng.standard_normal((m, d)),
    "integers": lambda rng, m, d: rng.integers(0, 3, (m, d)),
    "duplicates": lambda rng, m, d: rng.integers(0, 9, (4, d))[rng.integers(0, 4, m)],
    "all equal": lambda rng, m, d: np.full((m, d), 0.25),
}


@pytest.mark.parametrize("name", ["numba", "numba, bytes", "numpy"])
@pytest.mark.parametrize("pool", POOLS)
def test_the_picks_of_the_full_matrix(name, pool, monkeypatch):
    monkeypatch.setenv("ASKWISE_BACKEND", name[:5])
    if "bytes" in name:
        monkeypatch.setattr(coarse, "_USES", 1)
        monkeypatch.setattr(coarse, "_WIDE", 1)
    for seed in range(15):
        rng = np.random.default_rng(seed)
        m, d = int(rng.integers(2, 60)), int(rng.integers(1, 6))
        rows = POOLS[pool](rng, m, d).astype([np.float32, np.float64][seed % 2])
        held = POOLS[pool](rng, int(rng.integers(1, 9)), d).astype(rows.dtype) if seed % 3 else None
        n = int(rng.integers(1, m + 1))
        taken = None if held is None else Space.of(held)
        got = largest_cluster_first(Space.of(rows), n, taken)[0]
        np.testing.assert_array_equal(got, reference(rows, n, held), f"{pool} seed {seed}")


def test_a_worked_example_with_a_labelled_row():
    rows = np.array([[0.0], [1.0], [9.0], [10.0]])
    taken = Taken({"embeddings": np.array([[0.0]])}, np.array([False]))
    # One cluster: farthest is 10. Then {0, 1} sums to 1 and {9, 10} to 1: the earlier cluster wins with row 1.
    np.testing.assert_array_equal(lcmd(rows, n=3, taken=taken), [3, 1, 2])


def test_few_rows_are_read_where_there_are_clusters():
    rng = np.random.default_rng(0)
    rows = (9 * rng.standard_normal((50, 120))[rng.integers(0, 50, 5000)] + rng.standard_normal((5000, 120))).astype(
        "f4"
    )
    _, evaluations = largest_cluster_first(Space.of(rows), 200)
    assert evaluations < 0.05 * 200 * 5000
    formless = rng.standard_normal((2000, 120)).astype("f4")
    assert largest_cluster_first(Space.of(formless), 50)[1] < 0.25 * 50 * 2000


def test_wide_rows_held_as_bytes(monkeypatch):
    for seed in range(4):
        rng = np.random.default_rng(seed)
        rows = (100.0 * (seed % 2) + rng.standard_normal((300, 130))).astype([np.float32, np.float64][seed // 2])
        rows[200:] = rows[:100]
        want = reference(rows, 60)
        for name in ("numba", "numpy"):
            monkeypatch.setenv("ASKWISE_BACKEND", name)
            np.testing.assert_array_equal(largest_cluster_first(Space.of(rows), 60)[0], want, f"{name} {seed}")
