"""One encoding of a pool, shared by every learner, strategy and repeat."""

from __future__ import annotations

from typing import Any

import numpy as np

from askwise.core.errors import BadInput
from askwise.core.protocols import Pool
from askwise.core.types import Array, FloatArray, IntArray, Rows

_KINDS = ("text", "table", "image", "array")


class CoveredPool:
    """A pool as it is, for a learner that reads raw rows, which offers embeddings (n, d) of them to cover it by."""

    def __init__(self, raw: Pool, embeddings: Any) -> None:
        if len(embeddings) != len(raw):
            raise BadInput(
                f"there are {len(embeddings)} embeddings for a pool of {len(raw)} rows; give one of each row"
            )
        self.raw, self.embeddings = raw, embeddings
        self.ids = raw.ids
        self.offers: frozenset[str] = frozenset({"embeddings"})

    def __len__(self) -> int:
        return len(self.raw)

    def take(self, rows: IntArray) -> Rows:
        """The rows themselves."""
        return self.raw.take(rows)

    def evidence(self, rows: IntArray, names: frozenset[str]) -> dict[str, Array]:
        """Embeddings of these rows."""
        return {name: self.embeddings[rows] for name in names if name == "embeddings"}

    def show(self, row: int) -> dict[str, Any]:
        """What a person sees of the row."""
        return self.raw.show(row)

    def fingerprint(self) -> dict[str, Any]:
        """Content hash of the rows."""
        return self.raw.fingerprint()

    @property
    def column_names(self) -> tuple[str, ...]:
        """Columns of the pool that may serve as groups."""
        return tuple(getattr(self.raw, "column_names", ()))

    def column(self, name: str) -> np.ndarray[Any, Any]:
        """Values (n,) of a column of the pool."""
        return np.asarray(self.raw.column(name))  # type: ignore[attr-defined]


class EncodedPool(CoveredPool):
    """A pool whose rows are features (n, f) and which offers embeddings (n, d); shows what the raw pool shows.

    `encoder` is what made them: ``pool.encoder.transform(rows).features`` are new rows as the learner takes them.
    """

    def __init__(self, raw: Pool, features: Any, embeddings: Any, encoder: Any = None) -> None:
        if features.shape[0] != len(raw):
            raise BadInput(f"the encoding has {features.shape[0]} rows, the pool {len(raw)}; encode the same rows")
        super().__init__(raw, embeddings)
        self.features, self.encoder = features, encoder

    def take(self, rows: IntArray) -> Rows:
        """Features of these rows."""
        return self.features[rows]


def kind_of(pool: Pool) -> str:
    """Which default recipe suits the pool: text, table, image or array. Raises BadInput for a pool of another kind."""
    kind: str | None = getattr(pool, "kind", None)
    if kind not in _KINDS:
        raise BadInput(f"there is no default learner for a {type(pool).__name__}; pass learner=...")
    return kind


def encode(pool: Pool, recipe: Any) -> EncodedPool:
    """The pool encoded by a recipe's encoder, which is fitted on it (no labels are needed)."""
    features, embeddings = recipe.encoder.fit_transform(pool.take(np.arange(len(pool))))
    return EncodedPool(pool, features, embeddings, recipe.encoder)


def encode_things(pool: Any, recipe: Any) -> FloatArray:
    """Embeddings (n, k, d) of the k things in each row of a pool of several, by one encoder fitted on all of them."""
    things = pool.take(np.arange(len(pool)))
    _, embeddings = recipe.encoder.fit_transform([one for row in things for one in row])
    found: FloatArray = np.asarray(embeddings, dtype=np.float64).reshape(len(pool), len(things[0]), -1)
    return found


def compared(things: FloatArray) -> FloatArray:
    """Features (n, 2d) of pairs (n, 2, d) that do not depend on which comes first: |u - v| and u * v.

    Source: Conneau et al. 2017, Supervised Learning of Universal Sentence Representations, section 3.1.

    >>> compared(np.array([[[1.0, 2.0], [3.0, 0.5]]])).tolist()
    [[2.0, 1.5, 3.0, 1.0]]
    """
    if things.ndim != 3 or things.shape[1] != 2:
        raise BadInput(f"things have shape {things.shape}; give (n, 2, d): two things in each row")
    u, v = things[:, 0], things[:, 1]
    return np.hstack([np.abs(u - v), u * v])
