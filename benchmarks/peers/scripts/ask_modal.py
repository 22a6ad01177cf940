"""modAL's strategies on given arrays. Their estimators are stood in for by tables.

NumPy 1.24 removed `np.float`, without which their expected error reduction cannot be imported: it is put back here.
"""

import warnings

import numpy as np

vars(np)["float"] = float
warnings.simplefilter("ignore", SyntaxWarning)

from exchange import Given, main, scattered  # noqa: E402
from modAL import acquisition, batch, density, disagreement, dropout, expected_error, multilabel, uncertainty  # noqa: E402
from modAL.models import ActiveLearner  # noqa: E402
from sklearn.base import BaseEstimator, ClassifierMixin  # noqa: E402


class Table(ClassifierMixin, BaseEstimator):
    """Probabilities looked up by a row's number."""

    def __init__(self, table=None):
        self.table = table

    def fit(self, X, y):
        self.classes_ = np.arange(self.table.shape[1])
        return self

    def predict_proba(self, X):
        return self.table[np.asarray(X)[:, 0].astype(int)]

    def predict(self, X):
        return self.predict_proba(X).argmax(axis=1)


class Labels(Table):
    """Label probabilities looked up by a row's number; a label is predicted from one half on."""

    def predict(self, X):
        return (self.predict_proba(X) > 0.5).astype(int)


class Parzen(ClassifierMixin, BaseEstimator):
    """Kernel-weighted counts of labels, with a prior count of .001."""

    def __init__(self, gamma=1.0, classes=3):
        self.gamma, self.classes = gamma, classes

    def fit(self, X, y):
        self.X_, self.y_, self.classes_ = X, np.asarray(y), np.arange(self.classes)
        return self

    def predict_proba(self, X):
        near = np.exp(-self.gamma * ((X[:, None] - self.X_[None]) ** 2).sum(axis=2))
        counts = near @ np.eye(self.classes)[self.y_] + 0.001
        return counts / counts.sum(axis=1, keepdims=True)

    def predict(self, X):
        return self.predict_proba(X).argmax(axis=1)


class Fitted:
    """What their strategies need of a learner: they call its estimator, and cannot fit with current scikit-learn."""

    def __init__(self, estimator, X=None, y=None):
        self.estimator, self.X_training, self.y_training, self.on_transformed = estimator, X, y, False
        self.predict_proba, self.predict, self.classes_ = estimator.predict_proba, estimator.predict, estimator.classes_


class Members:
    """What their strategies need of a committee."""

    def __init__(self, samples):
        self.samples, self.classes_ = samples, np.arange(samples.shape[2])

    def __len__(self):
        return self.samples.shape[1]

    def __iter__(self):
        return iter(range(len(self)))

    def vote(self, X):
        return self.samples.argmax(axis=2)

    def vote_proba(self, X):
        return self.samples

    def predict_proba(self, X):
        return self.samples.mean(axis=1)


def _numbers(table: np.ndarray) -> np.ndarray:
    return np.arange(len(table), dtype=float)[:, None]


def _single(given: Given, score) -> np.ndarray:
    return score(Table(given["probs"]).fit(None, None), _numbers(given["probs"]))


def _committee(given: Given, score) -> np.ndarray:
    return score(Members(given["samples"]), _numbers(given["samples"]))


def _labels(given: Given, strategy) -> np.ndarray:
    """Values of all rows: they return the positions asked for with their values."""
    model, m = Labels(given["marginals"]).fit(None, None), len(given["marginals"])
    return scattered(*strategy(model, _numbers(given["marginals"]), n_instances=m))


def _passes(given: Given, score) -> np.ndarray:
    return score([given["samples"][:, j] for j in range(given["samples"].shape[1])])


def ranked_batch(given: Given) -> np.ndarray:
    model = Fitted(Table(given["probs"]).fit(None, None), given["labelled_embeddings"])
    unsure = 1 - given["probs"].max(axis=1)
    return batch.ranked_batch(model, given["embeddings"], unsure, int(given["batch"]), "euclidean", None)[0]


def ranked_batch_cold(given: Given) -> np.ndarray:
    model = Fitted(Table(given["probs"]).fit(None, None))
    unsure = 1 - given["probs"].max(axis=1)
    return batch.ranked_batch(model, given["embeddings"], unsure, int(given["batch"]), "euclidean", None)[0]


def _eer(given: Given, loss: str) -> np.ndarray:
    model = Parzen(float(given["gamma"])).fit(given["labelled_embeddings"], given["labels"])
    learner = Fitted(model, given["labelled_embeddings"], given["labels"])
    m = len(given["embeddings"])
    return scattered(*expected_error.expected_error_reduction(learner, given["embeddings"], loss=loss, n_instances=m))


CALLS = {
    "classifier_uncertainty": lambda given: _single(given, uncertainty.classifier_uncertainty),
    "classifier_margin": lambda given: _single(given, uncertainty.classifier_margin),
    "classifier_entropy": lambda given: _single(given, uncertainty.classifier_entropy),
    "vote_entropy": lambda given: _committee(given, disagreement.vote_entropy),
    "consensus_entropy": lambda given: _committee(given, disagreement.consensus_entropy),
    "KL_max_disagreement": lambda given: _committee(given, disagreement.KL_max_disagreement),
    "mc_dropout_bald": lambda given: _passes(given, dropout._bald_divergence),
    "mc_dropout_mean_st": lambda given: _passes(given, dropout._mean_standard_deviation),
    "mc_dropout_max_entropy": lambda given: _passes(given, dropout._entropy),
    "mc_dropout_max_variationRatios": lambda given: _passes(given, dropout._variation_ratios),
    "uncertainty_batch_sampling": ranked_batch,
    "uncertainty_batch_sampling, nothing labelled": ranked_batch_cold,
    "information_density": lambda given: density.information_density(given["embeddings"]),
    "expected_error_reduction(binary)": lambda given: _eer(given, "binary"),
    "expected_error_reduction(log)": lambda given: _eer(given, "log"),
    "multilabel.max_loss": lambda given: _labels(given, multilabel.max_loss),
    "multilabel.mean_max_loss": lambda given: _labels(given, multilabel.mean_max_loss),
    "multilabel.min_confidence": lambda given: _labels(given, multilabel.min_confidence),
    "multilabel.avg_confidence": lambda given: _labels(given, multilabel.avg_confidence),
    "multilabel.max_score": lambda given: _labels(given, multilabel.max_score),
    "multilabel.avg_score": lambda given: _labels(given, multilabel.avg_score),
    "acquisition.EI": lambda given: acquisition.EI(given["mean"], given["std"], given["values"].max(), 0.1),
    "acquisition.PI": lambda given: acquisition.PI(given["mean"], given["std"], given["values"].max(), 0.1),
    "acquisition.UCB": lambda given: acquisition.UCB(given["mean"], given["std"], 2.0),
}


def learner_fits() -> object:
    learner = ActiveLearner(Parzen(), X_training=np.zeros((2, 1)), y_training=np.array([0, 1]))
    learner.teach(np.ones((1, 1)), np.array([1]))
    return len(learner.X_training)


def two_picks() -> object:
    """A learner asked for two rows by a strategy that returns their two positions."""
    learner = ActiveLearner(
        Table(np.full((4, 2), 0.5)).fit(None, None), query_strategy=lambda model, X: np.array([1, 3])
    )
    return learner.query(np.arange(4.0)[:, None])[0]


def svm_tie_break() -> object:
    """Decision values .1, 1 and 5 of one label: which row, with random_tie_break?"""

    class One:
        def decision_function(self, X):
            return np.array([0.1, 1.0, 5.0])

    class Wrapped:
        class estimator:  # noqa: N801
            estimators_ = (One(),)

    return multilabel.SVM_binary_minimum(Wrapped, np.zeros((3, 1)), random_tie_break=True)[0]


BUGS = {"learner_fits": learner_fits, "two_picks": two_picks, "svm_tie_break": svm_tie_break}

if __name__ == "__main__":
    main("modAL-python", CALLS, BUGS)
