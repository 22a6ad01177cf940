"""Expected gradient length by explicit gradients; error reduction and xPAL by refitting for every row and answer."""

from __future__ import annotations

import numpy as np
import pytest

import askwise as aw
from askwise import score
from askwise.core.errors import BadInput
from askwise.kernels.parzen import class_counts
from askwise.score import reduction


@pytest.mark.parametrize("bias", [True, False])
def test_gradient_length_by_explicit_gradients(bias):
    rng = np.random.default_rng(0)
    P, X = rng.dirichlet(np.ones(4), 12), rng.standard_normal((12, 3))
    P[0] = [1, 0, 0, 0]
    rows = np.c_[X, np.ones(12)] if bias else X
    wanted = [
        sum(p[y] * np.linalg.norm(np.outer(p - np.eye(4)[y], x)) for y in range(4))
        for p, x in zip(P, rows, strict=True)
    ]
    np.testing.assert_allclose(score.expected_gradient_length(P, X, bias=bias), wanted, atol=1e-12)


def test_gradient_length_is_of_l2_norm():
    """one library sums absolute values; for p = (1/2, 1/2) and h = (3, 4) L1 is 7, L2 is 3.54."""
    got = score.expected_gradient_length(np.array([[0.5, 0.5]]), np.array([[3.0, 4.0]]), bias=False)
    assert got[0] == pytest.approx(np.sqrt(0.5) * 5)


PRIOR = 0.001


def fit(L, y, c: int, gamma: float):
    """A Parzen window classifier from scratch: chances of each class at a row."""

    def chances(x):
        counts = np.full(c, PRIOR)
        for row, label in zip(L, y, strict=True):
            counts[label] += np.exp(-gamma * np.sum((x - row) ** 2))
        return counts / counts.sum()

    return chances


def slow(X, L, y, T, c: int, kind: str):
    """Refit with every row and every answer, and look at every target."""
    gamma = 1 / (L.shape[1] * L.var())
    now = fit(L, y, c, gamma)
    out = []
    for x in X:
        total = 0.0
        for answer in range(c):
            after = fit(np.r_[L, x[None]], np.append(y, answer), c, gamma)
            for t in T:
                p = after(t)
                brings = {
                    "zero_one": p.max() - 1,
                    "log": float(np.sum(p * np.log(p))),
                    "xpal": p.max() - p[np.argmax(now(t))],
                }[kind]
                total += now(x)[answer] * brings / len(T)
        out.append(total)
    return out


def problem(seed: int):
    rng = np.random.default_rng(seed)
    c, d = int(rng.integers(2, 4)), int(rng.integers(1, 4))
    X, L, T = (rng.standard_normal((size, d)) for size in (6, 5, 7))
    X[1], T[0] = X[0], L[0]
    y = rng.integers(0, c, 5)
    return X, L, y, T, c


@pytest.mark.parametrize("seed", range(8))
def test_error_reduction_and_xpal_by_refitting(seed):
    X, L, y, T, c = problem(seed)
    counts = class_counts(X, L, y, c)
    for loss in ("zero_one", "log"):
        got = score.expected_error_reduction(X, counts, T, L, y, loss=loss)
        np.testing.assert_allclose(got, slow(X, L, y, T, c, loss), atol=1e-12)
    got = score.xpal(X, counts, T, L, y)
    np.testing.assert_allclose(got, slow(X, L, y, T, c, "xpal"), atol=1e-12)
    assert (got >= 0).all()


def test_blocks_do_not_matter(monkeypatch):
    X, L, y, T, c = problem(1)
    counts = class_counts(X, L, y, c)
    whole = score.expected_error_reduction(X, counts, T, L, y), score.xpal(X, counts, T, L, y)
    monkeypatch.setattr(reduction, "_BLOCK", 1)
    np.testing.assert_allclose(score.expected_error_reduction(X, counts, T, L, y), whole[0], rtol=1e-12)
    np.testing.assert_allclose(score.xpal(X, counts, T, L, y), whole[1], rtol=1e-12)


def test_xpal_by_hand():
    """One target on the row itself, one label of class 0 at kernel value k: an answer 1 overturns it, as 1 > k."""
    X, L, y = np.array([[0.0]]), np.array([[1.0], [-3.0]]), np.array([0, 0])
    k = float(class_counts(X, L, y, 2)[0, 0])
    chance = PRIOR / (k + 2 * PRIOR)
    wanted = chance * (1 + PRIOR - (k + PRIOR)) / (k + 1 + 2 * PRIOR)
    assert score.xpal(X, np.array([[k, 0.0]]), X, L, y)[0] == pytest.approx(wanted)


def test_an_outlier_is_as_uncertain_but_reduces_no_error():
    rng = np.random.default_rng(3)
    L, y = np.array([[-2.0, 0.0], [2.0, 0.0]]), np.array([0, 1])
    X = np.concatenate([0.3 * rng.standard_normal((20, 2)), [[0.0, 30.0]]])
    P = np.full((21, 2), 0.5)
    evidence = {"probs": P, "embeddings": X, "labelled_embeddings": L, "labels": y}
    for name in ("eer", "xpal"):
        assert aw.select(21, name, **evidence).rows[-1] == 20


def test_bad_settings():
    X, L, y, T, c = problem(2)
    counts = class_counts(X, L, y, c)
    with pytest.raises(BadInput, match="Did you mean 'log'"):
        score.expected_error_reduction(X, counts, T, L, y, loss="logg")
    for method in (score.expected_error_reduction, score.xpal):
        with pytest.raises(BadInput, match="prior=0"):
            method(X, counts, T, L, y, prior=0)
        with pytest.raises(BadInput, match="class_counts holds -1"):
            method(X, -np.ones_like(counts), T, L, y)
