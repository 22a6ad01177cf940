"""What few labels nearby leave open: epistemic uncertainty and probabilistic active learning, from class counts."""

from __future__ import annotations

from collections import Counter
from itertools import combinations_with_replacement
from math import factorial, prod

from askwise.core.arrays import namespace
from askwise.core.errors import BadInput
from askwise.core.registry import score
from askwise.core.types import Array
from askwise.kernels.information import check_not_negative, double
from askwise.kernels.rows import top2

_BISECTIONS = 52
"""Halvings of [0, 1/2] after which a double cannot be told from its neighbour."""


@score(
    cite="Senge et al. 2014, Reliable Classification, Information Sciences 255, section 3; Nguyen, Destercke and"
    " Hüllermeier 2019, Epistemic Uncertainty Sampling, Discovery Science, section 3",
    aliases=("epis_us",),
)
def epistemic(class_counts: Array) -> Array:
    """Plausibility that the rarer of the two best classes is the right one after all: (m, c) -> (m,) in [0, 1].

    With s >= n the two largest counts and L(t) = t^s (1 - t)^n the likelihood of a chance t of the first class, the
    score is sup_t min(L(t) / max L, 1 - 2t), which is the smaller of the two classes' plausibilities. It is 1 where
    nothing was seen and falls with every label, also where labels contradict each other: doubt that data cannot
    remove does not count. More than two classes are read as the two with the largest counts (our reading; the paper
    has two). Cost O(mc), 52 bisections a row. Shines with noisy labels, where margin asks the same noise for ever.
    Fails when the counts' bandwidth is wrong: everything is then new, or nothing.

    Raises BadInput for negative counts.

    >>> import numpy as np
    >>> epistemic(np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0]])).round(4)
    array([1.    , 0.3333, 0.618 ])
    """
    check_not_negative("class_counts", class_counts)
    s, n = top2(double(class_counts))
    best = _log_likelihood(s / _at_least(s + n), s, n)
    xp = namespace(s)
    low, high = xp.zeros_like(s), xp.zeros_like(s) + 0.5
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        # The likelihood rises and 1 - 2t falls on [0, 1/2]: they cross once.
        below = xp.exp(_log_likelihood(middle, s, n) - best) < 1 - 2 * middle
        low, high = xp.where(below, middle, low), xp.where(below, high, middle)
    return xp.where(s + n > 0, 1 - low - high, xp.ones_like(s))


def _at_least(total: Array) -> Array:
    """The total, or 1 where it is 0."""
    xp = namespace(total)
    return xp.where(total > 0, total, xp.ones_like(total))


def _log_likelihood(t: Array, s: Array, n: Array) -> Array:
    """s log t + n log(1 - t), where a count of zero counts nothing even at t = 0 or 1."""
    xp = namespace(t)
    one = xp.ones_like(t)
    return s * xp.log(xp.where(s > 0, t, one)) + n * xp.log(xp.where(n > 0, 1 - t, one))


@score(
    cite="Kottke et al. 2016, Multi-Class Probabilistic Active Learning, ECAI, section 3",
    aliases=("mc_pal", "probabilistic_active_learning"),
)
def mcpal(class_counts: Array, density: Array | None = None, *, prior: float = 1.0, horizon: int = 2) -> Array:
    """Gain in accuracy near the row that labels there are expected to bring, times density: (m, c), (m,) -> (m,).

    The class chances near the row have the posterior Dirichlet(a) with a = counts + prior. h more labels l there
    raise the expected accuracy of deciding for the most frequent class from max a / A to E[max(a + l)] / (A + h), A
    the sum of a. The score is the largest such gain per label over h = 1..`horizon`, computed exactly; without
    `density`, all rows weigh alike. Cost O(m c^horizon). Shines with few labels and a good kernel: it weighs doubt
    against how much is known already. Fails in many dimensions, where no label is near.

    Raises BadInput for negative counts, a prior that is not positive, or a horizon below 1.

    >>> import numpy as np
    >>> mcpal(np.array([[0.0, 0.0], [8.0, 0.0]])).round(4) + 0
    array([0.1667, 0.    ])
    """
    if not prior > 0 or horizon < 1:
        raise BadInput(f"mcpal(prior={prior}, horizon={horizon}): use a positive prior and a horizon of 1 or more")
    check_not_negative("class_counts", class_counts)
    alpha = double(class_counts) + prior
    xp = namespace(alpha)
    total, best = xp.sum(alpha, axis=1), xp.max(alpha, axis=1)
    gain = None
    for h in range(1, horizon + 1):
        after = _expected_best(alpha, total, best, h) / (total + h)
        step = (after - best / total) / h
        gain = step if gain is None else xp.maximum(gain, step)
    return gain if density is None else gain * double(density)


def _expected_best(alpha: Array, total: Array, best: Array, h: int) -> Array:
    """E[max(alpha + l)] (m,) over h labels l of the Dirichlet-multinomial distribution."""
    xp = namespace(alpha)
    expected = xp.zeros_like(best)
    for labels in combinations_with_replacement(range(int(alpha.shape[1])), h):
        times = Counter(labels)
        orders = factorial(h) // prod(factorial(count) for count in times.values())
        chance, most = orders / _rising(total, h), best
        for j, count in times.items():
            chance = chance * _rising(alpha[:, j], count)
            most = xp.maximum(most, alpha[:, j] + count)
        expected = expected + chance * most
    return expected


def _rising(x: Array, count: int) -> Array:
    """x (x + 1) ... (x + count - 1)."""
    product = x
    for i in range(1, count):
        product = product * (x + i)
    return product
