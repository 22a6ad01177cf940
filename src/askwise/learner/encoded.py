"""Encoders turn raw rows into features and embeddings; a recipe is an encoder with a head."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from askwise.core.protocols import Learner
from askwise.core.types import Array, FloatArray, IntArray, Rows
from askwise.learner.estimator import EstimatorLearner
from askwise.learner.labelwise import LabelwiseLearner
from askwise.learner.regressor import RegressorLearner
from askwise.learner.rows import check_names, checked_lengths


class Encoded(NamedTuple):
    """Features (m, f), dense or CSR, that the head trains on; float32 embeddings (m, d) for picks."""

    features: Any
    embeddings: FloatArray


class Encoder(Protocol):
    """Learns from unlabelled rows once, then encodes any rows, each by itself.

    `features_are_embeddings` says whether both are one array, so that a head over the features is one over the
    embeddings too.
    """

    @property
    def features_are_embeddings(self) -> bool: ...

    def fit(self, rows: Rows) -> Encoder: ...

    def transform(self, rows: Rows) -> Encoded: ...

    def fit_transform(self, rows: Rows) -> Encoded:
        """The same as fit, then transform, without reading the rows twice."""
        ...


@dataclass(frozen=True)
class Recipe:
    """An encoder for the pool, and a scikit-learn estimator for its features.

    Encode the pool once, share it, and train `learner(c)` on rows of the features; or give raw rows to
    `raw_learner(c)`, which encodes whatever it is given.
    """

    encoder: Encoder
    head: Any

    def learner(self, n_classes: int | None, *, together: bool = False) -> Learner:
        """A learner over *features*, calibrated where the sample allows; with `n_classes` None, of numbers; `together`,
        of several classes a row."""
        if n_classes is None:
            return RegressorLearner(self.head)
        if together:
            return LabelwiseLearner(lambda: self.learner(2), n_classes)
        return EstimatorLearner(self.head, n_classes, calibrate=True, head=self.encoder.features_are_embeddings)

    def raw_learner(self, n_classes: int | None) -> EncodedLearner:
        """A learner over raw rows; fit the encoder first."""
        return EncodedLearner(self.encoder, self.learner(n_classes))


class EncodedLearner:
    """A learner over raw rows: a fitted encoder before a learner over features; offers `embeddings` too."""

    def __init__(self, encoder: Encoder, learner: Learner) -> None:
        self.encoder = encoder
        self.learner = learner
        self.provides = self._offers()

    def _offers(self) -> frozenset[str]:
        """What the learner provides, a head only over the embeddings that are given beside it."""
        other = set() if self.encoder.features_are_embeddings else {"head"}
        return (self.learner.provides - other) | {"embeddings"}

    def fit(self, rows: Rows, labels: IntArray, weights: FloatArray | None = None, *, seed: int = 0) -> None:
        """Train the inner learner on the features; the encoder stays as it was fitted."""
        checked_lengths(rows, labels)
        self.learner.fit(self.encoder.transform(rows).features, labels, weights, seed=seed)
        self.provides = self._offers()

    def evidence(self, rows: Rows, names: frozenset[str]) -> dict[str, Array]:
        """Evidence by name, from one encoding of the rows."""
        check_names(names, self.provides, "the learner")
        features, embeddings = self.encoder.transform(rows)
        inner = names & self.learner.provides
        out = self.learner.evidence(features, inner) if inner else {}
        return out | {"embeddings": embeddings} if "embeddings" in names - inner else out
