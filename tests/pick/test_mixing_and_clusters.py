"""FALCUN, ALFA-Mix, DropQuery and RandomClust against their definitions, step by step."""

from __future__ import annotations

import numpy as np
import pytest

import askwise as aw
from askwise.core.errors import BadInput
from askwise.core.evidence import Taken
from askwise.core.noise import as_noise
from askwise.kernels.cluster import k_means
from askwise.learner.head import Head
from askwise.pick.alfa_mix import _cap_to_flip


def slow_relevance(P, chosen, pending, gamma: float):
    """Probability of each row left, from the definition."""
    left = [i for i in range(len(P)) if i not in chosen]
    u = [1 - (np.sort(p)[-1] - (np.sort(p)[-2] if len(p) > 1 else 0)) for p in P]
    d = [min([u[i], *(np.abs(P[i] - q).sum() for q in [*pending, *P[chosen]])]) for i in left]
    low, high = min(d), max(d)
    r = [(((one - low) / (high - low)) if high > low else 0.0) + u[i] for one, i in zip(d, left, strict=True)]
    weights = np.array(r) ** gamma
    return left, weights / weights.sum() if weights.sum() > 0 else np.full(len(left), 1 / len(left))


@pytest.mark.parametrize("seed", range(20))
def test_falcun_draws_by_its_definition(seed):
    rng = np.random.default_rng(seed)
    m, c = int(rng.integers(2, 9)), int(rng.integers(2, 5))
    P = rng.dirichlet(np.full(c, 0.7), m)
    if seed % 3 == 0:
        P[m // 2 :] = P[0]
    pending = rng.dirichlet(np.ones(c), seed % 2)
    n = int(rng.integers(1, m + 1))
    taken = Taken({"probs": pending}, np.ones(len(pending), dtype=bool)) if len(pending) else None
    got = aw.pick.falcun(P, n=n, rng=seed, taken=taken, gamma=2.0).tolist()
    generator = as_noise(seed, m).generator("falcun")
    chosen: list[int] = []
    for _ in range(n):
        left, weights = slow_relevance(P, chosen, list(pending), 2.0)
        at = int(np.searchsorted(np.cumsum(weights), generator.random(), side="right"))
        chosen.append(left[min(at, len(left) - 1)])
    assert got == chosen


def test_falcun_law_of_the_first_pick():
    P = np.array([[0.5, 0.5], [0.75, 0.25], [1.0, 0.0]])
    # u = 1, 1/2, 0; d' = u scaled = 1, 1/2, 0: weights 2, 1, 0 for gamma 1.
    first = np.bincount([int(aw.pick.falcun(P, n=1, rng=seed, gamma=1.0)[0]) for seed in range(3000)], minlength=3)
    np.testing.assert_allclose(first / 3000, [2 / 3, 1 / 3, 0], atol=0.03)
    certain = np.eye(3)[[0, 1, 2, 0]]
    first = np.bincount([int(aw.pick.falcun(certain, n=1, rng=seed)[0]) for seed in range(2000)], minlength=4)
    np.testing.assert_allclose(first / 2000, 0.25, atol=0.04)


def test_falcun_gamma():
    with pytest.raises(BadInput, match="gamma=-1"):
        aw.pick.falcun(np.full((2, 2), 0.5), n=1, rng=0, gamma=-1)


def mixing(seed: int):
    rng = np.random.default_rng(seed)
    m, d, c = 12, int(rng.integers(1, 4)), int(rng.integers(2, 5))
    head = Head(rng.standard_normal((d, c)), rng.standard_normal(c) * 0.3)
    return rng.standard_normal((m, d)), head, rng.standard_normal((7, d)), rng.integers(0, c, 7)


def flips_at(x, head, anchors, cap: float) -> bool:
    """The paper's closed form as it stands: one mixing coefficient a feature, tried with every anchor."""
    logits = x @ head.weights + head.bias
    p = np.exp(logits - logits.max())
    p /= p.sum()
    p[logits.argmax()] -= 1
    g = head.weights @ p
    for anchor in anchors:
        z = anchor - x
        a = cap / np.sqrt(len(x)) * np.linalg.norm(z) / np.linalg.norm(g) * g / z
        mixed = (1 - a) * x + a * anchor
        if (mixed @ head.weights + head.bias).argmax() != logits.argmax():
            return True
    return False


@pytest.mark.parametrize("seed", range(30))
def test_alfa_mix_flips_where_the_closed_form_flips(seed):
    X, head, L, y = mixing(seed)
    anchors = [L[y == c].mean(0) if (y == c).any() else L.mean(0) for c in range(head.weights.shape[1])]
    needed = _cap_to_flip(X, head, L, y)
    for x, cap in zip(X, needed, strict=True):
        if np.isfinite(cap):
            assert flips_at(x, head, anchors, cap * 1.0001)
            assert not flips_at(x, head, anchors, cap * 0.9999)
        else:
            assert not flips_at(x, head, anchors, 1e3)


@pytest.mark.parametrize("seed", range(10))
def test_alfa_mix_picks_among_the_candidates(seed):
    X, head, L, y = mixing(seed)
    needed = _cap_to_flip(X, head, L, y)
    for n in (1, 3, 8):
        got = aw.pick.alfa_mix(X, head, L, y.astype(float), n=n, rng=0, step=0.25)
        caps = [0.25, 0.5, 0.75, 1.0]
        cap = next((one for one in caps if (needed < one).sum() > n), 1.0)
        inside = set(np.flatnonzero(needed < cap).tolist())
        assert len(set(got.tolist())) == n
        assert set(got.tolist()) <= inside or inside <= set(got.tolist())


def test_alfa_mix_with_an_unseen_class_and_a_flat_head():
    X, _, L, _ = mixing(0)
    d = X.shape[1]
    unseen = Head(np.tile([1.0, -1.0, 0.0], (d, 1)), np.array([0.0, 0.0, -np.inf]))
    assert len(set(aw.pick.alfa_mix(X, unseen, L, np.zeros(7), n=5, rng=0).tolist())) == 5
    flat = Head(np.zeros((d, 2)), np.array([1.0, 0.0]))
    assert np.isinf(_cap_to_flip(X, flat, L, np.zeros(7, dtype=int))).all()
    assert len(set(aw.pick.alfa_mix(X, flat, L, np.zeros(7), n=5, rng=0).tolist())) == 5
    with pytest.raises(BadInput, match="step=0"):
        aw.pick.alfa_mix(X, flat, L, np.zeros(7), n=1, rng=0, step=0)


@pytest.mark.parametrize("seed", range(20))
def test_drop_query_lowers_the_threshold_until_there_are_enough(seed):
    rng = np.random.default_rng(seed)
    m, n = 30, int(rng.integers(1, 6))
    s, X = rng.integers(0, 4, m) / 3, rng.standard_normal((m, 3))
    kept = np.flatnonzero(s > 0.5)
    if len(kept) < 3 * n:
        kept = np.flatnonzero(s > 0)
    got = aw.pick.drop_query(s, X, n=n, rng=seed, multiple=3.0).tolist()
    assert set(got) <= set(kept.tolist())
    Z = (X[kept] / np.linalg.norm(X[kept], axis=1, keepdims=True)).astype(np.float32)
    centres, labels = k_means(Z, n, as_noise(seed, m).generator("drop_query"))
    order = sorted(range(n), key=lambda c: (-(labels == c).sum(), c))
    assert len(set(got)) == n
    for j, c in enumerate(order):
        far = ((Z - centres[c]) ** 2).sum(axis=1)
        far[np.isin(kept, got[:j])] = np.inf
        assert far[kept == got[j]][0] == pytest.approx(far.min(), abs=1e-5)  # two rows of a pair are as near


def test_drop_query_fills_up_at_random_when_nothing_flips():
    X = np.random.default_rng(0).standard_normal((9, 2))
    s = np.zeros(9)
    s[4] = 1 / 3
    got = [aw.pick.drop_query(s, X, n=3, rng=seed).tolist() for seed in range(300)]
    assert all(one[0] == 4 for one in got)
    counts = np.bincount(np.array(got)[:, 1], minlength=9)
    assert counts[4] == 0 and (abs(np.delete(counts, 4) - 37.5) < 25).all()


def test_random_clust_draws_one_of_each_cluster():
    X = np.concatenate([np.full((5, 1), 0.0), np.full((3, 1), 50.0), np.full((2, 1), 90.0)])
    X += np.arange(10)[:, None] * 1e-3
    draws = np.array([aw.pick.random_clust(X, n=3, rng=seed) for seed in range(200)])
    assert (draws[:, 0] < 5).all() and ((draws[:, 1] >= 5) & (draws[:, 1] < 8)).all() and (draws[:, 2] >= 8).all()
    np.testing.assert_allclose(np.bincount(draws[:, 0], minlength=5)[:5] / 200, 0.2, atol=0.1)
    # Two clusters for four rows: round again, the larger first.
    again = aw.pick.random_clust(X, n=4, rng=0, clusters=2)
    assert (again[[0, 2]] < 5).all() and (again[[1, 3]] >= 5).all()
