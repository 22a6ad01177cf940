"""k-center against a naive all-pairs float64 farthest-first traversal, on grids where float32 is exact."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import askwise as aw
from askwise.core.evidence import Taken
from askwise.testing.suite import backend


def squared(rows, others):
    return ((rows[:, None].astype(np.float64) - others[None]) ** 2).sum(-1)


def naive(rows, n, first, taken=None):
    """Farthest-first with all pairwise distances; the lowest row wins a tie; a chosen row is out for good."""
    pairs = squared(rows, rows)
    chosen = [] if taken is not None else [first]
    while len(chosen) < n:
        gap = np.full(len(rows), np.inf) if taken is None else squared(rows, taken).min(1)
        for j in chosen:
            gap = np.minimum(gap, pairs[:, j])
        gap[chosen] = -1.0
        chosen.append(int(np.argmax(gap)))
    return chosen


GRIDS = st.tuples(st.integers(1, 30), st.integers(1, 4), st.integers(0, 5), st.integers(0, 9999), st.booleans())


@pytest.mark.parametrize("kernels", ["numba", "numpy"])
@given(case=GRIDS)
@settings(max_examples=60, deadline=None)
def test_equals_all_pairs(kernels, case):
    m, d, held, seed, far = case
    rng = np.random.default_rng(seed)
    # Few distinct values: many ties and many equal rows. A common offset of 1000 must not cost a digit.
    rows = rng.integers(-3, 4, (m, d)) / 4 + (1000.0 if far else 0.0)
    taken = rng.integers(-3, 4, (held, d)) / 4 + (1000.0 if far else 0.0) if held else None
    n = int(rng.integers(1, m + 1))
    given_taken = None if taken is None else Taken({"embeddings": taken}, np.zeros(held, dtype=bool))
    with backend(kernels):
        got = aw.pick.k_center(rows, n=n, taken=given_taken).tolist()
    if taken is None:
        to_mean = squared(rows, rows.mean(0, keepdims=True))[:, 0]
        assert to_mean[got[0]] <= to_mean.min() + 1e-3
    assert got == naive(rows, n, got[0], taken)


def test_candidates_and_labelled_rows_through_select():
    rng = np.random.default_rng(0)
    rows, labelled = rng.integers(0, 50, (40, 3)).astype(float), rng.integers(0, 50, (5, 3)).astype(float)
    some = np.sort(rng.permutation(40)[:20])
    got = aw.select(8, "k_center", embeddings=rows, labelled_embeddings=labelled, candidates=some).rows
    assert got.tolist() == some[naive(rows[some], 8, None, labelled)].tolist()


def test_covers_within_twice_the_best_radius():
    """Gonzalez's bound against the optimum by enumeration."""
    from itertools import combinations

    for seed in range(5):
        rows = np.random.default_rng(seed).standard_normal((11, 2))
        pairs = np.sqrt(squared(rows, rows))
        best = min(pairs[:, list(centres)].min(1).max() for centres in combinations(range(11), 3))
        got = aw.pick.k_center(rows, n=3)
        assert pairs[:, got].min(1).max() <= 2 * best + 1e-6


def test_worked_example():
    line = np.array([[0.0], [4.0], [5.0], [6.0], [20.0]])
    assert aw.pick.k_center(line, n=5).tolist() == [3, 4, 0, 1, 2]  # mean 7; then 20, 0, and the tie of 4 and 5
    labelled = Taken({"embeddings": np.array([[20.0]])}, np.array([True]))
    assert aw.pick.k_center(line, n=2, taken=labelled).tolist() == [0, 3]  # what is pending counts as a centre


def test_core_set_is_an_alias():
    rows = np.random.default_rng(0).standard_normal((30, 2))
    assert aw.select(4, "core_set", embeddings=rows).rows.tolist() == aw.pick.k_center(rows, n=4).tolist()
