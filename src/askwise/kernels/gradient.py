"""Last-layer gradient embeddings g = a outer h, kept as their factors and never formed.

For a softmax head with log loss, the gradient at the predicted label is (p - onehot(argmax p)) outer h, so
|g_i - g_j|^2 = |a_i|^2 |h_i|^2 + |a_j|^2 |h_j|^2 - 2 (a_i . a_j)(h_i . h_j): c + d numbers a row in place of c d.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from askwise.core.arrays import float32
from askwise.core.types import Array, FloatArray, IntArray


@dataclass(frozen=True)
class Gradients:
    """Factors a (m, c) and h (m, d) of m gradient embeddings, with their squared norms (m,) in float64."""

    a: FloatArray
    h: FloatArray
    squares: FloatArray

    @classmethod
    def of(cls, probs: Array, embeddings: Array) -> Gradients:
        """Gradients at the predicted class, from probs (m, c) and embeddings (m, d)."""
        a, h = np.array(float32(probs)), float32(embeddings)
        a[np.arange(len(a)), a.argmax(axis=1)] -= 1.0
        squares = np.einsum("ij,ij->i", a, a, dtype=np.float64) * np.einsum("ij,ij->i", h, h, dtype=np.float64)
        return cls(a, h, squares)

    def __len__(self) -> int:
        return len(self.a)

    def take(self, rows: IntArray) -> Gradients:
        """Some of the gradients."""
        return Gradients(self.a[rows], self.h[rows], self.squares[rows])

    def squared_to(self, other: Gradients, j: int) -> FloatArray:
        """Squared distance (m,) in float64 from every gradient to gradient j of another set."""
        inner = (self.a @ other.a[j]).astype(np.float64) * (self.h @ other.h[j]).astype(np.float64)
        # A difference of equal squares can round to just below zero.
        squared: FloatArray = np.maximum(self.squares + other.squares[j] - 2.0 * inner, 0.0)
        return squared
