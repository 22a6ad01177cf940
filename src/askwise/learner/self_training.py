"""Self-training: a learner that also learns from the unlabelled rows of which it is sure."""

from __future__ import annotations

from typing import Any

import numpy as np

from askwise.core.errors import BadInput
from askwise.core.types import Array, BoolArray, FloatArray, IntArray, Rows
from askwise.learner.adapt import as_learner
from askwise.learner.rows import check_names, checked_labels, checked_weights, row_count


class SelfTrainingLearner:
    """Trains, gives pseudo-labels to the unlabelled rows of which it is sure, and trains once more with both.

    `learner` is whatever `as_learner` takes and must take weights; `unlabelled` (n, d), an array or a CSR matrix, is
    the pool, of which labelled rows (the same values) get no pseudo-label. A row gets one when its largest probability
    exceeds `certainty` and more than half of its `neighbours` nearest rows (by the cosine of `embeddings` (n, e), or
    of the rows) are predicted like it. All pseudo-labels together weigh `factor` times the labels; with `balance`
    those of a class with n of them weigh as 1 / (1 + exp(1 - mean n / n)), so that rare classes count for more. Of more
    than `most` rows so many are drawn once. `provides` what the learner does; `pseudo_labels` says how many the last
    fit used.

    Shines with few labels and embeddings in which classes cluster. Fails on rare classes without `balance`, and
    where the first model is surely wrong: it then teaches itself its errors.

    Raises BadInput for other kinds of rows, and settings out of range. Source: Schröder and Heyer 2024, Self-Training
    for Sample-Efficient Active Learning for Text Classification with Pre-Trained Language Models, EMNLP (HAST).

    >>> from sklearn.linear_model import LogisticRegression
    >>> X = np.concatenate([np.full((20, 2), [3.0, 0.0]), np.full((20, 2), [0.0, 3.0])]) + np.arange(40)[:, None] / 100
    >>> learner = SelfTrainingLearner(LogisticRegression(), 2, X)
    >>> learner.fit(X[[0, 39]], np.array([0, 1]), seed=0)
    >>> learner.pseudo_labels
    38
    """

    def __init__(
        self,
        learner: Any,
        n_classes: int,
        unlabelled: Rows,
        *,
        embeddings: Any = None,
        certainty: float = 0.5,
        neighbours: int = 15,
        factor: float = 1.0,
        balance: bool = False,
        most: int = 16_384,
    ) -> None:
        if not 0.0 <= certainty < 1.0 or neighbours < 1 or not factor > 0.0 or most <= neighbours:
            raise BadInput(
                f"certainty={certainty}, neighbours={neighbours}, factor={factor}, most={most}: give a certainty from 0"
                " to below 1, a neighbour or more, a factor above 0 and more rows than neighbours"
            )
        self.learner = as_learner(learner, n_classes)
        if "probs" not in self.learner.provides:
            raise BadInput(f"{learner!r} provides no probs, by which it could be sure of a row; give a classifier")
        self.n_classes, self.certainty, self.factor, self.balance = n_classes, certainty, factor, balance
        self.pseudo_labels = 0
        self._rows, space = _some(unlabelled, embeddings, most)
        self._keys = _keys(self._rows)
        self._near = _neighbours(space, neighbours)

    @property
    def provides(self) -> frozenset[str]:
        """What the learner inside provides."""
        return self.learner.provides

    def __repr__(self) -> str:
        settings = f"certainty={self.certainty}, factor={self.factor}, balance={self.balance}"
        return f"SelfTrainingLearner({getattr(self.learner, 'name', '')}, {row_count(self._rows)} rows, {settings})"

    def fit(self, rows: Rows, labels: IntArray, weights: FloatArray | None = None, *, seed: int = 0) -> None:
        """Train on the labels, then on labels and pseudo-labels; with labels of one class on the labels alone."""
        labels, weights = checked_labels(rows, labels, self.n_classes), checked_weights(rows, weights)
        self.learner.fit(rows, labels, weights, seed=seed)
        self.pseudo_labels = 0
        if np.unique(labels).size < 2:
            return
        probs = np.asarray(self.learner.evidence(self._rows, frozenset({"probs"}))["probs"])
        sure = self._sure(probs) & ~np.isin(self._keys, _keys(rows))
        if not sure.any():
            return
        self.pseudo_labels = int(sure.sum())
        own = np.ones(len(labels)) if weights is None else weights
        said = probs[sure].argmax(axis=1)
        added = self._weights(said, float(own.sum()))
        together = _joined(rows, self._rows[sure])
        self.learner.fit(together, np.concatenate([labels, said]), np.concatenate([own, added]), seed=seed)

    def _sure(self, probs: FloatArray) -> BoolArray:
        """Rows (n,) that are certain, and among neighbours that are predicted alike."""
        predicted = probs.argmax(axis=1)
        alike = (predicted[self._near] == predicted[:, None]).mean(axis=1)
        return np.asarray((probs.max(axis=1) > self.certainty) & (alike > 0.5))

    def _weights(self, said: IntArray, labelled: float) -> FloatArray:
        """Weights (p,) of pseudo-labels, which sum to `factor` times the weight of the labels."""
        counts = np.bincount(said, minlength=self.n_classes)
        plain = np.ones(len(said))
        if self.balance:
            plain = 1.0 / (1.0 + np.exp(1.0 - counts.mean() / counts[said]))
        return np.asarray(plain * (self.factor * labelled / plain.sum()))

    def evidence(self, rows: Rows, names: frozenset[str]) -> dict[str, Array]:
        """Evidence of the learner as it was last trained. Raises MissingEvidence for what it does not provide."""
        check_names(names, self.provides, "the learner")
        return self.learner.evidence(rows, names)


def _some(rows: Any, embeddings: Any, most: int) -> tuple[Any, Any]:
    """At most so many rows, drawn once, with their embeddings. Raises BadInput for rows of another kind."""
    if not hasattr(rows, "tocsr") and not (isinstance(rows, np.ndarray) and rows.ndim == 2):
        raise BadInput(f"unlabelled rows are {type(rows).__name__}; give a 2-D array or a sparse matrix of features")
    rows = rows.tocsr() if hasattr(rows, "tocsr") else rows
    space = rows if embeddings is None else np.asarray(embeddings)
    n = row_count(rows)
    if n < 2 or row_count(space) != n:
        raise BadInput(
            f"{n} unlabelled rows with {row_count(space)} embeddings; give two rows or more, and one for each"
        )
    if n <= most:
        return rows, space
    kept = np.sort(np.random.default_rng(0).permutation(n)[:most])
    return rows[kept], space[kept]


def _neighbours(space: Any, count: int) -> IntArray:
    """Positions (n, k) of the rows nearest to each by cosine, itself left out."""
    from sklearn.neighbors import NearestNeighbors

    k = min(count, row_count(space) - 1)
    found = NearestNeighbors(n_neighbors=k, metric="cosine", algorithm="brute").fit(space).kneighbors()[1]
    return np.asarray(found, dtype=np.int64)


def _keys(rows: Any) -> IntArray:
    """A number (m,) for the values of each row: equal rows have equal ones."""
    if hasattr(rows, "tocsr"):
        found = rows.tocsr().sorted_indices()
        ends = zip(found.indptr[:-1], found.indptr[1:], strict=True)
        parts = [
            found.indices[a:b].astype(np.int64).tobytes() + found.data[a:b].astype(float).tobytes() for a, b in ends
        ]
    else:
        parts = [row.tobytes() for row in np.ascontiguousarray(rows, dtype=np.float64)]
    return np.array([hash(part) for part in parts], dtype=np.int64)


def _joined(rows: Any, more: Any) -> Any:
    """Rows of both, one after the other."""
    if hasattr(more, "tocsr"):
        from scipy import sparse

        return sparse.vstack([rows, more], format="csr")
    return np.concatenate([np.asarray(rows), more])
