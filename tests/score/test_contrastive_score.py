"""Contrastive active learning against loops over neighbours."""

from __future__ import annotations

import numpy as np
import pytest

import askwise as aw
from askwise.core.errors import BadInput
from askwise.core.registry import get


def slow(P, X, L, Q, k: int):
    out = []
    for p, x in zip(P, X, strict=True):
        near = sorted(range(len(L)), key=lambda j: (((x - L[j]) ** 2).sum(), j))[:k]
        divergences = [sum(q * np.log(q / max(r, 1e-12)) for q, r in zip(Q[j], p, strict=True) if q > 0) for j in near]
        out.append(np.mean(divergences))
    return np.array(out)


@pytest.mark.parametrize("seed", range(20))
def test_by_loops(seed):
    rng = np.random.default_rng(seed)
    m, count, c = 9, int(rng.integers(1, 8)), int(rng.integers(1, 4))
    P, Q = rng.dirichlet(np.ones(c), m), rng.dirichlet(np.ones(c), count)
    if seed % 2:
        P, Q = np.eye(c)[P.argmax(1)], np.eye(c)[Q.argmax(1)]
    X, L = rng.integers(-2, 3, (m, 2)).astype(float), rng.integers(-2, 3, (count, 2)).astype(float)
    got = aw.score.contrastive(P, X, L, Q, neighbours=3)
    np.testing.assert_allclose(got, slow(P, X, L, Q, min(3, count)), atol=1e-9)


def test_a_row_that_contradicts_its_neighbours_is_asked_first():
    P = np.array([[0.9, 0.1], [0.1, 0.9], [0.1, 0.9]])
    X, L = np.array([[0.0], [0.1], [9.0]]), np.array([[0.0], [9.0]])
    Q = np.array([[0.9, 0.1], [0.1, 0.9]])
    assert aw.score.contrastive(P, X, L, Q, neighbours=1).argmax() == 1
    picked = aw.select(
        1, aw.score.contrastive.using(neighbours=1), probs=P, embeddings=X, labelled_embeddings=L, labelled_probs=Q
    )
    assert picked.rows.tolist() == [1]
    assert get("score", "cal") is aw.score.contrastive


def test_blocks_change_nothing(monkeypatch):
    from askwise.score import contrastive as module  # the function of the room shadows its module

    rng = np.random.default_rng(0)
    given = rng.dirichlet(np.ones(3), 40), rng.standard_normal((40, 2)), rng.standard_normal((6, 2))
    Q = rng.dirichlet(np.ones(3), 6)
    whole = aw.score.contrastive(*given, Q)
    monkeypatch.setitem(module.fn.__globals__, "_BLOCK", 64)
    np.testing.assert_array_equal(aw.score.contrastive(*given, Q), whole)


def test_nobody_to_compare_with():
    P, X = np.full((2, 2), 0.5), np.zeros((2, 1))
    with pytest.raises(BadInput, match="10 neighbours of 0 labelled rows"):
        aw.score.contrastive(P, X, np.zeros((0, 1)), np.zeros((0, 2)))
    with pytest.raises(BadInput, match="0 neighbours of 1"):
        aw.score.contrastive(P, X, np.zeros((1, 1)), np.full((1, 2), 0.5), neighbours=0)
