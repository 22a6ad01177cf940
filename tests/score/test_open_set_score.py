"""Doubt times the chance of an answer: by hand, by a slow loop, and in a session whose pool nobody can label whole."""

from __future__ import annotations

import math

import numpy as np
import pytest

import askwise as aw
from askwise import score
from askwise.core.errors import BadInput


def slow(probs, rows, known, refused, sharpness):
    """Row by row, distance by distance."""
    gamma = sharpness / (known.shape[1] * known.var())
    out = []
    for p, row in zip(probs, rows, strict=True):
        k, f = (sum(math.exp(-gamma * ((row - one) ** 2).sum()) for one in held) for held in (known, refused))
        gap = np.sort(p)[-1] - np.sort(p)[-2]
        out.append((1 - gap) * (k + 0.01) / (k + 0.01 + f))
    return np.array(out)


def test_it_is_what_a_loop_gives():
    rng = np.random.default_rng(0)
    rows, known, refused = (rng.normal(size=(n, 3)) for n in (40, 12, 7))
    probs = rng.dirichlet(np.ones(4), 40)
    for sharpness in (0.5, 4.0):
        got = score.known_margin(probs, rows, known, refused, sharpness=sharpness)
        np.testing.assert_allclose(got, slow(probs, rows, known, refused, sharpness), rtol=1e-12)


def test_without_refused_rows_it_is_the_order_of_margin():
    rng = np.random.default_rng(1)
    rows, known = rng.normal(size=(30, 2)), rng.normal(size=(5, 2))
    probs = rng.dirichlet(np.ones(3), 30)
    got = score.known_margin(probs, rows, known, known[:0])
    np.testing.assert_allclose(got, 1 + score.margin(probs))


def test_a_sharpness_that_is_not_positive_is_refused():
    one = np.zeros((1, 1))
    with pytest.raises(BadInput, match=r"sharpness=0\.0"):
        score.known_margin(np.array([[0.5, 0.5]]), one, one, one, sharpness=0.0)


def pool_of_known_and_unknown(seed=0):
    """Two classes that can be told, side by side, and as many rows of a third kind between them and above."""
    rng = np.random.default_rng(seed)
    centres = np.array([[-2.0, 0.0], [2.0, 0.0], [0.0, 4.0]])
    kind = np.repeat([0, 1, 2], [150, 150, 300])
    return rng.normal(size=(600, 2)) + centres[kind], kind


def asked_of_unknown(strategy, seed):
    """Share of a session's queries that got no label, of those that the strategy chose after the first 40."""
    from sklearn.linear_model import LogisticRegression

    X, kind = pool_of_known_and_unknown(seed)
    session = aw.Session(pool=X, learner=LogisticRegression(), classes=[0, 1], strategy=strategy, control=0, seed=seed)
    refused = []
    for _ in range(12):
        queries = session.ask(10)
        known = [q for q in queries if kind[q.row] < 2]
        session.tell([{"row": q.row, "label": int(kind[q.row]), "query": q.number} for q in known])
        session.tell([{"row": q.row, "kind": "abstain", "query": q.number} for q in queries if q not in known])
        refused.append(10 - len(known))
    return sum(refused[4:]) / 80, session


def test_auto_keeps_away_from_what_nobody_can_label():
    shares = [asked_of_unknown("auto", seed) for seed in range(3)]
    plain = [asked_of_unknown("margin", seed)[0] for seed in range(3)]
    # Half of the pool cannot be labelled; margin asks for more of it than chance would.
    assert np.mean([share for share, _ in shares]) < 0.35 < 0.5 < np.mean(plain)
    session = shares[0][1]
    assert session.history.refused == 120 - len(session.labels)
    assert "rows that got no label" in session.asked[-1]["reason"]


def test_rows_that_got_no_label_count_as_covered():
    """Farthest first asks each of four heaps once, and then not the two again of which it got no label."""
    from sklearn.linear_model import LogisticRegression

    rng = np.random.default_rng(0)
    heaps = np.array([[0.0, 0], [9, 0], [0, 9], [9, 9]])
    X = np.repeat(heaps, 20, axis=0) + rng.normal(0, 0.1, (80, 2))
    session = aw.Session(pool=X, learner=LogisticRegression(), classes=[0, 1], strategy="k_center", control=0)
    for _ in range(4):
        (query,) = session.ask(1)
        heap = query.row // 20
        answer = {"row": query.row, "query": query.number}
        session.tell({**answer, "label": heap} if heap < 2 else {**answer, "kind": "abstain"})
    assert sorted(query.row // 20 for query in session.queries.values()) == [0, 1, 2, 3]
    assert sorted(session.labels.values()) == [0, 1] and session.history.refused == 2
