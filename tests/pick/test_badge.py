"""BADGE against explicit n x (c d) gradients: distances, the first pick, and the law of the second."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

import askwise as aw
from askwise.core.evidence import Taken
from askwise.kernels.gradient import Gradients


def rows(m=12, c=4, d=5, seed=0):
    rng = np.random.default_rng(seed)
    return rng.dirichlet(np.ones(c), m), rng.standard_normal((m, d))


def explicit(probs, embeddings):
    """Gradient of the log loss at the predicted class with respect to the last layer, formed: (m, c * d)."""
    a = probs - np.eye(probs.shape[1])[probs.argmax(1)]
    return (a[:, :, None] * embeddings[:, None, :]).reshape(len(probs), -1)


@pytest.mark.parametrize("seed", range(5))
def test_factorised_distances_are_the_explicit_ones(seed):
    probs, embeddings = rows(30, seed=seed)
    full, factors = explicit(probs, embeddings), Gradients.of(probs, embeddings)
    np.testing.assert_allclose(factors.squares, (full**2).sum(1), rtol=1e-5)
    for j in range(len(full)):
        wanted = ((full - full[j]) ** 2).sum(1)
        got = factors.to(factors.take(slice(j, j + 1)))[:, 0]
        np.testing.assert_allclose(got, wanted, atol=1e-5 * factors.squares.max())
    part = factors.take(np.array([3, 4]))
    np.testing.assert_allclose(factors.to(part)[:, 1], factors.to(factors)[:, 4], rtol=1e-12, atol=1e-12)


def test_first_pick_has_the_largest_norm():
    for seed in range(20):
        probs, embeddings = rows(20, seed=seed)
        assert aw.pick.badge(probs, embeddings, n=1, rng=seed)[0] == (explicit(probs, embeddings) ** 2).sum(1).argmax()


def frequencies(draw, m, seeds=3000):
    return np.bincount([draw(seed) for seed in range(seeds)], minlength=m)


def chi_square_p(counts, law):
    there = law > 0
    assert counts[~there].sum() == 0
    return stats.chisquare(counts[there], law[there] / law.sum() * counts.sum()).pvalue


def test_second_pick_follows_the_squared_distance():
    probs, embeddings = rows()
    full = explicit(probs, embeddings)
    first = (full**2).sum(1).argmax()
    law = ((full - full[first]) ** 2).sum(1)
    counts = frequencies(lambda seed: aw.pick.badge(probs, embeddings, n=2, rng=seed)[1], len(law))
    assert chi_square_p(counts, law) > 0.001


def test_third_pick_follows_the_distance_to_the_nearest_pick():
    probs, embeddings = rows(6)
    full = explicit(probs, embeddings)
    pairs = ((full[:, None] - full[None]) ** 2).sum(-1)
    first = (full**2).sum(1).argmax()
    law = np.zeros(6)
    for second in range(6):
        nearest = np.minimum(pairs[:, first], pairs[:, second])
        law += pairs[second, first] / pairs[:, first].sum() * nearest / max(nearest.sum(), 1e-300)
    counts = frequencies(lambda seed: aw.pick.badge(probs, embeddings, n=3, rng=seed)[2], 6)
    assert chi_square_p(counts, law) > 0.001


def test_pending_rows_are_earlier_picks_and_labelled_rows_are_not():
    probs, embeddings = rows()
    full = explicit(probs, embeddings)
    other_p, other_e = rows(2, seed=9)
    evidence = {"probs": other_p, "embeddings": other_e}
    law = ((full[:, None] - explicit(other_p, other_e)[None]) ** 2).sum(-1).min(1)
    pending = Taken(evidence, np.ones(2, dtype=bool))
    counts = frequencies(lambda s: aw.pick.badge(probs, embeddings, n=1, rng=s, taken=pending)[0], len(law))
    assert chi_square_p(counts, law) > 0.001
    labelled = Taken(evidence, np.zeros(2, dtype=bool))
    got = aw.pick.badge(probs, embeddings, n=4, rng=3, taken=labelled)
    assert got.tolist() == aw.pick.badge(probs, embeddings, n=4, rng=3).tolist()


def test_equal_rows_are_drawn_uniformly():
    probs, embeddings = np.full((5, 2), 0.5), np.ones((5, 3))
    counts = frequencies(lambda seed: aw.pick.badge(probs, embeddings, n=2, rng=seed)[1], 5, 2000)
    assert counts[0] == 0 and stats.chisquare(counts[1:]).pvalue > 0.001


def test_saturated_probabilities_give_distinct_rows():
    probs = np.eye(3)[np.arange(9) % 3]
    got = aw.pick.badge(probs, np.random.default_rng(0).standard_normal((9, 2)), n=9, rng=0)
    assert sorted(got.tolist()) == list(range(9))


def test_a_common_offset_does_not_break_it():
    probs, embeddings = rows(20)
    got = aw.pick.badge(probs, embeddings + 1000, n=20, rng=0)
    assert sorted(got.tolist()) == list(range(20))
