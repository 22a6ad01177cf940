"""Error reduction by refitting, and in closed form for Gaussian processes, nearest neighbours and naive Bayes.

`score.reduction` has the Parzen window classifier, `score.linear_change` the linear softmax. Closed forms run in host
memory and give what a refit for every row and every answer would give.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from askwise.core.arrays import host
from askwise.core.errors import BadInput, did_you_mean
from askwise.core.registry import score
from askwise.core.types import Array, FloatArray, IntArray
from askwise.kernels.information import like
from askwise.kernels.lookahead import check_loss, expected_loss, expected_loss_of_means, normalised, own_loss, softmax
from askwise.kernels.parzen import bandwidth, kernel

_ROY = "Roy and McCallum 2001, Toward Optimal Active Learning through Sampling Estimation of Error Reduction, ICML"


@score(cite=f"{_ROY}, section 2: as it stands, with a refit for each row and each answer")
def refit_error_reduction(
    probs: Array, embeddings: Array, what_if: Callable[[FloatArray, IntArray], Array], *, loss: str = "zero_one"
) -> Array:
    """Minus the error expected on targets after a refit: (m, c), (m, d), function -> (m,).

    sum_y p(y | x) mean_t loss_t, the loss 1 - max p (``zero_one``) or the entropy of p (``log``) of the model that was
    trained with (x, y) too: what_if(rows, labels) -> (t, c). Answers without a chance are not tried. Cost: m c refits,
    so keep a few hundred candidates (`candidates=` of select, a sub-pool before the score). Shines as the definition,
    for any model. Fails by its price, and when the model is sure of what is wrong: then the answer that it expects
    teaches nothing.

    Raises BadInput for an unknown loss.

    >>> import numpy as np
    >>> def mean_of(rows, labels):
    ...     return np.array([[0.5, 0.5]]) if rows[0, 0] > 1 else np.eye(2)[labels]
    >>> refit_error_reduction(np.array([[0.5, 0.5], [0.5, 0.5]]), np.array([[0.0], [2.0]]), mean_of)
    array([ 0. , -0.5])
    """
    check_loss("refit_error_reduction", loss)
    chances, rows = host(probs, np.float64), host(embeddings, np.float64)
    expected = np.zeros(len(chances))
    for i, y in np.argwhere(chances > 0).tolist():
        after = host(what_if(rows[i : i + 1], np.array([y])), np.float64)
        expected[i] += chances[i, y] * own_loss(after, loss).mean()
    return like(probs, 0.0 - expected)


@score(
    cite="Zhu, Lafferty and Ghahramani 2003, Combining Active Learning and Semi-Supervised Learning Using Gaussian"
    " Fields and Harmonic Functions, ICML workshop, section 3 (the rank-one update)",
    aliases=("gp_error_reduction", "ridge_error_reduction"),
)
def gaussian_error_reduction(
    embeddings: Array,
    target_embeddings: Array,
    labelled_embeddings: Array,
    labels: Array,
    *,
    kernel_name: str = "rbf",
    noise: float = 0.1,
    gamma: float | None = None,
    loss: str = "zero_one",
) -> Array:
    """Minus the error expected on targets by a Gaussian process: (m, d), (t, d), (l, d), (l,) -> (m,).

    Regression on one column of 0 and 1 for each class, its means clipped at 0 and normalised to chances. An answer y at
    x moves the mean at t by k(t, x) (e_y - f(x)) / (k(x, x) + noise), k the posterior covariance: exact. With
    ``kernel_name="linear"`` and a column of ones it is ridge regression with the penalty `noise`; ``rbf`` is
    exp(-gamma |x - x'|^2), gamma as in xPAL by default. Classes are 0 to the largest label. Cost O(l^3 + m t (l + d +
    c)). Shines with few labels and features in which near rows agree. Fails with many dimensions.

    Raises BadInput without labelled rows, for an unknown kernel or loss, and for a noise or gamma that is not positive.

    >>> import numpy as np
    >>> X, L, y = np.array([[0.0], [9.0]]), np.array([[-1.0], [1.0]]), np.array([0, 1])
    >>> gaussian_error_reduction(X, np.array([[-0.5], [0.5]]), L, y, gamma=1.0).round(3)
    array([-0.236, -0.106])
    """
    check_loss("gaussian_error_reduction", loss)
    rows, targets, held, wanted = _problem(
        "gaussian_error_reduction", embeddings, target_embeddings, labelled_embeddings, labels
    )
    between, own_variance = _kernel(kernel_name, held, gamma, noise)
    inverse = np.linalg.inv(between(held, held) + noise * np.eye(len(held)))
    along, there = between(rows, held), between(targets, held)
    near = along @ inverse
    here, at_targets = near @ wanted, there @ inverse @ wanted
    own = own_variance(rows) - np.einsum("ij,ij->i", near, along)

    def steps(part: slice) -> FloatArray:
        shared = between(rows[part], targets) - near[part] @ there.T
        return np.asarray(shared / (np.maximum(own[part], 0.0) + noise)[:, None])

    return like(embeddings, 0.0 - expected_loss_of_means(here, at_targets, steps, loss))


def _kernel(
    name: str, held: FloatArray, gamma: float | None, noise: float
) -> tuple[Callable[[FloatArray, FloatArray], FloatArray], Callable[[FloatArray], FloatArray]]:
    """The kernel between two sets of rows, and of each row with itself."""
    if name not in ("rbf", "linear"):
        raise BadInput(f"kernel_name={name!r} is unknown.{did_you_mean(name, ('rbf', 'linear'))} Use 'rbf' or 'linear'")
    if not noise > 0 or (gamma is not None and not gamma > 0):
        raise BadInput(f"noise={noise} and gamma={gamma} must be positive; by default 0.1 and None")
    if name == "linear":
        return lambda a, b: a @ b.T + 1.0, lambda a: (a**2).sum(axis=1) + 1.0
    width = bandwidth(held) if gamma is None else gamma
    return lambda a, b: host(kernel(a, b, width)), lambda a: np.ones(len(a))


def _problem(
    who: str, embeddings: Array, targets: Array, labelled: Array, labels: Array
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Rows, targets and labelled rows in float64, and the labels as columns of 0 and 1 (l, c)."""
    known = host(labels).astype(np.int64)
    if len(known) == 0 or known.min() < 0:
        raise BadInput(f"{who}: labels {known[:5].tolist()} are no class indices of labelled rows; label a few first")
    rows, there, held = (host(one, np.float64) for one in (embeddings, targets, labelled))
    return rows, there, held, np.eye(known.max() + 1)[known]


@score(cite=f"{_ROY}, section 2, for nearest neighbours; Wei, Iyer and Bilmes 2015, ICML, section 3 (the model)")
def knn_error_reduction(
    embeddings: Array,
    target_embeddings: Array,
    labelled_embeddings: Array,
    labels: Array,
    *,
    neighbours: int = 5,
    prior: float = 0.1,
    loss: str = "zero_one",
) -> Array:
    """Minus the error expected on targets by nearest neighbours: (m, d), (t, d), (l, d), (l,) -> (m,).

    Chances are (votes of the k nearest labelled rows + `prior`) / their sum, k = min(neighbours, labels). An answer
    at x replaces the farthest vote of every target to which x is nearer: exact. While there are fewer labels than
    neighbours, it is one more vote. Classes are 0 to the largest label. Cost O(t l log l + m t (d + c)). Shines
    with few labels, on features of a pretrained encoder. Fails far from all labels, where the votes are strangers'.

    Raises BadInput without labelled rows, for fewer than one neighbour, a prior that is not positive, an unknown loss.

    >>> import numpy as np
    >>> X, L, y = np.array([[0.0], [9.0]]), np.array([[-1.0], [1.0]]), np.array([0, 1])
    >>> knn_error_reduction(X, np.array([[-0.4], [0.4]]), L, y, neighbours=2).round(4)
    array([-0.2727, -0.5   ])
    """
    check_loss("knn_error_reduction", loss)
    if neighbours < 1 or not prior > 0:
        raise BadInput(f"knn_error_reduction(neighbours={neighbours}, prior={prior}): give at least 1, and a prior > 0")
    rows, targets, held, wanted = _problem(
        "knn_error_reduction", embeddings, target_embeddings, labelled_embeddings, labels
    )
    votes, farthest, dropped = _votes(targets, held, wanted, neighbours)
    own, _, _ = _votes(rows, held, wanted, neighbours)

    def after(part: slice, y: int) -> FloatArray:
        enters = _distances(rows[part], targets) < farthest
        change = np.eye(wanted.shape[1])[y] - dropped
        return normalised(votes + prior + enters[:, :, None] * change)

    size = len(targets) * (rows.shape[1] + wanted.shape[1])
    return like(embeddings, 0.0 - expected_loss(normalised(own + prior), after, loss, size))


def _distances(a: FloatArray, b: FloatArray) -> FloatArray:
    """Squared, by direct difference (a, b), rounded so that equal distances are equal."""
    return np.asarray(np.round(((a[:, None] - b[None]) ** 2).sum(axis=-1), 10))


def _votes(at: FloatArray, held: FloatArray, wanted: FloatArray, k: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Votes (t, c) of the k nearest labelled rows, how far the k-th is (t,), and its vote (t, c): what a nearer row
    replaces. With fewer labels than k all vote, and a further one replaces nothing."""
    far = np.concatenate(
        [_distances(block, held) for block in np.array_split(at, 1 + at.size * len(held) // (1 << 22))]
    )
    order = np.argsort(far, axis=1, kind="stable")[:, :k]
    votes = wanted[order].sum(axis=1)
    if len(held) < k:
        return votes, np.full(len(at), np.inf), np.zeros_like(votes)
    last = order[:, -1]
    return votes, far[np.arange(len(at)), last], wanted[last]


@score(cite=f"{_ROY}, section 3 (naive Bayes, with Gaussian features in place of counts of words)")
def naive_bayes_error_reduction(
    embeddings: Array,
    target_embeddings: Array,
    labelled_embeddings: Array,
    labels: Array,
    *,
    smoothing: float = 0.1,
    loss: str = "zero_one",
) -> Array:
    """Minus the error expected on targets by naive Bayes: (m, d), (t, d), (l, d), (l,) -> (m,).

    Gaussian naive Bayes: means, variances and shares of the classes; `smoothing` times the largest variance of a
    feature over all labelled rows is added to each variance. An answer y at x moves the mean, the variance and the
    share of class y, and the smoothing: exact. Classes are those with a label. Cost O(m c t d). Shines with few
    labels, for features that are nearly independent in each class. Fails as naive Bayes does: correlated features make
    it sure too soon.

    Raises BadInput without labelled rows, for a smoothing that is not positive, or an unknown loss.

    >>> import numpy as np
    >>> X, L, y = np.array([[0.0], [9.0]]), np.array([[-1.0], [1.0]]), np.array([0, 1])
    >>> naive_bayes_error_reduction(X, np.array([[-1.0], [1.0]]), L, y, smoothing=1.0).round(3)
    array([-0.183, -0.451])
    """
    check_loss("naive_bayes_error_reduction", loss)
    if not smoothing > 0:
        raise BadInput(f"naive_bayes_error_reduction: smoothing={smoothing} must be positive; 0.1 by default")
    rows, targets, held, wanted = _problem(
        "naive_bayes_error_reduction", embeddings, target_embeddings, labelled_embeddings, labels
    )
    wanted = wanted[:, wanted.any(axis=0)]
    counts, sums = wanted.sum(axis=0), wanted.T @ held
    squares = wanted.T @ held**2
    here = softmax(_log_joint(rows, counts, sums, squares, smoothing * held.var(axis=0).max()))

    def after(part: slice, y: int) -> FloatArray:
        out = np.empty((len(rows[part]), len(targets), len(counts)))
        for i, row in enumerate(rows[part]):
            more = np.eye(len(counts))[y]
            total, power = sums + np.outer(more, row), squares + np.outer(more, row**2)
            wide = smoothing * np.concatenate([held, row[None]]).var(axis=0).max()
            out[i] = softmax(_log_joint(targets, counts + more, total, power, wide))
        return out

    return like(embeddings, 0.0 - expected_loss(here, after, loss, len(targets) * len(counts)))


def _log_joint(at: FloatArray, counts: FloatArray, sums: FloatArray, squares: FloatArray, wide: float) -> FloatArray:
    """log p(y) + log p(x | y) up to a constant (t, c)."""
    mean = sums / counts[:, None]
    # Labelled rows that do not differ at all have no scale: any positive one will do.
    variance = np.maximum(squares / counts[:, None] - mean**2, 0.0) + (wide or 1.0)
    apart = ((at[:, None] - mean) ** 2 / variance).sum(axis=-1)
    return np.asarray(np.log(counts / counts.sum()) - 0.5 * (np.log(variance).sum(axis=-1) + apart))
