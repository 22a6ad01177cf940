"""Nearest rows by an index: nearly those of the exact scan, exact cosines, the same on every run."""

from __future__ import annotations

import sys

import numpy as np
import pytest

import askwise as aw
from askwise.core.evidence import Taken
from askwise.kernels.nearest import most_similar
from askwise.kernels.neighbour_index import check_index, neighbours_of

pytest.importorskip("usearch")


def rows_of(m=3000, d=24, seed=0):
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((30, d))
    return (centres[rng.integers(30, size=m)] + 0.6 * rng.standard_normal((m, d))).astype(np.float32)


def test_it_finds_nearly_all_and_says_exact_cosines():
    rows = rows_of()
    want, best = most_similar(rows, rows[:200], 10)
    got, cosines = neighbours_of(rows, rows[:200], 10, "usearch")
    recall = np.mean([len(np.intersect1d(a, b)) for a, b in zip(want, got, strict=True)]) / 10
    assert recall > 0.97
    assert all(len(set(line)) == 10 for line in got.tolist())
    unit = rows.astype(np.float64) / np.linalg.norm(rows.astype(np.float64), axis=1, keepdims=True)
    np.testing.assert_allclose(cosines, np.einsum("ij,ikj->ik", unit[:200], unit[got]), rtol=0, atol=1e-11)
    assert (np.diff(cosines, axis=1) <= 0).all() and (cosines <= best + 1e-12).all()
    again = neighbours_of(rows, rows[:200], 10, "usearch")
    np.testing.assert_array_equal(again[0], got)


@pytest.mark.parametrize("points", [0, 1, 3])
def test_any_number_of_points_and_rows_that_are_equal_or_zero(points):
    rows = rows_of()
    rows[:40], rows[50:60] = rows[0], 0.0
    found, cosines = neighbours_of(rows, rows[48 : 48 + points], 12, "usearch")
    assert found.shape == cosines.shape == (points, 12)
    assert np.isfinite(cosines).all() and all(len(set(line)) == 12 for line in found.tolist())


def test_small_pools_are_scanned_exactly():
    rows = rows_of(500)
    for mine, theirs in zip(neighbours_of(rows, rows, 5, "usearch"), most_similar(rows, rows, 5), strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_sub_pools_and_graphs_take_it():
    rows = rows_of()
    known = Taken({"embeddings": rows[:5]}, np.zeros(5, dtype=bool))
    near = aw.among.seals(rows, n=1, rng=0, taken=known, neighbours=30, index="usearch")
    exact = aw.among.seals(rows, n=1, rng=0, taken=known, neighbours=30)
    assert len(np.intersect1d(near, exact)) > 0.95 * len(exact)
    labels = np.arange(5) % 2
    anchored = aw.among.anchor_al(rows, rows[:5], labels, n=1, rng=0, neighbours=30, index="usearch")
    want = aw.among.anchor_al(rows, rows[:5], labels, n=1, rng=0, neighbours=30)
    assert len(np.intersect1d(anchored, want)) > 0.95 * len(want)
    probs = np.random.default_rng(1).dirichlet(np.ones(4), len(rows))
    picked = aw.pick.deuce(probs, rows, n=20, rng=0, index="usearch")
    assert len(set(picked.tolist())) == 20


def test_an_index_that_is_not_there_is_refused(monkeypatch):
    with pytest.raises(aw.BadInput, match=r"index='usearc' is unknown. Did you mean 'usearch'"):
        aw.among.seals(rows_of(50), n=1, rng=0, index="usearc")
    monkeypatch.setitem(sys.modules, "usearch.index", None)
    with pytest.raises(aw.BadInput, match=r"pip install 'askwise\[index\]'"):
        check_index("seals", "usearch")
