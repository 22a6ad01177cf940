"""BESRA: labels that are expected to sharpen predictions elsewhere, under a score that can favour rare labels."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from askwise.core.arrays import host
from askwise.core.errors import BadInput
from askwise.core.evidence import Taken
from askwise.core.noise import Noise
from askwise.core.registry import pick
from askwise.core.topn import top_order
from askwise.core.types import Array, FloatArray, IntArray
from askwise.kernels.cluster import distinct_nearest, k_means

_BLOCK = 256
"""Rows whose gains are held at a time."""


@pick(cite="Tan et al. 2024, Harnessing the Power of Beta Scoring in Deep Active Learning, AAAI, section 3")
def besra(
    marginal_draws: Array,
    *,
    n: int,
    rng: Noise,
    taken: Taken,
    alpha: float = 0.1,
    beta: float = 1.0,
    targets: int = 100,
    keep: float = 0.5,
) -> IntArray:
    """Expected gain in beta score on target rows, spread by k-means: (m, k, q) -> (n,) positions, best first.

    For row x, label j and answer v the draws are weighted by p(y_j = v | x); the gain at target t is the score's
    divergence D(q_v, q) of the target's chance after the answer from that before, averaged over v by its chance
    and summed over j. The share `keep` of rows with the largest total gain is clustered by the direction of its
    gains over `targets` random rows, and the row nearest to each of n centres is asked, largest gain first. alpha
    = beta = 0 is the log score, 1 and 1 half the Brier score; alpha < beta weighs rare labels up. Labels are
    taken as independent. Cost O(m k q targets), memory of keep m targets numbers. Shines on many imbalanced
    labels with a committee. Fails with few draws.

    Raises BadInput for negative exponents, or if just one is zero.

    >>> import numpy as np
    >>> D = np.array([[[0.0], [1.0]], [[0.5], [0.5]], [[0.5], [0.5]]])
    >>> besra(D, n=1, rng=0, keep=0.3)
    array([0])
    """
    p = host(marginal_draws, np.float64)
    m = len(p)
    chosen = p[np.sort(rng.generator("besra targets").permutation(m)[:targets])]
    total = _in_blocks(lambda rows: _gains(rows, chosen, alpha, beta).sum(axis=1), p)
    short = np.sort(top_order(total, rng.keys, max(n, int(np.ceil(keep * m))), rng.seed))
    gains = _in_blocks(lambda rows: _gains(rows, chosen, alpha, beta).astype(np.float32), p[short])
    directions = gains / np.where(total[short] > 0, total[short], 1.0)[:, None]
    centres, _ = k_means(directions, n, rng.generator("besra"))
    at = short[distinct_nearest(directions, centres, np.arange(len(short)))]
    # Fewer distinct directions than rows to ask leaves centres empty: the largest gains fill up.
    rest = np.setdiff1d(short, at)
    fill = rest[top_order(total[rest], rng.keys[rest], n - len(at), rng.seed)]
    at = np.concatenate([at, fill])
    return at[top_order(total[at], rng.keys[at], n, rng.seed)]


def _in_blocks(function: Callable[[FloatArray], FloatArray], rows: FloatArray) -> FloatArray:
    return np.concatenate([function(rows[i : i + _BLOCK]) for i in range(0, len(rows), _BLOCK)])


def _gains(rows: FloatArray, targets: FloatArray, alpha: float, beta: float) -> FloatArray:
    """Expected gain (b, t) of each target from each row's labels."""
    gains = np.zeros((len(rows), len(targets)))
    for j in range(rows.shape[2]):
        there, before = targets[:, :, j], targets[:, :, j].mean(axis=1)
        for weights in (rows[:, :, j], 1 - rows[:, :, j]):
            total = weights.sum(axis=1)
            # An answer without a chance adds nothing, whatever it would say.
            after = weights @ there.T / np.where(total > 0, total, 1.0)[:, None]
            after = np.clip(np.where(total[:, None] > 0, after, before), 0.0, 1.0)
            gains += (total / rows.shape[1])[:, None] * divergence(after, before[None, :], alpha, beta)
    return gains


def divergence(p: FloatArray, q: FloatArray, alpha: float, beta: float) -> FloatArray:
    """Loss of reporting q where p is right, under the beta score: E_p[S(p, y) - S(q, y)] >= 0, elementwise.

    S(q, 1) = -int_q^1 c^(alpha-1) (1-c)^beta dc and S(q, 0) = -int_0^q c^alpha (1-c)^(beta-1) dc (Buja et al. 2005).

    >>> float(divergence(np.array(0.75), np.array(0.25), 1.0, 1.0))
    0.125
    """
    one, zero = _score_parts(p, alpha, beta)
    one_q, zero_q = _score_parts(q, alpha, beta)
    # An answer without a chance counts 0, however infinite its loss.
    with np.errstate(invalid="ignore"):
        gap_one, gap_zero = np.where(p > 0, p * (one - one_q), 0.0), np.where(p < 1, (1 - p) * (zero - zero_q), 0.0)
    return np.asarray(np.maximum(gap_one + gap_zero, 0.0))


def _score_parts(q: FloatArray, alpha: float, beta: float) -> tuple[FloatArray, FloatArray]:
    """S(q, 1) and S(q, 0) of the beta family."""
    if alpha == 0 and beta == 0:
        with np.errstate(divide="ignore"):
            return np.log(q), np.log1p(-q)
    if not (alpha > 0 and beta > 0):
        raise BadInput(f"besra(alpha={alpha}, beta={beta}): give two positive exponents, or 0 and 0 for the log score")
    from scipy.special import beta as whole
    from scipy.special import betainc, betaincc

    return -whole(alpha, beta + 1) * betaincc(alpha, beta + 1, q), -whole(alpha + 1, beta) * betainc(alpha + 1, beta, q)
