"""Streaming top-n is the lexicographic sort by (score, keyed noise), however the rows arrive."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from askwise.core import topn
from askwise.core.errors import BadInput
from askwise.core.noise import mix, stream_key
from askwise.core.topn import TopN, top_order, top_positions


def reference(scores, keys, n, seed):
    """The slow obvious way: sort everything."""
    return np.lexsort((mix(keys, stream_key(seed, "ties")), scores))[::-1][:n]


CASES = st.tuples(
    st.lists(st.one_of(st.integers(-2, 2).map(float), st.floats(-3, 3, width=32)), max_size=60),
    st.integers(0, 70),
    st.integers(0, 3),
    st.integers(1, 20),
    st.randoms(use_true_random=False),
)


@given(CASES)
@settings(max_examples=150, deadline=None)
def test_streaming_is_sorting(case):
    values, n, seed, size, chance = case
    scores = np.array(values)
    keys = np.array(chance.sample(range(1000), len(scores)), dtype=np.uint64)
    rows = np.arange(len(scores))
    wanted = reference(scores, keys, n, seed)
    np.testing.assert_array_equal(top_order(scores, keys, n, seed), wanted)
    starts = list(range(0, len(scores), size))
    chance.shuffle(starts)
    one, streams = TopN(n, seed), []
    for start in starts:
        part = slice(start, start + size)
        one.push(scores[part], keys[part], rows[part])
        streams.append(TopN(n, seed))
        streams[-1].push(scores[part], keys[part], rows[part])
    np.testing.assert_array_equal(one.result()[0], wanted)
    np.testing.assert_array_equal(one.result()[1], scores[wanted])
    while len(streams) > 1:
        chance.shuffle(streams)
        streams.append(streams.pop().merge(streams.pop()))
    if streams:
        np.testing.assert_array_equal(streams[0].result()[0], wanted)


@pytest.mark.parametrize("n", [1, 7, 300])
@pytest.mark.parametrize("order", ["shuffled", "rising", "falling", "few values", "equal"])
def test_long_arrays_are_read_in_blocks(order, n, monkeypatch):
    monkeypatch.setattr(topn, "_BLOCK", 50)
    monkeypatch.setattr(topn, "_LONG", 2)
    rng = np.random.default_rng(n)
    scores = {"few values": rng.integers(4, size=2000).astype(float), "equal": np.zeros(2000)}.get(
        order, rng.standard_normal(2000)
    )
    scores = {"rising": np.sort(scores), "falling": np.sort(scores)[::-1]}.get(order, scores)
    keys = rng.permutation(9000)[:2000].astype(np.uint64)
    np.testing.assert_array_equal(top_order(scores, keys, n, 3), reference(scores, keys, n, 3))


def test_memory_is_bounded():
    best, rng = TopN(10), np.random.default_rng(0)
    for start in range(0, 10_000, 100):
        rows = np.arange(start, start + 100)
        best.push(rng.integers(3, size=100).astype(float), rows.astype(np.uint64), rows)
        assert best._held <= 20 + 100


def test_ties_are_fair():
    """Among equal scores every row is as likely as any other: chi-square over seeds."""
    counts = np.zeros(10)
    for seed in range(2000):
        counts[top_order(np.zeros(10), np.arange(10, dtype=np.uint64), 3, seed)] += 1
    assert ((counts - 600) ** 2 / 600).sum() < 27.9  # 99.9% of chi-square with 9 degrees of freedom


def test_small_cases():
    keys = np.arange(4, dtype=np.uint64)
    assert TopN(3).result()[0].tolist() == []
    assert top_order(np.array([1.0, 2.0]), keys[:2], 5).tolist() == [1, 0]
    assert top_positions(np.array([3.0, 1.0, 2.0, 0.0]), keys, stream_key(0, "ties"), 0).tolist() == []
    zeros = np.array([0.0, -0.0])
    np.testing.assert_array_equal(top_order(zeros, keys[:2], 2), top_order(zeros[::-1], keys[:2], 2))
    with pytest.raises(BadInput, match="cannot keep the top -1 rows"):
        TopN(-1)
