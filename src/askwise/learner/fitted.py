"""What a learner holds after a fit: a trained estimator, or constant shares while one class has been seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from askwise.core.types import Array, FloatArray, IntArray, Rows
from askwise.learner import response
from askwise.learner.head import Head
from askwise.learner.pipeline import dense, split, transform
from askwise.learner.rows import row_count, take


class Model(Protocol):
    """A fitted state that answers for rows."""

    @property
    def offers(self) -> frozenset[str]: ...

    def evidence(self, rows: Rows, names: frozenset[str]) -> dict[str, Array]: ...


@dataclass(frozen=True)
class Fitted:
    """A trained classifier in two parts: the transformers before it, and the last step with its classes."""

    before: list[Any]
    last: Any
    classes: IntArray
    n_classes: int
    scale: float | None
    offers: frozenset[str]

    @classmethod
    def of(
        cls,
        estimator: Any,
        classes: IntArray,
        rows: Rows,
        n_classes: int,
        scale: float | None,
        promised: frozenset[str],
    ) -> Fitted:
        """Take a fitted estimator apart; `embeddings` and `head` go when the last step sees no dense matrix.

        `classes` (s,) are those of its outputs, in their order.
        """
        before, last = split(estimator)
        offers = promised
        if promised & {"embeddings", "head"} and not response.is_mlp(last):
            offers = _if_dense(transform(before, take(rows, np.zeros(1, dtype=np.int64))), promised)
        return cls(before, last, np.asarray(classes, dtype=np.int64), n_classes, scale, offers)

    def evidence(self, rows: Rows, names: frozenset[str]) -> dict[str, Array]:
        """All names from one transform and one prediction."""
        if not names - {"head"}:
            return {"head": self._head()} if names else {}
        inputs = transform(self.before, rows)
        if response.is_mlp(self.last):
            out = self._perceptron(inputs, names)
        else:
            out = self._probs(inputs, names)
            if "embeddings" in names:
                out["embeddings"] = dense(inputs)
        if "head" in names:
            out["head"] = self._head()
        return out

    def _perceptron(self, inputs: Rows, names: frozenset[str]) -> dict[str, Array]:
        hidden, probs = response.mlp_forward(self.last, inputs)
        if self.scale is not None:
            probs = response.softmax(self.scale * np.log(probs + 1e-12))
        found = {"probs": self._spread(probs), "embeddings": dense(hidden)}
        return {name: value for name, value in found.items() if name in names}

    def _probs(self, inputs: Rows, names: frozenset[str]) -> dict[str, Array]:
        out: dict[str, Array] = {}
        members = None
        averaged = self.scale is None and response.averages_members(self.last)
        if "samples" in names or ("probs" in names and averaged):
            members = response.member_probs(self.last, inputs)
        if "samples" in names:
            out["samples"] = self._spread(members)
        if "probs" not in names:
            return out
        if members is not None and self.scale is None:
            probs = np.average(members, axis=1, weights=response.member_weights(self.last))
        else:
            probs = response.probs_of(self.last, inputs, self.scale)
        return out | {"probs": self._spread(probs)}

    def _spread(self, seen: Any) -> FloatArray:
        """Columns of the classes seen into all c columns; rows sum to one."""
        out = np.zeros((*seen.shape[:-1], self.n_classes))
        out[..., self.classes] = seen / seen.sum(-1, keepdims=True)
        return out

    def _head(self) -> Head:
        return response.head_of(self.last, self.classes, self.n_classes, self.scale)


@dataclass(frozen=True)
class Constant:
    """Class shares for every row while one class has been seen; transformers are fitted, the last step is
    not.

    Its head is zero weights with the log-shares as bias; its members agree; the embeddings of a perceptron,
    which has no hidden layer yet, are its inputs.
    """

    before: list[Any]
    shares: FloatArray
    members: int
    width: int
    offers: frozenset[str]

    @classmethod
    def fit(
        cls, estimator: Any, rows: Rows, labels: IntArray, shares: FloatArray, promised: frozenset[str]
    ) -> Constant:
        """Fit the transformers alone; where one class is too few even for those, offer what needs none."""
        before, last = split(estimator)
        members = _size(last) if "samples" in promised else 1
        inputs = rows
        try:
            with np.errstate(invalid="ignore", divide="ignore"):  # a single row has no variance to divide by
                for part in before:
                    inputs = part.fit(inputs, labels).transform(inputs)
        except ValueError:  # a transformer that learns from the labels refuses a single class
            return cls([], shares, members, 0, promised - {"embeddings", "head"})
        offers = _if_dense(take(inputs, np.zeros(1, dtype=np.int64)), promised)
        return cls(before, shares, members, int(inputs.shape[1]) if "head" in offers else 0, offers)

    def evidence(self, rows: Rows, names: frozenset[str]) -> dict[str, Array]:
        """The same shares for every row; embeddings by the fitted transformers."""
        m, c = row_count(rows), self.shares.size
        out: dict[str, Array] = {}
        if "probs" in names:
            out["probs"] = np.tile(self.shares, (m, 1))
        if "samples" in names:
            out["samples"] = np.tile(self.shares, (m, self.members, 1))
        if "embeddings" in names:
            out["embeddings"] = dense(transform(self.before, rows))
        if "head" in names:
            out["head"] = Head(np.zeros((self.width, c)), np.log(self.shares))
        return out


def _if_dense(inputs: Rows, promised: frozenset[str]) -> frozenset[str]:
    """What can be offered of inputs like these: a head goes with embeddings, and a sparse matrix is none."""
    return promised if dense(inputs) is not None else promised - {"embeddings", "head"}


def _size(ensemble: Any) -> int:
    """Number of members that the ensemble would have."""
    members = getattr(ensemble, "estimators", None)
    if members is None:
        return int(ensemble.n_estimators)
    return sum(member != "drop" for _, member in members)
