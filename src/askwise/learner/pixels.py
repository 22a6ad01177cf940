"""A segmenter that learns from single pixels: a forest over filter responses, without downloads."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from askwise.core.errors import BadInput
from askwise.core.types import Array, FloatArray, IntArray, Rows
from askwise.core.units import Units
from askwise.learner.rows import as_objects, check_names, checked_lengths

SIGMAS = (0.7, 1.6, 3.5, 8.0)
"""Widths of the Gaussians, in cells, as ilastik's defaults step up."""


class PixelLearner:
    """Encoded images with the classes of single pixels: ``units``, how unsure the class of each cell is; with `doubt`
    ``part_doubt`` (m,), too, the mean of -log p of the likeliest class over an image's cells, and ``part_count`` (m,).

    Every image is reduced so that its longer side has `side` cells at most. Features of a cell: colours, the length of
    the gradient and the Laplacian of the grey image, each after Gaussians of four widths; a random forest learns the
    classes of the cells that hold labelled pixels. Source: Sommer et al. 2011, ilastik; units are 1 minus the margin of
    the two likeliest classes, as in Shin, Xie and Albanie 2021, All You Need Are a Few Pixels, section 3.

    Labels are lists of {"x", "y", "label"} in pixels of the image as stored. `estimator` is another classifier of
    scikit-learn for the forest of `trees`. With `place` a cell is told by where it lies, too: for images that are taken
    alike, such as streets or X-rays. Of an image with more labelled pixels than `most`, so many are drawn to learn
    from. A `memory` (a dictionary, for learners of the same `side` and `place`) keeps the features of images that come
    again, 100 bytes a cell. Strategies that go by `doubt` look at every image of a pool in every round: 0.2 s each at
    the defaults, a hundredth of that with a smaller `side`, fewer `trees` and a `memory`.
    """

    def __init__(
        self,
        classes: Iterable[Any],
        side: int = 128,
        trees: int = 60,
        *,
        estimator: Any = None,
        place: bool = False,
        most: int | None = None,
        doubt: bool = False,
        memory: dict[bytes, tuple[FloatArray, tuple[int, int]]] | None = None,
    ) -> None:
        self.classes = tuple(classes)
        self.side, self.trees, self.place, self.most = side, trees, place, most
        self.estimator, self._memory = estimator, memory
        self.provides: frozenset[str] = frozenset({"units"} | ({"part_doubt", "part_count"} if doubt else set()))
        self._model: Any = None

    def fit(self, rows: Rows, labels: Any, weights: FloatArray | None = None, *, seed: int = 0) -> None:
        """Train on the labelled pixels afresh. Raises BadInput where no image has any."""
        checked_lengths(rows, as_objects(labels))
        index = {label: i for i, label in enumerate(self.classes)}
        draw = np.random.default_rng(seed)
        cells, targets = [], []
        for data, label in zip(rows, labels, strict=True):
            if not label:
                continue
            if self.most is not None and len(label) > self.most:
                label = [label[i] for i in draw.choice(len(label), self.most, replace=False)]
            seen, size = self._features(data)
            cells.append(seen[_places(label, size, seen.shape)])
            targets += [index[one["label"]] for one in label]
        if not cells:
            raise BadInput(f"none of the {len(rows)} images has a labelled pixel; answer at least one")
        self._model = self._fresh(seed).fit(np.concatenate(cells), np.array(targets))

    def _fresh(self, seed: int) -> Any:
        """A classifier that has not been fitted."""
        from sklearn.base import clone
        from sklearn.ensemble import RandomForestClassifier

        if self.estimator is None:
            return RandomForestClassifier(self.trees, max_features="sqrt", random_state=seed, n_jobs=1)
        made = clone(self.estimator)
        seeds = {name: seed % 2**32 for name in made.get_params() if name.endswith("random_state")}
        return made.set_params(**seeds)

    def look(self, rows: Rows) -> None:
        """Take the features of these images into the memory now; nothing without one."""
        for data in rows if self._memory is not None else ():
            self._features(data)

    def evidence(self, rows: Rows, names: frozenset[str]) -> dict[str, Array]:
        """Uncertainty of every cell. Raises MissingEvidence for another name, BadInput before `fit`."""
        check_names(names, self.provides, "a learner of pixels")
        if not names:
            return {}
        probs = [self.segment(data) for data in rows]
        out: dict[str, Any] = {
            "part_doubt": np.array([-np.log(np.maximum(one.max(axis=-1), 1e-12)).mean() for one in probs]),
            "part_count": np.array([one[..., 0].size for one in probs], dtype=np.float64),
        }
        if "units" in names:
            out["units"] = _units([1.0 - _margin(one) for one in probs])
        return {name: out[name] for name in names}

    def name_at(self, data: bytes, pixels: Sequence[Mapping[str, int]]) -> list[dict[str, Any]]:
        """The likeliest class at each pixel {"x", "y"} of an image, as an answer. Raises BadInput before `fit`."""
        probs = self.segment(data)
        width, height = _reduced(data, 1)[1]
        best = probs[_places(pixels, (width, height), probs.shape)].argmax(axis=-1)
        names = [self.classes[int(one)] for one in best]
        return [{"x": one["x"], "y": one["y"], "label": name} for one, name in zip(pixels, names, strict=True)]

    def segment(self, data: bytes) -> FloatArray:
        """Probability of each class in each cell of an image: (lines, columns, c). Raises BadInput before `fit`."""
        if self._model is None:
            raise BadInput("the learner of pixels has not been fitted; call fit(images, labels) first")
        seen, _ = self._features(data)
        flat = self._model.predict_proba(seen.reshape(-1, seen.shape[-1]))
        out = np.zeros((len(flat), len(self.classes)))
        out[:, self._model.classes_] = flat
        return out.reshape(*seen.shape[:2], -1)

    def _features(self, data: bytes) -> tuple[FloatArray, tuple[int, int]]:
        """Features (lines, columns, f) of an image's cells, and its width and height. Raises BadInput for no image."""
        if self._memory is None:
            return self._told(data)
        key = hashlib.blake2b(data, digest_size=16).digest()
        if key not in self._memory:
            seen, size = self._told(data)
            self._memory[key] = seen.astype(np.float32), size
        return self._memory[key]

    def _told(self, data: bytes) -> tuple[FloatArray, tuple[int, int]]:
        from scipy import ndimage

        image, size = _reduced(data, self.side)
        grey = image.mean(axis=-1)
        parts = [image]
        for sigma in SIGMAS:
            parts.append(ndimage.gaussian_filter(image, (sigma, sigma, 0)))
            parts.append(ndimage.gaussian_gradient_magnitude(grey, sigma)[..., None])
            parts.append(ndimage.gaussian_laplace(grey, sigma)[..., None])
        if self.place:
            y, x = np.mgrid[0 : grey.shape[0], 0 : grey.shape[1]]
            parts += [((y + 0.5) / grey.shape[0])[..., None], ((x + 0.5) / grey.shape[1])[..., None]]
        return np.concatenate(parts, axis=-1), size

    def __repr__(self) -> str:
        model = f"trees={self.trees}" if self.estimator is None else repr(self.estimator)
        rest = f"{', place=True' if self.place else ''}{'' if self.most is None else f', most={self.most}'}"
        return f"PixelLearner({len(self.classes)} classes, side={self.side}, {model}{rest})"


def grid(width: int, height: int, side: int) -> tuple[int, int]:
    """Lines and columns of the cells of an image whose longer side is to have `side` cells at most.

    >>> grid(480, 360, 64), grid(20, 10, 64)
    ((48, 64), (10, 20))
    """
    share = min(1.0, side / max(width, height))
    return max(1, round(height * share)), max(1, round(width * share))


def _places(pixels: Sequence[Mapping[str, Any]], size: tuple[int, int], shape: Sequence[int]) -> tuple[Array, Array]:
    """Line and column of the cell of each pixel of an image (width, height) with `shape` cells."""
    at = np.array([(one["y"], one["x"]) for one in pixels], dtype=np.int64).reshape(-1, 2)
    return at[:, 0] * shape[0] // size[1], at[:, 1] * shape[1] // size[0]


def _units(found: Sequence[FloatArray]) -> Units:
    """What is said of the cells of each image, flat."""
    ends = np.concatenate([[0], np.cumsum([one.size for one in found])]).astype(np.int64)
    grids: IntArray = np.array([one.shape for one in found], dtype=np.int64).reshape(-1, 2)
    return Units(np.concatenate([one.ravel() for one in found]) if found else np.zeros(0), ends, grids)


def _reduced(data: bytes, side: int) -> tuple[FloatArray, tuple[int, int]]:
    """An encoded image as (lines, columns, 3) in 0..1 with a longer side of at most `side`, and its own size."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(data)) as image:
            size = image.size
            image.draft("RGB", (side, side))
            small = image.convert("RGB")
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise BadInput(f"{len(data)} bytes that begin {bytes(data[:12])!r} are no image; give PNG or JPEG") from error
    lines, columns = grid(*size, side)
    array = np.asarray(small.resize((columns, lines), Image.Resampling.BOX), dtype=np.float64) / 255
    return array, size


def _margin(probs: FloatArray) -> FloatArray:
    """Gap of the two likeliest classes along the last axis."""
    if probs.shape[-1] < 2:
        return np.ones(probs.shape[:-1])
    top = np.partition(probs, -2, axis=-1)[..., -2:]
    gap: FloatArray = top[..., 1] - top[..., 0]
    return gap
