"""Looking for the best row rather than the best model: expected improvement and its kin."""

from __future__ import annotations

from math import pi, sqrt

from askwise.core.arrays import namespace
from askwise.core.errors import BadInput
from askwise.core.registry import score
from askwise.core.types import Array
from askwise.kernels.information import double, normal_cdf


def _ahead(mean: Array, std: Array, labels: Array, margin: float, maximise: bool) -> tuple[Array, Array, Array]:
    """How far the mean is ahead of the best label, the deviation, and their ratio (0 where there is no deviation)."""
    if not labels.shape[0]:
        raise BadInput("improvement needs a label to improve on; label one row first, or use upper_confidence_bound")
    xp = namespace(mean)
    mean, std, labels = double(mean), double(std), double(labels)
    ahead = mean - xp.max(labels) if maximise else xp.min(labels) - mean
    ahead = ahead - margin
    return ahead, std, ahead / xp.where(std > 0, std, xp.ones_like(std))


@score(
    cite="Jones, Schonlau and Welch 1998, Efficient Global Optimization of Expensive Black-Box Functions, section 4.1",
    aliases=("ei",),
)
def expected_improvement(
    mean: Array, std: Array, labels: Array, *, margin: float = 0.0, maximise: bool = True
) -> Array:
    """Expected gain over the best label under a normal prediction: (m,), (m,), (l,) -> (m,), at least 0.

    d Phi(z) + s phi(z) with d = mean - best - margin, z = d / s; max(d, 0) where s = 0. Cost O(m). Shines for finding
    the best row with few labels. Fails as training data, which it takes from one corner; and far below the best it is
    exactly 0, so that rows there are ranked by noise.

    Raises BadInput without labels.

    >>> import numpy as np
    >>> expected_improvement(np.array([1.0, 3.0]), np.array([1.0, 0.0]), np.array([1.0, 0.5])).round(4)
    array([0.3989, 2.    ])
    """
    ahead, s, z = _ahead(mean, std, labels, margin, maximise)
    xp = namespace(ahead)
    zero = xp.zeros_like(ahead)
    gain = ahead * normal_cdf(z) + s * xp.exp(-z * z / 2) / sqrt(2 * pi)
    return xp.maximum(xp.where(s > 0, gain, ahead), zero)


@score(
    cite="Kushner 1964, A New Method of Locating the Maximum Point of an Arbitrary Multipeak Curve, J. Basic Eng. 86",
    aliases=("pi",),
)
def probability_of_improvement(
    mean: Array, std: Array, labels: Array, *, margin: float = 0.0, maximise: bool = True
) -> Array:
    """Chance to beat the best label by a margin under a normal prediction: (m,), (m,), (l,) -> (m,) in [0, 1].

    Phi(d / s), and 1 or 0 where s = 0. Cost O(m). Shines when any gain above a known margin will do. Fails without a
    margin: it then asks sure and tiny gains next to the best row.

    Raises BadInput without labels.

    >>> import numpy as np
    >>> probability_of_improvement(np.array([1.0, 3.0]), np.array([1.0, 0.0]), np.array([1.0, 0.5]))
    array([0.5, 1. ])
    """
    ahead, s, z = _ahead(mean, std, labels, margin, maximise)
    xp = namespace(ahead)
    return xp.where(s > 0, normal_cdf(z), xp.astype(ahead > 0, xp.float64))


@score(
    cite="Auer 2002, JMLR 3; Srinivas et al. 2010, Gaussian Process Optimization in the Bandit Setting, ICML",
    aliases=("ucb",),
)
def upper_confidence_bound(mean: Array, std: Array, *, beta: float = 2.0, maximise: bool = True) -> Array:
    """Mean plus beta deviations: (m,), (m,) -> (m,), in units of the target; for a minimum, -mean + beta deviations.

    beta = 0 is greedy. Cost O(m). Shines as a bandit over rows that needs no best label. Fails when deviations are
    too small: it then stays where it began.

    >>> import numpy as np
    >>> upper_confidence_bound(np.array([1.0, 2.0]), np.array([1.0, 0.25]))
    array([3. , 2.5])
    """
    return (mean if maximise else -mean) + beta * std
