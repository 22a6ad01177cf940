"""scikit-activeml's strategies, timed. Classifiers are stood in for by tables, so that no model is counted."""

import numpy as np
from skactiveml.base import SkactivemlClassifier
from skactiveml.classifier import ParzenWindowClassifier
from skactiveml.pool import (
    Badge,
    BatchBALD,
    CoreSet,
    MaxHerding,
    MonteCarloEER,
    ProbCover,
    Quire,
    TypiClust,
    UncertaintySampling,
)
from timing import Given, Prepared, main


class Table(SkactivemlClassifier):
    """Gives the probabilities that it was made with, whatever the rows."""

    def __init__(self, table=None, classes=None, missing_label=np.nan):
        super().__init__(classes=classes, missing_label=missing_label)
        self.table = table

    def fit(self, X, y, sample_weight=None):
        self.classes_ = np.arange(self.table.shape[1])
        return self

    def predict_proba(self, X):
        return self.table[: len(X)]


def _labels(m: int, known: int = 1) -> np.ndarray:
    """The last rows are labelled."""
    y = np.full(m, np.nan)
    y[m - known :] = np.arange(known) % 2
    return y


def k_center(given: Given, n: int) -> Prepared:
    X = given["rows"]
    return lambda: CoreSet(random_state=0).query(X, _labels(len(X)), batch_size=n)


def badge(given: Given, n: int) -> Prepared:
    X = given["rows"]
    clf = Table(given["probs"], classes=np.arange(given["probs"].shape[1])).fit(None, None)
    y = np.full(len(X), np.nan)
    return lambda: Badge(random_state=0).query(X, y, clf=clf, fit_clf=False, batch_size=n)


def margin(given: Given, n: int) -> Prepared:
    probs = given["probs"]
    clf = Table(probs, classes=np.arange(probs.shape[1])).fit(None, None)
    X, y = np.zeros((len(probs), 1)), np.full(len(probs), np.nan)
    strategy = UncertaintySampling("margin_sampling", random_state=0)
    return lambda: strategy.query(X, y, clf=clf, fit_clf=False, batch_size=n)


def typiclust(given: Given, n: int) -> Prepared:
    X = given["rows"]
    return lambda: TypiClust(random_state=0).query(X, np.full(len(X), np.nan), batch_size=n)


def prob_cover(given: Given, n: int, delta: float) -> Prepared:
    X = given["rows"]
    strategy = ProbCover(n_classes=10, deltas=[delta], random_state=0)
    return lambda: strategy.query(X, np.full(len(X), np.nan), batch_size=n, update=True)


def max_herding(given: Given, n: int, width: float) -> Prepared:
    X = given["rows"]
    strategy = MaxHerding(normalize_samples=False, metric_dict={"gamma": width**-2}, random_state=0)
    return lambda: strategy.query(X, np.full(len(X), np.nan), batch_size=n)


def batch_bald(given: Given, n: int) -> Prepared:
    samples = given["samples"].astype(np.float64)
    members = [
        Table(samples[:, j].copy(), classes=np.arange(samples.shape[2])).fit(None, None)
        for j in range(samples.shape[1])
    ]
    X, y = np.zeros((len(samples), 1)), np.full(len(samples), np.nan)
    strategy = BatchBALD(n_MC_samples=1000, random_state=0)
    return lambda: strategy.query(X, y, ensemble=members, fit_ensemble=False, batch_size=n)


def quire(given: Given, n: int) -> Prepared:
    X = given["rows"]
    strategy = Quire(classes=[0, 1], metric_dict={"gamma": 1.0 / X.shape[1]})
    return lambda: strategy.query(X, _labels(len(X), 20), batch_size=n)


def expected_error_reduction(given: Given, n: int) -> Prepared:
    X = given["rows"]
    clf = ParzenWindowClassifier(
        classes=[0, 1], metric="rbf", metric_dict={"gamma": 1.0 / X.shape[1]}, class_prior=0.001
    )
    return lambda: MonteCarloEER().query(X, _labels(len(X), 20), clf=clf, batch_size=n)


if __name__ == "__main__":
    names = (k_center, badge, margin, typiclust, prob_cover, max_herding, batch_bald, quire, expected_error_reduction)
    main({call.__name__: call for call in names})
