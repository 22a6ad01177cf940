"""FLQMI and FLCG against greedy loops over their sums, and against facility location."""

from __future__ import annotations

import numpy as np
import pytest

import askwise as aw
from askwise.core.errors import BadInput
from askwise.core.evidence import Taken


def problem(seed: int):
    rng = np.random.default_rng(seed)
    m, known = int(rng.integers(2, 14)), int(rng.integers(1, 7))
    X, L = rng.integers(-3, 4, (m, 2)) / 2.0, rng.integers(-3, 4, (known, 2)) / 2.0
    return rng, X, L, rng.integers(0, 3, known), int(rng.integers(1, m + 1))


def rbf(A, B):
    return np.exp(-((A[:, None] - B[None]) ** 2).sum(-1))


def greedy(value, m: int, n: int) -> list[int]:
    """Adds the row that makes the largest set function value, the lowest of equal ones."""
    chosen = []
    for _ in range(n):
        free = [i for i in range(m) if i not in chosen]
        base = value(chosen)
        chosen.append(max(free, key=lambda i: (round(value([*chosen, i]) - base, 9), -i)))
    return chosen


@pytest.mark.parametrize("seed", range(40))
def test_flqmi_is_greedy_on_its_sum(seed):
    rng, X, L, y, n = problem(seed)
    eta = float(rng.choice([0.0, 0.5, 1.0, 3.0]))
    rare = min(np.unique(y).tolist(), key=lambda c: ((y == c).sum(), c))
    for classes in ((), (int(y[0]),)):
        S = rbf(L[np.isin(y, classes or (rare,))], X)

        def value(A, S=S):
            return S[:, A].max(1).sum() + eta * S[:, A].max(0).sum() if A else 0.0

        got = aw.pick.flqmi(X, L, y.astype(float), n=n, rng=0, classes=classes, eta=eta, bandwidth=1.0)
        assert got.tolist() == greedy(value, len(X), n)


@pytest.mark.parametrize("seed", range(40))
def test_flcg_is_greedy_on_its_sum(seed):
    rng, X, L, y, n = problem(seed)
    nu = float(rng.choice([0.0, 0.5, 1.0, 2.0]))
    out = X[:2] + 0.25
    taken = Taken({"embeddings": np.concatenate([L, out])}, np.arange(len(L) + 2) >= len(L))
    for classes in ((), (int(y[0]),)):
        avoided = nu * rbf(X, L[np.isin(y, classes)] if classes else L).max(1)
        avoided = np.maximum(avoided, rbf(X, out).max(1))
        S = rbf(X, X)

        def value(A, S=S, avoided=avoided):
            return np.maximum(S[:, A].max(1) - avoided, 0).sum() if A else 0.0

        got = aw.pick.flcg(X, L, y.astype(float), n=n, rng=0, taken=taken, classes=classes, nu=nu, bandwidth=1.0)
        assert got.tolist() == greedy(value, len(X), n)


def test_flcg_of_all_labelled_rows_is_facility_location():
    rng = np.random.default_rng(0)
    X, L, y = rng.standard_normal((200, 4)), rng.standard_normal((9, 4)), np.arange(9.0) % 3
    for reference in (10_000, 50):
        evidence = {"embeddings": X, "labelled_embeddings": L, "labels": y}
        got = aw.select(12, aw.pick.flcg.using(reference=reference), **evidence)
        wanted = aw.select(12, aw.pick.facility_location.using(reference=reference), **evidence)
        assert got.rows.tolist() == wanted.rows.tolist()


def test_a_rare_class_is_found_and_junk_is_left_alone():
    rng = np.random.default_rng(0)
    X = np.concatenate([rng.normal(0, 1, (180, 2)), rng.normal(9, 1, (10, 2)), rng.normal(-9, 1, (10, 2))])
    L = np.concatenate([rng.normal(0, 1, (8, 2)), [[9.0, 9.0]], rng.normal(-9, 1, (3, 2))])
    y = np.array([0.0] * 8 + [1.0] + [2.0] * 3)
    got = aw.pick.flqmi(X, L, y, n=8, rng=0)
    assert ((got >= 180) & (got < 190)).all()
    got = aw.pick.flcg(X, L, y, n=8, rng=0, classes=(2,), nu=3.0, bandwidth=2.0)
    assert (got < 190).all()


def test_bad_settings_are_named():
    X, y = np.eye(3), np.array([0.0, 1.0, 1.0])
    with pytest.raises(BadInput, match=r"classes \(7,\); there are labels of \[0, 1\]"):
        aw.pick.flqmi(X, X, y, n=1, rng=0, classes=(7,))
    with pytest.raises(BadInput, match="eta=-1"):
        aw.pick.flqmi(X, X, y, n=1, rng=0, eta=-1)
    with pytest.raises(BadInput, match="nu=-1"):
        aw.pick.flcg(X, X, y, n=1, rng=0, nu=-1)
    with pytest.raises(BadInput, match="similarity='dot'"):
        aw.pick.flcg(X, X, y, n=1, rng=0, similarity="dot")
