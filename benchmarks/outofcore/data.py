"""A pool on disk, written in chunks: rows like embeddings in float16, and probabilities of ten classes."""

from __future__ import annotations

from pathlib import Path

import numpy as np

_CHUNK = 20_000
CLASSES = 10


def write_pool(folder: Path, rows: int, columns: int) -> None:
    """Write embeddings.npy (rows, columns) and probs.npy (rows, 10), float16, unless they are there already.

    200 clusters of Zipf sizes, a falling spectrum and log-normal spread. Probabilities are a softmax of distances to
    ten of the centres, rounded to float16.
    """
    shape = (rows, columns)
    if _there(folder / "embeddings.npy", shape) and _there(folder / "probs.npy", (rows, CLASSES)):
        return
    rng = np.random.default_rng(0)
    scale = (np.arange(1, columns + 1) ** -0.5).astype(np.float32)
    odds = 1.0 / np.arange(1, 201)
    centres = 2.0 * rng.standard_normal((200, columns), dtype=np.float32) * scale
    some = rng.standard_normal(2 * _CHUNK * columns, dtype=np.float32)
    embeddings = _create(folder / "embeddings.npy", shape)
    probs = _create(folder / "probs.npy", (rows, CLASSES))
    for start in range(0, rows, _CHUNK):
        size = min(_CHUNK, rows - start)
        owner = rng.choice(200, size, p=odds / odds.sum())
        spread = np.exp(0.4 * rng.standard_normal((size, 1), dtype=np.float32))
        # A noise of its own for each row by moving along one long row: drawing every value anew takes most of an hour.
        at = int(rng.integers(len(some) - size * columns + 1))
        part = some[at : at + size * columns].reshape(size, columns) * spread
        part *= scale
        part += centres[owner]
        embeddings.write(part.astype(np.float16).tobytes())
        logits = part @ centres[:CLASSES].T
        odd = np.exp(logits - logits.max(axis=1, keepdims=True))
        probs.write((odd / odd.sum(axis=1, keepdims=True)).astype(np.float16).tobytes())
    embeddings.close()
    probs.close()


def _there(path: Path, shape: tuple[int, int]) -> bool:
    return path.exists() and np.load(path, mmap_mode="r").shape == shape


def _create(path: Path, shape: tuple[int, int]):
    file = path.open("wb")
    header = {"descr": "<f2", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, header)
    return file
