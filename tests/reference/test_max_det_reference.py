"""Greedy log-determinants against determinants computed one candidate at a time."""

from __future__ import annotations

import numpy as np
import pytest

from askwise.core.errors import BadInput
from askwise.core.evidence import Taken
from askwise.kernels import log_det
from askwise.kernels.log_det import greedy_log_det
from askwise.pick import coding_rate, max_det


def reference(rows, n, noise, taken=None, taken_noise=1.0):
    """Each pick maximises det(K + diag) over taken, picked and candidate: the gain is a ratio of determinants."""
    rows = rows.astype(np.float64)
    held = np.zeros((0, rows.shape[1])) if taken is None else taken.astype(np.float64)
    chosen, scale = [], None
    while len(chosen) < n:
        base = np.concatenate([held, rows[chosen]])
        diagonal = np.concatenate([np.full(len(held), taken_noise), noise[chosen]])
        inverse = np.linalg.inv(base @ base.T + np.diag(diagonal)) if len(base) else np.zeros((0, 0))
        cross = rows @ base.T
        gain = (rows**2).sum(axis=1) - np.einsum("ij,jk,ik->i", cross, inverse, cross) + noise
        gain = np.maximum(gain, noise)
        scale = gain.max() if scale is None else scale
        gain[chosen] = -np.inf
        chosen.append(int(np.argmax(gain >= gain.max() - 1e-10 * scale)))
    return np.array(chosen)


POOLS = {
    "normal": lambda rng, m, d: rng.standard_normal((m, d)),
    "steep": lambda rng, m, d: rng.standard_normal((m, d)) * np.arange(1, d + 1) ** -1.0,
    "duplicates": lambda rng, m, d: rng.standard_normal((5, d))[rng.integers(0, 5, m)],
    "one-hot": lambda rng, m, d: np.eye(d)[rng.integers(0, d, m)],
    "all equal": lambda rng, m, d: np.full((m, d), 0.25),
    "zero rows": lambda rng, m, d: np.zeros((m, d)),
}


@pytest.mark.parametrize("least", [3, 512])
@pytest.mark.parametrize("pool", POOLS)
def test_the_picks_of_determinants(pool, least, monkeypatch):
    monkeypatch.setattr(log_det, "_LEAST", least)
    monkeypatch.setattr(log_det, "_CORE", 2 if least == 3 else 384)
    for seed in range(12):
        rng = np.random.default_rng(seed)
        m, d = int(rng.integers(2, 50)), int(rng.integers(1, 7))
        rows = POOLS[pool](rng, m, d).astype([np.float32, np.float64][seed % 2])
        held = POOLS[pool](rng, int(rng.integers(1, 6)), d).astype(rows.dtype) if seed % 3 else None
        noise = 0.3 + (rng.random(m) if seed % 4 == 0 else np.zeros(m))
        n = int(rng.integers(1, min(m, 3 * d) + 1))
        got = greedy_log_det(rows, n, noise, held, 0.3)
        np.testing.assert_array_equal(got.chosen, reference(rows, n, noise, held, 0.3), f"{pool} seed {seed}")
        assert (np.diff(got.gains) <= 1e-9 * got.gains[0]).all() or seed % 4 == 0


def test_gains_multiply_to_the_determinant():
    rows = np.random.default_rng(0).standard_normal((40, 8))
    got = greedy_log_det(rows, 20, np.full(40, 0.1), None, 0.1)
    picked = rows[got.chosen]
    want = np.linalg.slogdet(picked @ picked.T + 0.1 * np.eye(20))[1]
    np.testing.assert_allclose(np.log(got.gains).sum(), want, rtol=1e-10)


def test_few_passes():
    rng = np.random.default_rng(0)
    rows = (rng.standard_normal((8000, 128)) * np.arange(1, 129) ** -0.5).astype(np.float32)
    noise = np.full(8000, 0.05)
    got = greedy_log_det(rows, 300, noise, None, 0.05)
    assert got.passes <= 30
    np.testing.assert_array_equal(np.sort(np.unique(got.chosen)), np.sort(got.chosen))


def test_uncertainty_decides_among_equally_new_rows():
    rows = np.eye(4)
    np.testing.assert_array_equal(coding_rate(np.array([0.1, 0.4, 0.3, 0.2]), rows, n=4), [1, 2, 3, 0])
    np.testing.assert_array_equal(coding_rate(np.array([0.1, 0.4, 0.3, 0.2]), rows, n=4, weight=0.0), [0, 1, 2, 3])
    np.testing.assert_array_equal(coding_rate(np.full(4, -0.5), rows, n=2), [0, 1])


def test_taken_rows_are_explained():
    rows = np.array([[2.0, 0.0], [0.0, 1.0]])
    taken = Taken({"embeddings": np.array([[5.0, 0.0]])}, np.array([True]))
    assert max_det(rows, n=1, taken=taken)[0] == 1


def test_bad_settings():
    with pytest.raises(BadInput, match="noise=0"):
        max_det(np.ones((2, 2)), n=1, noise=0)
    with pytest.raises(BadInput, match="weight=-1"):
        coding_rate(np.ones(2), np.ones((2, 2)), n=1, weight=-1)
