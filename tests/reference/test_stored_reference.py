"""Picks over rows that are read in blocks choose what they choose in memory, on hundreds of small awkward pools."""

from __future__ import annotations

import numpy as np
import pytest

import askwise as aw
from askwise.core.evidence import Taken
from askwise.core.stored import Stored
from askwise.kernels import assign, cluster, coverage, few_pass, log_det, pivotal, space
from askwise.testing.pools import POOLS


@pytest.fixture(params=["numba", "numpy"])
def small(request, monkeypatch):
    """Blocks of a few rows and a few rows held between passes, so that small pools reach everything."""
    monkeypatch.setenv("ASKWISE_BACKEND", request.param)
    monkeypatch.setattr(space, "_BLOCK", 40)
    monkeypatch.setattr(few_pass, "_CENTRES", 3)
    monkeypatch.setattr(log_det, "_LEAST", 4)
    return monkeypatch


def stored(rows):
    return Stored(rows.shape, rows.dtype, lambda at: rows[at])


def cases():
    for i, (name, make) in enumerate(POOLS.items()):
        for seed in range(12):
            rng = np.random.default_rng(100 * i + seed)
            m, d = int(rng.integers(2, 90)), int(rng.integers(1, 9))
            rows = make(rng, m, d).astype([np.float64, np.float32, np.float16][seed % 3])
            held = rows[rng.integers(0, m, int(rng.integers(1, 9)))] + (seed % 2)
            taken = None if seed % 4 == 0 else Taken({"embeddings": held}, np.arange(len(held)) % 2 == 0)
            yield name, rng, rows, taken, int(rng.integers(1, m + 1))


@pytest.mark.parametrize("metric", ["euclidean", "cosine", "inner"])
def test_k_center(metric, small):
    for name, rng, rows, taken, n in cases():
        small.setattr(few_pass, "_HELD_BYTES", 4 * rows.shape[1] * int(rng.integers(1, 12)))
        wanted = aw.pick.k_center(rows, n=n, taken=taken, metric=metric)
        got = aw.pick.k_center(stored(rows), n=n, taken=taken, metric=metric)
        assert got.tolist() == wanted.tolist(), (name, rows.shape, n)


def test_k_means_pp(small):
    for name, rng, rows, taken, n in cases():
        seed = int(rng.integers(1000))
        wanted = aw.pick.k_means_pp(rows, n=n, rng=seed, taken=taken)
        assert aw.pick.k_means_pp(stored(rows), n=n, rng=seed, taken=taken).tolist() == wanted.tolist(), name


@pytest.mark.parametrize("which", ["both", "embeddings", "probs"])
def test_badge(which, small):
    for name, rng, rows, taken, n in cases():
        seed = int(rng.integers(1000))
        probs = rng.dirichlet(np.ones(3), size=len(rows))
        if taken is not None:
            taken = Taken({**taken.evidence, "probs": rng.dirichlet(np.ones(3), size=len(taken))}, taken.pending)
        wanted = aw.pick.badge(probs, rows, n=n, rng=seed, taken=taken)
        given = (stored(probs) if which != "embeddings" else probs, stored(rows) if which != "probs" else rows)
        assert aw.pick.badge(*given, n=n, rng=seed, taken=taken).tolist() == wanted.tolist(), name


def test_max_det_and_coding_rate(small):
    for name, rng, rows, taken, n in cases():
        small.setattr(log_det, "_HELD_BYTES", 8 * rows.shape[1] * 5)
        wanted = aw.pick.max_det(rows, n=n, taken=taken)
        assert aw.pick.max_det(stored(rows), n=n, taken=taken).tolist() == wanted.tolist(), name
        scores = rng.random(len(rows))
        wanted = aw.pick.coding_rate(scores, rows, n=n, taken=taken)
        assert aw.pick.coding_rate(scores, stored(rows), n=n, taken=taken).tolist() == wanted.tolist(), name


def test_k_means_and_typiclust(small):
    small.setattr(cluster, "_SAMPLE", 20)
    small.setattr(cluster, "_PER_CENTRE", 1)
    small.setattr(assign, "_BLOCK", 40)
    for name, rng, rows, taken, n in list(cases())[::3]:
        seed, most = int(rng.integers(1000)), int(rng.integers(2, 20))
        wanted = aw.pick.k_means(rows, n=n, rng=seed, taken=taken)
        assert aw.pick.k_means(stored(rows), n=n, rng=seed, taken=taken).tolist() == wanted.tolist(), name
        wanted = aw.pick.typiclust(rows, n=n, rng=seed, taken=taken, most=most)
        assert aw.pick.typiclust(stored(rows), n=n, rng=seed, taken=taken, most=most).tolist() == wanted.tolist(), name


@pytest.mark.parametrize("similarity", ["rbf", "cosine"])
def test_facility_location_and_uncertainty_herding(similarity, small):
    small.setattr(coverage, "_VALUES", 40)
    for name, rng, rows, taken, n in list(cases())[::4]:
        given = {"n": n, "rng": int(rng.integers(1000)), "taken": taken, "similarity": similarity, "reference": 30}
        wanted = aw.pick.facility_location(rows, **given)
        assert aw.pick.facility_location(stored(rows), **given).tolist() == wanted.tolist(), name
        wanted = aw.pick.facility_location(rows, epsilon=0.2, **given)
        assert aw.pick.facility_location(stored(rows), epsilon=0.2, **given).tolist() == wanted.tolist(), name
        scores = rng.random(len(rows))
        wanted = aw.pick.uncertainty_herding(scores, rows, **given)
        assert aw.pick.uncertainty_herding(scores, stored(rows), **given).tolist() == wanted.tolist(), name


def test_prob_cover_with_all_rows_as_its_reference(small):
    small.setattr(coverage, "_VALUES", 40)
    small.setattr(cluster, "_SAMPLE", 20)
    for name, rng, rows, taken, n in list(cases())[::2]:
        width = float(np.median(np.abs(rows - rows[0]).sum(axis=1))) or 1.0
        given = {"n": n, "rng": int(rng.integers(1000)), "taken": taken, "delta": width, "reference": len(rows)}
        wanted = aw.pick.prob_cover(rows, **given)
        assert aw.pick.prob_cover(stored(rows), **given).tolist() == wanted.tolist(), name


def test_prob_cover_finds_the_radius_of_the_pool_in_memory(small):
    from askwise.kernels.purity import pure_radius

    for name, rng, rows, _, _ in list(cases())[::3]:
        seed = int(rng.integers(1000))
        wanted = pure_radius(rows, 3, 0.9, np.random.default_rng(seed))
        got = pure_radius(stored(rows), 3, 0.9, np.random.default_rng(seed))
        assert got == pytest.approx(wanted, rel=1e-6, abs=1e-9), name


@pytest.mark.parametrize("seed", range(3))
def test_prob_cover_from_disk_covers_nearly_as_much(seed):
    """Counted among 4,000 of 8,000 rows: the pool is covered by 0.98 of what the picks in memory cover at least."""
    rng = np.random.default_rng(seed)
    rows = rng.standard_normal((8000, 2)) + 4 * rng.integers(0, 4, (8000, 1))

    def share(chosen):
        return np.any([((rows - rows[i]) ** 2).sum(axis=1) < 0.7**2 for i in chosen], axis=0).mean()

    given = {"n": 24, "rng": seed, "delta": 0.7}
    ours = share(aw.pick.prob_cover(stored(rows), reference=4000, **given))
    assert 0.6 < ours < 0.8
    assert ours >= 0.98 * share(aw.pick.prob_cover(rows, **given))


@pytest.mark.parametrize("given", ["embeddings", "probs too"])
def test_frank_wolfe_and_bait(given, small):
    for name, rng, rows, taken, n in list(cases())[::4]:
        probs = rng.dirichlet(np.ones(3), size=len(rows)) if given == "probs too" else None
        if taken is not None and probs is not None:
            taken = Taken({**taken.evidence, "probs": rng.dirichlet(np.ones(3), size=len(taken))}, taken.pending)
        away = probs if probs is None else stored(probs)
        wanted = aw.pick.bait(rows, probs, n=n, taken=taken)
        assert aw.pick.bait(stored(rows), away, n=n, taken=taken).tolist() == wanted.tolist(), name
        wanted = aw.pick.frank_wolfe(rows, probs, n=n, taken=taken, gradients=probs is not None)
        got = aw.pick.frank_wolfe(stored(rows), away, n=n, taken=taken, gradients=probs is not None)
        assert got.tolist() == wanted.tolist(), name


def test_pivotal(small):
    small.setattr(pivotal, "_BLOCK", 7)
    for name, rng, rows, _, n in cases():
        seed = int(rng.integers(1000))
        wanted = aw.pick.pivotal(rows, n=n, rng=seed)
        assert aw.pick.pivotal(stored(rows), n=n, rng=seed).tolist() == wanted.tolist(), name
