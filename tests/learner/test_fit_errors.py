"""An estimator that cannot be fitted says so: nothing is swallowed, no uniform model takes its place."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from askwise.learner import EstimatorLearner


@pytest.mark.parametrize(
    ("estimator", "word"),
    [
        (LogisticRegression(C=-1.0), "'C' parameter"),
        (make_pipeline(StandardScaler(), SVC(kernel="round")), "'kernel' parameter"),
    ],
)
def test_a_wrong_setting_is_an_error(estimator, word):
    learner = EstimatorLearner(estimator, 2)
    X = np.random.default_rng(0).standard_normal((20, 2))
    with pytest.raises(ValueError, match=word):
        learner.fit(X, np.arange(20) % 2, None, seed=0)
