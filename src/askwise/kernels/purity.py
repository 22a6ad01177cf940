"""How far a ball reaches before it holds another class: by pseudo-classes (ProbCover) or predictions (DCoM)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from askwise.core.errors import BadInput
from askwise.core.types import BoolArray, FloatArray, IntArray
from askwise.kernels.balls import nearest_of_another, squared_blocks
from askwise.kernels.cluster import k_means

_PROBES = 2000
"""Balls whose purity is looked at; beyond that many rows a seeded sample of them."""


def within(rows: FloatArray, held: FloatArray, radius: float) -> BoolArray:
    """Which rows (m,) lie within the radius of one of some held rows."""
    covered = np.zeros(len(rows), dtype=bool)
    for part, block in squared_blocks(rows, held):
        covered[part] = (block < radius**2).any(axis=1)
    return covered


def pure_radius(rows: Any, classes: int, purity: float, generator: np.random.Generator) -> float:
    """The largest radius at which the given share of (open) balls holds a single pseudo-class, a k-means cluster.

    Raises BadInput for a share outside (0, 1] or fewer than one class.
    """
    if not 0 < purity <= 1:
        raise BadInput(f"purity={purity} is no share of balls; give 0 to 1, for example 0.95")
    if classes < 1:
        raise BadInput(f"classes={classes} makes no pseudo-classes; give the number of classes")
    labels = k_means(rows.astype(np.float32), classes, generator)[1]
    some = np.arange(len(rows))
    if len(rows) > _PROBES:
        some = np.sort(generator.choice(len(rows), _PROBES, replace=False))
    nearest = np.sort(nearest_of_another(rows, labels, some))[::-1]
    # A ball nearer than its own limit is pure, so the radius is the limit that this share of the balls reaches.
    return math.sqrt(nearest[math.ceil(purity * len(nearest)) - 1])


def own_squares(
    rows: FloatArray, predicted: IntArray, held: FloatArray, labels: IntArray, purity: float, largest: float
) -> FloatArray:
    """The square (l,) of the largest radius up to `largest` whose ball around a labelled row is pure enough.

    Balls are open. The share of its label counts the labelled row itself, which is right, and the rows around it by
    their predicted class.

    >>> own_squares(np.array([[1.0], [2.0], [3.0]]), np.array([0, 1, 1]), np.zeros((1, 1)), np.array([0]), 0.6, 9.0)
    array([9.])
    """
    # Squares, as they were computed: a row at exactly the radius is outside, and a root squared again may let it in.
    radii = np.full(len(held), float(largest) ** 2)
    for part, block in squared_blocks(held, rows):
        for i, squared in zip(range(part.start, part.stop), block, strict=True):
            order = np.argsort(squared, kind="stable")[: int((squared < radii[i]).sum())]
            # The share of the j nearest rows and the labelled one; rows at one distance enter together.
            right = np.cumsum(np.concatenate([[1], predicted[order] == labels[i]]))
            pure = right >= purity * np.arange(1, len(right) + 1)
            reach = np.append(squared[order], radii[i])
            pure[1:] &= np.diff(reach) > 0
            radii[i] = reach[np.flatnonzero(pure)[-1]]
    return radii
