"""EstimatorLearner beyond the contract: worked numbers, one pass, weights, heads, regressors."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.datasets import load_iris
from sklearn.ensemble import BaggingClassifier, RandomForestClassifier, RandomForestRegressor, VotingClassifier
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.linear_model import LogisticRegression, Ridge, SGDClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC

from askwise.core.errors import BadInput, MissingEvidence
from askwise.learner import (
    ArraysLearner,
    Committee,
    CommitteeLearner,
    EstimatorLearner,
    RegressorLearner,
    TorchLearner,
    as_learner,
)
from askwise.learner.estimator import seeded
from askwise.learner.response import softmax

X, y = load_iris(return_X_y=True)
TWO = y < 2


def ask(learner, rows, *names):
    return learner.evidence(rows, frozenset(names))


def test_probs_are_those_of_the_estimator():
    learner = EstimatorLearner(LogisticRegression(max_iter=500), 3)
    learner.fit(X, y, None, seed=0)
    wanted = LogisticRegression(max_iter=500).fit(X, y).predict_proba(X)
    np.testing.assert_allclose(ask(learner, X, "probs")["probs"], wanted)
    assert not learner.calibrated


def test_estimator_given_is_never_fitted():
    estimator = GaussianNB()
    EstimatorLearner(estimator, 3).fit(X, y, None, seed=0)
    assert not hasattr(estimator, "classes_")


def test_missing_class_has_probability_zero_and_bias_of_minus_infinity():
    learner = EstimatorLearner(LogisticRegression(max_iter=500), 4)
    learner.fit(X[y != 1], y[y != 1], None, seed=0)
    found = ask(learner, X, "probs", "head")
    assert (found["probs"][:, [1, 3]] == 0).all()
    assert found["head"].bias[1] == -np.inf and not found["head"].weights[:, 1].any()
    np.testing.assert_allclose(softmax(X @ found["head"].weights + found["head"].bias), found["probs"], atol=1e-9)


def test_one_class_gives_smoothed_shares_without_training():
    learner = EstimatorLearner(SVC(), 3)
    learner.fit(X[:4], np.full(4, 2), None, seed=0)
    np.testing.assert_allclose(ask(learner, X[:2], "probs")["probs"], [[1 / 7, 1 / 7, 5 / 7]] * 2)


def test_one_class_head_gives_the_same_shares():
    learner = EstimatorLearner(make_pipeline(StandardScaler(), LogisticRegression()), 3)
    learner.fit(X[:5], np.ones(5, int), None, seed=0)
    found = ask(learner, X, "probs", "head", "embeddings")
    np.testing.assert_allclose(
        softmax(found["embeddings"] @ found["head"].weights + found["head"].bias), found["probs"]
    )


class Counting(TransformerMixin, BaseEstimator):
    """Counts its calls of transform."""

    calls = 0

    def fit(self, X, y=None):
        self.fitted_ = True
        return self

    def transform(self, X):
        Counting.calls += 1
        return X * 2


def test_evidence_is_one_pass():
    learner = EstimatorLearner(make_pipeline(Counting(), RandomForestClassifier(5)), 3)
    learner.fit(X, y, None, seed=0)
    Counting.calls = 0
    found = ask(learner, X, "probs", "samples", "embeddings")
    assert Counting.calls == 1
    np.testing.assert_allclose(found["probs"], found["samples"].mean(1))
    np.testing.assert_allclose(found["embeddings"], 2 * X, rtol=1e-6)


def test_forest_samples_are_its_trees():
    learner = EstimatorLearner(RandomForestClassifier(7, max_depth=2), 3)
    learner.fit(X, y, None, seed=3)
    forest = seeded(RandomForestClassifier(7, max_depth=2), 3).fit(X, y)
    samples = ask(learner, X[:9], "samples")["samples"]
    assert samples.shape == (9, 7, 3)
    np.testing.assert_allclose(samples[:, 4], forest.estimators_[4].predict_proba(X[:9].astype(np.float32)))


def test_members_of_bagging_that_missed_a_class_keep_its_column():
    rows, labels = X[[0, 1, 50, 51, 100]], y[[0, 1, 50, 51, 100]]
    learner = EstimatorLearner(BaggingClassifier(KNeighborsClassifier(1), 8), 3)
    learner.fit(rows, labels, None, seed=1)
    samples = ask(learner, rows, "samples")["samples"]
    assert samples.shape == (5, 8, 3)
    np.testing.assert_allclose(samples.sum(-1), 1)
    assert (samples[:, :, 2].max(0) == 0).any()  # some member never drew the only row of class 2


def test_soft_vote_averages_with_its_weights():
    vote = VotingClassifier(
        [("a", GaussianNB()), ("b", LogisticRegression(max_iter=500))], voting="soft", weights=[1, 3]
    )
    learner = EstimatorLearner(vote, 3)
    learner.fit(X, y, None, seed=0)
    np.testing.assert_allclose(ask(learner, X, "probs")["probs"], vote.fit(X, y).predict_proba(X), rtol=1e-6)


@pytest.mark.parametrize("labels", [y, (y > 0).astype(int)])
@pytest.mark.parametrize("activation", ["relu", "tanh", "logistic", "identity"])
def test_perceptron_head_over_its_hidden_layer_gives_its_probabilities(labels, activation):
    model = MLPClassifier((6, 5), activation=activation, solver="lbfgs", max_iter=300, tol=1e-2, random_state=0)
    learner = EstimatorLearner(model, 3)
    learner.fit(X, labels, None, seed=0)
    found = ask(learner, X, "probs", "embeddings", "head")
    wanted = model.fit(X, labels).predict_proba(X)
    np.testing.assert_allclose(found["probs"][:, : wanted.shape[1]], wanted, atol=1e-9)
    again = softmax(found["embeddings"] @ found["head"].weights + found["head"].bias)
    np.testing.assert_allclose(again, found["probs"], atol=1e-4)


def test_sparse_inputs_offer_no_head_and_no_embeddings():
    learner = EstimatorLearner(LogisticRegression(max_iter=500), 3)
    assert "head" in learner.provides
    learner.fit(sparse.csr_matrix(X), y, None, seed=0)
    assert learner.provides == {"probs"}
    with pytest.raises(MissingEvidence, match="LogisticRegression provides probs, not embeddings, head"):
        ask(learner, sparse.csr_matrix(X), "head", "embeddings")


def test_binary_decision_values_become_probabilities_by_the_logistic_function():
    learner = EstimatorLearner(LinearSVC(), 2)
    few = np.r_[0:10, 50:60]
    learner.fit(X[few], y[few], None, seed=0)
    assert not learner.calibrated
    margin = seeded(LinearSVC(), 0).fit(X[few], y[few]).decision_function(X[TWO])
    np.testing.assert_allclose(ask(learner, X[TWO], "probs")["probs"][:, 1], 1 / (1 + np.exp(-margin)), rtol=1e-6)


def test_weights_equal_repeated_rows():
    weights = np.where(y == 1, 3.0, 1.0)
    repeated = np.repeat(np.arange(len(y)), weights.astype(int))
    for estimator in (LogisticRegression(max_iter=2000, tol=1e-8), make_pipeline(GaussianNB())):
        weighted, plain = EstimatorLearner(estimator, 3), EstimatorLearner(estimator, 3)
        weighted.fit(X, y, weights, seed=0)
        plain.fit(X[repeated], y[repeated], None, seed=0)
        np.testing.assert_allclose(ask(weighted, X, "probs")["probs"], ask(plain, X, "probs")["probs"], atol=1e-3)


@pytest.mark.parametrize(
    ("estimator", "name"),
    [
        (KNeighborsClassifier(), "KNeighborsClassifier"),
        (make_pipeline(StandardScaler(), KNeighborsClassifier()), "KNeighborsClassifier"),
        (VotingClassifier([("a", KNeighborsClassifier()), ("b", GaussianNB())]), "VotingClassifier"),
    ],
)
def test_weights_that_cannot_be_taken_are_refused_by_name(estimator, name):
    with pytest.raises(BadInput, match=f"{name} takes no sample weights, but 150 were given"):
        EstimatorLearner(estimator, 3).fit(X, y, np.ones(150), seed=0)


@pytest.mark.parametrize(
    ("labels", "weights", "message"),
    [
        (np.r_[y[:-1], 3], None, "label 3 is outside 0..2"),
        (np.r_[y[:-1], -1], None, "label -1 is outside"),
        (y[:3], None, r"labels have shape \(3,\) for 150 rows"),
        (y.astype(str), None, "labels are <U"),
        (y, np.ones(2), r"weights have shape \(2,\)"),
        (y, np.r_[np.ones(149), -2.0], "weight -2.0"),
        (y, np.r_[np.ones(149), np.nan], "weight nan"),
        (y, np.zeros(150), "all weights are 0"),
    ],
)
def test_bad_labels_and_weights_are_quoted(labels, weights, message):
    with pytest.raises(BadInput, match=message):
        EstimatorLearner(GaussianNB(), 3).fit(X, labels, weights, seed=0)


def test_seed_decides_and_a_state_of_the_callers_stays():
    free, own = RandomForestClassifier(3), RandomForestClassifier(3, random_state=5)
    assert seeded(free, 1).random_state == seeded(free, 1).random_state != seeded(free, 2).random_state
    assert seeded(own, 1).random_state == 5
    nested = seeded(make_pipeline(StandardScaler(), BaggingClassifier(SGDClassifier())), 0)
    states = [v for k, v in nested.get_params().items() if k.endswith("random_state")]
    assert len(set(states)) == 2 and None not in states


def test_estimators_without_scores_are_refused():
    from sklearn.cluster import KMeans

    with pytest.raises(BadInput, match="KMeans has neither predict_proba nor decision_function"):
        EstimatorLearner(KMeans(), 3)
    with pytest.raises(BadInput, match="set decision_function_shape='ovr'"):
        EstimatorLearner(SVC(decision_function_shape="ovo"), 3)
    with pytest.raises(BadInput, match="n_classes is 1"):
        EstimatorLearner(GaussianNB(), 1)
    with pytest.raises(BadInput, match="the pipeline ends in 'passthrough'"):
        EstimatorLearner(make_pipeline(StandardScaler(), "passthrough"), 3)


def test_committee_samples_are_its_members_in_order():
    members = [EstimatorLearner(GaussianNB(), 3), EstimatorLearner(LogisticRegression(max_iter=500), 3)]
    learner = CommitteeLearner(members)
    learner.fit(X, y, None, seed=0)
    found = ask(learner, X, "samples", "probs")
    np.testing.assert_allclose(found["samples"][:, 0], GaussianNB().fit(X, y).predict_proba(X))
    np.testing.assert_allclose(found["probs"], found["samples"].mean(1))


def test_copies_agree_unless_they_are_bootstrapped():
    plain = as_learner([GaussianNB()] * 3, 3)
    drawn = as_learner(Committee([GaussianNB()] * 3, bootstrap=True), 3)
    for learner, differ in ((plain, False), (drawn, True)):
        learner.fit(X, y, np.ones(150), seed=0)
        assert bool(ask(learner, X, "samples")["samples"].std(1).max() > 1e-3) == differ


def test_committee_refuses_one_member_and_mixed_kinds():
    with pytest.raises(BadInput, match="committee of 1"):
        as_learner([GaussianNB()], 3)
    with pytest.raises(BadInput, match="only classifiers, or only regressors"):
        CommitteeLearner([EstimatorLearner(GaussianNB(), 2), RegressorLearner(Ridge())])


def test_gaussian_process_gives_its_own_standard_deviation():
    learner = RegressorLearner(GaussianProcessRegressor(alpha=0.1))
    learner.fit(X[:20], X[:20, 0], None, seed=0)
    mean, std = GaussianProcessRegressor(alpha=0.1).fit(X[:20], X[:20, 0]).predict(X, return_std=True)
    found = ask(learner, X, "mean", "std")
    np.testing.assert_allclose(found["mean"], mean)
    np.testing.assert_allclose(found["std"], std)


def test_regression_forest_draws_are_its_trees():
    learner = RegressorLearner(RandomForestRegressor(6))
    learner.fit(X, X[:, 0], None, seed=0)
    found = ask(learner, X, "mean", "std", "draws")
    assert found["draws"].shape == (150, 6)
    np.testing.assert_allclose(found["std"], found["draws"].std(1), atol=1e-12)
    forest = seeded(RandomForestRegressor(6), 0).fit(X, X[:, 0])
    np.testing.assert_allclose(found["mean"], forest.predict(X))


def test_regressor_refuses_values_that_are_not_finite():
    with pytest.raises(BadInput, match="value nan cannot be learned"):
        RegressorLearner(Ridge()).fit(X[:2], np.array([1.0, np.nan]), None, seed=0)


def test_arrays_learner_checks_what_it_is_given():
    probs = np.full((4, 2), 0.5)
    with pytest.raises(BadInput, match="row 9 is outside probs, which has 4 rows"):
        ask(ArraysLearner({"probs": probs}), np.array([9]), "probs")
    with pytest.raises(BadInput, match="provides nothing"):
        ArraysLearner(lambda rows, labels: {})
    with pytest.raises(MissingEvidence, match="gave mean, not probs"):
        ArraysLearner(lambda rows, labels: {"mean": probs}, provides=["probs"]).fit(np.array([0]), np.array([1]))
    with pytest.raises(BadInput, match="positions"):
        ask(ArraysLearner({"probs": probs}), np.array([0.5]), "probs")
    uneven = ArraysLearner(lambda r, _: {"probs": probs, "embeddings": probs[:1]}, provides=["probs", "embeddings"])
    with pytest.raises(BadInput, match="lengths"):
        uneven.fit(np.array([0]), np.array([1]))
    with pytest.raises(BadInput, match="no arrays yet"):
        ask(uneven, np.array([0]), "probs")


@pytest.mark.parametrize(
    ("obj", "n_classes", "message"),
    [
        (GaussianNB, 3, r"is the class GaussianNB; give an instance: GaussianNB\(\)"),
        ("logistic", 3, "'logistic' .str. is no learner; give a scikit-learn classifier"),
        (Ridge(), 3, "Ridge predicts numbers, but the task has 3 classes"),
        (GaussianNB(), None, "GaussianNB predicts classes, but the task has none"),
        (StandardScaler(), 3, "StandardScaler is neither a classifier nor a regressor"),
    ],
)
def test_as_learner_names_what_it_takes(obj, n_classes, message):
    with pytest.raises(BadInput, match=message):
        as_learner(obj, n_classes)


def test_as_learner_leaves_learners_as_they_are():
    learner = EstimatorLearner(GaussianNB(), 3)
    assert as_learner(learner, 3) is learner
    torch = pytest.importorskip("torch")
    assert isinstance(as_learner(torch.nn.Linear(4, 3), 3), TorchLearner)
