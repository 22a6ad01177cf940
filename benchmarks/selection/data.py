"""Synthetic pools with and without structure."""

from __future__ import annotations

import numpy as np

COLUMNS = 512


def clustered(m: int) -> np.ndarray:
    """Rows like embeddings: 200 clusters of Zipf sizes, a falling spectrum, log-normal spread, rotated."""
    rng = np.random.default_rng(0)
    scale = (np.arange(1, COLUMNS + 1) ** -0.5).astype(np.float32)
    sizes = 1.0 / np.arange(1, 201)
    centres = 2.0 * rng.standard_normal((200, COLUMNS), dtype=np.float32) * scale
    turn = np.linalg.qr(rng.standard_normal((COLUMNS, COLUMNS)))[0].astype(np.float32)
    owner = rng.choice(200, m, p=sizes / sizes.sum())
    rows = np.empty((m, COLUMNS), dtype=np.float32)
    for start in range(0, m, 100_000):
        part = rows[start : start + 100_000]
        spread = np.exp(0.4 * rng.standard_normal((len(part), 1), dtype=np.float32))
        noise = rng.standard_normal(part.shape, dtype=np.float32)
        part[:] = (centres[owner[start : start + 100_000]] + spread * noise * scale) @ turn
    return rows


def formless(m: int) -> np.ndarray:
    """Gaussian noise: all rows are about equally far from each other."""
    return np.random.default_rng(1).standard_normal((m, COLUMNS), dtype=np.float32)


POOLS = {"clustered": clustered, "formless": formless}


def probabilities(m: int, classes: int, sharpness: float) -> np.ndarray:
    """Softmax of Gaussian logits (m, classes)."""
    logits = sharpness * np.random.default_rng(2).standard_normal((m, classes), dtype=np.float32)
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    return odds / odds.sum(axis=1, keepdims=True)
