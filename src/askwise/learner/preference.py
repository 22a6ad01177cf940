"""Preferences: what a person would rank first, learned from orders of the things in a row."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np

from askwise.core.errors import BadInput
from askwise.core.types import Array, FloatArray, Rows
from askwise.learner.rows import as_objects, check_names, checked_lengths


class PreferenceLearner:
    """A linear utility of each thing, fitted to every pair of an order: ``probs`` (m, k), the chance to be first.

    Rows are (m, k, d): k things of d features; labels are orders, the positions 0 .. k - 1 best first. Under the
    Plackett-Luce model thing i is first with probability exp(w x_i) / sum_j exp(w x_j), of two things the Bradley-Terry
    model; w is fitted by logistic regression on the differences of all pairs, without an intercept, which estimates it
    consistently. Source: Azari Soufiani, Chen, Parkes and Xia 2013, Generalized Method-of-Moments for Rank Aggregation,
    section 4 (full breaking). `C` is the inverse strength of the regularisation.

    >>> learner = PreferenceLearner()
    >>> learner.fit(np.array([[[0.0], [1.0]], [[3.0], [2.0]]]), [[1, 0], [0, 1]])
    >>> bool(learner.evidence(np.array([[[5.0], [1.0]]]), frozenset({"probs"}))["probs"][0, 0] > 0.8)
    True
    """

    provides: frozenset[str] = frozenset({"probs"})

    def __init__(self, C: float = 1.0) -> None:
        if not C > 0:
            raise BadInput(f"C={C} is no strength; give a number above 0")
        self.C = C
        self._weights: FloatArray | None = None

    def fit(self, rows: Rows, labels: Any, weights: FloatArray | None = None, *, seed: int = 0) -> None:
        """Fit the utility afresh. Raises BadInput unless rows are (m, k, d) and each label orders k things."""
        from sklearn.linear_model import LogisticRegression

        things = self._checked(rows)
        checked_lengths(things, as_objects(labels))
        gaps, own = [], []
        for i, order in enumerate(labels):
            if sorted(order) != list(range(things.shape[1])):
                raise BadInput(f"the label {order!r} is no order of {things.shape[1]} things")
            pairs = list(combinations(order, 2))
            gaps += [things[i, better] - things[i, worse] for better, worse in pairs]
            own += [1.0 if weights is None else float(weights[i])] * len(pairs)
        # Both ways round, so that there are two classes: without an intercept the likelihood is merely doubled.
        x = np.concatenate([gaps, np.negative(gaps)])
        y = np.repeat([1, 0], len(gaps))
        model = LogisticRegression(C=self.C / 2, fit_intercept=False, max_iter=1000)
        self._weights = model.fit(x, y, np.concatenate([own, own])).coef_[0]

    def evidence(self, rows: Rows, names: frozenset[str]) -> dict[str, Array]:
        """Chances to be ranked first. Raises MissingEvidence for another name, BadInput before `fit`."""
        check_names(names, self.provides, "a learner of preferences")
        if self._weights is None:
            raise BadInput("the learner of preferences has not been fitted; call fit(rows, orders) first")
        utility = self._checked(rows) @ self._weights
        chance = np.exp(utility - utility.max(axis=1, keepdims=True))
        return {"probs": chance / chance.sum(axis=1, keepdims=True)} if names else {}

    def __repr__(self) -> str:
        return f"PreferenceLearner(C={self.C:g})"

    @staticmethod
    def _checked(rows: Rows) -> FloatArray:
        things = np.asarray(rows, dtype=np.float64)
        if things.ndim != 3:
            raise BadInput(f"rows have shape {things.shape}; give (m, k, d): the features of k things in each row")
        return things
