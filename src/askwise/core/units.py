"""Values of the parts inside rows (tokens, pixels, boxes, steps): flat, with where each row begins."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from askwise.core.errors import BadInput
from askwise.core.types import FloatArray, IntArray


@dataclass(frozen=True)
class Units:
    """Part j of row i has the value ``values[offsets[i] + j]``; higher = ask sooner, as for scores.

    `offsets` (m + 1,) ascend from 0 to the number of values. Of images, `grids` (m, 2) has the lines and columns of
    each one's parts, which are then in line-major order: a grid may be coarser than the image. Raises BadInput for what
    does not fit together, and for values that are not finite.

    >>> units = Units(np.array([0.1, 0.9, 0.5]), np.array([0, 2, 3]))
    >>> len(units), units.of(1).tolist()
    (2, [0.5])
    """

    values: FloatArray
    offsets: IntArray
    grids: IntArray | None = None

    def __post_init__(self) -> None:
        ends = self.offsets
        if ends.ndim != 1 or not len(ends) or ends[0] != 0 or ends[-1] != len(self.values) or (np.diff(ends) < 0).any():
            raise BadInput(f"offsets {ends.tolist()[:5]}... do not ascend from 0 to the {len(self.values)} values")
        if self.grids is not None and not np.array_equal(self.grids.prod(axis=1), np.diff(ends)):
            raise BadInput(
                "the grids do not have as many cells as their rows have values; give lines x columns of each"
            )
        if not np.isfinite(self.values).all():
            raise BadInput(f"units hold {self.values[~np.isfinite(self.values)][0]}; give finite numbers")

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def of(self, row: int) -> FloatArray:
        """The values of one row's parts."""
        found: FloatArray = self.values[self.offsets[row] : self.offsets[row + 1]]
        return found
