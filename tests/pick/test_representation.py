"""Facility location, herding, graph cut and disparity against sums over full matrices, and optima by enumeration."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

import askwise as aw
from askwise.core.errors import BadInput
from askwise.core.evidence import Taken
from askwise.core.registry import get
from askwise.kernels.coverage import Similarity


def taken_of(L):
    return Taken({"embeddings": L}, np.zeros(len(L), dtype=bool)) if len(L) else None


def similar(X, Y, kind: str, width: float):
    if kind == "rbf":
        return np.exp(-((X[:, None] - Y[None]) ** 2).sum(-1) / width**2)
    lengths = [np.linalg.norm(Z, axis=1, keepdims=True) for Z in (X, Y)]
    units = [np.divide(Z, one, out=np.zeros_like(Z), where=one > 0) for Z, one in zip((X, Y), lengths, strict=True)]
    # A row of zeros has no direction; it lies at distance one from every direction.
    return np.maximum(1 - ((units[0][:, None] - units[1][None]) ** 2).sum(-1) / 2, 0)


def greedy(value, m: int, n: int, got: list[int]) -> None:
    """Each pick has the largest value of the set with it, within rounding, whatever the ties."""
    for b in range(n):
        values = [value([*got[:b], i]) for i in range(m) if i not in got[:b]]
        assert value(got[: b + 1]) >= max(values) - 1e-7


def problem(seed: int):
    rng = np.random.default_rng(seed)
    m = int(rng.integers(2, 14))
    X = rng.integers(-3, 4, (m, 2)).astype(float)
    if seed % 4 == 0:
        X[m // 2 :] = X[0]
    L = rng.integers(-3, 4, (int(rng.integers(0, 4)), 2)).astype(float)
    return rng, X, L, int(rng.integers(1, m + 1)), ["rbf", "cosine"][seed % 2]


@pytest.mark.parametrize("seed", range(30))
def test_facility_location_and_herding_are_greedy_on_the_full_matrix(seed):
    rng, X, L, n, kind = problem(seed)
    S, T = similar(X, X, kind, 1.5), similar(X, L, kind, 1.5)
    U = rng.random(len(X))
    base = T.max(axis=1, initial=0.0)
    settings = {"n": n, "rng": seed, "taken": taken_of(L), "similarity": kind, "bandwidth": 1.5}
    got = aw.pick.facility_location(X, **settings).tolist()
    assert len(set(got)) == n
    greedy(lambda rows: np.maximum(base, S[:, rows].max(axis=1)).mean(), len(X), n, got)
    got = aw.pick.uncertainty_herding(U, X, **settings).tolist()
    greedy(lambda rows: U @ np.maximum(base, S[:, rows].max(axis=1)) / U.sum(), len(X), n, got)


@pytest.mark.parametrize("seed", range(10))
def test_the_greedy_bound_holds(seed):
    """At least 1 - 1/e of the best set of three, found by enumeration."""
    X = np.random.default_rng(seed).standard_normal((12, 2))
    S = similar(X, X, "rbf", 0.7)
    got = aw.pick.facility_location(X, n=3, rng=0, bandwidth=0.7)
    best = max(S[:, list(rows)].max(axis=1).mean() for rows in combinations(range(12), 3))
    assert S[:, got].max(axis=1).mean() >= (1 - 1 / np.e) * best


def test_herding_names():
    assert get("pick", "max_herding") is aw.pick.facility_location
    X = np.random.default_rng(0).standard_normal((40, 3))
    flat = aw.pick.uncertainty_herding(np.full(40, 0.5), X, n=6, rng=0).tolist()
    assert flat == aw.pick.facility_location(X, n=6, rng=0).tolist()
    scores = np.random.default_rng(1).random(40)
    narrow = aw.pick.uncertainty_herding(scores, X, n=6, rng=0, bandwidth=1e-3).tolist()
    assert narrow == np.argsort(-scores)[:6].tolist()


def test_negative_scores_are_shifted():
    X = np.arange(4.0)[:, None] * 100
    margin = np.array([-0.9, -0.1, -0.5, -0.7])
    assert aw.pick.uncertainty_herding(margin, X, n=2, rng=0, bandwidth=1.0).tolist() == [1, 2]


def test_a_sample_of_reference_rows_is_nearly_as_good():
    X = np.random.default_rng(0).standard_normal((400, 2))
    S = similar(X, X, "rbf", 0.7)
    few, every = (aw.pick.facility_location(X, n=8, rng=0, bandwidth=0.7, reference=r) for r in (100, 10_000))
    assert S[:, few].max(axis=1).mean() > 0.93 * S[:, every].max(axis=1).mean()
    assert few.tolist() != every.tolist()


def test_default_bandwidth_is_one_for_normalised_rows_in_many_dimensions():
    X = np.random.default_rng(0).standard_normal((300, 200))
    X /= np.linalg.norm(X, axis=1, keepdims=True)
    assert Similarity.of("rbf", None, X, np.random.default_rng(0)).squared_width == pytest.approx(1.0, abs=0.02)
    assert Similarity.of("rbf", None, np.ones((5, 2)), np.random.default_rng(0)).squared_width == 1.0


def test_blocks_change_nothing(monkeypatch):
    from askwise.kernels import balls

    X = np.random.default_rng(0).integers(-4, 5, (70, 3)).astype(float)
    names = ("facility_location", "graph_cut", "disparity")
    picks = {name: getattr(aw.pick, name)(X, n=9, rng=0).tolist() for name in names}
    monkeypatch.setattr(balls, "_BLOCK", 128)
    for name, wanted in picks.items():
        assert getattr(aw.pick, name)(X, n=9, rng=0).tolist() == wanted


@pytest.mark.parametrize("seed", range(30))
def test_graph_cut_is_greedy_on_the_full_matrix(seed):
    _, X, L, n, kind = problem(seed)
    both = np.concatenate([X, L])
    S = similar(both, both, kind, 1.5)
    m, held = len(X), list(range(len(X), len(both)))
    trade = [0.5, 3.0][seed % 2]
    S[np.arange(m), np.arange(m)] = 1.0  # a row of zeros is like itself here

    def value(rows):
        inside = [*held, *rows]
        return S[:m][:, rows].sum() - trade * (S[np.ix_(inside, inside)].sum())

    got = aw.pick.graph_cut(X, n=n, rng=0, taken=taken_of(L), trade=trade, similarity=kind, bandwidth=1.5).tolist()
    assert len(set(got)) == n
    greedy(value, m, n, got)


@pytest.mark.parametrize("seed", range(30))
def test_disparity_is_greedy_and_half_the_best(seed):
    _, X, L, n, _ = problem(seed)
    both = np.concatenate([X, L])
    D = np.sqrt(((both[:, None] - both[None]) ** 2).sum(-1))
    held = list(range(len(X), len(both)))
    got = aw.pick.disparity(X, n=n, rng=0, taken=taken_of(L)).tolist()
    assert len(set(got)) == n

    def value(rows):
        inside = [*held, *rows]
        return D[np.ix_(inside, inside)].sum()

    if len(L):
        greedy(value, len(X), n, got)
    else:
        far = np.linalg.norm(X - X.mean(0), axis=1)
        assert far[got[0]] == pytest.approx(far.max())
        best = max(value(list(rows)) for rows in combinations(range(len(X)), n))
        assert value(got) >= 0.5 * best - 1e-9


@pytest.mark.parametrize(
    ("settings", "match"),
    [({"similarity": "cosin"}, "Did you mean"), ({"bandwidth": 0.0}, "bandwidth=0"), ({"reference": 0}, "reference=0")],
)
def test_bad_settings(settings, match):
    X = np.random.default_rng(0).standard_normal((5, 2))
    for name in ("facility_location", "graph_cut"):
        with pytest.raises(BadInput, match=match):
            getattr(aw.pick, name)(X, n=1, rng=0, **settings)
    with pytest.raises(BadInput, match="trade=-1"):
        aw.pick.graph_cut(X, n=1, rng=0, trade=-1)
    with pytest.raises(BadInput, match="got -4"):
        aw.pick.uncertainty_herding(np.full(5, -4.0), X, n=1, rng=0)


@pytest.mark.parametrize("seed", range(30))
def test_kernel_herding_by_its_definition(seed):
    _, X, L, n, kind = problem(seed)
    S, T = similar(X, X, kind, 1.5), similar(X, L, kind, 1.5)
    S[np.arange(len(X)), np.arange(len(X))] = 1.0 if kind == "rbf" else np.diag(S)
    got = aw.pick.kernel_herding(X, n=n, rng=0, taken=taken_of(L), similarity=kind, bandwidth=1.5).tolist()
    assert len(set(got)) == n
    for step in range(n):
        left = [i for i in range(len(X)) if i not in got[:step]]
        gain = S.mean(axis=1) - (T.sum(axis=1) + S[:, got[:step]].sum(axis=1)) / (len(L) + step + 1)
        assert gain[got[step]] >= max(gain[left]) - 1e-9
        assert got[step] == min(i for i in left if gain[i] >= max(gain[left]) - 1e-13) or kind == "cosine"


def test_herding_follows_the_pool():
    """A batch of the pool's proportions: the mean discrepancy falls faster than that of random batches."""
    X = np.random.default_rng(0).standard_normal((300, 2)) * [3.0, 1.0]
    S = similar(X, X, "rbf", 1.5)

    def discrepancy(rows):
        return S.mean() - 2 * S[:, rows].mean() + S[np.ix_(rows, rows)].mean()

    got = aw.pick.kernel_herding(X, n=20, rng=0, bandwidth=1.5)
    draws = [discrepancy(np.random.default_rng(seed).permutation(300)[:20]) for seed in range(40)]
    assert discrepancy(got) < 0.5 * min(draws)


@pytest.mark.parametrize("seed", range(10))
def test_stochastic_greedy_keeps_its_bound(seed):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((12, 2))
    S = similar(X, X, "rbf", 1.0)
    best = max(S[:, list(rows)].max(axis=1).mean() for rows in combinations(range(12), 4))
    epsilon = 0.2
    batches = [aw.pick.facility_location(X, n=4, rng=s, bandwidth=1.0, epsilon=epsilon) for s in range(30)]
    assert all(len(set(rows.tolist())) == 4 for rows in batches)
    assert len({tuple(rows) for rows in batches}) > 1
    assert np.mean([S[:, rows].max(axis=1).mean() for rows in batches]) >= (1 - 1 / np.e - epsilon) * best
    exact = aw.pick.facility_location(X, n=4, rng=0, bandwidth=1.0)
    assert aw.pick.facility_location(X, n=4, rng=0, bandwidth=1.0, epsilon=1e-9).tolist() == exact.tolist()
