"""Uncertainty where the data is: information density."""

from __future__ import annotations

from askwise.core.errors import BadInput, did_you_mean
from askwise.core.registry import score
from askwise.core.types import Array
from askwise.kernels.information import check_not_negative, double
from askwise.kernels.rows import entropy, top2

_BASES = ("entropy", "least_confidence", "margin")


def _doubt(probs: Array, base: str) -> Array:
    """Uncertainty (m,) that is never negative: a power of density must raise it, not sink it."""
    if base == "entropy":
        return entropy(probs)
    first, second = top2(probs)
    if base == "least_confidence":
        return 1 - first
    if base == "margin":
        return 1 - (first - second)
    raise BadInput(f"information_density: base={base!r} is no measure.{did_you_mean(base, _BASES)}")


@score(
    cite="Settles and Craven 2008, An Analysis of Active Learning Strategies for Sequence Labeling Tasks, EMNLP,"
    " section 3.5; McCallum and Nigam 1998, Employing EM and Pool-Based Active Learning, ICML (density-weighted)",
    aliases=("density_weighted",),
)
def information_density(probs: Array, density: Array, *, beta: float = 1.0, base: str = "entropy") -> Array:
    """Uncertainty times density to the power beta: (m, c), (m,) -> (m,), never negative.

    `density` is a similarity to the other rows of the pool: the more rows are near, the larger. `base` is
    ``entropy``, ``least_confidence`` or ``margin`` (one minus the gap). beta = 0 is plain uncertainty. Cost O(mc).
    Shines on pools with outliers, which uncertainty alone asks first. Fails once the dense regions are known: rare
    classes are sparse, and beta should fall towards 0.

    Raises BadInput for a negative density or an unknown base.

    >>> import numpy as np
    >>> P = np.array([[0.5, 0.5], [0.75, 0.25]])
    >>> information_density(P, np.array([1.0, 4.0]), base="least_confidence")
    array([0.5, 1. ])
    """
    check_not_negative("density", density)
    return double(_doubt(probs, base)) * double(density) ** beta
