"""D^2 sampling by rejection: the exact law, few passes, few trials, the same draws on every kernel set."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy.stats import chi2

from askwise.core.errors import BadInput
from askwise.core.evidence import Taken
from askwise.kernels import compiled, gradient, seeding
from askwise.kernels.gradient import Gradients
from askwise.kernels.seeding import sample_d2, sample_d2_by_cdf
from askwise.kernels.space import Space
from askwise.pick import badge, k_means_pp


def distances(rows):
    return ((rows[:, None] - rows[None]) ** 2).sum(axis=-1)


def formed(probs, embeddings):
    """Gradient embeddings (m, c d) written out."""
    a = probs - np.eye(probs.shape[1])[probs.argmax(axis=1)]
    return (a[:, :, None] * embeddings[:, None, :]).reshape(len(a), -1)


def softmax(logits):
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    return odds / odds.sum(axis=1, keepdims=True)


def law_of_third(far, first):
    """Probability of each ordered pair (second, third) given the first centres, by enumeration (m, m)."""
    m = len(far)
    start = far[:, first].min(axis=1)
    law = np.zeros((m, m))
    for second in range(m):
        after = np.minimum(start, far[:, second])
        if start[second] > 0:
            law[second] = start[second] / start.sum() * after / after.sum()
    return law


def p_value(counts, law):
    """Chi-square p-value of counts against a law, rare cells joined."""
    expected = (law * counts.sum()).ravel()
    assert (counts.ravel()[expected == 0] == 0).all()
    order = np.argsort(expected)
    order = order[expected[order] > 0]
    groups = np.flatnonzero(np.diff(np.floor(np.cumsum(expected[order]) / 12.0), prepend=-1.0))
    seen = np.add.reduceat(counts.ravel()[order].astype(float), groups)
    wanted = np.add.reduceat(expected[order], groups)
    return chi2.sf(((seen - wanted) ** 2 / wanted).sum(), len(groups) - 1)


@pytest.fixture(autouse=True)
def numpy_kernels(monkeypatch):
    monkeypatch.setenv("ASKWISE_BACKEND", "numpy")


@pytest.mark.parametrize("patience", [0.0, 0.5, 1e9])
def test_the_law_of_the_second_and_third_pick(patience, monkeypatch):
    monkeypatch.setattr(seeding, "_PATIENCE", patience)
    monkeypatch.setattr(seeding, "_LEAF", 3)
    monkeypatch.setenv("ASKWISE_BACKEND", "numba")
    rows = np.random.default_rng(0).standard_normal((9, 2)) ** 3
    space, generator = Space.of(rows), np.random.default_rng(1)
    counts = np.zeros((9, 9))
    for _ in range(5000):
        _, second, third = sample_d2(space, 3, generator, first=4)[0]
        counts[second, third] += 1
    assert p_value(counts, law_of_third(distances(rows), [4])) > 1e-3


def test_the_law_of_badge_in_gradient_space():
    rng = np.random.default_rng(2)
    probs, embeddings = softmax(rng.standard_normal((8, 3))).astype(np.float32), rng.standard_normal((8, 2))
    far = distances(formed(probs.astype(float), embeddings))
    first = int(np.argmax((formed(probs.astype(float), embeddings) ** 2).sum(axis=1)))
    counts = np.zeros((8, 8))
    for seed in range(4000):
        one, second, third = badge(probs, embeddings, n=3, rng=seed)
        assert one == first
        counts[second, third] += 1
    assert p_value(counts, law_of_third(far, [first])) > 1e-3


def test_taken_rows_are_centres_and_the_first_is_uniform_without():
    rows = np.array([[0.0], [1.0], [3.0], [7.0]])
    counts, firsts = np.zeros((4, 4)), np.zeros((1, 4))
    for seed in range(3000):
        second, third = k_means_pp(rows, n=2, rng=seed, taken=Taken({"embeddings": rows[[0]]}, np.array([False])))
        counts[second, third] += 1
        firsts[0, k_means_pp(rows, n=1, rng=seed)[0]] += 1
    assert p_value(counts, law_of_third(distances(rows), [0])) > 1e-3
    assert p_value(firsts, np.full((1, 4), 0.25)) > 1e-3


def test_the_reference_has_the_same_law():
    rows = np.random.default_rng(5).standard_normal((7, 2))
    counts, generator = np.zeros((7, 7)), np.random.default_rng(6)
    for _ in range(4000):
        _, second, third = sample_d2_by_cdf(Space.of(rows), 3, generator, first=0)
        counts[second, third] += 1
    assert p_value(counts, law_of_third(distances(rows), [0])) > 1e-3


def test_few_passes_and_few_trials(monkeypatch):
    monkeypatch.setenv("ASKWISE_BACKEND", "numba")
    rng = np.random.default_rng(0)
    rows = (3 * rng.standard_normal((40, 16))[rng.integers(0, 40, 20_000)] + rng.standard_normal((20_000, 16))).astype(
        "f4"
    )
    for cloud in (Space.of(rows), Gradients.of(softmax(4 * rng.standard_normal((20_000, 10))), rows)):
        work = sample_d2(cloud, 500, np.random.default_rng(1))[1]
        assert work.passes <= 6
        assert work.drawn <= 5 * 500
        assert work.evaluations < 0.1 * 500 * len(cloud)


def test_the_potential_is_that_of_the_reference(monkeypatch):
    monkeypatch.setenv("ASKWISE_BACKEND", "numba")
    rng = np.random.default_rng(3)
    space = Space.of(rng.standard_normal((1500, 4)) ** 3)

    def potential(sample, seed):
        picks = sample(space, 60, np.random.default_rng(seed))
        return space.nearest(space.take(picks[0] if isinstance(picks, tuple) else picks)).sum()

    mine = np.array([potential(sample_d2, seed) for seed in range(40)])
    theirs = np.array([potential(sample_d2_by_cdf, seed) for seed in range(40)])
    error = np.hypot(mine.std(), theirs.std()) / np.sqrt(40)
    assert abs(mine.mean() - theirs.mean()) < 3.5 * error


@pytest.mark.parametrize("method", ["rejection", "exact-cdf"])
def test_kernel_sets_and_types_draw_the_same(method, monkeypatch):
    rng = np.random.default_rng(4)
    probs = np.round(softmax(rng.standard_normal((700, 4))) * 256) / 256
    embeddings = np.round(rng.standard_normal((700, 12)) * 64) / 64
    drawn = []
    for name in ("numba", "numpy"):
        monkeypatch.setenv("ASKWISE_BACKEND", name)
        pairs = [(probs.astype(dtype), embeddings.astype(dtype)) for dtype in (np.float16, np.float64)]
        drawn += [badge(*pair, n=90, rng=3, method=method) for pair in pairs]
    for one, other in pairwise(drawn):
        np.testing.assert_array_equal(one, other)
    assert len(set(drawn[0].tolist())) == 90


@pytest.mark.parametrize("name", ["numba", "numpy"])
@pytest.mark.parametrize("method", ["rejection", "exact-cdf"])
def test_equal_rows_never_loop_and_never_come_twice(name, method, monkeypatch):
    monkeypatch.setenv("ASKWISE_BACKEND", name)
    for rows in (np.full((40, 3), 0.1), np.repeat(np.random.default_rng(0).standard_normal((4, 3)), 10, axis=0)):
        got = k_means_pp(rows, n=40, rng=1, method=method)
        np.testing.assert_array_equal(np.sort(got), np.arange(40))
        assert len(np.unique(rows[got[: len(np.unique(rows, axis=0))]], axis=0)) == len(np.unique(rows, axis=0))
        saturated = np.eye(3)[np.arange(40) % 3]
        np.testing.assert_array_equal(np.sort(badge(saturated, rows, n=40, rng=0, method=method)), np.arange(40))


def test_many_taken_rows(monkeypatch):
    rng = np.random.default_rng(0)
    rows, taken = rng.standard_normal((1500, 5)), rng.standard_normal((90, 5))
    picks = []
    for name in ("numba", "numpy"):
        monkeypatch.setenv("ASKWISE_BACKEND", name)
        picks.append(sample_d2(Space.of(rows), 50, np.random.default_rng(0), taken=Space.of(taken))[0])
    np.testing.assert_array_equal(*picks)


def test_pending_rows_are_picks_of_badge_and_labelled_rows_are_not():
    probs, embeddings = np.array([[0.5, 0.5], [0.6, 0.4], [0.5, 0.5]]), np.array([[1.0], [5.0], [1.0]])
    held = {"probs": probs[[0]], "embeddings": embeddings[[0]]}
    for seed in range(20):
        assert badge(probs, embeddings, n=1, rng=seed, taken=Taken(held, np.array([False])))[0] == 1
        assert badge(probs, embeddings, n=1, rng=seed, taken=Taken(held, np.array([True])))[0] == 1
    nothing_left = badge(probs[[0, 2]], embeddings[[0, 2]], n=2, rng=0, taken=Taken(held, np.array([True])))
    assert sorted(nothing_left.tolist()) == [0, 1]


def test_factorised_distances_are_those_of_the_formed_gradients():
    rng = np.random.default_rng(0)
    probs, embeddings = (
        softmax(rng.standard_normal((20, 4))).astype(np.float32),
        rng.standard_normal((20, 6)).astype("f4"),
    )
    grads = Gradients.of(probs, embeddings)
    want = distances(formed(probs.astype(float), embeddings.astype(float)))
    np.testing.assert_allclose(grads.to(grads), want, rtol=1e-6, atol=1e-6)
    assert (np.diag(grads.to(grads)) == 0).all()


def test_an_unknown_method_is_refused():
    with pytest.raises(BadInput, match="'cdf'"):
        k_means_pp(np.ones((2, 2)), n=1, method="cdf")


def test_a_product_of_the_short_factors_changes_no_distance(monkeypatch):
    """Pairs that it excludes could not have lowered anything; ties, equal rows and rows without a gradient too."""
    monkeypatch.setenv("ASKWISE_BACKEND", "numba")
    rng = np.random.default_rng(5)
    for c in (2, 5, 10):
        probs = rng.dirichlet(np.full(c, 0.2), 700).astype(np.float32)
        probs[:9] = np.eye(c, dtype=np.float32)[0]
        rows = rng.standard_normal((700, 4 * c + 3)).astype(np.float32) * rng.lognormal(0, 2, (700, 1)).astype(
            np.float32
        )
        rows[20:40] = 0.0
        rows[100:130], probs[100:130] = rows[200:230], probs[200:230]
        grads = gradient.Gradients.of(probs, rows)
        centres = grads.take(rng.permutation(700)[:60])
        want, got = np.full(700, np.inf), np.full(700, np.inf)
        grads._lower(centres, want)
        monkeypatch.setattr(gradient, "_PAIRS", 0)
        for part in (slice(0, 1), slice(1, 25), slice(25, 60)):
            grads.lower(centres.take(part), got)
        np.testing.assert_array_equal(got, want)


def test_locating_a_share_is_a_search_of_sums():
    rng = np.random.default_rng(3)
    for size in (1, 5, 40):
        for _ in range(50):
            values = rng.random(size) * (rng.random(size) < 0.5)
            values[rng.integers(size)] = 1.0
            sums = np.add.reduceat(values, np.arange(0, size, 4))
            share = rng.choice([0.0, rng.random(), 1.0])
            row, into, total = compiled.locate(sums, values, 4, share)
            assert values[row] > 0 and total == np.cumsum(sums)[-1]
            before = np.cumsum(sums)[row // 4 - 1] if row // 4 else 0.0
            start = row // 4 * 4
            before += np.cumsum(values[start : row + 1])[-2] if row > start else 0.0
            assert into == pytest.approx(max(share * total - before, 0.0), abs=1e-12)
