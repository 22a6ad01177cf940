"""Error reduction by refits in a session: the learner of the session is the model that is refitted."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import askwise as aw
from askwise.core.errors import MissingEvidence


def blobs(seed: int = 0):
    rng = np.random.default_rng(seed)
    y = np.arange(40) % 2
    return (2.0 * np.eye(2)[y] + rng.standard_normal((40, 2))).astype(np.float64), y


def ask(session, y):
    oracle = aw.Oracle(y)
    session.tell(oracle(session.ask(6)))
    return session.ask(3)


def test_the_best_row_is_that_of_refits_by_hand():
    X, y = blobs()
    session = aw.Session(
        pool=X, classes=[0, 1], learner=LogisticRegression(), strategy="refit_error_reduction", control=0.0, seed=1
    )
    asked = ask(session, y)
    rows = sorted(session.state.labels)

    def lost(row):
        now = LogisticRegression().fit(X[rows], y[rows]).predict_proba(X[[row]])[0]
        after = [LogisticRegression().fit(np.r_[X[rows], X[[row]]], np.r_[y[rows], k]).predict_proba(X) for k in (0, 1)]
        return sum(p * (1 - q.max(1)).mean() for p, q in zip(now, after, strict=True))

    free = sorted(set(range(40)) - set(rows), key=lost)
    assert [q.row for q in asked] == free[:3]
    assert asked[0].why["score"] == pytest.approx(-lost(free[0]), abs=1e-6)


def test_a_pipeline_is_refitted_whole():
    X, y = blobs()
    learner = make_pipeline(StandardScaler(), LogisticRegression())
    session = aw.Session(
        pool=X, classes=[0, 1], learner=learner, strategy="refit_error_reduction", control=0.0, start="random"
    )
    asked = ask(session, y)
    assert len(asked) == 3


def test_texts_have_no_embeddings_to_refit_on():
    texts = [f"row {i} {'good' if i % 2 else 'bad'}" for i in range(40)]
    session = aw.Session(pool=texts, classes=[0, 1], strategy="refit_error_reduction", control=0.0)
    with pytest.raises(MissingEvidence, match="what_if"):
        ask(session, np.arange(40) % 2)
