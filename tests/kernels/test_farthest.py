"""The lazy traversal does little work, and less a row in larger pools."""

from __future__ import annotations

import numpy as np
import pytest

from askwise.kernels.farthest import farthest_first
from askwise.kernels.space import Space


@pytest.fixture(autouse=True)
def compiled(monkeypatch):
    monkeypatch.setenv("ASKWISE_BACKEND", "numba")


def clustered(m, d=48, seed=0):
    rng = np.random.default_rng(seed)
    scale = np.arange(1, d + 1) ** -0.5
    centres = 2.0 * rng.standard_normal((60, d)) * scale
    spread = np.exp(0.4 * rng.standard_normal((m, 1)))
    return (centres[rng.integers(0, 60, m)] + spread * rng.standard_normal((m, d)) * scale).astype(np.float32)


def test_evaluations_per_row_fall_as_the_pool_grows():
    per_row = [
        farthest_first(Space.of(clustered(m)), 100, sketch=False)[2].evaluations / m for m in (2000, 8000, 32000)
    ]
    assert per_row[0] > 1.4 * per_row[1] > 1.4**2 * per_row[2], per_row
    assert per_row[2] < 12, "a scan evaluates 100"


def test_a_sketch_spares_evaluations_and_changes_no_pick():
    space = Space.of(clustered(8000))
    plain, radii, work = farthest_first(space, 300, sketch=False)
    fast, same, less = farthest_first(space, 300, sketch=True)
    np.testing.assert_array_equal(fast, plain)
    np.testing.assert_array_equal(same, radii)
    assert less.evaluations < 0.6 * work.evaluations
    assert less.bounds > 0 and work.bounds == 0


def test_a_sketch_is_chosen_by_evaluations_and_structure():
    structured = clustered(3000, 160)
    formless = np.random.default_rng(0).standard_normal((3000, 160)).astype(np.float32)
    assert farthest_first(Space.of(structured), 600)[2].sketched
    assert not farthest_first(Space.of(structured), 60)[2].sketched, "too few picks to repay it"
    assert not farthest_first(Space.of(formless), 600)[2].sketched, "no directions stand out"


def test_taken_rows_are_not_compared_with_the_whole_pool():
    rows = clustered(12_000)
    _, _, work = farthest_first(Space.of(rows[:8000]), 50, Space.of(rows[8000:]))
    assert work.evaluations < 0.01 * 8000 * 4000


def test_working_sets_need_few_passes(monkeypatch):
    monkeypatch.setenv("ASKWISE_BACKEND", "numpy")
    rows = clustered(20_000)
    numpy_picks, _, work = farthest_first(Space.of(rows), 300)
    assert work.passes <= 30
    monkeypatch.setenv("ASKWISE_BACKEND", "numba")
    np.testing.assert_array_equal(farthest_first(Space.of(rows), 300)[0], numpy_picks)


@pytest.mark.parametrize("name", ["numba", "numpy"])
def test_radii_fall_and_are_the_distances_to_earlier_picks(name, monkeypatch):
    monkeypatch.setenv("ASKWISE_BACKEND", name)
    rows = clustered(500)
    picks, radii, _ = farthest_first(Space.of(rows), 40)
    assert np.isinf(radii[0]) and (np.diff(radii[1:]) <= 0).all()
    for i in (1, 7, 39):
        gap = rows[picks[:i]].astype(np.float64) - rows[picks[i]]
        np.testing.assert_allclose(radii[i], (gap**2).sum(axis=1).min(), rtol=1e-12)


def test_inputs_are_untouched_and_read_only_arrays_will_do():
    rows = clustered(200)
    before = rows.copy()
    rows.setflags(write=False)
    farthest_first(Space.of(rows), 20, Space.of(rows[:3]))
    np.testing.assert_array_equal(rows, before)
