"""small-text's strategies on given arrays. Data set and classifier are stood in for by tables."""

import warnings

import numpy as np
import torch
from exchange import Given, main
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from small_text import query_strategies as qs
from small_text import stopping_criteria as stops
from small_text.integrations.pytorch.query_strategies import BADGE, ExpectedGradientLength
from small_text.query_strategies.coresets import greedy_coreset, lightweight_coreset
from small_text.query_strategies.subsampling import AnchorSubsampling

warnings.simplefilter("ignore")


class Rows:
    """A data set of numbered rows."""

    is_multi_label = False

    def __init__(self, at: np.ndarray):
        self.at, self.y = np.asarray(at), None

    def __len__(self):
        return len(self.at)

    def __getitem__(self, some):
        return Rows(self.at[some])

    def clone(self):
        return Rows(self.at)


class Table:
    """A classifier that looks up probabilities, draws and embeddings by the row's number."""

    def __init__(self, probs=None, embeddings=None, samples=None, labels=None):
        self.probs, self.embeddings, self.samples = probs, embeddings, samples
        self.num_classes = None if probs is None else probs.shape[1]

    def predict_proba(self, data, dropout_sampling=1):
        return self.probs[data.at] if dropout_sampling == 1 else self.samples[data.at]

    def embed(self, data, return_proba=False, pbar=None):
        found = self.embeddings[data.at]
        return (found, self.probs[data.at]) if return_proba else found


class Discriminator:
    """The classifier that discriminative active learning trains, and its own factory."""

    def __init__(self, rows):
        self.rows = rows
        self.model = make_pipeline(StandardScaler(), LogisticRegression(class_weight="balanced", max_iter=1000))

    def new(self):
        return Discriminator(self.rows)

    def fit(self, data):
        self.model.fit(self.rows[data.at], data.y)
        return self

    def predict_proba(self, data):
        return self.model.predict_proba(self.rows[data.at])


def _table(given: Given, rows: str = "embeddings", labelled: str = "labelled_embeddings") -> Table:
    probs = np.concatenate([given["probs"], given["labelled_probs"]])
    return Table(probs, np.concatenate([given[rows], given[labelled]]), given["samples"])


def _query(given: Given, strategy, clf: Table | None = None, n: int | None = None) -> np.ndarray:
    m, held = len(given["probs"]), len(given["labels"])
    size = int(given["batch"]) if n is None else n
    data, y = Rows(np.arange(m + held)), given["labels"]
    return strategy.query(clf or _table(given), data, np.arange(m), np.arange(m, m + held), y, n=size)


def _scores(given: Given, strategy) -> np.ndarray:
    strategy.query(_table(given), Rows(np.arange(len(given["probs"]))), np.arange(len(given["probs"])), [], [], n=1)
    return strategy.scores_


def bald(given: Given) -> np.ndarray:
    from small_text.query_strategies.bayesian import _bald

    return _bald(given["samples"])


def k_means(given: Given) -> np.ndarray:
    clf = _table(given, rows="blobs")
    return _query(given, qs.EmbeddingKMeans(normalize=False), clf, n=6)


def lightweight(given: Given) -> np.ndarray:
    """How often each row is drawn, of 4000 draws of one."""
    rows = given["embeddings"]
    mean = rows.mean(axis=0)
    return np.bincount([int(lightweight_coreset(rows, mean, 1)[0]) for _ in range(4000)], minlength=len(rows))


def discriminative(given: Given) -> np.ndarray:
    rows = np.concatenate([given["embeddings"], given["labelled_embeddings"]])
    return _query(given, qs.DiscriminativeActiveLearning(Discriminator(rows), 4, pbar=None))


def cvirs(given: Given) -> np.ndarray:
    strategy = qs.CategoryVectorInconsistencyAndRanking(pbar=None)
    at, y = np.arange(len(given["marginals"])), csr_matrix(given["label_sets"])
    return strategy._compute_scores(at, y, given["marginals"])


def badge_embeddings(given: Given) -> np.ndarray:
    return BADGE(3).get_badge_embeddings(given["embeddings"], given["probs"])


def badge_two_classes(given: Given) -> np.ndarray:
    return BADGE(2).get_badge_embeddings(given["embeddings"], given["probs"][:, :2])


def gradient_length(given: Given) -> np.ndarray:
    """Of one linear layer over the embeddings, with its bias."""
    layer = torch.nn.Linear(*given["head_weights"].shape).double()
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(given["head_weights"].T))
        layer.bias.copy_(torch.from_numpy(given["head_bias"]))
    strategy = ExpectedGradientLength(3, device="cpu", pbar=None)
    lengths = strategy.initialize_gradient_lengths_array(len(given["embeddings"]))

    class Model:
        model = layer

    strategy.compute_gradient_lengths(
        Model, torch.nn.CrossEntropyLoss(reduction="none"), lengths, 0, torch.from_numpy(given["embeddings"])
    )
    return lengths


def _rounds(given: Given) -> np.ndarray:
    """Probabilities (8, m, c) of eight models, each the mean of one draw more than the one before."""
    return np.stack([given["samples"][:, : t + 1].mean(axis=1) for t in range(given["samples"].shape[1])])


def _stops(given: Given, criterion, binary: bool = False) -> np.ndarray:
    """Whether it would stop after each of the rounds."""
    out = []
    for probs in _rounds(given):
        predicted = probs.argmax(axis=1)
        args = {"predictions": (predicted == 1).astype(int) if binary else predicted, "proba": probs}
        out.append(criterion.stop(**args, indices_stopping=np.arange(len(probs))))
    return np.array(out)


CALLS = {
    "LeastConfidence": lambda given: _scores(given, qs.LeastConfidence()),
    "BreakingTies": lambda given: _scores(given, qs.BreakingTies()),
    "PredictionEntropy": lambda given: _scores(given, qs.PredictionEntropy()),
    "BALD": bald,
    "GreedyCoreset(normalize=False)": lambda given: _query(given, qs.GreedyCoreset("euclidean", normalize=False)),
    "GreedyCoreset()": lambda given: _query(given, qs.GreedyCoreset()),
    "EmbeddingKMeans(normalize=False)": k_means,
    "ContrastiveActiveLearning(normalize=False)": lambda given: _query(
        given, qs.ContrastiveActiveLearning(k=10, normalize=False, pbar=None), n=10
    ),
    "LightweightCoreset(normalize=False), law of the first pick": lightweight,
    "DiscriminativeActiveLearning": discriminative,
    "SEALS(LeastConfidence, k=5)": lambda given: _query(given, qs.SEALS(qs.LeastConfidence(), k=5)),
    "AnchorSubsampling(LeastConfidence, k=5, subsample_size=20)": lambda given: _query(
        given, AnchorSubsampling(qs.LeastConfidence(), subsample_size=20, k=5)
    ),
    "CategoryVectorInconsistencyAndRanking": cvirs,
    "BADGE, gradient embeddings": badge_embeddings,
    "BADGE, gradient embeddings of two classes": badge_two_classes,
    "ExpectedGradientLength": gradient_length,
    "KappaAverage(kappa=0.8)": lambda given: _stops(given, stops.KappaAverage(3, kappa=0.8)),
    "ClassificationChange(threshold=0.15)": lambda given: _stops(given, stops.ClassificationChange(3, threshold=0.15)),
    "OverallUncertainty(threshold=0.8)": lambda given: _stops(given, stops.OverallUncertainty(3, threshold=0.8)),
    "DeltaFScore(threshold=0.3)": lambda given: _stops(given, stops.DeltaFScore(2, threshold=0.3), binary=True),
}


def labelled_first() -> object:
    """k-center of the rows 0, 1, 2, 9, 10 and 50 on a line; the first two are labelled, three are asked for."""
    x = np.array([[0.0], [1.0], [2.0], [9.0], [10.0], [50.0]])
    chosen = greedy_coreset(x, np.arange(2, 6), np.array([0, 1]), 3, distance_metric="euclidean")
    return np.arange(2, 6)[chosen]


def one_class() -> object:
    """Kappa of two models that predict one and the same class of every row, three times over."""
    criterion = stops.KappaAverage(3)
    return [criterion.stop(predictions=np.zeros(10, dtype=int)) for _ in range(4)]


def no_positives() -> object:
    """Predicted change of F where neither model predicts the class."""
    criterion = stops.DeltaFScore(2, window_size=1)
    return [criterion.stop(predictions=np.zeros(10, dtype=int)) for _ in range(2)]


BUGS = {"labelled_first": labelled_first, "one_class": one_class, "no_positives": no_positives}

if __name__ == "__main__":
    main("small-text", CALLS, BUGS)
