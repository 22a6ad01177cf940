"""BatchBALD: the rows whose labels together say most about the model."""

from __future__ import annotations

import logging
import math

import numpy as np

from askwise.core.arrays import host
from askwise.core.errors import BadInput
from askwise.core.evidence import Taken
from askwise.core.noise import Noise
from askwise.core.registry import pick
from askwise.core.types import Array, FloatArray, IntArray
from askwise.kernels.joint import Joint, mean_entropies
from askwise.kernels.lazy import lazy_greedy

_DIGITS = 12
"""Decimals of a gain that count: beyond them equal rows differ by the order of a sum."""

_FULL = 0.999
"""Share of log(k) nats, all that k draws can tell, at which a batch tells it all."""

_log = logging.getLogger("askwise")


@pick(cite="Kirsch, van Amersfoort and Gal 2019, BatchBALD, NeurIPS, sections 3.1 to 3.3")
def batch_bald(samples: Array, *, n: int, rng: Noise, taken: Taken, configurations: int = 2_000) -> IntArray:
    """Greedy maximum of the joint mutual information: (m, k, c) -> (n,) positions, in the order chosen.

    Each pick adds most to I(y_1..y_b; model) = H(y_1..y_b) - sum_i mean_k H(p_ik). Its gain is the mean, over label
    configurations of the batch so far, of the entropy of the row's prediction given them, less its mean entropy under
    the draws. All c^b configurations are used while they are at most `configurations`, then that many drawn by their
    probability. Draw k must be the same model for all rows (the evidence promises it). Pending rows are the first part
    of the batch. Ties go to the larger BALD, then to keyed noise. Cost O(m k c) for BALD, then
    O(configurations k c) for each row whose old gain may still be the largest. Shines for batches up to about ten on
    redundant pools. Fails beyond log(k) nats, all that k draws can tell: the rest of the batch is then the largest
    BALD, and the logger `askwise` says so.

    Raises BadInput for fewer configurations than one.

    >>> import numpy as np
    >>> copies, other = [[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0]], [[1.0, 0.0], [0.0, 1.0]] * 2
    >>> 2 in batch_bald(np.array([copies, copies, other]), n=2, rng=0)
    True
    """
    if configurations < 1:
        raise BadInput(f"batch_bald: configurations={configurations} holds no label; give 1 or more, 2000 by default")
    table = host(samples)
    state = [Joint.empty(table.shape[1])]
    generator = rng.generator("batch_bald")
    alone = mean_entropies(table)
    bald = np.round(state[0].gains(table, alone), _DIGITS)
    # In this order the lowest of equal positions is the one that ties go to.
    order = np.lexsort((rng.bits("batch_bald"), -bald))

    told = [0.0]

    def gains(at: IntArray) -> FloatArray:
        return np.round(state[0].gains(table[order[at]], alone[order[at]]), _DIGITS)

    def add(probs: FloatArray) -> bool:
        """Extend the batch by a row; whether the draws can tell more than it does."""
        told[0] += float(state[0].gains(probs[None], mean_entropies(probs[None]))[0])
        state[0] = state[0].extend(probs.astype(np.float64), configurations, generator)
        return told[0] < _FULL * math.log(table.shape[1])

    more = True
    for probs in _pending(taken):
        more = add(probs)
    chosen = lazy_greedy(n, bald[order], gains, lambda at: add(table[order[at]])) if more else order[:0]
    if len(chosen) < n:
        _log.warning(
            "batch_bald: %d of %d rows tell all that %d draws can (%.3g nats); the others have the largest BALD. Use "
            "more draws, or the pick 'power'",
            *(len(chosen), n, table.shape[1], math.log(table.shape[1])),
        )
    rest = np.setdiff1d(np.arange(len(order)), chosen)
    picked: IntArray = order[np.concatenate([chosen, rest[: n - len(chosen)]])]
    return picked


def _pending(taken: Taken) -> FloatArray:
    held = taken.only_pending().get("samples")
    return np.zeros((0, 1, 1)) if held is None else host(held)
