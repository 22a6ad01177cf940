"""Expected average precision by enumerating every labelling, and by the recursion of the paper."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from askwise import pick
from askwise.kernels.average_precision import expected_without_each


def enumerated(p) -> float:
    """Sum over all labellings of their chance times their average precision, ranked by falling chance."""
    p = np.sort(p)[::-1]
    total = 0.0
    for labels in product((0, 1), repeat=len(p)):
        y = np.array(labels)
        chance = np.prod(np.where(y == 1, p, 1 - p))
        if y.any():
            total += chance * (y * np.cumsum(y) / np.arange(1, len(p) + 1)).sum() / y.sum()
    return total


def recursion(p) -> float:
    """f[n, t]: expected sum of precisions at positives among the first n rows when t of them are positive."""
    p = np.sort(p)[::-1]
    m = len(p)
    g, f = np.zeros((m + 1, m + 1)), np.zeros((m + 1, m + 1))
    g[0, 0] = 1
    for n in range(1, m + 1):
        for t in range(n + 1):
            g[n, t] = (1 - p[n - 1]) * g[n - 1, t] + (p[n - 1] * g[n - 1, t - 1] if t else 0)
            f[n, t] = (1 - p[n - 1]) * f[n - 1, t]
            if t:
                f[n, t] += p[n - 1] * (f[n - 1, t - 1] + t / n * g[n - 1, t - 1])
    return sum(f[m, t] / t for t in range(1, m + 1))


@pytest.mark.parametrize("seed", range(12))
def test_every_labelling(seed):
    rng = np.random.default_rng(seed)
    p = np.round(rng.random(8), 1)  # with ties, zeros and ones
    wanted = [enumerated(np.delete(p, j)) for j in range(len(p))]
    np.testing.assert_allclose(expected_without_each(p), wanted, atol=1e-12)


@pytest.mark.parametrize("m", [1, 2, 40, 300, 700])
def test_the_recursion(m):
    rng = np.random.default_rng(m)
    p = rng.beta(0.5, 1.5, m)
    got = expected_without_each(p)
    for j in {0, m // 2, m - 1}:
        assert got[j] == pytest.approx(recursion(np.delete(p, j)), abs=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_the_batch_is_the_rows_of_highest_mean_over_classes(seed):
    rng = np.random.default_rng(seed)
    P = np.round(rng.dirichlet(np.ones(3), 12), 2)
    P[:, 0] = 1 - P[:, 1:].sum(1)
    P = np.abs(P)
    values = np.mean([[recursion(np.delete(P[:, k], j)) for j in range(12)] for k in range(3)], axis=0)
    got = pick.expected_average_precision(P, n=5, rng=0)
    np.testing.assert_allclose(np.sort(values[got]), np.sort(values)[-5:], atol=1e-9)
    assert (np.diff(values[got]) < 1e-9).all()


def test_by_hand():
    """Without the certain positive: (1/2) 1 + 0. Without the even one, or the certain negative: the positive leads."""
    np.testing.assert_allclose(expected_without_each(np.array([1.0, 0.5, 0.0])), [0.5, 1.0, 1.0])


def test_nothing_positive_is_zero():
    assert expected_without_each(np.zeros(4)).tolist() == [0, 0, 0, 0]
