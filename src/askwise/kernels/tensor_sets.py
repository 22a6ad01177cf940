"""What picks read of torch tensors besides distances: gradients, products, clusters and neighbour lists."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from askwise.core.arrays import host
from askwise.core.types import Array, FloatArray, IntArray
from askwise.kernels.backend import by_torch
from askwise.kernels.blocks import Block, middle_of
from askwise.kernels.gradient import ZERO, gradients
from askwise.kernels.space import Space
from askwise.kernels.tensors import TensorSpace, apart, plain_products, product_unit, tree_sum

_BLOCK = 1 << 22
"""Values in float64 at a time."""


def gradients_of(probs: Array, embeddings: Array, beside: Any = None) -> Any:
    """Last-layer gradients where the embeddings lie (on a device, on disk); with `beside`, where those lie."""
    if isinstance(beside, TensorGradients) or (beside is None and by_torch(embeddings)):
        return TensorGradients.of(probs, embeddings, beside)
    return gradients(probs, embeddings)


@dataclass(frozen=True)
class TensorGradients:
    """Factors a (m, c) and h (m, d) on a device in float32; squared norms (m,) there in float64, and on the host."""

    a: Any
    h: Any
    lengths: Any

    @classmethod
    def of(cls, probs: Array, embeddings: Array, beside: TensorGradients | None = None) -> TensorGradients:
        import torch

        h = torch.as_tensor(embeddings).detach()
        h = (h if beside is None else h.to(beside.h.device)).float()
        a = torch.as_tensor(probs).detach().to(h.device).float().clone()
        a[torch.arange(len(a), device=h.device), a.argmax(dim=1)] -= 1.0
        lengths = torch.cat([tree_sum(a[part].double() ** 2) * tree_sum(h[part].double() ** 2) for part in _parts(h)])
        return cls(a, h, lengths)

    @property
    def squares(self) -> FloatArray:
        """Squared norms on the host."""
        return host(self.lengths)

    def __len__(self) -> int:
        return len(self.a)

    def take(self, rows: slice) -> TensorGradients:
        """Some of the gradients."""
        return TensorGradients(self.a[rows], self.h[rows], self.lengths[rows])

    def room(self, size: int) -> TensorGradients:
        """No gradients, with room for some."""
        a, h = (factor.new_zeros((size, factor.shape[1])) for factor in (self.a, self.h))
        return TensorGradients(a, h, self.lengths.new_zeros(size))

    def put(self, at: int, source: TensorGradients) -> None:
        """Copy gradients to the positions from `at` on."""
        rows = slice(at, at + len(source))
        self.a[rows], self.h[rows], self.lengths[rows] = source.a, source.h, source.lengths

    def lower(self, centres: TensorGradients, bound: FloatArray) -> None:
        """Lower `bound` (m,) in place to the squared distance of the nearest centre."""
        a, h = centres.a.double(), centres.h.double()
        step = max(1, _BLOCK // max(self.h.shape[1], len(centres)))
        for start in range(0, len(self), step):
            rows = self.take(slice(start, start + step))
            both = rows.lengths[:, None] + centres.lengths
            with plain_products():
                squared = both - 2.0 * (rows.a.double() @ a.T) * (rows.h.double() @ h.T)
            squared[squared < ZERO * both] = 0.0
            part = bound[start : start + step]
            np.minimum(part, host(squared.amin(dim=1)), out=part)


class TensorRows:
    """Rows (m, d) on a device for the kernels of linear algebra: a product is made there and comes back as NumPy.

    float32 products are made in float32 only while torch makes them without a shorter type; else in float64.
    """

    def __init__(self, table: Any) -> None:
        self.table = table.detach()

    @property
    def shape(self) -> tuple[int, ...]:
        """(m, d)."""
        return tuple(self.table.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type in which products are made."""
        return np.dtype(np.float64 if self.table.dtype.itemsize == 8 else np.float32)

    def __len__(self) -> int:
        return len(self.table)

    def __getitem__(self, rows: IntArray | slice) -> TensorRows:
        import torch

        at = rows if isinstance(rows, slice) else torch.as_tensor(rows).to(self.table.device)
        return TensorRows(self.table[at])

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> FloatArray:
        return np.asarray(host(self.table), dtype=dtype)

    def astype(self, dtype: Any) -> TensorRows:
        """The rows in float64, on the device."""
        return TensorRows(self.table.double())

    def __matmul__(self, other: FloatArray) -> FloatArray:
        import torch

        exact = self.dtype == np.float64 or product_unit() > 2.0**-24
        vectors = torch.as_tensor(np.ascontiguousarray(other)).to(self.table.device)
        with plain_products():
            product = self.table.double() @ vectors.double() if exact else self.table.float() @ vectors.float()
        return host(product)

    def squared_lengths(self) -> FloatArray:
        """Sum of squares (m,) in float64 of each row."""
        return host_of([tree_sum(self.table[part].double() ** 2) for part in _parts(self.table)])

    def quadratic(self, matrix: FloatArray) -> FloatArray:
        """x M x for each row (m,), in float64."""
        import torch

        inner = torch.as_tensor(matrix).to(self.table.device)
        blocks = (self.table[part].double() for part in _parts(self.table))
        with plain_products():
            return host_of([tree_sum((block @ inner) * block) for block in blocks])


def host_of(parts: list[Any]) -> FloatArray:
    """The parts one after the other, on the host."""
    return np.concatenate([host(part) for part in parts])


def _parts(table: Any) -> list[slice]:
    step = max(1, _BLOCK // table.shape[1])
    return [slice(start, start + step) for start in range(0, max(len(table), 1), step)]


class Nearest:
    """Squared distance of each row to its centre, on the device, for methods that need it after every pick."""

    def __init__(self, space: Space) -> None:
        assert isinstance(space, TensorSpace)
        self.space, self.middle = space, middle_of(space)
        self.values = space.scale.new_full((len(space),), np.inf)

    def closer(self, centre: Space) -> tuple[IntArray, FloatArray, int]:
        """Rows nearer to this centre than to their own, with their new distances; and how many were evaluated."""
        import torch

        rows, values, count = [], [], 0
        other: Any = Block.of(centre, self.middle)
        for part in self.space.blocks():
            block: Any = Block.of(self.space.take(part), self.middle)
            with plain_products():
                rough = block.lengths + other.lengths - 2.0 * (block.table @ other.table[0])
            slack = 4.0 * (block.table.shape[1] + 8) * product_unit() * (block.lengths + other.lengths)
            near = torch.nonzero((rough - slack).double() <= self.values[part])[:, 0] + part.start
            away = apart(self.space.kind, self.space.rows[near].double(), centre.values())
            moved = away < self.values[near]
            count += len(near)
            self.values[near[moved]] = away[moved]
            rows.append(near[moved])
            values.append(away[moved])
        return host_of(rows).astype(np.int64), host_of(values), count


def most_similar_on_device(space: Space, points: Space, k: int, digits: int) -> tuple[IntArray, FloatArray]:
    """Positions (p, k) of the rows most similar to each point, and the cosines: see nearest.most_similar."""
    import torch

    targets: Any = points.values()
    found = torch.zeros((len(targets), 0), dtype=torch.int64, device=targets.device)
    best = targets.new_zeros((len(targets), 0))
    step = max(k, _BLOCK // max(len(targets), targets.shape[1]))
    for start in range(0, len(space), step):
        with plain_products():
            rows: Any = space.take(slice(start, start + step)).values()
            block = torch.round(targets @ rows.T, decimals=digits)
        at = torch.arange(start, start + block.shape[1], device=block.device).expand_as(block)
        found, best = torch.cat([found, at], dim=1), torch.cat([best, block], dim=1)
        # Stable, and earlier rows stand first: of equal cosines the lowest position stays.
        best, order = torch.sort(best, dim=1, descending=True, stable=True)
        best, found = best[:, :k], torch.gather(found, 1, order[:, :k])
    return host(found), host(best)
