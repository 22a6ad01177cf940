"""scikit-activeml's strategies on given arrays. Their classifiers are stood in for by tables."""

import warnings
from typing import ClassVar

import numpy as np
from exchange import Given, by_row, main
from skactiveml.base import SkactivemlClassifier, SkactivemlRegressor
from skactiveml.classifier import ParzenWindowClassifier, SklearnClassifier
from skactiveml.pool import (
    Badge,
    BatchBALD,
    Clue,
    ContrastiveAL,
    CoreSet,
    CostEmbeddingAL,
    DiscriminativeAL,
    DropQuery,
    EpistemicUncertaintySampling,
    ExpectedModelChangeMaximization,
    ExpectedModelVarianceReduction,
    Falcun,
    GreedyBALD,
    GreedySamplingTarget,
    GreedySamplingX,
    KLDivergenceMaximization,
    MaxHerding,
    MonteCarloEER,
    ProbabilisticAL,
    ProbCover,
    QueryByCommittee,
    Quire,
    TypiClust,
    UncertaintySampling,
    ValueOfInformationEER,
    average_kl_divergence,
    expected_average_precision,
)
from skactiveml.regressor import SklearnNormalRegressor, SklearnRegressor
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, DotProduct
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


class Table(SkactivemlClassifier):
    """A classifier that looks its probabilities up by the row's features."""

    def __init__(self, rows=None, table=None, classes=None, missing_label=np.nan):
        super().__init__(classes=classes, missing_label=missing_label)
        self.rows, self.table = rows, table

    def fit(self, X, y, sample_weight=None):
        self.classes_ = np.arange(self.table.shape[1])
        return self

    def predict_proba(self, X):
        return by_row(self.rows, self.table)(X).copy()

    def predict(self, X):
        return self.predict_proba(X).argmax(axis=1)


class Linear(SkactivemlClassifier):
    """A linear classifier with given weights that remembers what it said."""

    said: ClassVar[list] = []

    def __init__(self, weights=None, classes=None, missing_label=np.nan):
        super().__init__(classes=classes, missing_label=missing_label)
        self.weights = weights

    def fit(self, X, y, sample_weight=None):
        self.classes_ = np.arange(self.weights.shape[1])
        return self

    def predict(self, X):
        Linear.said.append((np.asarray(X) @ self.weights).argmax(axis=1))
        return Linear.said[-1]

    def predict_proba(self, X):
        raise NotImplementedError


class Values(SkactivemlRegressor):
    """A regressor that looks its prediction up by the row's features."""

    def __init__(self, rows=None, table=None, missing_label=np.nan):
        super().__init__(missing_label=missing_label)
        self.rows, self.table = rows, table

    def fit(self, X, y, sample_weight=None):
        return self

    def predict(self, X):
        return by_row(self.rows, self.table)(X)


def _numbered(given: Given, *tables: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows that are their own number, NaN as label of the pool's: for strategies that look at probabilities only."""
    table = np.concatenate(tables)
    y = np.full(len(table), np.nan)
    y[len(tables[0]) :] = given["labels"][: len(table) - len(tables[0])]
    return np.arange(len(table), dtype=float)[:, None], y, table


def _pool(given: Given, labels: str = "labels") -> tuple[np.ndarray, np.ndarray]:
    """Pool above labelled rows, NaN as label of the pool's."""
    X = np.concatenate([given["embeddings"], given["labelled_embeddings"]])
    return X, np.concatenate([np.full(len(given["embeddings"]), np.nan), given[labels].astype(float)])


def _scores(given: Given, strategy, X, y, **models) -> np.ndarray:
    """Utilities of the pool's rows for one query."""
    return strategy.query(X, y, batch_size=1, return_utilities=True, **models)[1][0][: len(given["probs"])]


def _uncertainty(given: Given, method: str, cost_matrix=None) -> np.ndarray:
    X, y, table = _numbered(given, given["probs"], given["labelled_probs"])
    clf = Table(X, table, classes=np.arange(table.shape[1]))
    return _scores(given, UncertaintySampling(method, cost_matrix), X, y, clf=clf)


def _committee(given: Given, method: str) -> np.ndarray:
    X, y, _ = _numbered(given, given["probs"])
    k, c = given["samples"].shape[1:]
    members = [Table(X, given["samples"][:, j], classes=np.arange(c)) for j in range(k)]
    return _scores(given, QueryByCommittee(method), X, y, ensemble=members)


def _bald(given: Given, strategy, size: int = 1) -> np.ndarray:
    X, y, _ = _numbered(given, given["probs"])
    k, c = given["samples"].shape[1:]
    members = [Table(X, given["samples"][:, j], classes=np.arange(c)) for j in range(k)]
    picks, utilities = strategy.query(X, y, ensemble=members, batch_size=size, return_utilities=True)
    return utilities[0] if size == 1 else picks


def qbc_std(given: Given) -> np.ndarray:
    X, y, _ = _numbered(given, given["probs"])
    members = [Values(X, given["draws"][:, j]) for j in range(given["draws"].shape[1])]
    return _scores(given, QueryByCommittee(), X, y, ensemble=members)


def core_set(given: Given) -> np.ndarray:
    return CoreSet(random_state=0).query(*_pool(given), batch_size=int(given["batch"]))


def core_set_cold(given: Given) -> np.ndarray:
    X = given["embeddings"]
    return CoreSet(random_state=0).query(X, np.full(len(X), np.nan), batch_size=int(given["batch"]))


def gsx_cold(given: Given) -> np.ndarray:
    X = given["embeddings"]
    return GreedySamplingX(random_state=0).query(X, np.full(len(X), np.nan), batch_size=int(given["batch"]))


def gsx(given: Given) -> np.ndarray:
    return GreedySamplingX(random_state=0).query(*_pool(given), batch_size=int(given["batch"]))


def _target(given: Given, method: str) -> np.ndarray:
    X, y = _pool(given, "values")
    reg = Values(X, np.concatenate([given["mean"], given["values"]]))
    return GreedySamplingTarget(method=method, random_state=0).query(X, y, reg=reg, batch_size=int(given["batch"]))


def typiclust(given: Given, k: int) -> np.ndarray:
    X = np.concatenate([given["blobs"], given["blobs_labelled"]])
    y = np.append(np.full(len(given["blobs"]), np.nan), 0.0)
    return TypiClust(random_state=0, k=k, cluster_algo_dict={"n_init": 20}).query(X, y, batch_size=5)


def _prob_cover(given: Given, **settings) -> tuple[np.ndarray, float]:
    strategy = ProbCover(random_state=0, **settings)
    return strategy.query(*_pool(given), batch_size=int(given["batch"])), strategy.delta_max_


def _badge(given: Given, size: int) -> np.ndarray:
    X, y = _pool(given)
    clf = Table(X, np.concatenate([given["probs"], given["labelled_probs"]]), classes=np.arange(3))
    utilities = Badge(random_state=0).query(X, y, clf=clf, batch_size=size, return_utilities=True)[1]
    return np.nan_to_num(utilities[-1][: len(given["probs"])])


def contrastive(given: Given, neighbours: int = 10) -> np.ndarray:
    X, y = _pool(given)
    clf = Table(X, np.concatenate([given["probs"], given["labelled_probs"]]), classes=np.arange(3))
    return _scores(given, ContrastiveAL({"n_neighbors": neighbours}), X, y, clf=clf)


def clue(given: Given) -> np.ndarray:
    X = given["blobs"]
    clf = Table(X, given["probs"], classes=np.arange(3))
    strategy = Clue(random_state=0, cluster_algo_dict={"n_init": 20, "random_state": 0})
    return strategy.query(X, np.full(len(X), np.nan), estimator=clf, batch_size=6)


def drop_query(given: Given) -> np.ndarray:
    X = given["embeddings"]
    Linear.said = []
    strategy = DropQuery(random_state=0, n_dropout_samples=3000, cluster_algo_dict={"random_state": 0})
    strategy.query(X, np.full(len(X), np.nan), clf=Linear(given["head_weights"], classes=np.arange(3)), batch_size=2)
    return np.mean([said != Linear.said[0] for said in Linear.said[1:]], axis=0)


def _falcun(given: Given, size: int) -> np.ndarray:
    X, y, table = _numbered(given, given["probs"])
    clf = Table(X, table, classes=np.arange(3))
    picks, utilities = Falcun(random_state=0).query(X, y, clf=clf, batch_size=size, return_utilities=True)
    return np.append(np.nan_to_num(utilities[-1]), picks[0])


def max_herding(given: Given) -> np.ndarray:
    return MaxHerding(random_state=0, metric_dict={"gamma": 1.0}).query(*_pool(given), batch_size=int(given["batch"]))


def _quire(given: Given, labels: str, classes: int) -> np.ndarray:
    X, y = _pool(given, labels)
    strategy = Quire(classes=np.arange(classes), metric_dict={"gamma": float(given["gamma"])})
    return _scores(given, strategy, X, y)


def _parzen(given: Given, classes: int, prior: float = 0.0) -> ParzenWindowClassifier:
    settings = {"gamma": float(given["gamma"])}
    return ParzenWindowClassifier(classes=np.arange(classes), metric="rbf", metric_dict=settings, class_prior=prior)


def epistemic(given: Given) -> np.ndarray:
    X, y = _pool(given, "binary_labels")
    return _scores(given, EpistemicUncertaintySampling(), X, y, clf=_parzen(given, 2))


def _mcpal(given: Given, m_max: int) -> np.ndarray:
    X, y = _pool(given)
    weight = np.concatenate([given["density"], np.ones(len(given["labels"]))])
    return _scores(given, ProbabilisticAL(prior=1.0, m_max=m_max), X, y, clf=_parzen(given, 3), utility_weight=weight)


def _eer(given: Given, method: str) -> np.ndarray:
    X, y = _pool(given)
    clf = _parzen(given, 3, prior=0.001)
    return _scores(given, MonteCarloEER(method), X, y, clf=clf, X_eval=given["target_embeddings"])


def average_precision(given: Given) -> np.ndarray:
    """Of the first 30 rows: theirs costs the cube of their number."""
    return expected_average_precision(np.arange(3), given["probs"][:30])


def value_of_information(given: Given) -> np.ndarray:
    X, y = _pool(given)
    settings = {"consider_labeled": False, "candidate_to_labeled": False, "subtract_current": True, "normalize": True}
    strategy = ValueOfInformationEER(given["cost_matrix"], **settings)
    return _scores(given, strategy, X, y, clf=_parzen(given, 3, prior=0.001))


def alce(given: Given) -> np.ndarray:
    X, y = _pool(given)
    strategy = CostEmbeddingAL(classes=np.arange(3), base_regressor=Ridge(), random_state=0)
    return _scores(given, strategy, X, y)


def discriminative(given: Given) -> np.ndarray:
    model = make_pipeline(StandardScaler(), LogisticRegression(class_weight="balanced", max_iter=1000))
    strategy = DiscriminativeAL(random_state=0)
    return strategy.query(*_pool(given), discriminator=SklearnClassifier(model), batch_size=int(given["batch"]))


def emcm(given: Given) -> np.ndarray:
    """Scores above the predictions of the learners that the strategy drew for itself."""
    X, y = _pool(given, "values")
    said: list[np.ndarray] = []

    class Recording(SklearnRegressor):
        def predict(self, X, return_std=False):
            said.append(super().predict(X))
            return said[-1]

    reg = Recording(Ridge())
    scores = _scores(given, ExpectedModelChangeMaximization(random_state=0), X, y, reg=reg)
    return np.concatenate([scores[None], np.stack(said)])


def _gaussian(given: Given) -> SklearnNormalRegressor:
    kernel = ConstantKernel(1.0, "fixed") + DotProduct(0.0, "fixed")
    return SklearnNormalRegressor(GaussianProcessRegressor(kernel, alpha=0.5, optimizer=None))


def variance_reduction(given: Given) -> np.ndarray:
    X, y = _pool(given, "values")
    return _scores(
        given, ExpectedModelVarianceReduction(), X, y, reg=_gaussian(given), X_eval=given["target_embeddings"]
    )


def kl_maximisation(given: Given) -> np.ndarray:
    X, y = _pool(given, "values")
    return _scores(given, KLDivergenceMaximization(), X, y, reg=_gaussian(given))


CALLS = {
    "UncertaintySampling(least_confident)": lambda given: _uncertainty(given, "least_confident"),
    "UncertaintySampling(margin_sampling)": lambda given: _uncertainty(given, "margin_sampling"),
    "UncertaintySampling(entropy)": lambda given: _uncertainty(given, "entropy"),
    "UncertaintySampling(least_confident, cost_matrix)": lambda given: _uncertainty(
        given, "least_confident", given["cost_matrix"]
    ),
    "UncertaintySampling(margin_sampling, cost_matrix)": lambda given: _uncertainty(
        given, "margin_sampling", given["cost_matrix"]
    ),
    "QueryByCommittee(KL_divergence)": lambda given: _committee(given, "KL_divergence"),
    "QueryByCommittee(vote_entropy)": lambda given: _committee(given, "vote_entropy"),
    "QueryByCommittee(variation_ratios)": lambda given: _committee(given, "variation_ratios"),
    "QueryByCommittee, regression": qbc_std,
    "GreedyBALD": lambda given: _bald(given, GreedyBALD()),
    "BatchBALD(n_MC_samples=10000)": lambda given: _bald(given, BatchBALD(n_MC_samples=10_000), int(given["batch"])),
    "CoreSet": core_set,
    "CoreSet, nothing labelled": core_set_cold,
    "GreedySamplingX": gsx,
    "GreedySamplingX, nothing labelled": gsx_cold,
    "GreedySamplingTarget(GSy)": lambda given: _target(given, "GSy"),
    "GreedySamplingTarget(GSi)": lambda given: _target(given, "GSi"),
    "TypiClust(k=5)": lambda given: typiclust(given, 5),
    "ProbCover(deltas=[2.5])": lambda given: _prob_cover(given, deltas=[2.5])[0],
    "ProbCover()": lambda given: np.append(*_prob_cover(given, n_classes=3, deltas=np.arange(0.1, 4.0, 0.1))),
    "Badge, first pick": lambda given: _badge(given, 1).argmax(keepdims=True),
    "Badge, law of the second pick": lambda given: _badge(given, 2),
    "ContrastiveAL(n_neighbors=10)": contrastive,
    "Clue": clue,
    "DropQuery": drop_query,
    "Falcun, law of the first pick": lambda given: _falcun(given, 1)[:-1],
    "Falcun, law of the second pick": lambda given: _falcun(given, 2),
    "MaxHerding": max_herding,
    "Quire, two classes": lambda given: _quire(given, "binary_labels", 2),
    "Quire, three classes": lambda given: _quire(given, "labels", 3),
    "EpistemicUncertaintySampling": epistemic,
    "ProbabilisticAL(m_max=1)": lambda given: _mcpal(given, 1),
    "ProbabilisticAL(m_max=2)": lambda given: _mcpal(given, 2),
    "MonteCarloEER(misclassification_loss)": lambda given: _eer(given, "misclassification_loss"),
    "MonteCarloEER(log_loss)": lambda given: _eer(given, "log_loss"),
    "expected_average_precision": average_precision,
    "ValueOfInformationEER": value_of_information,
    "CostEmbeddingAL": alce,
    "DiscriminativeAL": discriminative,
    "ExpectedModelChangeMaximization": emcm,
    "ExpectedModelVarianceReduction": variance_reduction,
    "KLDivergenceMaximization": kl_maximisation,
}


def _unlabelled(m: int, *known: int) -> np.ndarray:
    y = np.full(m, np.nan)
    y[: len(known)] = known
    return y


def typiclust_repeated_rows() -> object:
    X = np.repeat([[0.0], [1.0]], 3, axis=0)
    return TypiClust(random_state=0).query(X, _unlabelled(6), batch_size=5)


def prob_cover_candidates() -> object:
    X = np.random.default_rng(0).random((50, 2)) * 0.01
    strategy = ProbCover(n_classes=2, deltas=[1.0], random_state=0)
    return strategy.query(X, _unlabelled(50), candidates=[7], return_utilities=True)[1][0, 7]


def quire_candidates() -> object:
    X, y = np.random.default_rng(0).standard_normal((20, 2)), _unlabelled(20, 0, 1, 0, 1, 0)
    ask = {"return_utilities": True}
    whole = Quire(classes=[0, 1]).query(X, y, **ask)[1][0, 10]
    return [whole, Quire(classes=[0, 1]).query(X, y, candidates=[10], **ask)[1][0, 10]]


def bald_batch() -> object:
    draws = np.random.default_rng(0).dirichlet(np.ones(3), size=4)
    X = np.arange(12.0)[:, None]
    members = [Table(X, np.tile(row, (12, 1)), classes=[0, 1, 2]) for row in draws]
    twice = 0
    for seed in range(20):
        rows = BatchBALD(n_MC_samples=1000, random_state=seed).query(X, _unlabelled(12), ensemble=members, batch_size=6)
        twice += len(np.unique(rows)) < 6
    return twice


def batch_bald_budget() -> object:
    draws = np.random.default_rng(0).dirichlet(np.full(10, 0.2), size=(10, 200))
    X = np.arange(200.0)[:, None]
    members = [Table(X, draw, classes=np.arange(10)) for draw in draws]
    ask = {"batch_size": 6, "return_utilities": True}
    return np.nanmax(BatchBALD(random_state=0).query(X, _unlabelled(200), ensemble=members, **ask)[1], axis=1)


def clue_seed() -> object:
    rng = np.random.default_rng(0)
    X, probs = rng.standard_normal((200, 5)), rng.dirichlet(np.ones(3), size=200)
    clf = Table(X, probs, classes=[0, 1, 2])
    ask = {"estimator": clf, "batch_size": 10}
    return len({tuple(Clue(random_state=0).query(X, _unlabelled(200), **ask)) for _ in range(5)})


def kl_inputs() -> object:
    probs = np.array([[[1.0, 0.0]], [[0.5, 0.5]]])
    average_kl_divergence(probs)
    return bool((probs[0] != [1.0, 0.0]).any())


def swallowed() -> object:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = SklearnClassifier(LogisticRegression(C=-1.0), classes=[0, 1])
        return model.fit(np.array([[-1.0], [1.0]]), [0, 1]).predict_proba([[1.0]])[0]


BUGS = {
    "typiclust_repeated_rows": typiclust_repeated_rows,
    "prob_cover_candidates": prob_cover_candidates,
    "quire_candidates": quire_candidates,
    "bald_batch": bald_batch,
    "batch_bald_budget": batch_bald_budget,
    "clue_seed": clue_seed,
    "kl_inputs": kl_inputs,
    "swallowed": swallowed,
}

if __name__ == "__main__":
    main("scikit-activeml", CALLS, BUGS)
