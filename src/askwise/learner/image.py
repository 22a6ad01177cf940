"""Image encoder: small pixels and histograms of gradient orientation, without downloads."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from askwise.core.errors import BadInput
from askwise.core.types import Rows
from askwise.learner.encoded import Encoded

Floats = NDArray[np.float32]
SIDE, SMALL, CELL, BINS = 32, 16, 8, 9


@dataclass
class ImageEncoder:
    """Encoded images (bytes of PNG, JPEG, ...) to float32 features (m, f), embeddings (m, d) their first d
    components.

    Every image becomes 32 x 32, in grey when the pool's first 64 images are all grey, else RGB. Features:
    pixels at 16 x 16 (256 or 768 values), and 9-bin histograms of unsigned gradient orientation in 4 x 4
    cells, normalised over 2 x 2 blocks (324 values), each block of unit variance overall. Dalal and Triggs,
    Histograms of Oriented Gradients (CVPR 2005), section 6. Components are learned from at most 10,000
    images.
    """

    dims: int = 64
    seed: int = 0
    grey: bool | None = None
    features_are_embeddings: ClassVar[bool] = False
    _pca: Any = field(default=None, repr=False, compare=False)
    _scale: tuple[Floats, Floats] | None = field(default=None, repr=False, compare=False)

    def fit(self, rows: Rows) -> ImageEncoder:
        """Learn colour, scale and components. Raises BadInput for bytes that are no image."""
        self.fit_transform(rows)
        return self

    def fit_transform(self, rows: Rows) -> Encoded:
        """Learn and encode in one reading."""
        from sklearn.decomposition import PCA

        if len(rows) == 0:
            raise BadInput("there are 0 images; give at least one")
        self.grey = all(_is_grey(_open(data, i)) for i, data in enumerate(rows[:64]))
        raw = self._describe(rows)
        pixels = raw.shape[1] - _HOG
        spread = np.ones(raw.shape[1], dtype=np.float32)
        for block in (slice(0, pixels), slice(pixels, None)):
            spread[block] = np.sqrt(raw[:, block].var(0).mean()) or 1.0
        self._scale = (raw.mean(0), spread)
        features = (raw - raw.mean(0)) / spread
        index = np.random.default_rng(self.seed).permutation(len(rows))[:10_000]
        k = min(self.dims, index.size, features.shape[1])
        pca = PCA(k, svd_solver="randomized", random_state=self.seed % 2**32)
        with np.errstate(invalid="ignore"):  # equal images have no variance to take shares of
            self._pca = pca.fit(features[index])
        return Encoded(features, self._pca.transform(features).astype(np.float32))

    def transform(self, rows: Rows) -> Encoded:
        """Encode images. Raises BadInput before `fit` and for bytes that are no image."""
        if self._scale is None:
            raise BadInput("the image encoder has not been fitted; call fit(images) on the pool first")
        mean, spread = self._scale
        features = (self._describe(rows) - mean) / spread
        return Encoded(features, self._pca.transform(features).astype(np.float32))

    def _describe(self, rows: Rows) -> Floats:
        parts = [self._chunk(rows[start : start + 1024], start) for start in range(0, len(rows), 1024)]
        return np.concatenate(parts)

    def _chunk(self, rows: Rows, start: int) -> Floats:
        mode = "L" if self.grey else "RGB"
        images = np.stack([_pixels(_open(data, start + i), mode) for i, data in enumerate(rows)])
        small = images.reshape(len(images), SMALL, SIDE // SMALL, SMALL, SIDE // SMALL, -1).mean((2, 4))
        return np.hstack([small.reshape(len(images), -1), orientations(images.mean(-1))])


def orientations(grey: Floats) -> Floats:
    """Histograms (m, 324) of the gradient orientation of square grey images (m, 32, 32).

    Each pixel votes with its gradient's length, shared between the two nearest bins of angle modulo pi.
    """
    m, side = len(grey), SIDE // CELL
    dy, dx = np.gradient(grey, axis=(1, 2))
    length = np.hypot(dx, dy)
    angle = np.mod(np.arctan2(dy, dx), np.pi) * (BINS / np.pi)
    low = np.floor(angle).astype(np.int64)
    share = angle - low
    at = np.arange(SIDE) // CELL
    cell = (np.arange(m)[:, None, None] * side + at[:, None]) * side + at
    size = m * side * side * BINS
    votes = np.bincount((cell * BINS + low % BINS).ravel(), (length * (1 - share)).ravel(), size)
    votes += np.bincount((cell * BINS + (low + 1) % BINS).ravel(), (length * share).ravel(), size)
    cells = votes.astype(np.float32).reshape(m, side, side, BINS)
    corners = [cells[:, i : i + side - 1, j : j + side - 1] for i in (0, 1) for j in (0, 1)]
    blocks = np.concatenate(corners, axis=-1)
    norm = np.sqrt((blocks**2).sum(-1, keepdims=True) + 1e-4)
    out: Floats = (blocks / norm).reshape(m, -1)
    return out


_HOG = (SIDE // CELL - 1) ** 2 * 4 * BINS


def _open(data: Any, row: int) -> Any:
    """A decoded image. Raises BadInput naming the row."""
    try:
        from PIL import Image, UnidentifiedImageError
    except ImportError as error:
        raise BadInput("images need Pillow, which is not installed; pip install 'askwise[images]'") from error
    if not isinstance(data, (bytes, bytearray, memoryview)):
        raise BadInput(f"row {row} is {type(data).__name__}; give the bytes of an image file")
    try:
        image = Image.open(io.BytesIO(data))
        image.load()
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        start = bytes(data[:12])
        raise BadInput(f"row {row} is no image ({len(data)} bytes that begin {start!r}); give PNG or JPEG") from error
    return image


def _is_grey(image: Any) -> bool:
    return image.mode in ("1", "L", "LA", "I", "F", "I;16")


def _pixels(image: Any, mode: str) -> Floats:
    from PIL import Image

    small = image.convert(mode).resize((SIDE, SIDE), Image.Resampling.BILINEAR)
    array: Floats = np.asarray(small, dtype=np.float32) / np.float32(255)
    return array.reshape(SIDE, SIDE, -1)
