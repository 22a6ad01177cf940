"""What an answer would do to a linear softmax: error reduction by influence and by gradient steps, and DAO.

Everything runs in host memory.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from askwise.core.arrays import host
from askwise.core.errors import BadInput
from askwise.core.registry import score
from askwise.core.types import Array, FloatArray
from askwise.kernels.influence import Linear, log_sum_exp, with_one
from askwise.kernels.information import like
from askwise.kernels.lookahead import BLOCK, check_loss, expected_loss, normalised, softmax
from askwise.kernels.parzen import class_counts


@score(
    cite="Roy and McCallum 2001, Toward Optimal Active Learning through Sampling Estimation of Error Reduction, ICML,"
    " section 2, for a linear softmax; Koh and Liang 2017, Understanding Black-box Predictions via Influence Functions,"
    " ICML, section 2.1 (the step)"
)
def influence_error_reduction(
    embeddings: Array, head: Any, target_embeddings: Array, labelled_embeddings: Array, *, loss: str = "zero_one"
) -> Array:
    """Minus the error expected on target rows without a refit: (m, d), (d, c), (t, d), (l, d) -> (m,).

    `expected_error_reduction` for logistic regression: in place of a refit for each row and answer, the loss of the
    labelled rows is taken as quadratic around the fit and that of the new row as it is (an influence step that knows
    where to end: plain ones go much too far when an answer surprises a sure model). Loss 1 - max p (``zero_one``) or
    entropy (``log``) of the moved model. Classes that the head has not seen have no chance. Targets are 500 rows of
    the pool, drawn once. Cost O((d c)^3 + m c (t c d + c^3)). Shines where refits are too dear and the model is linear
    in good features. Fails when labels are so few that the classes are separable, or the head has no penalty (`l2` 0):
    the quadratic is then flat.

    Raises BadInput for an unknown loss, or a head of more than 6000 values.

    >>> import numpy as np
    >>> from askwise.learner.head import Head
    >>> head = Head(np.array([[-1.0, 1.0]]), np.zeros(2), 1.0)
    >>> known, pool = np.array([[-1.0], [1.0]]), np.array([[0.1], [8.0]])
    >>> gain = influence_error_reduction(pool, head, np.array([[0.2], [-0.2]]), known)
    >>> bool(gain[0] > gain[1])
    True
    """
    check_loss("influence_error_reduction", loss)
    model = Linear(head, host(labelled_embeddings, np.float64))
    rows, targets = with_one(embeddings), with_one(target_embeddings)
    chances, there, reach = softmax(model.logits(rows)), model.logits(targets), model.reach(targets)

    def after(part: slice, y: int) -> FloatArray:
        return softmax(there + model.moves(reach, rows[part], y))

    return like(embeddings, 0.0 - expected_loss(chances, after, loss, there.size + reach.size // len(targets)))


@score(
    cite="Roy and McCallum 2001, Toward Optimal Active Learning through Sampling Estimation of Error Reduction, ICML,"
    " section 2, with the refit replaced by a gradient step as in Settles, Craven and Ray 2008, NIPS (expected gradient"
    " length)"
)
def one_step_error_reduction(
    embeddings: Array, probs: Array, head: Any, target_embeddings: Array, *, rate: float = 0.1, loss: str = "zero_one"
) -> Array:
    """Minus the error expected on targets after one gradient step: (m, d), (m, c), (d, c), (t, d) -> (m,).

    A step of size `rate` on the row's own loss moves the logits of target t by rate (x_t . x + 1) (e_y - p): no
    Hessian, no refit. Loss as in `influence_error_reduction`. Targets are 500 rows of the pool, drawn once. Cost
    O(m t (d + c^2)). Shines for wide heads and networks, whose last layer it steps. Fails when features differ in
    scale, which the step does not know: standardise them; and for rows of large length, whose steps are large.

    Raises BadInput for a rate that is not positive or an unknown loss.

    >>> import numpy as np
    >>> from askwise.learner.head import Head
    >>> head = Head(np.array([[-1.0, 1.0]]), np.zeros(2))
    >>> pool, P = np.array([[1.0], [1.0]]), np.array([[0.5, 0.5], [0.0, 1.0]])
    >>> one_step_error_reduction(pool, P, head, np.array([[0.2]]), rate=1.0).round(3)
    array([-0.239, -0.401])
    """
    check_loss("one_step_error_reduction", loss)
    if not rate > 0:
        raise BadInput(f"one_step_error_reduction: rate={rate} takes no step; give a positive number, 0.1 by default")
    rows, targets, chances = with_one(embeddings), with_one(target_embeddings), host(probs, np.float64)
    weights = np.concatenate([host(head.weights, np.float64), host(head.bias, np.float64)[None]])
    # A class that was not seen has the bias -inf and chance 0; no step brings it back.
    there = np.where(np.isfinite(weights[-1]), targets @ np.where(np.isfinite(weights), weights, 0.0), -np.inf)
    c = chances.shape[1]

    def after(part: slice, y: int) -> FloatArray:
        reach = rate * (rows[part] @ targets.T)
        return softmax(there + reach[:, :, None] * (np.eye(c)[y] - chances[part])[:, None, :])

    return like(embeddings, 0.0 - expected_loss(chances, after, loss, len(targets) * c))


@score(
    cite="Zhao, Jiang, Chen, Li and others 2024, Direct Acquisition Optimization for Low-Budget Active Learning,"
    " arXiv 2402.06045 (from its abstract: influence step, unbiased loss); Koh and Liang 2017, ICML, section 2.1",
    aliases=("direct_acquisition_optimization",),
)
def dao(
    embeddings: Array,
    head: Any,
    target_embeddings: Array,
    labelled_embeddings: Array,
    labels: Array,
    *,
    prior: float = 1.0,
) -> Array:
    """Fall of the loss on targets by an influence step: (m, d), (d, c), (t, d), (l, d), (l,) -> (m,), nats.

    sum_y q(y | x) mean_t [CE(q_t, p_t) - CE(q_t, p_t after learning x as y)], the step being that of
    `influence_error_reduction`. The loss is judged by a surrogate q, not by the model itself, which would find its own
    mistakes right: labels near a row (a Parzen window) with the model's chances as `prior` pseudo-labels. Targets are
    500 rows of the pool drawn uniformly, once, so their mean loss is an unbiased estimate of the pool's; the paper's
    surrogate and its weighted draw of targets are other ones. Cost O((d c)^3 + m c (t c d + c^3)). Shines with few
    labels, when the model is worse than its neighbours. Fails when the surrogate is no better than the model, or the
    head has no penalty.

    Raises BadInput for a prior that is not positive, for a label that is no class, or a head of more than 6000 values.

    >>> import numpy as np
    >>> from askwise.learner.head import Head
    >>> head = Head(np.array([[-1.0, 1.0]]), np.zeros(2), 1.0)
    >>> known, pool = np.array([[-1.0], [1.0]]), np.array([[2.0], [0.01]])
    >>> dao(pool, head, np.array([[2.0], [-2.0]]), known, np.array([0, 1])).round(4)
    array([-0.004 , -0.0128])
    """
    if not prior > 0:
        raise BadInput(f"dao: prior={prior} must be positive, or far from all labels nothing is likely; 1 by default")
    held = host(labelled_embeddings, np.float64)
    model = Linear(head, held)
    rows, targets = with_one(embeddings), with_one(target_embeddings)
    chances, there = softmax(model.logits(rows)), model.logits(targets)

    def surrogate(at: FloatArray, own: FloatArray) -> FloatArray:
        counts = class_counts(at[:, :-1], held, host(labels), len(host(head.bias)))
        return normalised(counts[:, model.classes] + prior * own)

    believed, wanted = surrogate(rows, chances), surrogate(targets, softmax(there))
    reach, before = model.reach(targets), _cross_entropy(wanted, there).mean()
    gains, step = np.zeros(len(rows)), max(1, BLOCK // (there.size + reach.size // len(targets)))
    for start in range(0, len(rows), step):
        part = slice(start, start + step)
        for y in range(chances.shape[1]):
            after = _cross_entropy(wanted, there + model.moves(reach, rows[part], y)).mean(axis=1)
            gains[part] += believed[part, y] * (before - after)
    return like(embeddings, gains)


def _cross_entropy(wanted: FloatArray, logits: FloatArray) -> FloatArray:
    """-sum_k q_k log softmax(z)_k over the last axis."""
    return np.asarray(log_sum_exp(logits) - (wanted * logits).sum(axis=-1))
