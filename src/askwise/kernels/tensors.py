"""Rows in torch tensors, computed where they lie: CPU or GPU by the same code, with the picks of the other kernel sets.

Only numbers per row leave the device. A float32 product over blocks filters; what it cannot exclude is decided by
direct difference in float64, summed along a fixed tree of elementwise additions. So a distance is the same number on
every device, whatever is computed beside it, and equal rows have equal distances.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from askwise.core.arrays import host
from askwise.core.errors import BadInput, did_you_mean
from askwise.core.types import Array, FloatArray, IntArray
from askwise.kernels.backend import by_torch
from askwise.kernels.blocks import Block
from askwise.kernels.compiled import STEPS
from askwise.kernels.space import METRICS, Space

_BLOCK = 1 << 24
"""Values of a block of rows: enough work for a launch, 64 MB in float32."""

_PAIRS = 1 << 22
"""Values that are compared in float64 at a time."""

_CENTRES = 512

_UNITS = {"high": 2.0**-10, "tf32": 2.0**-10, "medium": 2.0**-7, "bf16": 2.0**-7}
"""Rounding of a float32 product where torch is set to use a shorter type. It is the slack of the filter."""


def tree_sum(terms: Any) -> Any:
    """Sum over the last axis by halving: additions element by element, so the order is the same everywhere."""
    while terms.shape[-1] > 1:
        half = terms.shape[-1] // 2
        folded = terms[..., :half] + terms[..., half : 2 * half]
        if terms.shape[-1] % 2:
            folded[..., :1] += terms[..., -1:]
        terms = folded
    return terms[..., 0]


def apart(kind: int, rows: Any, others: Any) -> Any:
    """Dissimilarity (...,) in float64 of rows and others (..., d) in float64, of length one for cosine."""
    if kind == 2:
        return -tree_sum(rows * others)
    gap = rows - others
    squares = tree_sum(gap * gap)
    return (squares * STEPS + 0.5).floor() / STEPS if kind == 1 else squares


@contextlib.contextmanager
def plain_products() -> Iterator[None]:
    """No gradients, and no automatic half precision around products."""
    import torch

    with torch.no_grad(), contextlib.ExitStack() as stack:
        for device in ("cpu", "cuda"):
            if torch.is_autocast_enabled(device):
                stack.enter_context(torch.autocast(device, enabled=False))
        yield


def product_unit() -> float:
    """The unit of rounding of float32 products under torch's present setting, on the processor or a GPU."""
    import torch

    places = (torch.backends.cuda.matmul, torch.backends.mkldnn.matmul)
    if all(hasattr(place, "fp32_precision") for place in places):
        settings = [place.fp32_precision for place in places]
    else:  # torch before 2.9
        settings = [torch.get_float32_matmul_precision()]
    return max(_UNITS.get(setting, 2.0**-24) for setting in settings)


@dataclass(frozen=True)
class TensorSpace(Space):
    """A space whose rows (m, d), of any float type, and scale lie on a device; bounds come and go as host NumPy."""

    rows: Any
    kind: int
    scale: Any = None

    on_device = True

    @classmethod
    def of(cls, rows: Array, metric: str = "euclidean") -> TensorSpace:
        """Rows of a tensor as they are. A zero row has no direction and is left zero.

        Raises BadInput for a metric that is none of METRICS.
        """
        import torch

        if metric not in METRICS:
            raise BadInput(
                f"metric={metric!r} is unknown.{did_you_mean(metric, METRICS)} Use one of {', '.join(METRICS)}"
            )
        table = rows.detach()
        one = torch.ones(1, dtype=torch.float64, device=table.device)
        space = cls(table, METRICS[metric], one)
        if metric != "cosine":
            return space
        plain = cls(table, 0, one)
        lengths = torch.cat([tree_sum(plain.take(part).values() ** 2) for part in plain.blocks()]).sqrt()
        return cls(table, METRICS[metric], torch.where(lengths > 0, 1.0 / lengths, torch.zeros_like(lengths)))

    def beside(self, rows: Array, metric: str = "euclidean") -> TensorSpace:
        """Other rows under a metric, brought to the device of these."""
        import torch

        return TensorSpace.of(torch.as_tensor(rows).to(self.rows.device), metric)

    def positions(self, rows: IntArray) -> Any:
        """Positions as a tensor on the device."""
        import torch

        return torch.as_tensor(np.ascontiguousarray(rows)).to(self.rows.device)

    def take(self, rows: IntArray | slice) -> TensorSpace:
        at = rows if isinstance(rows, slice) else self.positions(rows)
        return TensorSpace(self.rows[at], self.kind, self.scale if len(self.scale) == 1 else self.scale[at])

    def blocks(self) -> Iterator[slice]:
        step = max(1, _BLOCK // self.rows.shape[1])
        return (slice(start, start + step) for start in range(0, len(self), step))

    def values(self) -> Any:
        rows = self.rows.double()
        # A zero row times any scale is zero.
        return rows * self.scale[:, None] if self.kind == 1 else rows

    def room(self, size: int) -> TensorSpace:
        import torch

        # Not in a half type: taken rows may be of a longer one than the pool.
        dtype = self.rows.dtype if self.rows.dtype.itemsize > 2 else torch.float32
        rows = self.rows.new_zeros((size, self.rows.shape[1]), dtype=dtype)
        return TensorSpace(rows, self.kind, self.scale.new_ones(size if self.kind == 1 else 1))

    def put(self, at: int, source: Space) -> None:
        self.rows[at : at + len(source)] = source.rows
        if self.kind == 1:
            self.scale[at : at + len(source)] = source.scale

    def lower(self, centres: Space, bound: FloatArray) -> None:
        if len(self) * len(centres) * self.rows.shape[1] <= _PAIRS:
            np.minimum(bound, self.to(centres).min(axis=1), out=bound)
            return
        from askwise.kernels.blocks import middle_of

        middle = middle_of(self)
        others = Block.of(centres, middle)
        for part in self.blocks():
            Block.of(self.take(part), middle).lower(others, bound[part])

    def to(self, centres: Space) -> FloatArray:
        points = centres.values()
        step = max(1, _PAIRS // (points.shape[0] * points.shape[1]))
        out = np.empty((len(self), len(centres)))
        for start in range(0, len(self), step):
            rows = self.take(slice(start, start + step)).values()
            out[start : start + step] = host(apart(self.kind, rows[:, None], points[None]))
        return out

    def pairwise(self, others: Space) -> FloatArray:
        return host(apart(self.kind, self.values(), others.values()))

    def central(self) -> int:
        total = sum((self.take(part).values().sum(dim=0) for part in self.blocks()), self.scale.new_zeros(1))
        # A mean of rows of length one is compared as it is, so it has no scale of its own.
        mean = TensorSpace((total / len(self))[None], self.kind, self.scale.new_ones(1))
        away = self.nearest(mean)
        best = away.min()
        return int(np.argmax(away <= best + 1e-9 * abs(best)))


@dataclass(frozen=True)
class TensorBlock(Block):
    """A block whose table and squared lengths lie on a device."""

    table: Any
    lengths: Any

    @classmethod
    def of(cls, space: Space, middle: FloatArray) -> TensorBlock:
        import torch

        about = torch.as_tensor(middle, device=space.rows.device)
        rows: Any = space.rows
        plain = space.kind != 1 and rows.dtype in (torch.float16, torch.bfloat16, torch.float32)
        table = rows.float() - about if plain else (space.values() - about).float()
        return cls(space, table, (table * table).sum(dim=1))

    def lower(self, centres: Block, bound: FloatArray) -> int:
        import torch

        held = torch.as_tensor(bound).to(self.table.device)
        count = 0
        for start in range(0, len(centres.table), _CENTRES):
            part = slice(start, start + _CENTRES)
            few = TensorBlock(centres.space.take(part), centres.table[part], centres.lengths[part])
            count += self._lower_held(few, held)
        bound[:] = host(held)
        return count

    def _lower_held(self, centres: TensorBlock, bound: Any) -> int:
        import torch

        with plain_products():
            rough = self.table @ centres.table.T
        rough = -rough if self.space.kind == 2 else self.lengths[:, None] + centres.lengths - 2.0 * rough
        slack = 4.0 * (self.table.shape[1] + 8) * product_unit() * (self.lengths + centres.lengths.max()).double()
        limit = torch.minimum(bound, rough.amin(dim=1).double() + slack) + slack
        # Rounded up: float32 limits must not cut what the float64 limit admits.
        limit = torch.nextafter(limit.float(), torch.full_like(rough[:, 0], np.inf))
        near, which = torch.nonzero(rough <= limit[:, None], as_tuple=True)
        step = max(1, _PAIRS // self.table.shape[1])
        for start in range(0, len(near), step):
            i, j = near[start : start + step], which[start : start + step]
            rows, others = _at(self.space, i), _at(centres.space, j)
            bound.scatter_reduce_(0, i, apart(self.space.kind, rows, others), "amin")
        return len(near)


def _at(space: Space, positions: Any) -> Any:
    """Values at positions that are on the device already."""
    rows: Any = space.rows[positions].double()
    return rows * space.scale[positions % len(space.scale)][:, None] if space.kind == 1 else rows


def space_of(rows: Array, metric: str = "euclidean", beside: Space | None = None) -> Space:
    """Rows under a metric, where they lie; with `beside`, where those lie."""
    if isinstance(beside, TensorSpace):
        return beside.beside(rows, metric)
    return TensorSpace.of(rows, metric) if beside is None and by_torch(rows) else Space.of(rows, metric)
