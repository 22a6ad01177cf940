"""Info-Coevolution: rows drawn by what neither the model nor their labelled neighbours know."""

from __future__ import annotations

import numpy as np

from askwise.core.arrays import host
from askwise.core.errors import BadInput
from askwise.core.evidence import Taken
from askwise.core.noise import Noise
from askwise.core.registry import pick
from askwise.core.types import Array, FloatArray, IntArray
from askwise.kernels.remaining import fused, model_view, neighbour_view

_FLOOR = 1e-12


@pick(cite="Qin et al. 2025, Info-Coevolution: An Efficient Framework for Data Model Coevolution, ICML, section 3")
def info_coevolution(
    probs: Array,
    embeddings: Array,
    labelled_embeddings: Array | None = None,
    labels: Array | None = None,
    *,
    n: int,
    rng: Noise,
    taken: Taken,
    neighbours: int = 8,
    reach: float = 0.85,
) -> IntArray:
    """Draws by the gain left after model and neighbours: (m, c), (m, d), (l, d), (l,) -> (n,), in the order drawn.

    The model's confidence is x = (max p - 1/c) / (1 - 1/c). The `neighbours` nearest labelled rows with a cosine of
    `reach` or more vote, weighted by it; the winner's share times the largest cosine is their confidence y (times it,
    so that one far vote is not certainty: our choice). Agreeing views give xy / (xy + (1 - x)(1 - y)) when both exceed
    1/2 and the larger one otherwise; conflicting ones u (1 - v) / (u (1 - v) + (1 - u) v), u the larger. The gain is
    one less that. Each slot draws a row with probability proportional to its gain; the rows within `reach` of it then
    hear one more voice, as sure as their cosine and for their own class. Pending rows count as drawn. Stop when the
    gains left sum to less than one: the stopping rule `remaining_gain`. Cost O(m l d + n m d). Shines on pools that
    repeat themselves: a copy of a labelled row is worth nothing. Fails with embeddings in which everything is near
    everything: raise the reach.

    Raises BadInput for fewer than one neighbour, or a reach outside 0 to 1.

    >>> import numpy as np
    >>> p, rows = np.array([[0.5, 0.5], [1.0, 0.0], [1.0, 0.0]]), np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]])
    >>> info_coevolution(p, rows, n=1, rng=0)
    array([0])
    """
    if neighbours < 1 or not 0 < reach < 1:
        raise BadInput(f"info_coevolution: neighbours={neighbours} must be positive, reach={reach} in (0, 1)")
    rows, table = host(embeddings, np.float64), host(probs, np.float64)
    known = labels is not None and labelled_embeddings is not None and len(host(labels)) > 0
    confidence, predicted = model_view(table)
    if known:
        held, y = host(labelled_embeddings, np.float64), host(labels).astype(np.int64)
        confidence = fused(confidence, predicted, *neighbour_view(rows, held, y, table.shape[1], neighbours, reach))
    gain = 1.0 - confidence
    pending = taken.only_pending().get("embeddings")
    units = _units(rows)
    for row in _units(host(pending, np.float64)) if pending is not None else ():
        _settle(gain, units, row, reach)
    return _draw(gain, units, n, reach, rng)


def _units(rows: FloatArray) -> FloatArray:
    """Rows of length one; a zero row has no direction and stays zero."""
    lengths = np.sqrt(np.einsum("ij,ij->i", rows, rows))
    return np.asarray(rows / np.where(lengths > 0, lengths, 1.0)[:, None])


def _settle(gain: FloatArray, units: FloatArray, row: FloatArray, reach: float) -> None:
    """Lower the gains (m,) of rows near one whose answer is expected."""
    cosines = np.minimum(np.round(units @ row, 12), 1.0)
    near = cosines >= reach
    same = np.zeros(int(near.sum()), dtype=np.int64)
    gain[near] = 1.0 - fused(1.0 - gain[near], same, cosines[near], same)


def _draw(gain: FloatArray, units: FloatArray, n: int, reach: float, rng: Noise) -> IntArray:
    generator = rng.generator("info_coevolution")
    free = np.ones(len(units), dtype=bool)
    chosen: list[int] = []
    while len(chosen) < n:
        # Rounded, so that the type of the evidence does not move the draw.
        odds = np.where(free, np.maximum(np.round(gain, 6), _FLOOR), 0.0)
        at = int(np.searchsorted(np.cumsum(odds), generator.random() * odds.sum(), side="right"))
        at = min(at, int(np.flatnonzero(free)[-1]))
        chosen.append(at)
        free[at] = False
        _settle(gain, units, units[at], reach)
    return np.asarray(chosen, dtype=np.int64)
