"""Small pools of awkward rows, for comparing a method with a slow and obvious reference."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from askwise.core.types import FloatArray

Make = Callable[[np.random.Generator, int, int], FloatArray]


def _offset(rng: np.random.Generator, m: int, d: int) -> FloatArray:
    base = 1000.0 + rng.standard_normal((m, d))
    return base[rng.integers(0, m, m)] + 1e-3 * rng.standard_normal((m, d))


def _duplicates(rng: np.random.Generator, m: int, d: int) -> FloatArray:
    few = max(1, m // 5)
    return rng.standard_normal((few, d))[rng.integers(0, few, m)]


POOLS: Mapping[str, Make] = {
    "normal": lambda rng, m, d: rng.standard_normal((m, d)),
    "common offset, near-duplicates": _offset,
    "integers": lambda rng, m, d: rng.integers(0, 3, (m, d)).astype(np.float64),
    "one-hot": lambda rng, m, d: np.eye(d)[rng.integers(0, d, m)],
    "duplicates": _duplicates,
    "all equal": lambda rng, m, d: np.full((m, d), 0.3),
    "rank one": lambda rng, m, d: rng.standard_normal((m, 1)) * rng.standard_normal((1, d)),
    "zero rows": lambda rng, m, d: rng.standard_normal((m, d)) * (rng.random((m, 1)) > 0.3),
}
"""Makers of rows (m, d) by name."""
