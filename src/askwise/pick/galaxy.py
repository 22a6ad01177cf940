"""GALAXY and DIRECT: where, on a line of rows by margin, does each class end? For imbalanced pools."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from askwise.core.arrays import host
from askwise.core.errors import BadInput
from askwise.core.evidence import Taken
from askwise.core.noise import Noise
from askwise.core.registry import pick
from askwise.core.types import Array, FloatArray, IntArray

_UNKNOWN = -1


@dataclass
class Line:
    """Candidates and labelled rows by falling margin of one class.

    `rows` (s,) are positions of candidates, -1 for labelled rows; `state` (s,) is 1 in the class, 0 outside, -1
    unknown.
    """

    rows: IntArray
    state: IntArray

    @classmethod
    def of(cls, margins: FloatArray, known: FloatArray, inside: IntArray, rng: Noise) -> Line:
        """From margins of candidates (m,) and labelled rows (l,), and whether these are of the class (l,)."""
        m = len(margins)
        both = np.concatenate([margins, known])
        # Labelled rows first among equals, in their order; candidates by keyed noise.
        ties = np.concatenate([rng.bits("galaxy"), np.zeros(len(known), dtype=np.uint64)])
        order = np.lexsort((np.arange(len(both)), ties, -both))
        rows = np.where(order < m, order, -1)
        return cls(rows, np.concatenate([np.full(m, _UNKNOWN), inside])[order])

    def bisection(self) -> int | None:
        """The middle of the shortest stretch of unknown rows between two of different state, or None without one."""
        known = np.flatnonzero(self.state >= 0)
        gaps = np.diff(known) - 1
        apart = np.flatnonzero((self.state[known][1:] != self.state[known][:-1]) & (gaps > 0))
        if len(apart) == 0:
            return None
        left = apart[np.argmin(gaps[apart])]
        return int((known[left] + known[left + 1]) // 2)

    def beside_a_cut(self) -> int | None:
        """The unknown row nearest to a place where the state changes, or None without unknown rows or such a place."""
        cuts = (
            np.flatnonzero((self.state[1:] != self.state[:-1]) & (self.state[1:] >= 0) & (self.state[:-1] >= 0)) + 0.5
        )
        free = np.flatnonzero(self.state < 0)
        if len(cuts) == 0 or len(free) == 0:
            return None
        after = np.searchsorted(cuts, free)
        far = np.minimum(
            np.abs(free - cuts[np.minimum(after, len(cuts) - 1)]), np.abs(free - cuts[np.maximum(after - 1, 0)])
        )
        return int(free[np.argmin(far)])

    def threshold(self) -> int:
        """How many rows from the top to take for the class so that most labels are right; the middle of equal ones."""
        right = np.where(self.state < 0, 0, np.where(self.state == 1, 1, -1))
        agree = np.concatenate([[0], np.cumsum(right)])
        best = np.flatnonzero(agree == agree.max())
        return int(best[(len(best) - 1) // 2])

    def uncertain(self) -> tuple[int, int]:
        """First and one past the last place of the stretch in doubt: from the last label of the class before any other
        label, to the first label outside the class after which none is inside."""
        inside, outside = np.flatnonzero(self.state == 1), np.flatnonzero(self.state == 0)
        first = int(outside[0]) if len(outside) else len(self.state)
        last = int(inside[-1]) if len(inside) else -1
        before, beyond = inside[inside < first], outside[outside > last]
        return int(before[-1]) + 1 if len(before) else 0, int(beyond[0]) if len(beyond) else len(self.state)


def margins(probs: FloatArray) -> FloatArray:
    """p_k minus the largest other probability, for each class (m, c).

    >>> margins(np.array([[0.5, 0.25, 0.25]]))
    array([[ 0.25, -0.25, -0.25]])
    """
    c = probs.shape[1]
    return np.stack([probs[:, k] - np.delete(probs, k, axis=1).max(axis=1, initial=0.0) for k in range(c)], axis=1)


def _lines(probs: Array, labelled_probs: Array, labels: Array, rng: Noise) -> tuple[list[Line], IntArray]:
    """A line for each class (for the first alone of two: the other is its mirror), and labels of each class."""
    table, known = host(probs, np.float64), host(labels).astype(np.int64)
    c = table.shape[1]
    if len(known) and not 0 <= known.min() <= known.max() < c:
        worst = known.min() if known.min() < 0 else known.max()
        raise BadInput(f"labels holds {worst}, but probs has {c} columns; give class indices from 0 to {c - 1}")
    here, there = margins(table), margins(host(labelled_probs, np.float64))
    classes = range(c if c > 2 else 1)
    lines = [Line.of(here[:, k], there[:, k], (known == k).astype(np.int64), rng) for k in classes]
    return lines, np.bincount(known, minlength=c)


@pick(
    cite="Zhang, Katz-Samuels and Nowak 2022, GALAXY: Graph-based Active Learning at the Extreme, ICML, algorithms 1, 2"
)
def galaxy(probs: Array, labelled_probs: Array, labels: Array, *, n: int, rng: Noise, taken: Taken) -> IntArray:
    """Bisects, class by class, the line of rows by margin: (m, c), (l, c), (l,) -> (n,) positions, in the order chosen.

    For each class k all rows, labelled ones too, stand in order of p_k minus the largest other probability. A slot goes
    to a class drawn uniformly: to the middle of the shortest stretch of unlabelled rows between two labels of which one
    is k; when all such ends touch, to the row nearest to one; without any, to a random row. The paper learns each
    answer before the next slot; in a batch a chosen row stands for its predicted class, so ask one by one for the
    paper's own (with a model kept for several, ``refit=10``). Cost O(c m log m + n m). Shines on imbalanced pools: the
    end of a rare class is not at p = 1/2, and both sides of it are labelled. Fails with balanced classes, where margin
    does the same for less.

    Raises BadInput for a label that is no class of probs.

    >>> import numpy as np
    >>> P = np.array([[0.9, 0.1], [0.7, 0.3], [0.6, 0.4], [0.3, 0.7]])
    >>> galaxy(P, np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([0, 1]), n=1, rng=0)
    array([1])
    """
    lines, _ = _lines(probs, labelled_probs, labels, rng)
    predicted = host(probs).argmax(axis=1)
    place = np.empty((len(lines), len(predicted)), dtype=np.int64)
    for k, line in enumerate(lines):
        place[k, line.rows[line.rows >= 0]] = np.flatnonzero(line.rows >= 0)
    generator, at_random = rng.generator("galaxy"), np.argsort(rng.bits("galaxy random"))
    free = np.ones(len(predicted), dtype=bool)
    chosen: list[int] = []
    for _ in range(n):
        line = lines[generator.integers(len(lines))]
        found = line.bisection()
        found = line.beside_a_cut() if found is None else found
        row = int(at_random[free[at_random].argmax()] if found is None else line.rows[found])
        chosen.append(row)
        free[row] = False
        for k, other in enumerate(lines):
            other.state[place[k, row]] = int(predicted[row] == k)
    return np.asarray(chosen, dtype=np.int64)


@pick(
    cite="Nuggehalli, Zhang, Jain and Nowak 2023, DIRECT: Deep Active Learning under Imbalance and Label Noise,"
    " arXiv 2312.09196, algorithm 1"
)
def direct(
    probs: Array, labelled_probs: Array, labels: Array, *, n: int, rng: Noise, taken: Taken, explore: float = 0.5
) -> IntArray:
    """Both sides of each class's best threshold on its line: (m, c), (l, c), (l,) -> (n,) positions, in order.

    Lines as in `galaxy`. The threshold of class k is the cut of its line with most labels on their own side. A share
    `explore` of the batch is drawn uniformly from the stretch in doubt of the rarest classes first (it narrows where
    the threshold can be); the rest are the rows nearest to the thresholds, left and right in turn, each class the
    same number. A single wrong label moves a bisection for good, a threshold hardly. The paper narrows the stretch in
    several small parallel batches: here batches are those that are asked. Cost O(c m log m). Shines with imbalance
    and noisy labels. Fails without labels of a class: its line then has no end, and chance decides.

    Raises BadInput for a share outside 0 to 1, or a label that is no class of probs.

    >>> import numpy as np
    >>> P = np.array([[0.9, 0.1], [0.7, 0.3], [0.6, 0.4], [0.3, 0.7]])
    >>> direct(P, np.array([[0.65, 0.35], [0.5, 0.5]]), np.array([0, 1]), n=1, rng=0, explore=0.0)
    array([2])
    """
    if not 0 <= explore <= 1:
        raise BadInput(f"direct: explore={explore} is no share of the batch; give 0 to 1")
    lines, counts = _lines(probs, labelled_probs, labels, rng)
    free = np.ones(len(host(probs)), dtype=bool)
    chosen: list[int] = []
    noise = rng.uniform("direct")
    rarest = np.lexsort((rng.generator("direct").permutation(len(lines)), counts[: len(lines)]))
    for i, k in enumerate(rarest.tolist()):
        quota = _share(round(explore * n), i, len(lines))
        first, last = lines[k].uncertain()
        inside = _left(lines[k].rows[first:last], free)
        _take(inside[np.argsort(noise[inside], kind="stable")][:quota], free, chosen)
    left = n - len(chosen)
    for i, k in enumerate(rarest.tolist()):
        around = _left(_around(lines[k]), free)
        _take(around[: _share(left, i, len(lines))], free, chosen)
    return np.asarray(chosen[:n], dtype=np.int64)


def _share(total: int, i: int, parts: int) -> int:
    """Size of the i-th of so many nearly equal parts."""
    return total * (i + 1) // parts - total * i // parts


def _left(rows: IntArray, free: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> IntArray:
    """Candidates among these that are still free, in order."""
    rows = rows[rows >= 0]
    return rows[free[rows]]


def _take(rows: IntArray, free: np.ndarray[tuple[int], np.dtype[np.bool_]], chosen: list[int]) -> None:
    free[rows] = False
    chosen.extend(rows.tolist())


def _around(line: Line) -> IntArray:
    """Rows from the threshold outwards: left, right, left ..., then the longer side's rest."""
    cut = line.threshold()
    at = np.arange(len(line.rows))
    steps = np.where(at < cut, 2 * (cut - at) - 1, 2 * (at - cut) + 2)
    return line.rows[np.argsort(steps, kind="stable")]
