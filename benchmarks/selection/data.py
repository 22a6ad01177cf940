"""Pools to choose from: real embeddings, synthetic ones with structure, and noise; 512 columns of float32 each.

The real ones have some 20,000 rows. Larger pools repeat them with noise of a tenth of each column's deviation.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np

COLUMNS = 512


def text(m: int) -> np.ndarray:
    """Films and news: TF-IDF of IMDb and AG News, reduced by SVD."""
    import pyarrow.parquet as parquet
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer

    folder = _data()
    films = parquet.read_table(folder / "imdb" / "train.parquet")["text"].to_pylist()[:10_000]
    news = parquet.read_table(folder / "ag_news" / "train.parquet")["text"].to_pylist()
    sparse = TfidfVectorizer(min_df=5, max_features=20_000, sublinear_tf=True, dtype=np.float32).fit_transform(
        films + news
    )
    rows = TruncatedSVD(COLUMNS, n_iter=2, random_state=0).fit_transform(sparse).astype(np.float32)
    return _grown(rows, m)


def images(m: int) -> np.ndarray:
    """Pixels of Fashion-MNIST, reduced by PCA."""
    import pyarrow.parquet as parquet
    from PIL import Image

    stored = parquet.read_table(_data() / "fashion_mnist" / "train.parquet")["image"].to_pylist()[:20_000]
    pixels = np.stack([np.asarray(Image.open(io.BytesIO(one)), dtype=np.float32).ravel() / 255 for one in stored])
    pixels -= pixels.mean(axis=0)
    vectors = np.linalg.eigh(pixels.T @ pixels)[1][:, ::-1][:, :COLUMNS]
    return _grown(np.ascontiguousarray(pixels @ vectors), m)


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


POOLS: dict[str, Callable[[int], np.ndarray]] = {
    "text": text,
    "images": images,
    "clustered": clustered,
    "formless": formless,
}


def probabilities(m: int, classes: int) -> np.ndarray:
    """Softmax of Gaussian logits (m, classes)."""
    logits = 2.0 * np.random.default_rng(2).standard_normal((m, classes), dtype=np.float32)
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=1, keepdims=True))


def samples(m: int, draws: int, classes: int) -> np.ndarray:
    """Predictions (m, draws, classes) of a linear head over 32 features with noise in its weights."""
    rng = np.random.default_rng(3)
    rows = rng.standard_normal((m, 32), dtype=np.float32)
    weights = 2.0 * rng.standard_normal((32, classes), dtype=np.float32) / np.sqrt(np.float32(32))
    noise = 0.6 * rng.standard_normal((draws, 32, classes), dtype=np.float32) / np.sqrt(np.float32(32))
    out = np.empty((m, draws, classes), dtype=np.float32)
    for j in range(draws):
        odds = np.exp(rows @ (weights + noise[j]))
        out[:, j] = odds / odds.sum(axis=1, keepdims=True)
    return out


def _grown(rows: np.ndarray, m: int) -> np.ndarray:
    """The first m rows, or all of them again and again with noise."""
    rng = np.random.default_rng(4)
    out = np.empty((m, rows.shape[1]), dtype=np.float32)
    for start in range(0, m, len(rows)):
        part = out[start : start + len(rows)]
        part[:] = rows[: len(part)]
        if start:
            part += 0.1 * rows.std(axis=0) * rng.standard_normal(part.shape, dtype=np.float32)
    return out


def _data() -> Path:
    return Path(os.environ.get("ASKWISE_DATA", "../shared/data"))
