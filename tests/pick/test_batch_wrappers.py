"""Softmax, soft-rank, weighted k-means, CLUE, cluster-margin, ranked batch, quotas and ODMR against their laws."""

from __future__ import annotations

import numpy as np
import pytest

import askwise as aw
from askwise.core.errors import BadInput
from askwise.core.evidence import Taken
from askwise.core.noise import as_noise


def taken_of(pending: bool = False, **evidence):
    return Taken(evidence, np.full(len(next(iter(evidence.values()))), pending))


def law(pick, scores, draws: int, **settings):
    """Share of draws whose first and second pick is each row."""
    pairs = np.array([pick(scores, n=2, rng=seed, **settings) for seed in range(draws)])
    return [np.bincount(pairs[:, j], minlength=len(scores)) / draws for j in (0, 1)]


def expected_law(weights):
    p = weights / weights.sum()
    second = [sum(p[j] * p[i] / (1 - p[j]) for j in range(len(p)) if j != i) for i in range(len(p))]
    return [p, np.array(second)]


def test_softmax_draws_by_its_law():
    scores = np.array([-1.0, 0.0, 0.5, 2.0])
    for settings, weights in [
        ({"beta": 0.7, "standardise": False}, np.exp(0.7 * scores)),
        ({"beta": 1.5}, np.exp(1.5 * scores / scores.std())),
    ]:
        for got, wanted in zip(law(aw.pick.softmax, scores, 6000, **settings), expected_law(weights), strict=True):
            np.testing.assert_allclose(got, wanted, atol=0.025)


def test_softmax_does_not_depend_on_scale_and_draws_equal_scores_uniformly():
    scores = np.random.default_rng(0).random(50)
    got = aw.pick.softmax(scores, n=10, rng=0)
    assert aw.pick.softmax(scores * 1024, n=10, rng=0).tolist() == got.tolist()
    first, _ = law(aw.pick.softmax, np.full(4, 7.0), 4000)
    np.testing.assert_allclose(first, 0.25, atol=0.03)


def test_soft_rank_draws_by_its_law():
    scores = np.array([0.3, 99.0, -7.0, 0.4])  # ranks 3, 1, 4, 2
    weights = np.array([3.0, 1.0, 4.0, 2.0]) ** -1.3
    for got, wanted in zip(law(aw.pick.soft_rank, scores, 6000, beta=1.3), expected_law(weights), strict=True):
        np.testing.assert_allclose(got, wanted, atol=0.025)


@pytest.mark.parametrize("name", ["softmax", "soft_rank"])
def test_beta_must_be_positive(name):
    with pytest.raises(BadInput, match="beta=-1"):
        getattr(aw.pick, name)(np.arange(3.0), n=1, rng=0, beta=-1)


def test_weighted_k_means_is_the_weighted_optimum():
    """On separated groups the centre is the weighted mean, and the row nearest to it is the pick."""
    rng = np.random.default_rng(0)
    X = np.concatenate([rng.standard_normal((8, 2)) + 40 * g for g in range(3)])
    s = rng.random(24)
    got = aw.pick.weighted_k_means(s, X, n=3, rng=0, multiple=8.0)
    groups = [np.arange(8 * g, 8 * g + 8) for g in range(3)]
    wanted = []
    for rows in sorted(groups, key=lambda rows: -s[rows].sum()):
        centre = np.average(X[rows], axis=0, weights=s[rows])
        wanted.append(int(rows[np.argmin(((X[rows] - centre) ** 2).sum(1))]))
    assert got.tolist() == wanted


def test_weighted_k_means_keeps_the_best_rows_only():
    s = np.array([0.9, 0.8, 0.7, 0.1, 0.1, 0.1])
    X = np.arange(6.0)[:, None] * 10
    assert set(aw.pick.weighted_k_means(s, X, n=2, rng=0, multiple=1.5).tolist()) <= {0, 1, 2}
    assert set(aw.pick.weighted_k_means(s - 1.0, X, n=2, rng=0, multiple=1.5).tolist()) <= {0, 1, 2}
    with pytest.raises(BadInput, match="got -27"):
        aw.pick.weighted_k_means(s * -30, X, n=2, rng=0)


def test_clue_is_weighted_k_means_on_entropy():
    rng = np.random.default_rng(1)
    P, X = rng.dirichlet(np.ones(4), 60), rng.standard_normal((60, 3))
    H = -(P * np.log(P)).sum(1)
    got = aw.pick.clue(P, X, n=7, rng=0)
    assert got.tolist() == aw.pick.weighted_k_means(H, X, n=7, rng=0, multiple=60).tolist()
    Q = P**0.5 / (P**0.5).sum(1, keepdims=True)
    warm = aw.pick.clue(P, X, n=7, rng=0, temperature=2.0)
    wanted = aw.pick.weighted_k_means(-(Q * np.log(Q)).sum(1), X, n=7, rng=0, multiple=60)
    assert warm.tolist() == wanted.tolist()


@pytest.mark.parametrize("seed", range(30))
def test_cluster_margin_goes_round(seed):
    from askwise.kernels.turns import round_robin

    rng = np.random.default_rng(seed)
    labels, bits = rng.integers(0, 5, 20), rng.permutation(20).astype(np.uint64)
    queues = {c: sorted(np.flatnonzero(labels == c), key=lambda i: bits[i]) for c in set(labels.tolist())}
    order = sorted(queues, key=lambda c: (len(queues[c]), c))
    wanted = []
    while any(queues.values()):
        wanted += [int(queues[c].pop(0)) for c in order if queues[c]]
    assert round_robin(labels, bits).tolist() == wanted


def test_cluster_margin_by_hand():
    X = np.array([[0.0], [0.1], [0.2], [9.0], [9.1], [50.0], [70.0]])
    s = np.array([0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.1])
    got = aw.pick.cluster_margin(s, X, n=4, rng=0, multiple=1.5, clusters=3).tolist()
    assert got[0] == 5 and got[1] in (3, 4) and got[2] in (0, 1, 2) and got[3] in (3, 4)


def slow_ranked(s, X, L, n: int) -> list[int]:
    known, chosen = [*L], []
    for _ in range(n):
        free = [i for i in range(len(X)) if i not in chosen]
        a = len(free) / (len(free) + len(known))

        def value(i):
            if not known:
                return -np.linalg.norm(X[i] - X.mean(0))
            near = min(np.linalg.norm(X[i] - x) for x in known)
            return a * (1 - 1 / (1 + near)) + (1 - a) * s[i]  # noqa: B023 - called at once

        chosen.append(max(free, key=lambda i: (round(value(i), 9), -i)))
        known.append(X[chosen[-1]])
    return chosen


@pytest.mark.parametrize("seed", range(30))
def test_ranked_batch_by_loops(seed):
    rng = np.random.default_rng(seed)
    m = int(rng.integers(2, 15))
    X, s = rng.standard_normal((m, 2)), rng.random(m)
    L = rng.standard_normal((int(rng.integers(0, 4)), 2))
    n = int(rng.integers(1, m + 1))
    taken = taken_of(embeddings=L) if len(L) else None
    assert aw.pick.ranked_batch(s, X, n=n, rng=0, taken=taken).tolist() == slow_ranked(s, X, L, n)


@pytest.mark.parametrize("seed", range(30))
def test_class_quota_always_serves_the_poorest_class(seed):
    rng = np.random.default_rng(seed)
    m, c = int(rng.integers(2, 20)), int(rng.integers(1, 5))
    P = rng.dirichlet(np.ones(c), m)
    y = rng.integers(0, c, int(rng.integers(0, 6))).astype(float)
    n = int(rng.integers(1, m + 1))
    got = aw.pick.class_quota(P, y if len(y) else None, n=n, rng=seed).tolist()
    assert len(set(got)) == n
    counts, guess, left = np.bincount(y.astype(int), minlength=c), P.argmax(1), set(range(m))
    for row in got:
        poorest = np.flatnonzero(counts == counts.min())
        if not any(guess[i] in poorest for i in left):
            assert guess[row] not in poorest
        elif all(any(guess[i] == k for i in left) for k in poorest):
            assert guess[row] in poorest
        counts[guess[row]] += 1
        left.remove(row)


def test_class_quota_draws_at_random_inside_and_counts_pending_rows():
    P = np.array([[0.9, 0.1]] * 5 + [[0.1, 0.9]] * 5)
    first = np.bincount([int(aw.pick.class_quota(P, np.zeros(1), n=1, rng=seed)[0]) for seed in range(500)])
    assert (first[:5] == 0).all() and (abs(first[5:] - 100) < 40).all()
    out = taken_of(pending=True, probs=P[5:8])
    assert aw.pick.class_quota(P, np.zeros(2), n=1, rng=0, taken=out)[0] < 5
    # No row is predicted to be of class 1: any row, uniformly.
    none = np.bincount([int(aw.pick.class_quota(P[:5], np.zeros(1), n=1, rng=seed)[0]) for seed in range(500)])
    assert (abs(none - 100) < 40).all()


@pytest.mark.parametrize("name", ["class_quota", "odmr"])
def test_labels_must_be_classes(name):
    P, y = np.full((3, 2), 0.5), np.array([0.0, 5.0])
    args = (P, y) if name == "class_quota" else (np.ones(3), P, y)
    with pytest.raises(BadInput, match="labels holds 5, but probs has 2"):
        getattr(aw.pick, name)(*args, n=1, rng=0)


@pytest.mark.parametrize("seed", range(30))
def test_odmr_by_loops(seed):
    rng = np.random.default_rng(seed)
    m, c = int(rng.integers(2, 20)), int(rng.integers(1, 5))
    P, s = rng.dirichlet(np.ones(c), m), rng.integers(0, 4, m).astype(float)
    y = rng.integers(0, c, int(rng.integers(0, 6)))
    n = int(rng.integers(1, m + 1))
    q = (np.bincount(y, minlength=c) + 1) / (len(y) + c)
    got = aw.pick.odmr(s, P, y.astype(float) if len(y) else None, n=n, rng=seed).tolist()
    filled, left, guess, ties = np.zeros(c), list(range(m)), P.argmax(1), as_noise(seed, m).bits("ties")
    for b, row in enumerate(got):
        open_classes = sorted({int(guess[i]) for i in left})
        k = max(open_classes, key=lambda k: (round(q[k] * (b + 1) - filled[k], 9), -k))
        assert row == max((i for i in left if guess[i] == k), key=lambda i: (s[i], ties[i]))
        filled[k] += 1
        left.remove(row)


def test_odmr_smoothing_must_be_positive():
    with pytest.raises(BadInput, match="smoothing=0"):
        aw.pick.odmr(np.ones(2), np.full((2, 2), 0.5), n=1, rng=0, smoothing=0)
