"""One encoding of a pool, shared by every learner, strategy and repeat."""

from __future__ import annotations

from typing import Any

import numpy as np

from askwise.core.errors import BadInput
from askwise.core.protocols import Pool
from askwise.core.types import Array, IntArray, Rows

_KINDS = ("text", "table", "image", "array")


class EncodedPool:
    """A pool whose rows are features (n, f) and which offers embeddings (n, d); shows what the raw pool shows.

    `encoder` is what made them: ``pool.encoder.transform(rows).features`` are new rows as the learner takes them.
    """

    def __init__(self, raw: Pool, features: Any, embeddings: Any, encoder: Any = None) -> None:
        if features.shape[0] != len(raw) or len(embeddings) != len(raw):
            raise BadInput(f"the encoding has {features.shape[0]} rows, the pool {len(raw)}; encode the same rows")
        self.raw, self.features, self.embeddings, self.encoder = raw, features, embeddings, encoder
        self.ids = raw.ids
        self.offers: frozenset[str] = frozenset({"embeddings"})

    def __len__(self) -> int:
        return len(self.raw)

    def take(self, rows: IntArray) -> Rows:
        """Features of these rows."""
        return self.features[rows]

    def evidence(self, rows: IntArray, names: frozenset[str]) -> dict[str, Array]:
        """Embeddings of these rows."""
        return {name: self.embeddings[rows] for name in names if name == "embeddings"}

    def show(self, row: int) -> dict[str, Any]:
        """What a person sees of the raw row."""
        return self.raw.show(row)

    def fingerprint(self) -> dict[str, Any]:
        """Content hash of the raw pool."""
        return self.raw.fingerprint()

    @property
    def column_names(self) -> tuple[str, ...]:
        """Columns of the raw pool that may serve as groups."""
        return tuple(getattr(self.raw, "column_names", ()))

    def column(self, name: str) -> np.ndarray[Any, Any]:
        """Values (n,) of a column of the raw pool."""
        return np.asarray(self.raw.column(name))  # type: ignore[attr-defined]


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
