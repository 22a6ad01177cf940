"""The learner contract over every kind of learner."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse
from sklearn.datasets import load_digits, load_iris
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.ensemble import (
    BaggingClassifier,
    ExtraTreesClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    RandomForestRegressor,
    VotingClassifier,
)
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.feature_selection import SelectKBest
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.linear_model import BayesianRidge, LogisticRegression, Ridge, RidgeClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier

from askwise.core.errors import BadInput
from askwise.learner import ArraysLearner, Committee, EstimatorLearner, TorchLearner, Training, as_learner, recipe
from askwise.testing.learner import LEARNER_CHECKS, Case, check_learner

X, y = load_iris(return_X_y=True)
SOME = np.random.default_rng(0).permutation(len(y))[:75]
X, y = X[SOME], y[SOME]
WORDS = [
    ["ball", "goal", "team", "match"],
    ["stock", "bank", "market", "price"],
    ["film", "actor", "scene", "plot"],
]


def _texts() -> list[str]:
    rng = np.random.default_rng(1)
    return [" ".join(rng.choice(WORDS[label], 4)) + " the of and" for label in y]


def _forest(kind=RandomForestClassifier):
    return kind(n_estimators=6, max_depth=4)


ESTIMATORS = {
    "logistic": lambda: LogisticRegression(max_iter=500),
    "ridge": RidgeClassifier,
    "bayes": GaussianNB,
    "neighbours": lambda: KNeighborsClassifier(3),
    "forest": _forest,
    "extra trees": lambda: _forest(ExtraTreesClassifier),
    "boosting": lambda: HistGradientBoostingClassifier(max_iter=5, min_samples_leaf=3),
    "svc": SVC,
    "linear svc": LinearSVC,
    "perceptron": lambda: MLPClassifier((8,), solver="lbfgs", max_iter=2000, tol=1e-3),
    "pipeline": lambda: make_pipeline(StandardScaler(), PCA(3), LogisticRegression()),
    "nested pipeline": lambda: make_pipeline(StandardScaler(), make_pipeline(PCA(2), GaussianNB())),
    "supervised pipeline": lambda: make_pipeline(SelectKBest(k=2), LogisticRegression(max_iter=500)),
    "pipeline to perceptron": lambda: make_pipeline(StandardScaler(), MLPClassifier((5, 4), solver="lbfgs")),
    "bagging": lambda: BaggingClassifier(DecisionTreeClassifier(max_depth=2), 4, max_features=0.5),
    "bagging without probabilities": lambda: BaggingClassifier(RidgeClassifier(), 3),
    "soft vote": lambda: VotingClassifier(
        [("a", GaussianNB()), ("b", LogisticRegression(max_iter=500))], voting="soft", weights=[1, 3]
    ),
    "hard vote": lambda: VotingClassifier([("a", GaussianNB()), ("b", LinearSVC()), ("c", "drop")]),
    "committee": lambda: [GaussianNB(), LogisticRegression(max_iter=500), _forest()],
    "bootstrap committee": lambda: Committee([LogisticRegression(max_iter=500)] * 3, bootstrap=True),
}


@pytest.mark.filterwarnings("ignore::RuntimeWarning:sklearn.feature_selection")
@pytest.mark.filterwarnings("ignore::UserWarning:sklearn.feature_selection")
@pytest.mark.parametrize("name", ESTIMATORS)
def test_estimators(name):
    check_learner(lambda: as_learner(ESTIMATORS[name](), 3), X, y, 3)


@pytest.mark.parametrize("check", LEARNER_CHECKS)
def test_sparse_features(check):
    check(Case(lambda: as_learner(LogisticRegression(), 3), sparse.csr_matrix(X), y, 3))


@pytest.mark.parametrize("dense", [False, True])
def test_text_pipeline(dense):
    steps = [TruncatedSVD(4)] if dense else []
    check_learner(lambda: as_learner(make_pipeline(TfidfVectorizer(), *steps, LogisticRegression()), 3), _texts(), y, 3)


def test_data_frame_by_column_name():
    pd = pytest.importorskip("pandas")
    from sklearn.compose import make_column_transformer

    frame = pd.DataFrame(X, columns=list("abcd")).assign(word=_texts())
    columns = make_column_transformer((TfidfVectorizer(), "word"), (StandardScaler(), ["a", "b"]), sparse_threshold=0)
    check_learner(lambda: as_learner(make_pipeline(columns, LogisticRegression()), 3), frame, y, 3)


REGRESSORS = {
    "ridge": Ridge,
    "bayesian": BayesianRidge,
    "forest": lambda: _forest(RandomForestRegressor),
    "process": lambda: make_pipeline(StandardScaler(), GaussianProcessRegressor(alpha=0.1)),
    "committee": lambda: Committee([Ridge(), _forest(RandomForestRegressor)], bootstrap=True),
}


@pytest.mark.parametrize("name", REGRESSORS)
def test_regressors(name):
    check_learner(lambda: as_learner(REGRESSORS[name](), None), X, X[:, 0] * 2 + X[:, 3], None)


def _net(dropout: float = 0.2):
    import torch
    from torch import nn

    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 12), nn.ReLU(), nn.Dropout(dropout), nn.Linear(12, 3))


@pytest.mark.parametrize("dropout", [0.0, 0.3])
def test_torch(dropout):
    pytest.importorskip("torch")
    net = _net(dropout)
    check_learner(lambda: TorchLearner(net, 3, training=Training(epochs=12, lr=0.02), draws=5), X, y, 3)


def test_committee_of_torch_and_sklearn():
    pytest.importorskip("torch")
    net = TorchLearner(_net(), 3, training=Training(epochs=8, lr=0.02))
    check_learner(lambda: as_learner([net, GaussianNB()], 3), X, y, 3)


RAW = {"text": ("text", _texts()), "array": ("array", X), "table": ("table", X), "csr": ("array", sparse.csr_matrix(X))}


@pytest.mark.parametrize("name", RAW)
def test_default_recipes_over_raw_rows(name):
    kind, rows = RAW[name]
    made = recipe(kind)
    made.encoder.fit(rows)
    check_learner(lambda: made.raw_learner(3), rows, y, 3)


def test_forest_head():
    made = recipe("table", head="forest")
    made.head.set_params(n_estimators=5)
    features = made.encoder.fit_transform(X).features
    check_learner(lambda: made.learner(3), features, y, 3)


def test_calibrated_learners_keep_the_contract():
    digits, labels = load_digits(n_class=3, return_X_y=True)
    for estimator in (GaussianNB(), make_pipeline(PCA(4), RidgeClassifier())):
        check_learner(lambda e=estimator: EstimatorLearner(e, 3, calibrate=True), digits[:120], labels[:120], 3)


def test_arrays_learner_is_a_learner_of_positions():
    def model(rows, labels):
        probs = np.full((75, 3), 0.1)
        probs[:, int(np.bincount(labels).argmax())] = 0.8
        return {"probs": probs}

    learner = ArraysLearner(model, provides=["probs"])
    case = Case(lambda: learner, np.arange(75), y, 3)
    for check in LEARNER_CHECKS:
        if check.__name__ in ("check_shapes", "check_one_by_one", "check_chunks", "check_refit"):
            check(case)


class _Leaky:
    """A learner that goes on from where it stood."""

    provides = frozenset({"probs"})

    def __init__(self):
        self.count = np.zeros(3)

    def fit(self, rows, labels, weights, *, seed):
        self.count += np.bincount(labels, minlength=3)

    def evidence(self, rows, names):
        return {"probs": np.tile(self.count / self.count.sum(), (len(rows), 1))} if names else {}


def test_suite_catches_a_learner_that_does_not_start_afresh():
    with pytest.raises(AssertionError, match="second fit"):
        check_learner(_Leaky, X, np.r_[np.zeros(70, int), [1, 1, 1, 2, 2]], 3)


def test_suite_catches_evidence_that_depends_on_the_chunk():
    class Centred(_Leaky):
        def fit(self, rows, labels, weights, *, seed):
            self.count = np.bincount(labels, minlength=3) + 1.0

        def evidence(self, rows, names):
            p = 1 / (1 + np.exp(rows.mean() - rows[:, 0]))
            return {"probs": np.stack([p, 1 - p, 0 * p], 1)} if names else {}

    with pytest.raises(AssertionError, match="in chunks"):
        check_learner(Centred, X, y, 3)


def test_suite_catches_what_is_promised_but_not_given():
    class Boastful(_Leaky):
        provides = frozenset({"probs", "embeddings"})

    with pytest.raises(AssertionError, match="provides says"):
        check_learner(Boastful, X, y, 3)


def test_unfitted_learner_says_so():
    for learner in (as_learner(GaussianNB(), 3), as_learner(Ridge(), None)):
        with pytest.raises(BadInput, match="has not been fitted"):
            learner.evidence(X, frozenset({next(iter(learner.provides))}))
