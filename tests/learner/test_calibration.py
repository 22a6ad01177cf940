"""Temperature scaling: when it is done, and that it helps."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_digits, make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC

from askwise.learner import EstimatorLearner
from askwise.learner.calibrate import enough_to_calibrate
from askwise.learner.response import softmax


def probs(learner, rows):
    return learner.evidence(rows, frozenset({"probs"}))["probs"]


def nll(p, y):
    return -np.log(p[np.arange(len(y)), y] + 1e-12).mean()


def ece(p, y, bins=10):
    """Expected calibration error: mean gap of confidence and accuracy over bins of confidence."""
    confidence, right = p.max(1), p.argmax(1) == y
    bin_of = np.minimum((confidence * bins).astype(int), bins - 1)
    return sum(abs((confidence - right)[bin_of == b].sum()) for b in range(bins)) / len(y)


def noisy(n_classes=2):
    X, y = make_classification(
        1500, 20, n_informative=6, n_redundant=10, n_classes=n_classes, flip_y=0.2, random_state=0
    )
    return X[:200], y[:200], X[200:], y[200:]


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("estimator", [GaussianNB(), make_pipeline(StandardScaler(), LogisticRegression(C=1e4))])
def test_over_confident_models_gain(estimator, n_classes):
    X, y, X_test, y_test = noisy(n_classes)
    raw, cooled = (EstimatorLearner(estimator, n_classes, calibrate=c) for c in (False, True))
    raw.fit(X, y, None, seed=0)
    cooled.fit(X, y, None, seed=0)
    assert cooled.calibrated and not raw.calibrated
    before, after = probs(raw, X_test), probs(cooled, X_test)
    assert nll(after, y_test) < nll(before, y_test)
    assert ece(after, y_test) < ece(before, y_test)
    np.testing.assert_array_equal(before.argmax(1), after.argmax(1))


def test_decision_values_are_calibrated_without_being_asked():
    X, y = load_digits(n_class=4, return_X_y=True)
    learner = EstimatorLearner(SVC(), 4)
    learner.fit(X[:200], y[:200], None, seed=0)
    assert learner.calibrated
    uncalibrated = EstimatorLearner(SVC(), 4, calibrate=False)
    uncalibrated.fit(X[:200], y[:200], None, seed=0)
    assert nll(probs(learner, X[200:]), y[200:]) < nll(probs(uncalibrated, X[200:]), y[200:])


def test_agrees_with_the_library():
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.model_selection import StratifiedKFold

    for n_classes, estimator in ((2, LinearSVC(random_state=0)), (3, GaussianNB()), (2, GaussianNB())):
        X, y, X_test, _ = noisy(n_classes)
        learner = EstimatorLearner(estimator, n_classes, calibrate=True)
        learner.fit(X, y, None, seed=4)
        folds = StratifiedKFold(5, shuffle=True, random_state=4)
        library = CalibratedClassifierCV(estimator, method="temperature", ensemble=False, cv=folds).fit(X, y)
        np.testing.assert_allclose(probs(learner, X_test), library.predict_proba(X_test), atol=1e-5)


def test_head_of_a_calibrated_model_gives_the_calibrated_probabilities():
    X, y, X_test, _ = noisy(2)
    learner = EstimatorLearner(LogisticRegression(C=1e4, max_iter=500), 2, calibrate=True)
    learner.fit(X, y, None, seed=0)
    head = learner.evidence(X_test, frozenset({"head"}))["head"]
    np.testing.assert_allclose(softmax(X_test @ head.weights + head.bias), probs(learner, X_test), atol=1e-9)


@pytest.mark.parametrize(
    "estimator", [GaussianNB(), LinearSVC(random_state=0), SVC(class_weight={0: 2.0, 2: 1.0, 4: 3.0})]
)
def test_a_class_between_that_was_not_seen_changes_nothing(estimator):
    X, y, X_test, _ = noisy(3)
    whole = (
        estimator if estimator.get_params().get("class_weight") is None else SVC(class_weight={0: 2.0, 1: 1.0, 2: 3.0})
    )
    known, gaps = EstimatorLearner(whole, 3, calibrate=True), EstimatorLearner(estimator, 6, calibrate=True)
    known.fit(X, y, None, seed=1)
    gaps.fit(X, 2 * y, None, seed=1)
    found = probs(gaps, X_test)
    assert gaps.calibrated and (found[:, [1, 3, 5]] == 0).all()
    np.testing.assert_array_equal(found[:, [0, 2, 4]], probs(known, X_test))


def test_small_samples_stay_raw():
    X, y, X_test, _ = noisy(2)
    learner = EstimatorLearner(GaussianNB(), 2, calibrate=True)
    learner.fit(X[:49], y[:49], None, seed=0)
    assert not learner.calibrated
    np.testing.assert_allclose(probs(learner, X_test), GaussianNB().fit(X[:49], y[:49]).predict_proba(X_test))
    learner.fit(X, y, None, seed=0)
    assert learner.calibrated
    learner.fit(X[:1], y[:1], None, seed=0)
    assert not learner.calibrated


def test_a_rare_class_stops_calibration_and_an_absent_one_does_not():
    assert not enough_to_calibrate(np.repeat([0, 1, 2], [30, 30, 4]))
    assert enough_to_calibrate(np.repeat([0, 2], [30, 30]))


def test_weights_reach_calibration_but_not_through_a_pipeline():
    X, y, _, _ = noisy(2)
    plain = EstimatorLearner(GaussianNB(), 2, calibrate=True)
    plain.fit(X, y, np.ones(200), seed=0)
    assert plain.calibrated
    piped = EstimatorLearner(make_pipeline(StandardScaler(), GaussianNB()), 2, calibrate=True)
    piped.fit(X, y, np.ones(200), seed=0)
    assert not piped.calibrated
    piped.fit(X, y, None, seed=0)
    assert piped.calibrated
