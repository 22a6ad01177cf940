"""Several labels a row: one binary learner for each label (binary relevance)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from askwise.core.errors import BadInput
from askwise.core.protocols import Learner
from askwise.core.types import Array, FloatArray, IntArray, Rows
from askwise.learner.rows import check_names, member_seeds, row_count


class LabelwiseLearner:
    """q binary learners, each of one label by itself: ``marginals`` (m, q), and ``marginal_draws`` (m, k, q) where each
    gives k ``samples``. Tsoumakas, Katakis and Vlahavas 2010, Mining Multi-label Data, section 3.1.

    `make` gives a fresh binary learner. A label that no row bears, or every one, is (count + 1) / (n + 2) likely for
    all rows. `embeddings` are those of the first learner, if it has any: transformers see the same rows for each label.

    >>> from sklearn.naive_bayes import GaussianNB
    >>> from askwise.learner import EstimatorLearner
    >>> learner = LabelwiseLearner(lambda: EstimatorLearner(GaussianNB(), 2), 2)
    >>> X = np.array([[0.0], [1.0], [4.0], [5.0]])
    >>> learner.fit(X, np.array([[1, 0], [1, 0], [0, 0], [0, 0]]), None, seed=0)
    >>> learner.evidence(np.array([[0.5]]), frozenset({"marginals"}))["marginals"].round(2)
    array([[1.  , 0.17]])
    """

    def __init__(self, make: Callable[[], Learner], n_labels: int) -> None:
        if n_labels < 1:
            raise BadInput(f"n_labels is {n_labels}; there must be at least 1 label")
        self.learners = [make() for _ in range(n_labels)]
        self.provides = self._offers()
        self.name = f"{n_labels} x {getattr(self.learners[0], 'name', type(self.learners[0]).__name__)}"

    def _offers(self) -> frozenset[str]:
        every = frozenset.intersection(*(one.provides for one in self.learners))
        if "probs" not in every:
            raise BadInput(f"a binary learner that provides {sorted(every)} has no probabilities; give a classifier")
        return frozenset(
            {"marginals"} | ({"marginal_draws"} if "samples" in every else set()) | (every & {"embeddings"})
        )

    def fit(self, rows: Rows, labels: IntArray, weights: FloatArray | None = None, *, seed: int = 0) -> None:
        """Train each label afresh, with a seed of its own. Raises BadInput unless labels are (m, q) zeros and ones."""
        given, wanted = np.asarray(labels), (row_count(rows), len(self.learners))
        if given.shape != wanted or given.dtype.kind not in "iub" or (len(given) and not np.isin(given, (0, 1)).all()):
            raise BadInput(
                f"labels have shape {given.shape} and type {given.dtype}; give {wanted} of 0 and 1: which labels each"
                " row bears"
            )
        for one, column, own in zip(self.learners, given.T, member_seeds(seed, len(self.learners)), strict=True):
            one.fit(rows, column.astype(np.int64), weights, seed=own)
        self.provides = self._offers()

    def evidence(self, rows: Rows, names: frozenset[str]) -> dict[str, Array]:
        """Each binary learner is asked once. Raises MissingEvidence for what is not provided."""
        check_names(names, self.provides, "a learner of several labels")
        inner = {"marginals": "probs", "marginal_draws": "samples"}
        wanted = frozenset(inner[name] for name in names & inner.keys())
        found = [one.evidence(rows, wanted) for one in self.learners] if wanted else []
        out: dict[str, Array] = {}
        for name in names & inner.keys():
            out[name] = np.stack([one[inner[name]][..., 1] for one in found], axis=-1)
        if "embeddings" in names:
            out["embeddings"] = self.learners[0].evidence(rows, frozenset({"embeddings"}))["embeddings"]
        return out
