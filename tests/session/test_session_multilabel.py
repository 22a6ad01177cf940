"""Multi-label methods in sessions, with a plain classifier for each label."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression

import askwise as aw
from askwise.core.errors import BadInput
from askwise.learner import EstimatorLearner, LabelwiseLearner
from askwise.task import Multilabel

LABELS = ["right", "upper", "outer"]


def plane(seed: int = 0, n: int = 120):
    X = np.random.default_rng(seed).standard_normal((n, 2))
    sets = np.stack([X[:, 0] > 0, X[:, 1] > 0, (X**2).sum(1) > 2], axis=1)
    return np.c_[X, X**2], sets.astype(int), [[LABELS[j] for j in np.flatnonzero(row)] for row in sets]


def answer(session, labels, n: int):
    queries = session.ask(n)
    session.tell([{"row": q.row, "label": labels[q.row]} for q in queries])
    return queries


STRATEGIES = ["mmc", "audi", "adaptive_multilabel", "mean_max_loss", "binary_minimum", "cvirs"]


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_classifier_serves_every_method_of_marginals(strategy):
    X, _, labels = plane()
    session = aw.Session(
        pool=X, task=Multilabel(LABELS), learner=LogisticRegression(), strategy=strategy, control=0.0, start="random"
    )
    answer(session, labels, 12)
    asked = answer(session, labels, 6)
    assert session.asked[-1]["strategy"] != {"score": {"name": "random"}, "pick": {"name": "top"}}
    assert len({q.row for q in asked}) == 6


@pytest.mark.parametrize("strategy", ["besra", "marginal_bald"])
def test_a_forest_serves_the_methods_of_draws(strategy):
    X, _, labels = plane()
    forest = RandomForestClassifier(10, random_state=0)
    session = aw.Session(pool=X, task=Multilabel(LABELS), learner=forest, strategy=strategy, control=0.0)
    answer(session, labels, 12)
    assert len(answer(session, labels, 6)) == 6
    assert "besra" in str(session.asked[-1]["strategy"]) or "marginal_bald" in str(session.asked[-1]["strategy"])


def test_the_default_learner_takes_several_labels():
    X, sets, labels = plane()
    session = aw.Session(pool=X, task=Multilabel(LABELS), strategy="mmc", control=0.0)
    for _ in range(6):
        answer(session, labels, 10)
    predicted = session.predict(session.pool.take(np.arange(len(X)))) > 0.5
    assert (predicted == sets).mean() > 0.85


def test_each_label_has_its_own_model():
    X, sets, _ = plane()
    learner = LabelwiseLearner(lambda: EstimatorLearner(LogisticRegression(), 2), 3)
    learner.fit(X, sets, None, seed=0)
    got = learner.evidence(X, frozenset({"marginals"}))["marginals"]
    for j in range(3):
        wanted = LogisticRegression().fit(X, sets[:, j]).predict_proba(X)[:, 1]
        np.testing.assert_allclose(got[:, j], wanted)


def test_draws_are_the_members_of_each_label():
    X, sets, _ = plane()
    learner = LabelwiseLearner(lambda: EstimatorLearner(RandomForestClassifier(7), 2), 3)
    learner.fit(X, sets, None, seed=3)
    out = learner.evidence(X[:9], frozenset({"marginals", "marginal_draws"}))
    assert out["marginal_draws"].shape == (9, 7, 3)
    np.testing.assert_allclose(out["marginal_draws"].mean(1), out["marginals"])


def test_a_label_that_nobody_bears_is_unlikely_and_not_impossible():
    X, sets, _ = plane()
    sets[:, 1] = 0
    learner = LabelwiseLearner(lambda: EstimatorLearner(LogisticRegression(), 2), 3)
    learner.fit(X[:8], sets[:8], None, seed=0)
    assert learner.evidence(X[:2], frozenset({"marginals"}))["marginals"][:, 1].tolist() == [0.1, 0.1]


def test_bad_input():
    X, sets, _ = plane()
    learner = LabelwiseLearner(lambda: EstimatorLearner(LogisticRegression(), 2), 3)
    with pytest.raises(BadInput, match=r"shape \(120,\)"):
        learner.fit(X, sets[:, 0], None, seed=0)
    with pytest.raises(BadInput, match="of 0 and 1"):
        learner.fit(X, sets + 1, None, seed=0)
    with pytest.raises(BadInput, match="n_labels is 0"):
        LabelwiseLearner(lambda: EstimatorLearner(LogisticRegression(), 2), 0)
    with pytest.raises(BadInput, match="predicts numbers"):
        from sklearn.linear_model import Ridge

        aw.Session(pool=X, task=Multilabel(LABELS), learner=Ridge())


DATA = Path(os.environ.get("ASKWISE_DATA", "shared/data")) / "yeast_multilabel"


@pytest.mark.slow
@pytest.mark.skipif(not DATA.exists(), reason="the data sets are not here")
def test_yeast():
    """14 labels of genes; naming no label at all is wrong for 30.2 % of them."""
    arrays = np.load(DATA / "features.npz")
    X, Y, test = arrays["X"], arrays["Y"], arrays["test_mask"]
    names = [f"class {j}" for j in range(Y.shape[1])]
    labels = [[names[j] for j in np.flatnonzero(row)] for row in Y[~test]]
    given = {"pool": X[~test], "task": Multilabel(names), "learner": LogisticRegression(max_iter=500)}
    session = aw.Session(strategy="mmc", control=0.0, **given)
    for _ in range(4):
        answer(session, labels, 50)
    assert (Y[test] != 0).mean() > 0.29
    assert ((session.predict(X[test]) > 0.5) != Y[test]).mean() < 0.26
