"""Picks over rows that are read in blocks choose what they choose in memory, on hundreds of small awkward pools."""

from __future__ import annotations

import numpy as np
import pytest

import askwise as aw
from askwise.core.evidence import Taken
from askwise.core.stored import Stored
from askwise.kernels import assign, cluster, few_pass, log_det, pivotal, space
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


def test_pivotal(small):
    small.setattr(pivotal, "_BLOCK", 7)
    for name, rng, rows, _, n in cases():
        seed = int(rng.integers(1000))
        wanted = aw.pick.pivotal(rows, n=n, rng=seed)
        assert aw.pick.pivotal(stored(rows), n=n, rng=seed).tolist() == wanted.tolist(), name
