"""What an answer would do to errors elsewhere, for a classifier by kernel-weighted counts: exact without refitting.

The model is a Parzen window classifier: the chances at a row are (counts + prior) / sum, with counts the labels near
the row. An answer y about row x adds the kernel's value K(t, x) to the count of y at every target t, and nothing
else.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from askwise.core.arrays import namespace
from askwise.core.errors import BadInput, did_you_mean
from askwise.core.registry import score
from askwise.core.types import Array
from askwise.kernels.information import check_not_negative, checked_costs, double, like, plogp
from askwise.kernels.parzen import bandwidth, kernel
from askwise.kernels.parzen import class_counts as counts_near

_BLOCK = 1 << 22
"""Kernel values held at a time."""

Loss = Callable[[Array, Array, int], Array]
"""(smoothed counts (t, c), kernel values (b, t), answer) -> what it brings at each target (b, t)."""

_LOSSES = ("log", "zero_one")


@score(
    cite="Roy and McCallum 2001, Toward Optimal Active Learning through Sampling Estimation of Error Reduction, ICML,"
    " section 2; Chapelle 2005, Active Learning for Parzen Window Classifier, AISTATS, section 3",
    aliases=("eer",),
)
def expected_error_reduction(
    embeddings: Array,
    class_counts: Array,
    target_embeddings: Array,
    labelled_embeddings: Array,
    labels: Array,
    *,
    loss: str = "zero_one",
    prior: float = 0.001,
) -> Array:
    """Minus the error expected on target rows after the answer: (m, d), (m, c), (t, d), (l, d), (l,) -> (m,).

    sum_y p(y | x) mean_t loss_t(y), with loss 1 - max p (``zero_one``) or the entropy of p (``log``) of the Parzen
    window classifier that has the answer. Targets are 500 rows of the pool, drawn once. Exact. Cost O(m t (c + d)).
    Shines with few labels: it sees what an answer does to the pool, and passes over outliers. Fails when the kernel
    does: with many dimensions, or when the model that is trained is quite another.

    Raises BadInput for an unknown loss, a prior that is not positive, or negative counts.

    >>> import numpy as np
    >>> X, L, y = np.array([[0.0], [9.0]]), np.array([[-1.0], [1.0]]), np.array([0, 1])
    >>> gain = expected_error_reduction(X, np.full((2, 2), 0.5), X[:1], L, y)
    >>> bool(gain[0] > gain[1])
    True
    """
    if loss not in _LOSSES:
        raise BadInput(f"expected_error_reduction: loss={loss!r} is unknown.{did_you_mean(loss, _LOSSES)}")
    after = _minus_error if loss == "zero_one" else _minus_entropy
    return _expected(embeddings, class_counts, target_embeddings, labelled_embeddings, labels, prior, after)


@score(
    cite="Kottke et al. 2021, Toward Optimal Probabilistic Active Learning Using a Bayesian Approach, Machine"
    " Learning 110",
    aliases=("extended_probabilistic_active_learning",),
)
def xpal(
    embeddings: Array,
    class_counts: Array,
    target_embeddings: Array,
    labelled_embeddings: Array,
    labels: Array,
    *,
    prior: float = 0.001,
) -> Array:
    """Accuracy gained on targets by decisions that the answer changes: (m, d), (m, c), (t, d), (l, d), (l,) -> (m,).

    sum_y p(y | x) mean_t [p_t(new decision) - p_t(old decision)], both under the chances p_t after the answer: never
    negative, and 0 where no answer changes a decision. Same model and targets as `expected_error_reduction`. Cost O(m
    t (c + d)). Shines with few labels; unlike error reduction it is not moved by targets that only become more
    certain. Fails when single answers change nothing: all scores are then 0, and the order is by lot.

    Raises BadInput for a prior that is not positive, or negative counts.

    >>> import numpy as np
    >>> X, L, y = np.array([[0.0], [9.0]]), np.array([[-1.0], [1.0]]), np.array([0, 1])
    >>> xpal(X, np.full((2, 2), 0.5), X[:1], L, y).round(3)
    array([0.288, 0.   ])
    """
    return _expected(embeddings, class_counts, target_embeddings, labelled_embeddings, labels, prior, _changed)


@score(
    cite="Kapoor, Horvitz and Basu 2007, Selective Supervision: Guiding Supervised Learning with Decision-Theoretic"
    " Active Learning, IJCAI, section 3; Margineantu 2005, Active Cost-Sensitive Learning, IJCAI",
    aliases=("voi",),
)
def value_of_information(
    embeddings: Array,
    class_counts: Array,
    target_embeddings: Array,
    labelled_embeddings: Array,
    labels: Array,
    costs: Array | None = None,
    *,
    cost_matrix: Any = None,
    decisions: float = 1.0,
    prior: float = 0.001,
) -> Array:
    """Fall of the expected cost of decisions, less the price: (m, d), (m, c), (t, d), (l, d), (l,), (m,) -> (m,).

    decisions * [mean_t min_j sum_i p_i C[i, j] - sum_y p(y | x) (the same after the answer)] - costs: `decisions` is
    how many will be taken, C (c, c) what deciding j costs when i is true (1 for an error by default), both in the unit
    of `costs`, the price of each row (0 without). Same model and targets as `expected_error_reduction`. Where no value
    is above 0, no answer pays. Cost O(m t c (d + c)). Shines when errors and answers have prices. Fails by looking one
    answer ahead: where two together would pay and one does not, it sees nothing.

    Raises BadInput for decisions or a prior that are not positive, a matrix of another shape, or negative counts.

    >>> import numpy as np
    >>> X, L, y = np.array([[0.0], [9.0]]), np.array([[-1.0], [1.0]]), np.array([0, 1])
    >>> value_of_information(X, np.full((2, 2), 0.5), X[:1], L, y, np.array([1.0, 1.0]), decisions=10.0).round(2)
    array([ 1.88, -1.  ])
    """
    if not decisions > 0:
        raise BadInput(f"value_of_information: decisions={decisions} need no labels; give how many will be taken")
    c = int(class_counts.shape[1])
    matrix = like(embeddings, checked_costs(cost_matrix, c))
    there = counts_near(target_embeddings, labelled_embeddings, labels, c) + prior
    xp = namespace(there)
    now = xp.mean(xp.min(there @ matrix, axis=1) / xp.sum(there, axis=1))

    def saved(there: Array, near: Array, y: int) -> Array:
        costs_after = (there @ matrix)[None, :, :] + near[:, :, None] * matrix[y, :][None, None, :]
        return now - xp.min(costs_after, axis=2) / _total(there, near)

    gain = _expected(embeddings, class_counts, target_embeddings, labelled_embeddings, labels, prior, saved)
    return decisions * gain if costs is None else decisions * gain - double(costs)


def _expected(
    embeddings: Array, counts: Array, targets: Array, labelled: Array, labels: Array, prior: float, brings: Loss
) -> Array:
    """Mean over answers, by their chance at the row, and over targets, of what the answer brings: (m,)."""
    if not prior > 0:
        raise BadInput(f"prior={prior} must be positive, or chances far from all labels are 0/0; the default is 0.001")
    check_not_negative("class_counts", counts)
    xp = namespace(embeddings)
    rows, chances = double(embeddings), double(counts) + prior
    chances = chances / xp.sum(chances, axis=1)[:, None]
    m, c = (int(size) for size in chances.shape)
    there = counts_near(targets, labelled, labels, c) + prior
    aims, gamma = double(targets), bandwidth(labelled)
    step = max(1, _BLOCK // max(int(aims.shape[0] * aims.shape[1]), 1))
    parts = []
    for start in range(0, m, step):
        stop = min(start + step, m)
        near = kernel(rows[start:stop, ...], aims, gamma)
        parts.append(sum(chances[start:stop, y] * xp.mean(brings(there, near, y), axis=1) for y in range(c)))
    return xp.concat(parts, axis=0) if parts else chances[:, 0]


def _best_after(there: Array, near: Array, y: int) -> Array:
    """Largest smoothed count (b, t) after an answer y: only the count of y has grown."""
    xp = namespace(there)
    return xp.maximum(xp.max(there, axis=1)[None, :], there[:, y][None, :] + near)


def _total(there: Array, near: Array) -> Array:
    return namespace(there).sum(there, axis=1)[None, :] + near


def _minus_error(there: Array, near: Array, y: int) -> Array:
    return _best_after(there, near, y) / _total(there, near) - 1


def _minus_entropy(there: Array, near: Array, y: int) -> Array:
    """sum p log p = (sum a log a) / S - log S for counts a with sum S."""
    xp = namespace(there)
    grown = there[:, y][None, :] + near
    products = xp.sum(plogp(there), axis=1)[None, :] - plogp(there[:, y])[None, :] + plogp(grown)
    total = _total(there, near)
    return products / total - xp.log(total)


def _changed(there: Array, near: Array, y: int) -> Array:
    xp = namespace(there)
    kept = xp.max(there, axis=1)[None, :] + near * xp.astype(xp.argmax(there, axis=1) == y, xp.float64)[None, :]
    return (_best_after(there, near, y) - kept) / _total(there, near)
