"""ProbCover against a greedy over the full matrix, and the radius against a search over all radii."""

from __future__ import annotations

import numpy as np
import pytest

import askwise as aw
from askwise.core.errors import BadInput
from askwise.core.evidence import Taken
from askwise.core.noise import as_noise
from askwise.kernels.balls import Balls, squared_blocks
from askwise.kernels.cluster import k_means


def taken_of(L):
    return Taken({"embeddings": L}, np.zeros(len(L), dtype=bool)) if len(L) else Taken()


def slow_cover(X, L, delta: float, n: int) -> list[int]:
    """Greedy on the m x m matrix, counted anew for each pick; stops when all is covered."""
    near = np.array([[((x - y) ** 2).sum() < delta**2 for y in X] for x in X])
    covered = np.array([any(((x - y) ** 2).sum() < delta**2 for y in L) for x in X])
    chosen: list[int] = []
    while len(chosen) < n and not covered.all():
        gains = (near & ~covered).sum(axis=1)
        chosen.append(int(np.argmax(gains)))
        covered |= near[chosen[-1]]
    return chosen


@pytest.mark.parametrize("seed", range(40))
def test_the_picks_of_a_full_matrix(seed):
    rng = np.random.default_rng(seed)
    m, n = int(rng.integers(1, 30)), 0
    X = rng.integers(-4, 5, (m, 2)).astype(float)
    X[: m // 4] = X[0]
    L = rng.integers(-4, 5, (int(rng.integers(0, 4)), 2)).astype(float)
    delta = float(rng.choice([0.5, 1.0, 1.5, 2.5]))
    n = int(rng.integers(1, m + 1))
    wanted = slow_cover(X, L, delta, n)
    got = aw.pick.prob_cover(X, n=n, rng=seed, taken=taken_of(L), delta=delta)
    assert got[: len(wanted)].tolist() == wanted
    assert len(set(got.tolist())) == n


def test_worked_by_hand():
    X = np.array([[0.0], [1.0], [2.0], [10.0], [11.0], [50.0]])
    assert aw.pick.prob_cover(X, n=3, rng=0, delta=1.5).tolist() == [1, 3, 5]
    # A labelled row at 1 covers the first three.
    assert aw.pick.prob_cover(X, n=2, rng=0, delta=1.5, taken=taken_of(np.array([[1.0]]))).tolist() == [3, 5]


def test_a_ball_is_open():
    X = np.array([[0.0], [1.0], [5.0], [5.5]])
    assert aw.pick.prob_cover(X, n=1, rng=0, delta=1.0).tolist() == [2]


def test_after_full_coverage_the_draw_is_uniform():
    X = np.zeros((6, 2))
    second = [int(aw.pick.prob_cover(X, n=2, rng=seed, delta=1.0)[1]) for seed in range(600)]
    counts = np.bincount(second, minlength=6)
    assert counts[0] == 0  # the first pick
    assert (abs(counts[1:] - 120) < 50).all()


@pytest.mark.parametrize("seed", range(10))
def test_the_radius_is_the_largest_pure_one(seed):
    from askwise.kernels.purity import pure_radius

    X = np.random.default_rng(seed).standard_normal((40, 2)).astype(np.float32)
    noise = as_noise(seed, 40)
    radius = pure_radius(X, 3, 0.9, noise.generator("prob_cover"))
    labels = k_means(X, 3, noise.generator("prob_cover"))[1]
    far = np.sqrt(((X[:, None].astype(float) - X[None]) ** 2).sum(-1))

    def share(delta: float) -> float:
        return float(np.mean([(labels[far[i] < delta] == labels[i]).all() for i in range(40)]))

    assert share(radius - 1e-6) >= 0.9
    assert share(radius + 1e-6) < 0.9


def test_a_common_offset_changes_nothing():
    X = np.random.default_rng(0).integers(-4, 5, (60, 3)).astype(np.float32)
    plain = aw.pick.prob_cover(X, n=8, rng=0, delta=2.5)
    assert aw.pick.prob_cover(X + np.float32(4096), n=8, rng=0, delta=2.5).tolist() == plain.tolist()


def test_too_many_pairs_name_a_radius_that_fits():
    X = np.random.default_rng(0).standard_normal((400, 2))
    with pytest.raises(BadInput, match=r"delta=2 among 400 rows.*try delta=0\.\d+") as error:
        aw.pick.prob_cover(X, n=2, rng=0, delta=2.0, max_edges=8000)
    fits = float(str(error.value).split("try delta=")[1])
    assert len(aw.pick.prob_cover(X, n=2, rng=0, delta=fits, max_edges=8000)) == 2
    with pytest.raises(BadInput, match="drop repeated rows"):
        aw.pick.prob_cover(np.zeros((50, 2)), n=2, rng=0, delta=1.0, max_edges=100)


@pytest.mark.parametrize(("settings", "match"), [({"delta": 0.0}, "delta=0"), ({"purity": 1.5}, "purity=1.5")])
def test_bad_settings(settings, match):
    with pytest.raises(BadInput, match=match):
        aw.pick.prob_cover(np.zeros((5, 2)), n=1, rng=0, **settings)
    with pytest.raises(BadInput, match="classes=0"):
        aw.pick.prob_cover(np.zeros((5, 2)), n=1, rng=0, classes=0)


def test_blocks_of_distances(monkeypatch):
    from askwise.kernels import balls

    X = np.random.default_rng(0).standard_normal((30, 3))
    whole = Balls.of(X, 1.0, 10**6)
    monkeypatch.setattr(balls, "_BLOCK", 64)
    parts = Balls.of(X, 1.0, 10**6)
    assert parts.members.tolist() == whole.members.tolist()
    assert parts.starts.tolist() == whole.starts.tolist()
    got = np.concatenate([block for _, block in squared_blocks(X, X[:5])])
    np.testing.assert_allclose(got, ((X[:, None] - X[None, :5]) ** 2).sum(-1), atol=1e-12)


@pytest.mark.slow
def test_low_budget_on_digits():
    """coverage beats random by a wide margin at 10 labels (.771 against .440), random draws below."""
    from sklearn.datasets import load_digits
    from sklearn.linear_model import LogisticRegression

    X, y = load_digits(return_X_y=True)
    X = X / np.linalg.norm(X, axis=1, keepdims=True)
    at: dict[int, list[float]] = {10: [], 30: []}
    for seed in range(10):
        order = np.random.default_rng(seed).permutation(len(X))
        test, pool = order[:600], order[600:]
        rows: list[int] = []
        for size in (10, 10, 10):
            free = np.setdiff1d(np.arange(len(pool)), rows)
            taken = taken_of(X[pool[rows]])
            got = aw.pick.prob_cover(X[pool[free]], n=size, rng=seed, taken=taken, delta=0.45)
            rows += free[got].tolist()
            if len(rows) in at:
                model = LogisticRegression(C=30, max_iter=2000).fit(X[pool[rows]], y[pool[rows]])
                at[len(rows)].append(model.score(X[test], y[test]))
    assert abs(np.mean(at[10]) - 0.771) < 0.03
    assert abs(np.mean(at[30]) - 0.881) < 0.03
