"""A segmenter that learns from single pixels: a forest over filter responses, without downloads."""

from __future__ import annotations

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
    """Encoded images with the classes of single pixels: ``units``, how unsure the class of each pixel is.

    Every image is reduced so that its longer side has `side` cells at most. Features of a cell: colours, the length of
    the gradient and the Laplacian of the grey image, each after Gaussians of four widths; a random forest learns the
    classes of the cells that hold labelled pixels. Source: Sommer et al. 2011, ilastik; units are 1 minus the margin of
    the two likeliest classes, as in Shin, Xie and Albanie 2021, All You Need Are a Few Pixels, section 3.

    Labels are lists of {"x", "y", "label"} in pixels of the image as stored.
    """

    provides: frozenset[str] = frozenset({"units"})

    def __init__(self, classes: Iterable[Any], side: int = 128, trees: int = 60) -> None:
        self.classes = tuple(classes)
        self.side, self.trees = side, trees
        self._forest: Any = None

    def fit(self, rows: Rows, labels: Any, weights: FloatArray | None = None, *, seed: int = 0) -> None:
        """Train on the labelled pixels afresh. Raises BadInput where no image has any."""
        from sklearn.ensemble import RandomForestClassifier

        checked_lengths(rows, as_objects(labels))
        index = {label: i for i, label in enumerate(self.classes)}
        cells, targets = [], []
        for data, label in zip(rows, labels, strict=True):
            if not label:
                continue
            seen, (width, height) = self._features(data)
            lines, columns = seen.shape[:2]
            for one in label:
                line, column = one["y"] * lines // height, one["x"] * columns // width
                cells.append(seen[line, column])
                targets.append(index[one["label"]])
        if not cells:
            raise BadInput(f"none of the {len(rows)} images has a labelled pixel; answer at least one")
        forest = RandomForestClassifier(self.trees, max_features="sqrt", random_state=seed, n_jobs=1)
        self._forest = forest.fit(np.array(cells), np.array(targets))

    def evidence(self, rows: Rows, names: frozenset[str]) -> dict[str, Array]:
        """Uncertainty of every cell. Raises MissingEvidence for another name, BadInput before `fit`."""
        check_names(names, self.provides, "a learner of pixels")
        if not names:
            return {}
        found = [1.0 - _margin(self.segment(data)) for data in rows]
        ends = np.concatenate([[0], np.cumsum([one.size for one in found])]).astype(np.int64)
        grids: IntArray = np.array([one.shape for one in found], dtype=np.int64).reshape(-1, 2)
        values = np.concatenate([one.ravel() for one in found]) if found else np.zeros(0)
        units: Any = Units(values, ends, grids)
        return {"units": units}

    def name_at(self, data: bytes, pixels: Sequence[Mapping[str, int]]) -> list[dict[str, Any]]:
        """The likeliest class at each pixel {"x", "y"} of an image, as an answer. Raises BadInput before `fit`."""
        probs = self.segment(data)
        width, height = _reduced(data, 1)[1]
        lines, columns = probs.shape[:2]
        cells = [(one["y"] * lines // height, one["x"] * columns // width) for one in pixels]
        names = [self.classes[int(probs[cell].argmax())] for cell in cells]
        return [{"x": one["x"], "y": one["y"], "label": name} for one, name in zip(pixels, names, strict=True)]

    def segment(self, data: bytes) -> FloatArray:
        """Probability of each class in each cell of an image: (lines, columns, c). Raises BadInput before `fit`."""
        if self._forest is None:
            raise BadInput("the learner of pixels has not been fitted; call fit(images, labels) first")
        seen, _ = self._features(data)
        flat = self._forest.predict_proba(seen.reshape(-1, seen.shape[-1]))
        out = np.zeros((len(flat), len(self.classes)))
        out[:, self._forest.classes_] = flat
        return out.reshape(*seen.shape[:2], -1)

    def _features(self, data: bytes) -> tuple[FloatArray, tuple[int, int]]:
        """Features (lines, columns, f) of an image's cells, and its width and height. Raises BadInput for no image."""
        from scipy import ndimage

        image, size = _reduced(data, self.side)
        grey = image.mean(axis=-1)
        parts = [image]
        for sigma in SIGMAS:
            parts.append(ndimage.gaussian_filter(image, (sigma, sigma, 0)))
            parts.append(ndimage.gaussian_gradient_magnitude(grey, sigma)[..., None])
            parts.append(ndimage.gaussian_laplace(grey, sigma)[..., None])
        return np.concatenate(parts, axis=-1), size

    def __repr__(self) -> str:
        return f"PixelLearner({len(self.classes)} classes, side={self.side}, trees={self.trees})"


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
    share = min(1.0, side / max(size))
    cells = (max(1, round(size[0] * share)), max(1, round(size[1] * share)))
    array = np.asarray(small.resize(cells, Image.Resampling.BOX), dtype=np.float64) / 255
    return array, size


def _margin(probs: FloatArray) -> FloatArray:
    """Gap of the two likeliest classes along the last axis."""
    if probs.shape[-1] < 2:
        return np.ones(probs.shape[:-1])
    top = np.partition(probs, -2, axis=-1)[..., -2:]
    gap: FloatArray = top[..., 1] - top[..., 0]
    return gap
