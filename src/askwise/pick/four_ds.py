"""4DS: distance, density, diversity and distribution, weighed by how far the labels are from the pool's make-up."""

from __future__ import annotations

import numpy as np

from askwise.core.arrays import host
from askwise.core.errors import BadInput
from askwise.core.evidence import Taken
from askwise.core.noise import Noise
from askwise.core.registry import pick
from askwise.core.types import Array, FloatArray, IntArray
from askwise.kernels.mixture import fit_mixture, standardised
from askwise.kernels.rows import top2

_SMALL = 1e-5
_DIGITS = 9


@pick(
    cite="Reitmaier and Sick 2013, Let Us Know Your Decision: Pool-Based Active Training of a Generative Classifier"
    " with the Selection Strategy 4DS, Information Sciences 230, equations 9 to 15",
    aliases=("4ds",),
)
def four_ds(
    probs: Array,
    embeddings: Array,
    *,
    n: int,
    rng: Noise,
    taken: Taken,
    components: int = 10,
    diversity: float | None = None,
) -> IntArray:
    """Four criteria over a Gaussian mixture of the pool: (m, c), (m, d) -> (n,) positions, in the order chosen.

    Each pick has the largest alpha (1 - D) + beta F + rho Q + lambda V, all scaled to [0, 1] over the pool: D = log(p1
    / p2) is far from the decision boundary; F the log-density of a mixture of `components` diagonal Gaussians; Q = 1 -
    sum_j max(0, phi_j - r_j), phi the mixture's weights and r the mean responsibilities of the labelled, pending and
    picked rows and this one; V minus the log of the mean kernel of the row and the batch so far (the paper's entropy of
    the batch, the part that depends on the row). rho = min(1, sum_j |phi_j - r_j|) of what is taken, so that labels
    follow the pool first; lambda is `diversity`, by default min(0.05 (n - 1), 0.5), from the second pick on; the rest
    is split by how sure the model is. The paper's classifier is the mixture itself; here any will do. Ties go to the
    lowest key. Cost O(m k d) for each step of the mixture, O(m (k + d)) a pick. Shines with few labels and clusters
    that mean classes. Fails in many dimensions, where densities mean little.

    Raises BadInput for fewer than one component, or a diversity outside 0 to 1.

    >>> import numpy as np
    >>> rows = np.array([[0.0], [0.1], [0.2], [9.0], [9.1], [9.2]])
    >>> p = np.array([[0.9, 0.1], [0.9, 0.1], [0.6, 0.4], [0.1, 0.9], [0.1, 0.9], [0.4, 0.6]])
    >>> sorted(four_ds(p, rows, n=2, rng=0, components=2) // 3)
    [np.int64(0), np.int64(1)]
    """
    share = min(0.05 * (n - 1), 0.5) if diversity is None else diversity
    if components < 1 or not 0 <= share <= 1:
        raise BadInput(f"four_ds: components={components} must be positive, and diversity={share} lie between 0 and 1")
    rows, table, held = host(embeddings, np.float64), host(probs, np.float64), taken.get("embeddings")
    m = len(rows)
    scaled = standardised(rows if held is None else np.concatenate([rows, host(held, np.float64)]))
    model = fit_mixture(scaled, components, rng.generator("four_ds"))
    belongs = model.predict_proba(scaled)
    first, second = top2(table)
    away, density = _unit(np.log((first + _SMALL) / (second + _SMALL))), _unit(model.score_samples(scaled[:m]))
    seen, count = belongs[m:].sum(axis=0), len(scaled) - m
    rho = min(1.0, float(np.abs(model.weights_ - seen / max(count, 1)).sum()))
    free = np.ones(m, dtype=bool)
    near = np.zeros(m)
    chosen: list[int] = []
    while len(chosen) < n:
        alpha, beta, part, spread = _weights(rho, share if chosen else 0.0, first, density, not chosen)
        value = alpha * (1.0 - away) + beta * density + part * _follows(belongs[:m], seen, count, model.weights_)
        if chosen:
            value = value + spread * _unit(-np.log(near / len(chosen) + _SMALL))
        best = int(np.argmax(np.where(free, np.round(value, _DIGITS), -np.inf)))
        chosen.append(best)
        free[best] = False
        seen, count = seen + belongs[best], count + 1
        near += np.exp(-((scaled[:m] - scaled[best]) ** 2).mean(axis=1) / 2.0)
    return np.asarray(chosen, dtype=np.int64)


def _weights(
    rho: float, share: float, first: FloatArray, density: FloatArray, single: bool
) -> tuple[float, float, float, float]:
    """alpha, beta, rho and lambda, which sum to one: equations 13 to 15."""
    if single:
        alpha = (1.0 - rho) * float(((1.0 - first) * density).mean())
        return alpha, 1.0 - rho - alpha, rho, 0.0
    rho = min(rho, 1.0 - share)
    alpha = (1.0 - rho - share) * float(first.mean())
    return alpha, 1.0 - rho - share - alpha, rho, share


def _follows(belongs: FloatArray, seen: FloatArray, count: int, weights: FloatArray) -> FloatArray:
    """Q (m,): one less what the components lack of their weights once the row has joined."""
    missing = weights - (seen + belongs) / (count + 1)
    return np.asarray(1.0 - np.maximum(missing, 0.0).sum(axis=1))


def _unit(values: FloatArray) -> FloatArray:
    """Values scaled to [0, 1]; zeros when they are equal up to rounding."""
    low, high = float(values.min()), float(values.max())
    return (values - low) / (high - low) if high - low > 1e-9 * (1.0 + abs(high)) else np.zeros(len(values))
