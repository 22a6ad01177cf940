"""Committees whose members have seen different classes speak of all of them."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB

import askwise as aw
from askwise import score
from askwise.core.errors import BadInput
from askwise.learner import Committee, CommitteeLearner, EstimatorLearner, as_learner


def rows(seed: int = 0):
    rng = np.random.default_rng(seed)
    y = np.array([0, 0, 0, 1, 1, 2])
    return rng.standard_normal((6, 2)) + 3.0 * np.eye(3, 2)[y], y


@pytest.mark.parametrize("seed", range(6))
def test_members_that_missed_a_class_give_it_no_chance_and_the_columns_agree(seed):
    X, y = rows()
    learner = as_learner(Committee([GaussianNB(), LogisticRegression(), GaussianNB()], bootstrap=True), 3)
    learner.fit(X, y, None, seed=seed)
    out = learner.evidence(X, frozenset({"samples", "probs"}))
    assert out["samples"].shape == (6, 3, 3)
    np.testing.assert_allclose(out["samples"].sum(-1), 1.0)
    np.testing.assert_allclose(out["samples"].mean(1), out["probs"])
    for method in (score.bald, score.max_kl, score.expected_entropy, score.mean_std):
        assert np.isfinite(method(out["samples"])).all()


def test_bootstraps_do_miss_classes_here():
    X, y = rows()
    learner = as_learner(Committee([GaussianNB()] * 20, bootstrap=True), 3)
    learner.fit(X, y, None, seed=0)
    rare = learner.evidence(X, frozenset({"samples"}))["samples"][:, :, 2]
    assert (rare == 0).all(axis=0).any() and (rare > 0).any()


def test_members_of_unlike_numbers_of_classes_are_named():
    learner = CommitteeLearner([EstimatorLearner(GaussianNB(), 2), EstimatorLearner(GaussianNB(), 3)])
    X, y = rows()
    learner.fit(X[:5], y[:5], None, seed=0)
    with pytest.raises(BadInput, match="2, 3"):
        learner.evidence(X, frozenset({"samples"}))


def test_infinite_logits_are_refused_by_name():
    Z = np.array([[0.0, 1.0], [np.inf, 0.0]])
    for name in ("boundary", "free_energy", "inverse_gap"):
        with pytest.raises(BadInput, match="logits of row 1 holds inf"):
            aw.select(1, name, logits=Z)
