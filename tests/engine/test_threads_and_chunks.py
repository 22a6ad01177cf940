"""Chunks, executors and row order: property tests of the engine over the strategies that read most evidence."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import askwise as aw
from askwise.core.noise import row_keys
from askwise.core.source import ArraySource
from askwise.engine import run
from askwise.execute import Serial, Threads

STRATEGIES = [
    aw.Strategy("margin"),
    aw.Strategy("margin", shortlist=12, pick="k_center", mix_random=0.2),
    aw.Strategy("entropy", pick=aw.pick.power.using(beta=4.0), limits=[aw.limit.at_most(2)]),
    aw.Strategy(pick="badge"),
]


class Backwards:
    """Results in the worst order there is."""

    def map(self, fn, chunks):
        return reversed([fn(chunk) for chunk in chunks])


@pytest.mark.parametrize("strategy", STRATEGIES, ids=lambda s: s.label)
@given(m=st.integers(12, 40), chunk=st.integers(1, 50), seed=st.integers(0, 999), coarse=st.booleans())
@settings(max_examples=20, deadline=None)
def test_same_batch(strategy, m, chunk, seed, coarse):
    rng = np.random.default_rng(seed)
    probs = np.full((m, 2), 0.5) if coarse else rng.dirichlet(np.ones(3), m)
    evidence = {"probs": probs, "embeddings": rng.standard_normal((m, 3)), "groups": np.arange(m) // 2}
    ids = np.array([f"row {i}" for i in rng.permutation(m)])
    batches = []
    for order in (np.arange(m), rng.permutation(m)):
        moved = {name: value[order] for name, value in evidence.items()}
        for size, execute in ((m, None), (chunk, Serial()), (chunk, Backwards())):
            source = ArraySource(moved, row_keys(ids[order]), ids[order])
            source.chunk = size
            batches.append(ids[order][run(8, strategy, source, np.arange(m), seed, execute).rows].tolist())
    assert all(batch == batches[0] for batch in batches)
    assert len(set(batches[0])) == 8


def test_threads_are_used_and_change_nothing():
    probs = np.random.default_rng(0).dirichlet(np.ones(3), 500)
    seen = set()

    class Watching(Threads):
        def map(self, fn, chunks):
            def watched(chunk):
                seen.add(threading.get_ident())
                return fn(chunk)

            return super().map(watched, chunks)

    source = ArraySource({"probs": probs})
    source.chunk = 10
    got = run(20, aw.Strategy("margin"), source, np.arange(500), 0, Watching(4))
    assert got.rows.tolist() == aw.select(20, "margin", probs=probs).rows.tolist()
    assert threading.get_ident() not in seen


def test_errors_in_a_chunk_come_through():
    probs = np.random.default_rng(0).dirichlet(np.ones(3), 100)
    probs[77] = np.nan
    source = ArraySource({"probs": probs})
    source.chunk = 10
    with pytest.raises(aw.BadInput, match="row 77"):
        run(5, aw.Strategy("margin"), source, np.arange(100), 0, Threads(2))


def test_a_large_pool_takes_threads_by_itself(monkeypatch):
    monkeypatch.setattr("askwise.arrays._THREADS_FROM", 50)
    probs = np.random.default_rng(0).dirichlet(np.ones(3), 100)
    wanted = aw.select(9, "margin", probs=probs, execute=Serial()).rows.tolist()
    assert aw.select(9, "margin", probs=probs).rows.tolist() == wanted
