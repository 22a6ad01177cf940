"""Sub-pools: the nearest rows by an exact scan, SEALS, AnchorAL, UPS and random subsets against loops and laws."""

from __future__ import annotations

from math import comb

import numpy as np
import pytest

import askwise as aw
from askwise.among.near import draw_anchors, mean_by_row
from askwise.core.errors import BadInput
from askwise.core.evidence import Taken
from askwise.core.noise import Noise
from askwise.core.stored import Stored
from askwise.kernels import nearest


def taken_of(**evidence):
    return Taken(evidence, np.zeros(len(next(iter(evidence.values()))), dtype=bool))


def problem(seed: int, low: int = 4):
    """Few directions on a grid, so that rows repeat and cosines tie."""
    rng = np.random.default_rng(seed)
    m, known = int(rng.integers(low, 25)), int(rng.integers(1, 7))
    X, L = rng.integers(-2, 3, (m, 2)).astype(float), rng.integers(-2, 3, (known, 2)).astype(float)
    return rng, X, L, rng.integers(0, 3, known)


def cosine(x, y) -> float:
    size = np.linalg.norm(x) * np.linalg.norm(y)
    return float(np.round(x @ y / size, 9)) if size else 0.0


def slow_nearest(X, point, k: int) -> list[int]:
    return sorted(range(len(X)), key=lambda i: (-cosine(X[i], point), i))[:k]


def stored(rows):
    return Stored(rows.shape, rows.dtype, lambda at: rows[at])


@pytest.mark.parametrize("seed", range(40))
def test_most_similar_is_the_sorted_list(seed, monkeypatch):
    rng, X, L, _ = problem(seed)
    k = int(rng.integers(1, len(X) + 3))
    for block, points in ((1 << 20, 512), (6, 2)):
        monkeypatch.setattr(nearest, "_BLOCK", block)
        monkeypatch.setattr(nearest, "_POINTS", points)
        found, cosines = nearest.most_similar(X, L, k)
        assert found.tolist() == [slow_nearest(X, point, k) for point in L]
        wanted = [[cosine(X[i], L[j]) for i in line] for j, line in enumerate(found)]
        np.testing.assert_allclose(cosines, wanted, atol=1e-9)


@pytest.mark.parametrize("seed", range(40))
def test_seals_by_loops(seed):
    rng, X, L, _ = problem(seed)
    k = int(rng.integers(1, 5))
    wanted = sorted({i for point in L for i in slow_nearest(X, point, k)})
    for rows in (X, stored(X)):
        assert aw.among.seals(rows, n=1, taken=taken_of(embeddings=L), neighbours=k).tolist() == wanted
        assert aw.among.seals(rows, n=1, neighbours=k).tolist() == list(range(len(X)))


@pytest.mark.parametrize("seed", range(40))
def test_anchor_al_by_loops(seed):
    rng, X, L, y = problem(seed)
    k, size, n = int(rng.integers(1, 6)), int(rng.integers(1, 12)), int(rng.integers(1, 5))
    lists = [slow_nearest(X, point, k) for point in L]
    means = {
        i: float(np.round(np.mean([cosine(X[i], L[j]) for j in range(len(L)) if i in lists[j]]), 9))
        for i in {i for line in lists for i in line}
    }
    noise = Noise(seed, len(X)).bits("ties")
    wanted = sorted(sorted(means, key=lambda i: (means[i], noise[i]), reverse=True)[: max(size, n)])
    for rows in (X, stored(X)):
        got = aw.among.anchor_al(rows, L, y, n=n, rng=seed, anchors=9, neighbours=k, size=size)
        assert got.tolist() == wanted


def test_anchor_al_by_hand():
    """The row that one anchor is nearest to beats the row that two anchors half agree on: the mean, not the sum."""
    rows, value = mean_by_row(np.array([[0, 1], [1, 0]]), np.array([[0.9, 0.5], [0.5, 0.3]]))
    assert rows.tolist() == [0, 1] and value.tolist() == [0.6, 0.5]


def test_anchors_are_drawn_evenly_over_classes_and_spread_inside():
    rng = np.random.default_rng(0)
    known = np.concatenate([rng.normal(0, 0.01, (50, 2)), rng.normal(9, 0.01, (50, 2)), [[5.0, -5.0]]])
    y = np.array([0] * 100 + [1])
    for seed in range(20):
        at = draw_anchors(known, y, 2, np.random.default_rng(seed))
        assert len(at) == 3 and at[2] == 100 and (at[0] < 50) != (at[1] < 50)


def test_a_rare_class_is_found_where_margin_alone_does_not_look():
    rng = np.random.default_rng(0)
    X = np.concatenate([rng.normal([4, 0, 0], 0.3, (990, 3)), rng.normal([0, 4, 0], 0.3, (10, 3))])
    known, y = np.array([[4.0, 0.0, 0.0], [0.0, 4.0, 0.0]]), np.array([0.0, 1.0])
    got = aw.select(10, aw.Strategy("random", among="anchor_al"), embeddings=X, labelled_embeddings=known, labels=y)
    assert (got.rows >= 990).sum() >= 1
    assert len(aw.select(20, aw.Strategy("random", among="seals"), embeddings=X, labelled_embeddings=known)) == 20


def test_random_subset_is_uniform_and_its_best_row_follows_the_law():
    s = np.arange(20.0)
    draws = [aw.among.random_subset(n=2, rng=Noise(seed, 20), size=5) for seed in range(4000)]
    assert {len(draw) for draw in draws} == {5}
    # The largest of 5 out of 20: P(max = k) = C(k, 4) / C(20, 5).
    law = [comb(k, 4) / comb(20, 5) for k in range(20)]
    best = [int(draw[s[draw].argmax()]) for draw in draws]
    np.testing.assert_allclose(np.bincount(best, minlength=20) / 4000, law, atol=0.025)
    assert aw.among.random_subset(n=20, rng=Noise(0, 20), size=1).tolist() == list(range(20))


def test_ups_keeps_the_uncertain_and_lets_others_in_by_its_law():
    p = np.array([0.5, 0.6, 0.8, 0.9, 1.0])
    before = np.stack([p, 1 - p], 1)
    draws = [aw.among.ups(before, n=5, rng=i, gamma=0.3, temperature=0.2, floor=0.1) for i in range(5000)]
    law = np.maximum(np.exp(-np.maximum(0, np.arange(5) / 5 - 0.3) / 0.2), 0.1)
    np.testing.assert_allclose(np.bincount(np.concatenate(draws), minlength=5) / 5000, law, atol=0.03)
    assert aw.among.ups(before, n=2, rng=0, gamma=0.39, temperature=1e-9, floor=0.0).tolist() == [0, 1]
    assert aw.among.ups(before, n=2, rng=0, floor=1.0).tolist() == [0, 1, 2, 3, 4]


def test_tyrogue_takes_varied_rows_of_a_random_part():
    """Groups of five rows in six directions: one row of each, as many as there are clusters."""
    angle = np.repeat(np.arange(6) * np.pi / 3, 5)
    X = np.stack([np.cos(angle), np.sin(angle)], 1) * np.arange(1, 31)[:, None]
    for rows in (X, stored(X)):
        assert (aw.among.tyrogue(rows, n=3, multiple=2.0) // 5).tolist() == [0, 1, 2, 3, 4, 5]
        assert aw.among.tyrogue(rows, n=30, size=1).tolist() == list(range(30))
    few = np.array([aw.among.tyrogue(X, n=1, rng=i, size=1, multiple=1.0)[0] for i in range(600)])
    assert (abs(np.bincount(few // 5, minlength=6) - 100) < 45).all()


def test_varied_rows_follow_the_law_of_squared_distance():
    """From a labelled row at 0, rows at 1 and 2 are drawn first in the ratio 1 to 4."""
    X = np.array([[0.0], [0.0], [1.0], [2.0]])
    taken = taken_of(embeddings=np.zeros((1, 1)))
    draws = np.array([aw.among.varied(X, n=1, rng=seed, taken=taken, size=1)[0] for seed in range(3000)])
    np.testing.assert_allclose(np.bincount(draws, minlength=4) / 3000, [0, 0, 0.2, 0.8], atol=0.03)
    for seed in range(20):
        wanted = aw.among.varied(X, n=1, rng=seed, size=3).tolist()
        assert aw.among.varied(stored(X), n=1, rng=seed, size=3).tolist() == wanted and {2, 3} <= set(wanted)


def test_bad_settings_are_named():
    P, X = np.full((3, 2), 0.5), np.eye(3)
    with pytest.raises(BadInput, match="random_subset: size=0"):
        aw.among.random_subset(n=1, rng=Noise(0, 3), size=0)
    with pytest.raises(BadInput, match="varied: size=0"):
        aw.among.varied(X, n=1, size=0)
    with pytest.raises(BadInput, match="neighbours=0"):
        aw.among.seals(X, n=1, neighbours=0)
    with pytest.raises(BadInput, match="anchors=0"):
        aw.among.anchor_al(X, X, np.arange(3.0), n=1, anchors=0)
    with pytest.raises(BadInput, match="gamma=2"):
        aw.among.ups(P, n=1, gamma=2)
    with pytest.raises(BadInput, match="multiple="):
        aw.among.tyrogue(X, n=1, multiple=0.5)
    with pytest.raises(BadInput, match="temperature=0"):
        aw.among.ups(P, n=1, temperature=0)
    with pytest.raises(BadInput, match="among 'seals' was asked for 4 rows out of 3"):
        aw.among.seals(X, n=4)
