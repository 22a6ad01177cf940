"""Picks over clusters against loops that follow their definition, given the same clusters."""

from __future__ import annotations

import numpy as np
import pytest

import askwise as aw
from askwise.core.evidence import Taken
from askwise.core.noise import Noise
from askwise.kernels.cluster import k_means
from askwise.kernels.weighted_cluster import weighted_k_means, weights_of


def problem(seed):
    """A few dozen rows on a grid, many of them equal, and some taken ones."""
    rng = np.random.default_rng(seed)
    m = int(rng.integers(2, 45))
    rows = rng.integers(-6, 7, (m, 2)).astype(np.float32) + 9 * rng.integers(0, 2, (m, 1)).astype(np.float32)
    if seed % 3 == 0:
        rows[m // 2 :] = rows[0]
    held = rng.integers(-6, 7, (int(rng.integers(0, 5)), 2)).astype(np.float32)
    taken = Taken({"embeddings": held}, np.arange(len(held)) % 2 == 0) if len(held) else Taken()
    return rng, rows, held, taken, int(rng.integers(1, m + 1))


def nearest_left(rows, centre, left):
    """The row left that is nearest to a centre, the lowest of equal ones."""
    away = [float(((rows[i] - centre) ** 2).sum()) for i in left]
    return left[int(np.argmin(np.array(away, dtype=np.float32)))]


def typicality(rows, members, i, neighbours):
    k = min(neighbours, len(members) // 2)
    if k < 1:
        return 0.0
    away = sorted(float(np.sqrt(((rows[i].astype(float) - rows[j]) ** 2).sum())) for j in members if j != i)
    return sum(away[:k]) / k


@pytest.mark.parametrize("seed", range(25))
def test_typiclust_by_loops(seed):
    rng, rows, held, taken, n = problem(seed)
    neighbours, least, most = int(rng.integers(1, 9)), int(rng.integers(1, 7)), int(rng.integers(2, 30))
    got = aw.pick.typiclust(rows, n=n, rng=seed, taken=taken, neighbours=neighbours, min_size=least, max_clusters=most)
    everything = np.concatenate([rows, held])
    k = min(len(held) + n, most, len(everything))
    labels = k_means(everything, k, Noise(seed, len(rows)).generator("typiclust"))[1]
    members = {c: np.flatnonzero(labels == c).tolist() for c in range(k)}
    counts = {c: sum(i >= len(rows) for i in members[c]) for c in members}
    worth = {i: round(typicality(everything, members[labels[i]], i, neighbours), 4) for i in range(len(rows))}
    left = set(range(len(rows)))
    for step in range(n):
        open_ = [c for c in members if left & set(members[c])]
        c = min(open_, key=lambda c: (len(members[c]) < least, counts[c], -len(members[c]), c))
        best = min(worth[i] for i in members[c] if i in left)
        row = int(got[step])
        # Sums in another order may part rows that are equally typical; up to that, the lowest comes first.
        assert labels[row] == c, step
        assert worth[row] <= best + 2e-4, step
        assert row == min(i for i in members[c] if i in left and worth[i] == best) or worth[row] != best, step
        left.remove(row)
        counts[c] += 1


@pytest.mark.parametrize("seed", range(25))
def test_k_means_by_loops(seed):
    _, rows, held, taken, n = problem(seed)
    got = aw.pick.k_means(rows, n=n, rng=seed, taken=taken)
    if n == len(rows):
        assert sorted(got.tolist()) == list(range(n))
        return
    everything = np.concatenate([rows, held])
    k = min(n + len(held), len(everything))
    centres, labels = k_means(everything, k, Noise(seed, len(rows)).generator("k_means"))
    covered = [bool((labels[len(rows) :] == c).any()) for c in range(len(centres))]
    order = sorted(range(len(centres)), key=lambda c: (covered[c], -int((labels == c).sum()), c))
    left, wanted = list(range(len(rows))), []
    for c in order[:n]:
        wanted.append(nearest_left(rows, centres[c], left))
        left.remove(wanted[-1])
    assert got.tolist() == wanted


@pytest.mark.parametrize("seed", range(25))
def test_weighted_k_means_and_clue_by_loops(seed):
    rng, rows, _, _, n = problem(seed)
    scores = rng.integers(1, 9, len(rows)) / 8.0
    got = aw.pick.weighted_k_means(scores, rows, n=n, rng=seed, multiple=len(rows))
    assert got.tolist() == _by_weight(rows, weights_of(scores, "test"), n, seed)
    probs = rng.dirichlet(np.ones(3), len(rows))
    entropy = np.array([-sum(p * np.log(p) for p in row) for row in probs])
    assert aw.pick.clue(probs, rows, n=n, rng=seed).tolist() == _by_weight(rows, entropy, n, seed)


def _by_weight(rows, weights, n, seed):
    generator = Noise(seed, len(rows)).generator("weighted_k_means")
    centres, labels = weighted_k_means(rows, n, weights, generator)
    total = [round(sum(weights[i] for i in range(len(rows)) if labels[i] == c), 9) for c in range(len(centres))]
    left, wanted = list(range(len(rows))), []
    for c in sorted(range(len(centres)), key=lambda c: (-total[c], c)):
        wanted.append(nearest_left(rows, centres[c], left))
        left.remove(wanted[-1])
    return wanted


@pytest.mark.parametrize("seed", range(25))
def test_random_clust_by_loops(seed):
    _, rows, _, _, n = problem(seed)
    noise = Noise(seed, len(rows))
    labels = k_means(rows, n, noise.generator("random_clust"))[1]
    bits = noise.bits("random_clust")
    queues = {c: sorted(np.flatnonzero(labels == c).tolist(), key=lambda i: bits[i]) for c in np.unique(labels)}
    sizes = {c: len(queue) for c, queue in queues.items()}
    wanted = []
    while len(wanted) < n:
        wanted += [queues[c].pop(0) for c in sorted(queues, key=lambda c: (-sizes[c], c)) if queues[c]]
    assert aw.pick.random_clust(rows, n=n, rng=seed).tolist() == wanted[:n]


@pytest.mark.parametrize("seed", range(25))
def test_per_cost_is_a_sort(seed):
    rng = np.random.default_rng(seed)
    m = int(rng.integers(1, 40))
    scores, costs = rng.integers(0, 5, m) / 4.0, rng.integers(1, 4, m).astype(float)
    n, beta = int(rng.integers(1, m + 1)), float(rng.choice([0.5, 1.0]))
    got = aw.pick.per_cost(scores, costs, n=n, rng=seed, beta=beta)
    worth = scores / costs**beta
    np.testing.assert_array_equal(worth[got], np.sort(worth)[::-1][:n])
    assert len(set(got.tolist())) == n
