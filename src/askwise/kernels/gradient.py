"""Last-layer gradient embeddings g = a outer h, kept as their factors and never formed.

For a softmax head with log loss, the gradient at the predicted label is (p - onehot(argmax p)) outer h, so
|g_i - g_j|^2 = |a_i|^2 |h_i|^2 + |a_j|^2 |h_j|^2 - 2 (a_i . a_j)(h_i . h_j): c + d numbers a row in place of c d.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from askwise.core.arrays import host
from askwise.core.types import Array, FloatArray, IntArray
from askwise.kernels.backend import backend
from askwise.kernels.compiled import lower_gradients, lower_near_gradients
from askwise.kernels.half import widened
from askwise.kernels.space import is_stored, slices, squared_lengths

ZERO = 1e-13
"""Share of the two squared lengths below which their difference is rounding in float64 sums: it counts as zero."""

_BLOCK = 4096

_NARROW = 4
"""How many times longer h must be than a for a product of the factors a to pay."""

_PAIRS = 10_000
"""Pairs from which it pays."""


@dataclass(frozen=True)
class Gradients:
    """Factors a (m, c) and h (m, d) of m gradient embeddings in float32, with their squared norms (m,) in float64."""

    a: FloatArray
    h: FloatArray
    squares: FloatArray

    @classmethod
    def of(cls, probs: Array, embeddings: Array) -> Gradients:
        """Gradients at the predicted class, from probs (m, c) and embeddings (m, d)."""
        a, h = np.array(host(probs), dtype=np.float32), np.asarray(widened(host(embeddings)), dtype=np.float32)
        a[np.arange(len(a)), a.argmax(axis=1)] -= 1.0
        return cls(a, h, squared_lengths(a) * squared_lengths(h))

    def __len__(self) -> int:
        return len(self.a)

    def take(self, rows: IntArray | slice) -> Gradients:
        """Some of the gradients."""
        return Gradients(self.a[rows], self.h[rows], self.squares[rows])

    def room(self, size: int) -> Gradients:
        """No gradients, with room for some."""
        a, h = (np.zeros((size, factor.shape[1]), dtype=np.float32) for factor in (self.a, self.h))
        return Gradients(a, h, np.zeros(size))

    def put(self, at: int, source: Gradients) -> None:
        """Copy gradients to the positions from `at` on."""
        rows = slice(at, at + len(source))
        self.a[rows], self.h[rows], self.squares[rows] = source.a, source.h, source.squares

    def to(self, others: Gradients) -> FloatArray:
        """Squared distances (m, k) in float64."""
        a, h = ((x.astype(np.float64), y.astype(np.float64)) for x, y in ((self.a, others.a), (self.h, others.h)))
        both = self.squares[:, None] + others.squares
        squared: FloatArray = both - 2.0 * (a[0] @ a[1].T) * (h[0] @ h[1].T)
        squared[squared < ZERO * both] = 0.0
        return squared

    def lower(self, centres: Gradients, bound: FloatArray) -> None:
        """Lower `bound` (m,) in place to the squared distance of the nearest centre."""
        if backend() == "numba":
            narrow = _NARROW * self.a.shape[1] <= self.h.shape[1]
            (self._lower_near if narrow and len(self) * len(centres) > _PAIRS else self._lower)(centres, bound)
            return
        for start in range(0, len(self), _BLOCK):
            part = slice(start, start + _BLOCK)
            np.minimum(bound[part], self.take(part).to(centres).min(axis=1), out=bound[part])

    def _lower(self, centres: Gradients, bound: FloatArray) -> None:
        lower_gradients(self.factors, centres.factors, ZERO, bound)

    def _lower_near(self, centres: Gradients, bound: FloatArray) -> None:
        """With a product of the short factors, which excludes most pairs."""
        lengths = np.sqrt(squared_lengths(centres.a))
        others = lengths, _over(centres.squares, lengths)
        for start in range(0, len(self), _BLOCK):
            part = self.take(slice(start, start + _BLOCK))
            lengths = np.sqrt(squared_lengths(part.a))
            sizes = (lengths, _over(part.squares, lengths), *others)
            lowered = bound[start : start + _BLOCK]
            lower_near_gradients(part.factors, centres.factors, part.a @ centres.a.T, sizes, ZERO, lowered)

    @property
    def factors(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """The two factors and the squared norms."""
        return self.a, self.h, self.squares


def _over(squares: FloatArray, lengths: FloatArray) -> FloatArray:
    """Lengths of one factor from the squared norms and the lengths of the other; of nothing, 0."""
    return np.divide(np.sqrt(squares), lengths, out=np.zeros(len(squares)), where=lengths > 0)


@dataclass(frozen=True)
class StoredGradients:
    """Gradient embeddings of a large pool, computed block by block from probabilities and embeddings on disk.

    Either of the two may be in memory. Held are the squared norms (m,) only.
    """

    probs: Array
    embeddings: Array
    squares: FloatArray

    @classmethod
    def of(cls, probs: Array, embeddings: Array) -> StoredGradients:
        """Gradients at the predicted class; one pass for the norms."""
        grads = cls(probs, embeddings, np.empty(len(probs)))
        for part in slices(embeddings):
            grads.squares[part] = grads.take(part).squares
        return grads

    def __len__(self) -> int:
        return len(self.squares)

    def take(self, rows: IntArray | slice) -> Gradients:
        """Some of the gradients, in memory."""
        return Gradients.of(self.probs[rows], self.embeddings[rows])

    def room(self, size: int) -> Gradients:
        """No gradients, with room for some."""
        return self.take(slice(0, 1)).room(size)

    def lower(self, centres: Gradients, bound: FloatArray) -> None:
        """Lower `bound` (m,) in place to the squared distance of the nearest centre: one pass."""
        for part in slices(self.embeddings):
            self.take(part).lower(centres, bound[part])


def gradients(probs: Array, embeddings: Array) -> Gradients | StoredGradients:
    """Gradient embeddings in memory, or block by block where the probabilities or embeddings are on disk."""
    if is_stored(probs) or is_stored(embeddings):
        return StoredGradients.of(probs, embeddings)
    return Gradients.of(probs, embeddings)
