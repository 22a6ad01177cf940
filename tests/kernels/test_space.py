"""Distances decided in float64, the blocked filter and the sketch: bounds hold, kernel sets agree."""

from __future__ import annotations

import numpy as np
import pytest

from askwise.core.errors import BadInput
from askwise.kernels.blocks import Block, lower_rows, middle_of
from askwise.kernels.sketch import Sketch
from askwise.kernels.space import Space


def pool(m=200, d=40, offset=0.0, seed=0, dtype=np.float32):
    rng = np.random.default_rng(seed)
    return (offset + rng.standard_normal((m, d)) * np.arange(1, d + 1) ** -0.5).astype(dtype)


def test_distances_of_a_worked_example():
    rows, centres = Space.of(np.array([[0.0, 0.0], [3.0, 4.0]])), Space.of(np.array([[3.0, 0.0]]))
    np.testing.assert_array_equal(rows.to(centres), [[9.0], [16.0]])
    cosine = Space.of(np.array([[2.0, 0.0], [0.0, 0.0]]), "cosine").to(Space.of(np.array([[0.0, 5.0]]), "cosine"))
    np.testing.assert_array_equal(cosine, [[2.0], [1.0]])
    inner = Space.of(np.array([[3.0, 4.0]]), "inner").to(Space.of(np.array([[1.0, 2.0]]), "inner"))
    np.testing.assert_array_equal(inner, [[-11.0]])


@pytest.mark.parametrize("metric", ["euclidean", "cosine", "inner"])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_kernel_sets_agree(metric, dtype, monkeypatch):
    rows, centres = Space.of(pool(offset=3, dtype=dtype), metric), Space.of(pool(7, seed=1, dtype=dtype), metric)
    want = rows.to(centres).min(axis=1)
    for name in ("numba", "numpy"):
        monkeypatch.setenv("ASKWISE_BACKEND", name)
        np.testing.assert_allclose(rows.nearest(centres), want, rtol=1e-12, atol=1e-11)


def test_a_common_offset_costs_no_digits():
    rows = pool(offset=0, dtype=np.float64)
    moved = (rows + 1000).astype(np.float32)
    exact = ((moved[:, None].astype(np.longdouble) - moved[None, :5]) ** 2).sum(axis=-1).astype(np.float64)
    np.testing.assert_allclose(Space.of(moved).to(Space.of(moved[:5])), exact, rtol=1e-14)


@pytest.mark.parametrize("name", ["numba", "numpy"])
@pytest.mark.parametrize("metric", ["euclidean", "cosine", "inner"])
@pytest.mark.parametrize("offset", [0.0, 1000.0])
def test_blocks_lower_to_the_exact_minimum(name, metric, offset, monkeypatch):
    monkeypatch.setenv("ASKWISE_BACKEND", name)
    rows, centres = Space.of(pool(1500, offset=offset), metric), Space.of(pool(600, offset=offset, seed=2), metric)
    bound = np.full(len(rows), np.inf)
    count = lower_rows(rows, np.arange(0, 1500, 2), centres, bound)
    np.testing.assert_allclose(bound[::2], rows.to(centres).min(axis=1)[::2], rtol=1e-12, atol=1e-12)
    assert np.isinf(bound[1::2]).all()
    assert count < 0.1 * 750 * 600 or (metric, offset) in (("cosine", 1000.0), ("inner", 1000.0))


def test_a_block_keeps_lower_bounds_that_it_is_given():
    rows, centres = Space.of(pool(50)), Space.of(pool(9, seed=1))
    middle = middle_of(rows)
    bound = np.zeros(50)
    Block.of(rows, middle).lower(Block.of(centres, middle), bound)
    np.testing.assert_array_equal(bound, 0.0)


@pytest.mark.parametrize("offset", [0.0, 1000.0])
@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_a_sketch_is_a_lower_bound(offset, metric):
    space = Space.of(pool(400, 64, offset), metric)
    sketch = Sketch.plan(space).fill()
    exact = space.to(space.take(slice(0, 50)))
    gap = sketch.lines[:, None].astype(np.float64) - sketch.lines[None, :50]
    below = (gap**2).sum(axis=-1)
    reach = np.sqrt(exact) + sketch.slack[:, None] + sketch.slack[None, :50]
    assert (below <= reach**2).all()
    if not offset and metric == "euclidean":
        assert (below[100:] / exact[100:]).mean() > 0.8, "32 numbers of a steep spectrum hold most of the distance"


def test_a_sketch_of_identical_rows_and_of_few_columns():
    for rows in (np.ones((30, 5)), np.arange(30.0)[:, None]):
        sketch = Sketch.plan(Space.of(rows)).fill()
        assert np.isfinite(sketch.lines).all() and len(sketch.lines) == 30


def test_the_central_row_is_the_lowest_of_equals():
    assert Space.of(np.array([[0.1], [0.3], [0.1], [0.3]])).central() == 0
    assert Space.of(np.eye(7)).central() == 0
    assert Space.of(np.array([[9.0], [1.0], [2.0], [0.0]])).central() == 2


def test_unknown_metrics_are_refused():
    with pytest.raises(BadInput, match="manhattan"):
        Space.of(np.ones((2, 2)), "manhattan")
