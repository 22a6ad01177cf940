"""Learned strategies: their features against loops, their networks against the formula, their training's arithmetic."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

import askwise as aw
from askwise.core.errors import BadInput
from askwise.core.evidence import Taken
from askwise.core.noise import as_noise
from askwise.kernels.learned import FEATURES, describe, network
from askwise.pick.imital import _put_up

ROOT = Path(__file__).parents[2]


def problem(seed: int):
    rng = np.random.default_rng(seed)
    c, m = int(rng.integers(2, 5)), int(rng.integers(3, 40))
    X, L, T = (
        rng.standard_normal((m, 3)),
        rng.standard_normal((int(rng.integers(1, 8)), 3)),
        rng.standard_normal((9, 3)),
    )
    X[: m // 4] = X[0]
    return rng.dirichlet(np.ones(c), m), X, L, rng.integers(0, c, len(L)), T


def slow_features(P, X, L, y, T):
    def away(a, b):
        return np.sqrt(((a - b) ** 2).sum())

    pairs = [away(a, b) for a in T for b in T]
    unit = np.sqrt(np.median([d**2 for d in pairs if d > 1e-9]))
    dense = np.mean([np.exp(-4 * (d / unit) ** 2) for d in pairs])
    c, out = P.shape[1], []
    for p, x in zip(P, X, strict=True):
        best, second = np.sort(p)[::-1][:2]
        k = int(np.argmax(p))
        mine = min([away(x, h) / unit for h, label in zip(L, y, strict=True) if label == k] + [3.0])
        other = min([away(x, h) / unit for h, label in zip(L, y, strict=True) if label != k] + [3.0])
        doubt = -(p * np.log(p)).sum() / np.log(c)
        density = np.mean([np.exp(-4 * (away(x, t) / unit) ** 2) for t in T]) / dense
        rare = np.log(c * ((y == k).sum() + 1) / (len(y) + c))
        size = np.log2(1 + len(y)) / 5
        out.append([best, best - second, doubt, min(mine, other), other - mine, density, rare, size, 1 / c])
    return np.array(out)


@pytest.mark.parametrize("seed", range(20))
def test_features_are_what_they_are_called(seed):
    P, X, L, y, T = problem(seed)
    got = describe(P, X, L, y, T)
    assert got.shape == (len(X), len(FEATURES))
    np.testing.assert_allclose(got, slow_features(P, X, L, y, T), atol=1e-9)


def test_features_have_no_unit():
    P, X, L, y, T = problem(3)
    np.testing.assert_allclose(describe(P, 70 * X + 5, 70 * L + 5, y, 70 * T + 5), describe(P, X, L, y, T), atol=1e-9)


@pytest.mark.parametrize("name", ["lal", "imital"])
def test_a_network_is_its_formula(name):
    net = network(name)
    x = np.random.default_rng(0).standard_normal((7, len(net.middle)))
    wanted = [
        sum(
            w * np.tanh(b + sum((v - m) / s * u for v, m, s, u in zip(row, net.middle, net.width, units, strict=True)))
            for w, b, units in zip(net.outer, net.bias, net.inner.T, strict=True)
        )
        for row in x
    ]
    np.testing.assert_allclose(net(x), wanted)
    assert len(net.middle) == {"lal": 9, "imital": 18}[name]


def test_the_weights_are_a_few_kilobytes_without_pickle():
    from importlib import resources

    file = resources.files("askwise.kernels").joinpath("learned.npz")
    assert len(file.read_bytes()) < 10_000
    with file.open("rb") as opened, np.load(opened, allow_pickle=False) as parts:
        assert all(np.isfinite(parts[name]).all() for name in parts.files) and len(parts.files) == 10


@pytest.mark.parametrize("seed", range(15))
def test_imital_is_a_loop_over_slots(seed):
    P, X, L, y, T = problem(seed)
    out = Taken({"probs": P[-1:], "embeddings": X[-1:] + 0.5}, np.array([True]))
    known, labels = np.concatenate([L, X[-1:] + 0.5]), np.append(y, P[-1].argmax())
    n, chosen = min(4, len(X)), []
    generator = as_noise(seed, len(X)).generator("imital")
    free = np.ones(len(X), dtype=bool)
    margins = np.round(np.sort(P, 1)[:, -1] - np.sort(P, 1)[:, -2], 6)
    for _ in range(n):
        away = np.round(((X[:, None] - known[None]) ** 2).sum(-1).min(1), 6)
        some = _put_up(margins, away, free, 20, generator)
        F = slow_features(P[some], X[some], known, labels, T)
        value = network("imital")(np.concatenate([F, F - F.mean(0)], axis=1))
        chosen.append(int(some[np.argmax(np.round(value, 6))]))
        free[chosen[-1]] = False
        known, labels = np.concatenate([known, X[chosen[-1:]]]), np.append(labels, P[chosen[-1]].argmax())
    got = aw.pick.imital(P, X, L, y.astype(float), T, n=n, rng=seed, taken=out)
    assert got.tolist() == chosen


def test_who_is_put_up():
    margins, away = np.arange(100) / 100, np.arange(100) / 100
    free = np.ones(100, dtype=bool)
    free[[0, 99]] = False
    got = _put_up(margins, away, free, 20, np.random.default_rng(0))
    assert len(got) == 20 and (np.diff(got) > 0).all()
    assert set(range(1, 6)) | set(range(94, 99)) <= set(got.tolist()) and not {0, 99} & set(got.tolist())


def test_bad_input():
    P, X, L, y, T = problem(0)
    with pytest.raises(BadInput, match=r"labels \[\] are no classes"):
        aw.score.lal(P, X, L[:0], y[:0].astype(float), T)
    with pytest.raises(BadInput, match=r"labels \[9\] are no classes"):
        aw.pick.imital(P, X, L[:1], np.array([9.0]), T, n=1, rng=0)
    with pytest.raises(BadInput, match="candidates=3"):
        aw.pick.imital(P, X, L, y.astype(float), T, n=1, rng=0, candidates=3)


@pytest.fixture
def episodes(monkeypatch):
    """The module that makes the training data."""
    monkeypatch.setitem(sys.modules, "episodes", None)
    spec = importlib.util.spec_from_file_location("learned_episodes", ROOT / "benchmarks" / "learned" / "episodes.py")
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "learned_episodes", module)
    spec.loader.exec_module(module)
    return module


def test_training_fits_the_model_that_it_says(episodes):
    from sklearn.linear_model import LogisticRegression

    task = episodes.problem(7)
    X, Y = episodes.with_one(task.X), np.eye(task.classes)[task.y]
    weights = episodes.newton(X[:40][None], Y[:40][None], np.zeros((1, X.shape[1], task.classes)), 20)[0]
    model = LogisticRegression(max_iter=2000, tol=1e-8).fit(task.X[:40], task.y[:40])
    np.testing.assert_allclose(episodes.softmax(X @ weights)[:, model.classes_], model.predict_proba(task.X), atol=2e-3)


def test_episodes_are_seeded(episodes):
    first, again = episodes.episode(5), episodes.episode(5)
    assert all((a == c).all() and (b == d).all() for (a, b), (c, d) in zip(first, again, strict=True))
    features, gains = first[0]
    assert features.shape == (20, 9) and gains.shape == (20, 2)
