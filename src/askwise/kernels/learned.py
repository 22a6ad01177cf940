"""What learned strategies look at, and the small network that turns it into a number: NumPy only.

The features of a row have no unit and no fixed width, so that one set of weights serves pools of any dimension and any
number of classes. `benchmarks/learned` makes the weights; they are read from one `.npz` file without pickle.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np

from askwise.core.arrays import host
from askwise.core.errors import BadInput
from askwise.core.types import Array, FloatArray, IntArray
from askwise.kernels.balls import squared_blocks
from askwise.kernels.rows import entropy, top2

FEATURES = (
    "largest probability",
    "margin",
    "entropy as a share of log c",
    "distance to the nearest labelled row",
    "distance to the nearest label of another class, less that of the predicted one",
    "density",
    "labels of the predicted class, log of its share times c",
    "log2(1 + labels) / 5",
    "1 / c",
)
"""What a row is described by, in this order. Distances are in units of the typical distance of two target rows."""

_FAR = 3.0
"""Distances are cut there: beyond it nothing more is known, and a network must not extrapolate."""


@dataclass(frozen=True)
class Scale:
    """What target rows say about distances: a typical one, and the mean density of the targets themselves."""

    targets: FloatArray
    unit: float
    density: float

    @classmethod
    def of(cls, targets: FloatArray) -> Scale:
        """The median distance between two target rows, and their density in that unit."""
        squared = np.concatenate([block for _, block in squared_blocks(targets, targets)])
        apart = squared > 1e-12 * squared.max()  # of equal rows a product leaves rounding
        unit = float(np.sqrt(np.median(squared[apart]))) if apart.any() else 1.0
        return cls(targets, unit, float(np.exp(-4.0 * squared / unit**2).mean()))

    def dense(self, rows: FloatArray) -> FloatArray:
        """Mean kernel (m,) of each row and the targets, over that of a target."""
        out = np.empty(len(rows))
        for part, block in squared_blocks(rows, self.targets):
            out[part] = np.exp(-4.0 * block / self.unit**2).mean(axis=1) / self.density
        return out


def describe(probs: Array, embeddings: Array, held: Array, labels: Array, targets: Array) -> FloatArray:
    """Features (m, 9) in float64 of rows from probs (m, c), embeddings (m, d), labelled rows (l, d), labels (l,), and
    target rows (t, d). Raises BadInput without labelled rows or for a label that is no class."""
    p, rows = host(probs, np.float64), host(embeddings, np.float64)
    known, y = host(held, np.float64), host(labels).astype(np.int64)
    c = p.shape[1]
    if len(y) == 0 or y.min() < 0 or y.max() >= c:
        raise BadInput(f"labels {y[:5].tolist()} are no classes of {c} columns of probs; label a few rows first")
    scale = Scale.of(host(targets, np.float64))
    predicted = p.argmax(axis=1)
    mine, other = to_labels(rows, known, y, predicted, scale.unit)
    counts = np.bincount(y, minlength=c) + 1.0
    first, second = top2(p)
    doubt = entropy(p) / np.log(max(c, 2))
    rare = np.log(c * counts[predicted] / counts.sum())
    size, many = np.full(len(p), np.log2(1 + len(y)) / 5.0), np.full(len(p), 1.0 / c)
    columns = [first, first - second, doubt, np.minimum(mine, other), other - mine, scale.dense(rows), rare, size, many]
    return np.stack(columns, axis=1)


def to_labels(
    rows: FloatArray, known: FloatArray, labels: IntArray, predicted: IntArray, unit: float
) -> tuple[FloatArray, FloatArray]:
    """Distance (m,) to the nearest labelled row of each row's predicted class, and of another class, cut at 3 units."""
    mine, other = np.full(len(rows), _FAR), np.full(len(rows), _FAR)
    for part, block in squared_blocks(rows, known):
        away = np.minimum(np.sqrt(block) / unit, _FAR)
        same = labels[None, :] == predicted[part, None]
        mine[part] = np.where(same, away, _FAR).min(axis=1)
        other[part] = np.where(same, _FAR, away).min(axis=1)
    return mine, other


@dataclass(frozen=True)
class Network:
    """One hidden layer of tanh units on standardised features: x -> tanh((x - middle) / width W + b) w."""

    middle: FloatArray
    width: FloatArray
    inner: FloatArray
    bias: FloatArray
    outer: FloatArray

    def __call__(self, features: FloatArray) -> FloatArray:
        """One number (m,) a row (m, f)."""
        # Rows one by one in einsum, not a product of matrices: the value of a row must not depend on its neighbours.
        inside = np.einsum("ij,jk->ik", (features - self.middle) / self.width, self.inner) + self.bias
        return np.asarray(np.einsum("ij,j->i", np.tanh(inside), self.outer))


@cache
def network(name: str) -> Network:
    """The network of this name that ships with the package."""
    with resources.files("askwise.kernels").joinpath("learned.npz").open("rb") as file, np.load(file) as parts:
        fields = ("middle", "width", "inner", "bias", "outer")
        return Network(*(parts[f"{name}.{field}"].astype(np.float64) for field in fields))
