"""k-center against all distances in float64, on hundreds of small pools made of awkward rows."""

from __future__ import annotations

import numpy as np
import pytest

from askwise import select
from askwise.core.errors import BadInput
from askwise.core.evidence import Taken
from askwise.kernels import farthest, working_set
from askwise.kernels.farthest import farthest_first
from askwise.kernels.space import Space
from askwise.pick import k_center
from askwise.testing.pools import POOLS


def all_distances(rows, centres, metric="euclidean"):
    """Every dissimilarity (m, k) in float64, written out."""
    rows, centres = rows.astype(np.float64), centres.astype(np.float64)
    if metric == "inner":
        return np.array([[-(x * c).sum() for c in centres] for x in rows]).reshape(len(rows), len(centres))
    if metric == "cosine":
        rows, centres = (a / np.maximum(np.linalg.norm(a, axis=1, keepdims=True), 1e-300) for a in (rows, centres))
    out = ((rows[:, None] - centres[None]) ** 2).sum(axis=-1)
    return np.floor(out * 2.0**40 + 0.5) / 2.0**40 if metric == "cosine" else out


def reference(rows, n, taken=None, metric="euclidean"):
    """Farthest first by the whole matrix: the lowest position of the farthest rows, each row once."""
    rows64 = rows.astype(np.float64)
    chosen = []
    if taken is None:
        unit = rows64 / np.maximum(np.linalg.norm(rows64, axis=1, keepdims=True), 1e-300)
        base = unit if metric == "cosine" else rows64
        away = all_distances(base, base.mean(axis=0)[None], "inner" if metric == "inner" else "euclidean")[:, 0]
        chosen.append(int(np.flatnonzero(away <= away.min() + 1e-9 * abs(away.min()))[0]))
        nearest = all_distances(rows, rows[chosen], metric)[:, 0]
    else:
        nearest = all_distances(rows, taken, metric).min(axis=1)
    nearest[chosen] = -np.inf
    while len(chosen) < n:
        chosen.append(int(np.argmax(nearest)))
        nearest = np.minimum(nearest, all_distances(rows, rows[chosen[-1:]], metric)[:, 0])
        nearest[chosen] = -np.inf
    return np.array(chosen[:n])


@pytest.fixture(params=["numba", "numba, sketch", "numpy, small working sets"])
def kernel(request, monkeypatch):
    """One of the ways to the same picks, tuned so that small pools reach all of it."""
    monkeypatch.setenv("ASKWISE_BACKEND", request.param[:5])
    monkeypatch.setattr(farthest, "_TRIAL", 2)
    monkeypatch.setattr(working_set, "_LEAST", 5)
    return {"numba": None, "numba, sketch": True}.get(request.param)


@pytest.mark.parametrize("pool", POOLS)
@pytest.mark.parametrize("metric", ["euclidean", "cosine", "inner"])
def test_the_picks_of_the_full_matrix(pool, metric, kernel):
    for seed in range(12):
        rng = np.random.default_rng(seed)
        m, d = int(rng.integers(2, 90)), int(rng.integers(1, 9))
        rows = POOLS[pool](rng, m, d).astype([np.float64, np.float32, np.float16][seed % 3])
        held = None if seed % 2 else POOLS[pool](rng, int(rng.integers(1, 12)), d).astype(rows.dtype)
        n = int(rng.integers(1, m + 1))
        taken = None if held is None else Space.of(held, metric)
        got, _, work = farthest_first(Space.of(rows, metric), n, taken, kernel)
        np.testing.assert_array_equal(got, reference(rows, n, held, metric), f"{pool} {metric} seed {seed}")
        assert len(set(got.tolist())) == n
        assert work.evaluations <= 3 * m * (n + 64)


def test_many_taken_rows_are_met_in_blocks(kernel, monkeypatch):
    from askwise.kernels import traversal

    monkeypatch.setattr(traversal, "_FIRST", 8)
    for seed in range(6):
        rng = np.random.default_rng(seed)
        rows = POOLS["common offset, near-duplicates"](rng, 700, 6).astype(np.float32)
        taken = POOLS["common offset, near-duplicates"](rng, 70 + 3 * seed, 6).astype(np.float32)
        got = farthest_first(Space.of(rows), 40, Space.of(taken), kernel)[0]
        np.testing.assert_array_equal(got, reference(rows, 40, taken))


def test_wide_rows_with_more_columns_than_a_chunk(kernel):
    rows = (1000 + np.random.default_rng(0).standard_normal((300, 300))).astype(np.float32)
    got = farthest_first(Space.of(rows), 60, None, kernel)[0]
    np.testing.assert_array_equal(got, reference(rows, 60))


def test_a_subset_gives_the_picks_of_the_subset_alone():
    rows = np.random.default_rng(3).integers(0, 4, (80, 3)).astype(np.float64)
    some = np.sort(np.random.default_rng(4).permutation(80)[:50])
    got = select(20, "k_center", embeddings=rows, candidates=some).rows
    np.testing.assert_array_equal(got, some[reference(rows[some], 20)])


def test_labelled_and_pending_rows_are_centres():
    rows = np.array([[0.0], [4.0], [10.0]])
    taken = Taken({"embeddings": np.array([[10.0], [9.0]])}, np.array([True, False]))
    np.testing.assert_array_equal(k_center(rows, n=2, taken=taken), [0, 1])


def test_cosine_ignores_lengths_and_inner_seeks_opposites():
    rows = np.array([[1.0, 0.0], [100.0, 0.0], [0.0, 1.0]])
    assert set(k_center(rows, n=2, metric="cosine").tolist()) in ({0, 2}, {1, 2})
    taken = Taken({"embeddings": np.array([[1.0, 0.0]])}, np.array([False]))
    rows = np.array([[3.0, 0.0], [-2.0, 0.0], [0.0, 5.0]])
    np.testing.assert_array_equal(k_center(rows, n=2, metric="inner", taken=taken), [1, 2])


def test_an_unknown_metric_is_refused():
    with pytest.raises(BadInput, match=r"metric='cosin'.*cosine"):
        k_center(np.ones((2, 2)), n=1, metric="cosin")
