"""Number: a real value, within bounds where there are any."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from askwise.core.errors import BadInput
from askwise.core.types import FloatArray
from askwise.task.base import finite


@dataclass(frozen=True)
class Number:
    """The task of giving a finite number; `low` and `high` bound it, `unit` is what it is counted in.

    Raises BadInput for bounds the wrong way round.

    >>> Number(low=0, high=100, unit="%").check(12), Number().believe([1.0, 9.0, 2.0])
    (12.0, 2.0)
    """

    kind: ClassVar[str] = "number"
    item: ClassVar[str] = "any"
    one_class: ClassVar[bool] = False
    low: float | None = None
    high: float | None = None
    unit: str = ""

    def __post_init__(self) -> None:
        for name in ("low", "high"):
            value = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, finite(value, f"{name}={value!r}"))
        if self.low is not None and self.high is not None and not self.low < self.high:
            raise BadInput(f"low={self.low:g} is not below high={self.high:g}; give the bounds the other way round")

    @property
    def classes(self) -> tuple[Any, ...]:
        """None: a number is no class."""
        return ()

    def check(self, label: Any, item: Mapping[str, Any] | None = None) -> float:
        """The number as a float. Raises BadInput for anything else, and beyond the bounds."""
        value = finite(label, f"the label {label!r}")
        if (self.low is not None and value < self.low) or (self.high is not None and value > self.high):
            low, high = ("open" if end is None else f"{end:g}" for end in (self.low, self.high))
            raise BadInput(f"the label {value:g} is out of bounds; give a number from {low} to {high}")
        return value

    def names(self, label: Any) -> list[Any]:
        """None: a number is no class."""
        return []

    def believe(self, labels: Sequence[Any]) -> float:
        """The median: one annotator's slip of the decimal point moves nothing."""
        return float(np.median(labels))

    def targets(self, labels: Sequence[Any]) -> FloatArray:
        """The numbers (l,)."""
        return np.asarray(labels, dtype=np.float64)

    def schema(self) -> dict[str, Any]:
        """The label as JSON Schema."""
        bounds = {"minimum": self.low, "maximum": self.high}
        return {"type": "number", **{name: end for name, end in bounds.items() if end is not None}}

    def render(self) -> dict[str, Any]:
        """A field for a number."""
        return self.to_dict()

    def to_dict(self) -> dict[str, Any]:
        """The task as plain JSON."""
        return {"kind": self.kind, "low": self.low, "high": self.high, "unit": self.unit}
