"""k_means and typiclust against brute force over the same clusters, and on blobs where the answer is plain."""

from __future__ import annotations

import numpy as np
import pytest

import askwise as aw
from askwise.core.evidence import Taken
from askwise.core.noise import Noise
from askwise.kernels.cluster import distinct_nearest
from askwise.kernels.cluster import k_means as cluster
from askwise.pick.typiclust import _mean_distance


def blobs(sizes, seed=0, d=3):
    rng = np.random.default_rng(seed)
    which = np.repeat(np.arange(len(sizes)), sizes)
    centres = 100.0 * np.eye(max(len(sizes), d))[: len(sizes)]
    rows = centres[which] + rng.standard_normal((len(which), centres.shape[1]))
    return rows.astype(np.float32), which


def held(rows):
    return Taken({"embeddings": rows}, np.zeros(len(rows), dtype=bool))


def naive_typicality(rows, k):
    """Mean distance to the k nearest others, by all pairs in float64."""
    pairs = np.sqrt(((rows[:, None].astype(np.float64) - rows[None]) ** 2).sum(-1))
    np.fill_diagonal(pairs, np.inf)
    return np.sort(pairs, axis=1)[:, :k].mean(1)


@pytest.mark.parametrize(("size", "neighbours"), [(40, 20), (12, 20), (3, 20), (2, 20), (41, 5), (600, 20)])
def test_typicality_is_brute_force(size, neighbours):
    rows = blobs([size])[0]
    k = min(neighbours, size // 2)
    np.testing.assert_allclose(_mean_distance(rows, neighbours), naive_typicality(rows, k), rtol=1e-4)


def test_typicality_of_one_row_and_of_equal_rows():
    assert _mean_distance(np.ones((1, 2), np.float32), 20).tolist() == [0.0]
    np.testing.assert_allclose(_mean_distance(np.ones((6, 2), np.float32), 20), 0.0, atol=1e-5)


def test_equally_typical_rows_come_in_key_order():
    assert aw.pick.typiclust(np.zeros((4, 1)), n=4, max_clusters=1).tolist() == [0, 1, 2, 3]
    rows = np.random.default_rng(0).standard_normal((40, 200)).astype(np.float32)[np.arange(80) % 40]
    typical = _mean_distance(rows, 20)
    np.testing.assert_array_equal(typical[:40], typical[40:])


@pytest.mark.parametrize("seed", range(5))
def test_many_rows_of_a_cluster_are_compared_in_part(seed):
    rows, which = blobs([300, 200], seed)
    noise = Noise(seed, 500)
    got = aw.pick.typiclust(rows, n=500, rng=noise, most=50, max_clusters=2, neighbours=5)
    assert sorted(got.tolist()) == list(range(500))
    for c, first in ((0, got[0]), (1, got[1])):
        own = np.flatnonzero(which == c)
        part = np.sort(own[np.argsort(noise.bits("typiclust")[own])][:50])
        queue = got[np.isin(got, own)]
        assert set(queue[:50].tolist()) == set(part.tolist())
        worth = naive_typicality(rows[part], 5)
        assert first == queue[0] and worth[part == first] <= worth.min() * (1 + 1e-4)
    with pytest.raises(aw.BadInput, match="most=1 rows have no neighbours"):
        aw.pick.typiclust(rows, n=2, most=1)


def test_large_pools_are_clustered_from_a_sample(monkeypatch):
    from askwise.kernels import cluster

    monkeypatch.setattr(cluster, "_SAMPLE", 200)
    rows, which = blobs([2000, 1500, 1000])
    centres, labels = cluster.k_means(rows, 3, np.random.default_rng(0))
    assert len(np.unique(np.stack([labels, which]), axis=1).T) == 3
    nearest = ((rows[:, None].astype(np.float64) - centres[None]) ** 2).sum(axis=-1).argmin(axis=1)
    np.testing.assert_array_equal(labels, nearest)


def test_typiclust_takes_the_most_typical_row_of_each_blob():
    rows, which = blobs([30, 20, 10])
    got = aw.pick.typiclust(rows, n=3, rng=0)
    assert which[got].tolist() == [0, 1, 2]  # larger clusters first
    for blob, row in enumerate(got):
        members = np.flatnonzero(which == blob)
        best = members[naive_typicality(rows[members], min(20, len(members) // 2)).argmin()]
        assert row == best


def test_typiclust_leaves_clusters_with_labels_for_last():
    rows, which = blobs([30, 20, 12, 8])
    labelled = blobs([1, 0, 1, 0], seed=5, d=4)[0]
    got = aw.pick.typiclust(rows, n=2, rng=0, taken=held(labelled))
    assert which[got].tolist() == [1, 3]


def test_typiclust_visits_small_clusters_only_when_the_rest_is_used_up():
    rows, which = blobs([20, 3])
    got = aw.pick.typiclust(rows, n=23, rng=0, max_clusters=2)
    assert set(which[got[:20]]) == {0} and set(which[got[20:]]) == {1}
    assert sorted(got.tolist()) == list(range(23))


def test_typiclust_caps_the_clusters():
    rows, which = blobs([15, 15, 15])
    got = aw.pick.typiclust(rows, n=6, rng=0, max_clusters=3)
    assert np.bincount(which[got]).tolist() == [2, 2, 2]


def test_k_means_takes_the_rows_nearest_to_the_centres():
    rows, which = blobs([30, 20, 10])
    got = aw.pick.k_means(rows, n=3, rng=0)
    assert which[got].tolist() == [0, 1, 2]
    for blob, row in enumerate(got):
        members = np.flatnonzero(which == blob)
        gap = ((rows[members].astype(np.float64) - rows[members].mean(0, dtype=np.float64)) ** 2).sum(1)
        assert row == members[gap.argmin()]


def test_k_means_passes_over_clusters_with_labels():
    rows, which = blobs([30, 20, 10])
    labelled = blobs([2], seed=4)[0]
    got = aw.pick.k_means(rows, n=2, rng=0, taken=held(labelled[:1]))
    assert which[got].tolist() == [1, 2]


def test_k_means_of_everything():
    rows = blobs([5, 4])[0]
    assert sorted(aw.pick.k_means(rows, n=9).tolist()) == list(range(9))


def test_distinct_nearest_is_brute_force():
    rng = np.random.default_rng(3)
    rows, centres = rng.standard_normal((25, 2)), rng.standard_normal((10, 2)) * 0.1
    allowed = np.sort(rng.permutation(25)[:12])
    left, wanted = allowed.tolist(), []
    for centre in centres:
        best = min(left, key=lambda row: ((rows[row] - centre) ** 2).sum())
        left.remove(best)
        wanted.append(best)
    assert distinct_nearest(rows, centres, allowed).tolist() == wanted
    assert sorted(distinct_nearest(rows, rng.standard_normal((30, 2)), allowed).tolist()) == allowed.tolist()


def test_clusters_are_a_fixed_point_and_seeded():
    rows = blobs([20, 20, 20])[0]
    centres, labels = cluster(rows, 3, Noise(0, 60).generator("k"))
    nearest = ((rows[:, None] - centres[None]) ** 2).sum(-1).argmin(1)
    np.testing.assert_array_equal(nearest, labels)
    for j in range(3):
        np.testing.assert_allclose(centres[j], rows[labels == j].mean(0), atol=1e-3)
    again = cluster(rows, 3, Noise(0, 60).generator("k"))
    np.testing.assert_array_equal(again[1], labels)
    assert cluster(np.zeros((4, 2), np.float32), 9, Noise(0, 4).generator("k"))[0].shape == (4, 2)
