"""BAIT and Frank-Wolfe against matrices inverted and formed anew at every step."""

from __future__ import annotations

import numpy as np
import pytest

from askwise.core.errors import BadInput, MissingEvidence
from askwise.core.evidence import Taken
from askwise.kernels import coarse, fisher
from askwise.pick import bait, frank_wolfe

POOLS = {
    "normal": lambda rng, m, d: rng.standard_normal((m, d)),
    "steep": lambda rng, m, d: rng.standard_normal((m, d)) * np.arange(1, d + 1) ** -1.0,
    "duplicates": lambda rng, m, d: rng.standard_normal((5, d))[rng.integers(0, 5, m)],
    "one-hot": lambda rng, m, d: np.eye(d)[rng.integers(0, d, m)],
    "all equal": lambda rng, m, d: np.full((m, d), 0.25),
    "zero rows": lambda rng, m, d: np.zeros((m, d)),
}


@pytest.fixture
def kernel(request, monkeypatch):
    """One of the ways to the same picks; bytes even where they do not pay."""
    monkeypatch.setenv("ASKWISE_BACKEND", request.param[:5])
    if "bytes" in request.param:
        monkeypatch.setattr(coarse, "_USES", 1)
        monkeypatch.setattr(coarse, "_WIDE", 1)


def lowest(values, scale):
    return int(np.argmax(values >= values.max() - 1e-9 * scale))


def trace(rows, fisher, ridge):
    return np.trace(np.linalg.inv(rows.T @ rows + ridge * np.eye(rows.shape[1])) @ fisher)


def bait_reference(rows, n, taken, noise, more):
    """The objective itself, for every candidate of every step."""
    rows = rows.astype(np.float64)
    held = np.zeros((0, rows.shape[1])) if taken is None else taken.astype(np.float64)
    ridge = noise * ((rows**2).sum(axis=1).mean() or 1.0)
    both = np.concatenate([rows, held])
    fisher = both.T @ both / len(both)
    chosen, scale = [], None
    while len(chosen) < min(len(rows), int(np.ceil(more * n))):
        base = np.concatenate([held, rows[chosen]])
        now = trace(base, fisher, ridge)
        fall = np.array([now - trace(np.concatenate([base, rows[[i]]]), fisher, ridge) for i in range(len(rows))])
        scale = fall.max() if scale is None else scale
        fall[chosen] = -np.inf
        chosen.append(lowest(fall, scale))
    while len(chosen) > n:
        left = [np.concatenate([held, rows[chosen[:i] + chosen[i + 1 :]]]) for i in range(len(chosen))]
        rise = np.array([trace(base, fisher, ridge) for base in left])
        worst = len(chosen) - 1 - lowest(-rise[::-1], 1e-2 * np.abs(rise).max())
        del chosen[worst]
    return np.array(chosen), fisher, ridge


@pytest.mark.parametrize("kernel", ["numba", "numba, bytes", "numpy"], indirect=True)
@pytest.mark.parametrize("pool", POOLS)
def test_bait_minimises_the_trace(pool, kernel):
    for seed in range(10):
        rng = np.random.default_rng(seed)
        m, d = int(rng.integers(2, 25)), int(rng.integers(1, 6))
        rows = POOLS[pool](rng, m, d).astype([np.float32, np.float64][seed % 2])
        held = POOLS[pool](rng, int(rng.integers(1, 6)), d).astype(rows.dtype) if seed % 3 else None
        n = int(rng.integers(1, min(m, 2 * d) + 1))
        taken = Taken() if held is None else Taken({"embeddings": held}, np.zeros(len(held), dtype=bool))
        got = bait(rows, n=n, taken=taken, oversample=1, noise=0.1)
        want, fisher, ridge = bait_reference(rows, n, held, 0.1, 1)
        np.testing.assert_array_equal(got, want, f"{pool} seed {seed}")
        pruned = bait(rows, n=n, taken=taken, noise=0.1)
        want, fisher, ridge = bait_reference(rows, n, held, 0.1, 2)
        base = np.zeros((0, d)) if held is None else held
        objective = [trace(np.concatenate([base, rows[s]]).astype(np.float64), fisher, ridge) for s in (pruned, want)]
        np.testing.assert_allclose(objective[0], objective[1], rtol=1e-6, err_msg=f"{pool} seed {seed}")
        assert len(set(pruned.tolist())) == n


def test_bait_weighs_rows_by_what_their_label_would_tell():
    rows = np.array([[1.0, 0.0], [0.0, 1.0]])
    probs = np.array([[1.0, 0.0], [0.5, 0.5]])
    assert bait(rows, probs, n=1)[0] == 1
    assert bait(rows, probs[::-1], n=1)[0] == 0
    scaled = rows * np.sqrt(1 - (np.array([[0.9, 0.1], [0.6, 0.4]]) ** 2).sum(axis=1, keepdims=True))
    probs = np.array([[0.9, 0.1], [0.6, 0.4]])
    np.testing.assert_array_equal(bait(rows, probs, n=2), bait(scaled, n=2))


def frank_wolfe_reference(rows, n, taken=None):
    rows = rows.astype(np.float64)
    held = np.zeros((0, rows.shape[1])) if taken is None else taken.astype(np.float64)
    length, before = np.linalg.norm(rows, axis=1), np.linalg.norm(held, axis=1)
    total = length.sum() + before.sum()
    goal = rows.sum(axis=0) + held.sum(axis=0)
    reached = held.sum(axis=0) * (total / before.sum()) if before.sum() > 0 else 0 * goal
    chosen = []
    while len(chosen) < n:
        score = np.full(len(rows), -np.inf)
        good = (length > 0) & ~np.isin(np.arange(len(rows)), chosen)
        score[good] = rows[good] @ (goal - reached) / length[good]
        if not good.any():
            chosen.append(int(np.setdiff1d(np.arange(len(rows)), chosen)[0]))
            continue
        chosen.append(int(np.argmax(score >= score.max() - 1e-10 * np.linalg.norm(goal - reached))))
        step = rows[chosen[-1]] * total / length[chosen[-1]] - reached
        reached = reached + (np.clip(step @ (goal - reached) / (step @ step), 0, 1) if step @ step > 0 else 0) * step
    return np.array(chosen)


@pytest.mark.parametrize("kernel", ["numba", "numba, bytes", "numpy"], indirect=True)
@pytest.mark.parametrize("pool", ["normal", "steep", "one-hot", "zero rows"])
def test_frank_wolfe_steps(pool, kernel):
    for seed in range(20):
        rng = np.random.default_rng(seed)
        m, d = int(rng.integers(2, 40)), int(rng.integers(1, 6))
        rows = POOLS[pool](rng, m, d).astype([np.float32, np.float64][seed % 2])
        held = POOLS[pool](rng, 4, d).astype(rows.dtype) if seed % 3 else None
        n = int(rng.integers(1, min(m, 12) + 1))
        taken = Taken() if held is None else Taken({"embeddings": held}, np.zeros(4, dtype=bool))
        got = frank_wolfe(rows, n=n, taken=taken)
        np.testing.assert_array_equal(got, frank_wolfe_reference(rows, n, held), f"{pool} seed {seed}")


def test_frank_wolfe_on_gradients_is_frank_wolfe_on_formed_gradients():
    rng = np.random.default_rng(0)
    odds = np.exp(rng.standard_normal((30, 3)))
    probs, rows = odds / odds.sum(axis=1, keepdims=True), rng.standard_normal((30, 4))
    a = (probs - np.eye(3)[probs.argmax(axis=1)]).astype(np.float32).astype(np.float64)
    formed = (a[:, :, None] * rows.astype(np.float32)[:, None]).reshape(30, 12)
    got = frank_wolfe(rows, probs, n=10, gradients=True)
    np.testing.assert_array_equal(got, frank_wolfe_reference(formed, 10))
    with pytest.raises(MissingEvidence, match="probs"):
        frank_wolfe(rows, n=2, gradients=True)


def test_bad_settings():
    with pytest.raises(BadInput, match="noise=0"):
        bait(np.ones((2, 2)), n=1, noise=0)
    with pytest.raises(BadInput, match=r"oversample=0\.5"):
        bait(np.ones((2, 2)), n=1, oversample=0.5)


@pytest.mark.parametrize("patience", [0.0, 0.5])
def test_wide_rows_held_as_bytes(patience, monkeypatch):
    """The same picks from bytes, with and without exact passes between, as from float64."""
    monkeypatch.setattr(fisher, "_PATIENCE", patience)
    rng = np.random.default_rng(0)
    rows = (3.0 + rng.standard_normal((150, 70)) * np.arange(1, 71) ** -0.5).astype(np.float32)
    want, _, _ = bait_reference(rows, 12, None, 0.1, 1)
    np.testing.assert_array_equal(bait(rows, n=12, noise=0.1, oversample=1), want)
    np.testing.assert_array_equal(frank_wolfe(rows, n=40), frank_wolfe_reference(rows, 40))


def test_the_coarse_copy_keeps_its_promise(monkeypatch):
    monkeypatch.setenv("ASKWISE_BACKEND", "numba")  # NumPy has no products with bytes, and keeps no such copy
    monkeypatch.setattr(coarse, "_USES", 1)
    for seed in range(40):
        rng = np.random.default_rng(seed)
        d = int(rng.integers(64, 300))
        rows = rng.standard_normal((30, d)) * 10.0 ** rng.integers(-30, 30) + 100.0 * (seed % 3)
        rows = rows.astype([np.float64, np.float32][seed % 2])
        rows[rng.random(30) < 0.2] = 0.0
        vectors = rng.standard_normal((2, d)) * 10.0 ** rng.integers(-9, 9)
        copy = coarse.Coarse.of(rows, 100)
        wrong = np.abs(copy.products(vectors) - rows.astype(np.float64) @ vectors.T)
        assert (wrong <= copy.error[:, None] * np.linalg.norm(vectors, axis=1) + 1e-300).all(), seed
        assert copy.held_as_bytes or np.abs(rows).max() > 1e15
