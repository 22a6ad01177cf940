"""DCoM: cover the pool while the model knows little, ask its doubts once its labels reach far."""

from __future__ import annotations

import numpy as np

from askwise.core.arrays import host
from askwise.core.errors import BadInput
from askwise.core.evidence import Taken
from askwise.core.noise import Noise
from askwise.core.registry import pick
from askwise.core.types import Array, BoolArray, FloatArray, IntArray
from askwise.kernels.balls import Balls, Cover, squared_blocks
from askwise.kernels.purity import own_squares, pure_radius, within
from askwise.kernels.rows import top2

_DIGITS = 9
"""A competence below this is none: while nothing is covered, equal balls tie."""


@pick(cite="Mishal and Weinshall 2024, DCoM: Active Learning for All Learners, arXiv 2407.01804, section 3")
def dcom(
    probs: Array,
    embeddings: Array,
    labelled_embeddings: Array | None = None,
    labels: Array | None = None,
    *,
    n: int,
    rng: Noise,
    taken: Taken,
    delta: float | None = None,
    steepness: float = 30.0,
    centre: float = 0.9,
    max_edges: int = 50_000_000,
) -> IntArray:
    """Coverage and margin, weighed by how far the labels reach: (m, c), (m, d), (l, d), (l,) -> (n,), in order.

    Each labelled row has a ball of its own: the largest one, up to 1.5 `delta`, in which at least 0.4 + 0.2 C of the
    rows are predicted as its label. Picks maximise S (1 - margin) + (1 - S) q, both terms scaled to [0, 1] over the
    pool: q counts the uncovered rows within the mean radius, S = (1 + exp(-k (1 - a))) / (1 + exp(-k (C - a))) is the
    competence with k = `steepness`, a = `centre`, and C the share of rows that the balls cover. `delta` is by default
    ProbCover's radius with c pseudo-classes, and the radius of every ball before the first label. Pending rows cover
    the mean ball. Unlike in the paper, whose radii are kept from the round of their label, all of them are those of the
    present model: nothing is remembered. Ties go to the lowest key. Cost O((m + l) m d) for the balls.
    Shines when nobody knows whether the budget is low or high. Fails with features that do not separate classes, which
    keep the balls small and the competence at zero: then it is ProbCover.

    Raises BadInput for a radius or steepness that is not positive, and as `prob_cover` for too many pairs.

    >>> import numpy as np
    >>> probs, rows = np.array([[0.5, 0.5], [0.9, 0.1], [0.9, 0.1]]), np.array([[0.0], [5.0], [5.1]])
    >>> dcom(probs, rows, n=2, rng=0, delta=1.0)
    array([1, 0])
    """
    rows, table = host(embeddings), host(probs, np.float64)
    held = rows[:0] if labelled_embeddings is None else host(labelled_embeddings)
    known = np.zeros(0, dtype=np.int64) if labels is None else host(labels).astype(np.int64)
    start = delta
    if start is None:
        both = np.concatenate([rows, held])
        start = pure_radius(both, table.shape[1], 0.95, rng.generator("prob_cover"))
    if not start > 0 or not steepness > 0:
        raise BadInput(f"dcom: delta={start} and steepness={steepness} must be positive; give a distance, and 30")
    squares = _squares(rows, table.argmax(axis=1), held, known, start)
    covered, mean = _reached(rows, held, squares), float(np.sqrt(squares).mean()) if len(held) else start
    skill = competence(float(covered.mean()), steepness, centre)
    pending = taken.only_pending().get("embeddings")
    if pending is not None:
        covered |= within(rows, host(pending), mean)
    first, second = top2(table)
    cover = Cover(Balls.of(rows, mean, max_edges), covered)
    return _greedy(cover, _unit(second - first), skill, n)


def competence(coverage: float, steepness: float, centre: float) -> float:
    """S(C): 0 while little is covered, 1 when all is.

    >>> competence(1.0, 30.0, 0.9), round(competence(0.9, 30.0, 0.9), 3), round(competence(0.5, 30.0, 0.9), 3)
    (1.0, 0.525, 0.0)
    """
    return float((1 + np.exp(-steepness * (1 - centre))) / (1 + np.exp(-steepness * (coverage - centre))))


def _squares(rows: FloatArray, predicted: IntArray, held: FloatArray, labels: IntArray, start: float) -> FloatArray:
    """Squared radius (l,) of each labelled row: balls must be the purer, the more of the pool is covered already."""
    if len(held) == 0:
        return np.zeros(0)
    purity = 0.4 + 0.2 * float(within(rows, held, start).mean())
    return own_squares(rows, predicted, held, labels, purity, 1.5 * start)


def _reached(rows: FloatArray, held: FloatArray, squares: FloatArray) -> BoolArray:
    """Which rows (m,) lie in the ball of a labelled row, each with its own radius."""
    covered = np.zeros(len(rows), dtype=bool)
    for part, block in squared_blocks(rows, held):
        covered[part] = (block < squares).any(axis=1)
    return covered


def _greedy(cover: Cover, doubt: FloatArray, skill: float, n: int) -> IntArray:
    free = np.ones(len(doubt), dtype=bool)
    chosen: list[int] = []
    while len(chosen) < n:
        value = np.round(skill * doubt + (1.0 - skill) * _unit(cover.gains), _DIGITS)
        chosen.append(int(np.argmax(np.where(free, value, -np.inf))))
        free[chosen[-1]] = False
        cover.add(chosen[-1])
    return np.asarray(chosen, dtype=np.int64)


def _unit(values: FloatArray | IntArray) -> FloatArray:
    """Values scaled to [0, 1]; zeros when they are all equal."""
    low, high = values.min(), values.max()
    return np.asarray((values - low) / (high - low), dtype=np.float64) if high > low else np.zeros(len(values))
