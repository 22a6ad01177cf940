"""ACS-FW: a weighted batch whose likelihood stands for the pool's."""

from __future__ import annotations

import logging

import numpy as np

from askwise.core.errors import MissingEvidence
from askwise.core.evidence import Taken
from askwise.core.noise import Noise
from askwise.core.registry import pick
from askwise.core.types import Array, FloatArray, IntArray
from askwise.kernels.backend import backend
from askwise.kernels.coarse import Contest
from askwise.kernels.compiled import weighted_sums
from askwise.kernels.gradient import Gradients
from askwise.kernels.half import widened
from askwise.kernels.linear import slices
from askwise.kernels.space import Space, is_stored, squared_lengths

log = logging.getLogger("askwise")


@pick(
    cite="Pinsler et al. 2019, Bayesian Batch Active Learning as Sparse Subset Approximation, NeurIPS, algorithm 1;"
    " Holzmueller et al. 2023, Deep Batch Active Learning for Regression, JMLR 24, section 4.2, FW",
    aliases=("acs_fw",),
    streams="exact",
)
def frank_wolfe(
    embeddings: Array, probs: Array | None = None, *, n: int, rng: Noise, taken: Taken, gradients: bool = False
) -> IntArray:
    """Frank-Wolfe steps towards the sum of all rows: (m, d) -> (n,) positions, in the order chosen.

    Approximates L = sum x over pool, labelled and pending rows by a sum with few weights, constrained to
    sum w |x| = sum |x|. Each step takes the unpicked row best aligned with the residual, max <L - L_w, x> / |x|, and
    moves the weights towards it by exact line search; weights start evenly on the labelled and pending rows. Alignments
    within 1e-10 of the largest are equal, and the lowest key wins; zero rows come last. `gradients` puts last-layer
    gradients (p - onehot) outer x, factorised, in place of x. Cost one pass a pick (c with gradients) over a copy of
    the rows in bytes, then a few rows in float64; d + 60 bytes a row. On disk n + 2 plain passes, under
    `Strategy(exact=True)` only, with 40 bytes a row and with gradients the probabilities held. Shines as a batch that
    mirrors the pool's density. Fails where rare rows matter.

    Raises MissingEvidence for gradients without probs.

    >>> import numpy as np
    >>> frank_wolfe(np.array([[1.0, 0.0], [1.0, 0.1], [0.0, 3.0]]), n=2, rng=0)
    array([2, 0])
    """
    if gradients and probs is None:
        raise MissingEvidence("frank_wolfe(gradients=True) needs 'probs' (m, c) beside embeddings; pass it to select()")
    pool = _factors(embeddings, probs if gradients else None)
    if is_stored(embeddings):
        log.info("frank_wolfe makes %d passes over embeddings on disk", n + 2)
    held = taken.get("embeddings")
    before = None if held is None else _factors(held, taken.get("probs") if gradients else None)
    return _steps(pool, before, n)


def _factors(embeddings: Array, probs: Array | None) -> Gradients:
    """Rows as outer products: a = 1 for plain features. Of rows on disk the factors a and the lengths are held."""
    rows = Space.of(embeddings).rows
    if probs is None:
        return Gradients(np.ones((len(rows), 1), dtype=np.float32), rows, squared_lengths(rows))
    if not is_stored(rows) and not is_stored(probs):
        return Gradients.of(probs, embeddings)
    plain = Gradients.of(probs[:] if is_stored(probs) else probs, np.ones((len(rows), 1)))
    rows = rows.astype(np.float32)
    return Gradients(plain.a, rows, plain.squares * squared_lengths(rows))


def _steps(pool: Gradients, before: Gradients | None, n: int) -> IntArray:
    """The rows that n Frank-Wolfe steps take."""
    lengths = np.sqrt(pool.squares)
    goal, total = _sum(pool), float(lengths.sum())
    reached = np.zeros_like(goal)
    if before is not None and (share := float(np.sqrt(before.squares).sum())) > 0:
        goal += (start := _sum(before))
        total += share
        reached = start * (total / share)
    usable = lengths > 0
    factors = pool.a.astype(np.float64) / np.where(usable, lengths, 1.0)[:, None]
    contest = Contest(pool.h, factors, usable, n)
    chosen: list[int] = []
    while len(chosen) < n:
        if not usable.any():
            rest = np.setdiff1d(np.arange(len(pool)), chosen)
            return np.concatenate([np.asarray(chosen, dtype=np.int64), rest[: n - len(chosen)]])
        residual = goal - reached
        best = contest.best(residual)
        chosen.append(best)
        usable[best] = False
        vertex = np.outer(pool.a[best].astype(np.float64), pool.h[best]) * (total / lengths[best])
        step = vertex - reached
        size = float((step * step).sum())
        reached = reached + np.clip((step * residual).sum() / size if size > 0 else 0.0, 0.0, 1.0) * step
    return np.asarray(chosen, dtype=np.int64)


def _sum(rows: Gradients) -> FloatArray:
    """Sum (c, d) in float64 of outer products."""
    total = np.zeros((rows.a.shape[1], rows.h.shape[1]))
    for part in slices(rows.h):
        if backend() == "numba":
            weighted_sums(widened(rows.h[part]), rows.a[part], total)
        else:
            total += rows.a[part].astype(np.float64).T @ rows.h[part].astype(np.float64)
    return total
