"""Rows that bear several labels at once: doubt over independent label probabilities, and the number of labels."""

from __future__ import annotations

import numpy as np

from askwise.core.arrays import host, namespace
from askwise.core.errors import BadInput
from askwise.core.registry import score
from askwise.core.threads import one_blas_thread
from askwise.core.types import Array, FloatArray, IntArray
from askwise.kernels.information import double, like, plogp


def _confidence(marginals: Array) -> Array:
    """|2p - 1| of each label: 0 where it is undecided, 1 where it is certain."""
    return namespace(marginals).abs(2 * double(marginals) - 1)


@score(
    cite="Brinker 2006, On Active Learning in Multi-label Classification, section 3; Esuli and Sebastiani 2009,"
    " Active Learning Strategies for Multi-Label Text Classification, ECIR, section 3 (minimum confidence)",
    aliases=("min_confidence",),
)
def binary_minimum(marginals: Array) -> Array:
    """Minus the confidence of the least certain label, -min |2p - 1|: (m, q) -> (m,) in [-1, 0].

    Cost O(mq). Shines with few labels, each of which matters. Fails with many: some label is undecided in every row.

    >>> import numpy as np
    >>> binary_minimum(np.array([[0.5, 1.0], [0.75, 0.25]]))
    array([ 0. , -0.5])
    """
    return 0.0 - namespace(marginals).min(_confidence(marginals), axis=1)


@score(
    cite="Esuli and Sebastiani 2009, Active Learning Strategies for Multi-Label Text Classification, ECIR, section 3"
)
def average_confidence(marginals: Array) -> Array:
    """Minus the mean confidence over labels, -mean |2p - 1|: (m, q) -> (m,) in [-1, 0].

    It ranks rows as the expected number of wrong labels, sum min(p, 1 - p), does. Cost O(mq). Shines when the whole
    vector of labels shall be right. Fails with many labels that nearly all rows lack: those drown the few in doubt.

    >>> import numpy as np
    >>> average_confidence(np.array([[0.5, 1.0], [0.75, 0.25]]))
    array([-0.5, -0.5])
    """
    return 0.0 - namespace(marginals).mean(_confidence(marginals), axis=1)


@score(
    cite="Esuli and Sebastiani 2009, Active Learning Strategies for Multi-Label Text Classification, ECIR, section 3"
)
def max_score(marginals: Array) -> Array:
    """Largest label probability: (m, q) -> (m,) in [0, 1].

    Cost O(mq). Shines while positive examples of any label are scarce. Fails afterwards: it asks what is known.

    >>> import numpy as np
    >>> max_score(np.array([[0.5, 1.0], [0.75, 0.25]]))
    array([1.  , 0.75])
    """
    return namespace(marginals).max(marginals, axis=1)


@score(
    cite="Esuli and Sebastiani 2009, Active Learning Strategies for Multi-Label Text Classification, ECIR, section 3"
)
def average_score(marginals: Array) -> Array:
    """Mean label probability: (m, q) -> (m,) in [0, 1].

    Cost O(mq). Shines while positive examples are scarce and a row with many labels gives several at once. Fails
    afterwards: it asks what is known.

    >>> import numpy as np
    >>> average_score(np.array([[0.5, 1.0], [0.75, 0.25]]))
    array([0.75, 0.5 ])
    """
    return namespace(marginals).mean(double(marginals), axis=1)


@score(cite="Li, Wang and Sung 2004, Multilabel SVM Active Learning for Image Classification, ICIP, section 3 (ML)")
def max_loss(marginals: Array) -> Array:
    """Expected wrong labels if the row bore its likeliest label alone, 1 + sum p - 2 max p: (m, q) -> (m,).

    The paper's hinge loss sum_l (1 - y_l f_l) / 2 with f = 2p - 1, which never leaves the hinge's straight part. Cost
    O(mq). Shines when rows bear one label, seldom two. Fails for rows with many labels, whose loss is large although
    all of them are certain: see mean_max_loss.

    >>> import numpy as np
    >>> max_loss(np.array([[0.5, 1.0], [0.75, 0.25]]))
    array([0.5, 0.5])
    """
    xp = namespace(marginals)
    p = double(marginals)
    return 1 + xp.sum(p, axis=1) - 2 * xp.max(p, axis=1)


@score(cite="Li, Wang and Sung 2004, Multilabel SVM Active Learning for Image Classification, ICIP, section 3 (MML)")
def mean_max_loss(marginals: Array) -> Array:
    """Mean of max_loss with each predicted label in turn as the only one: (m, q) -> (m,).

    1 + sum p - 2 mean(p over labels above 1/2); with no such label the likeliest stands alone. Cost O(mq). Shines for
    rows with several labels. Fails as max_loss does, if less: certain rows with many labels still lead.

    >>> import numpy as np
    >>> mean_max_loss(np.array([[0.75, 1.0], [0.25, 0.125]]))
    array([1.   , 0.875])
    """
    xp = namespace(marginals)
    p = double(marginals)
    top = xp.max(p, axis=1)
    borne = xp.astype((p > 0.5) | (p == top[:, None]), xp.float64)
    return 1 + xp.sum(p, axis=1) - 2 * xp.sum(borne * p, axis=1) / xp.sum(borne, axis=1)


@score(cite="Houlsby et al. 2011, Bayesian Active Learning for Classification and Preference Learning, section 2")
def marginal_bald(marginal_draws: Array) -> Array:
    """Mutual information of model and label, summed over labels: (m, k, q) -> (m,), nats.

    An upper bound of the information in the whole vector of labels when labels are independent given the model. Cost
    O(mkq) logarithms. Shines with an honest committee. Fails with labels that go together: their doubt is counted
    twice.

    >>> import numpy as np
    >>> marginal_bald(np.array([[[1.0, 0.5], [0.0, 0.5]]])).round(4)
    array([0.6931])
    """
    p = double(marginal_draws)
    xp = namespace(p)

    def doubt(chance: Array) -> Array:
        return -(plogp(chance) + plogp(1 - chance))

    gain = doubt(xp.mean(p, axis=1)) - xp.mean(doubt(p), axis=1)
    return xp.sum(xp.maximum(gain, xp.zeros_like(gain)), axis=1)


def _usual(label_sets: Array, marginals: Array) -> float:
    """Mean number of labels that a labelled row bears. Raises BadInput without labelled rows or with other labels."""
    if not label_sets.shape[0] or label_sets.shape[1] != marginals.shape[1]:
        raise BadInput(
            f"label_sets has shape {tuple(label_sets.shape)}; give at least one labelled row and"
            f" {int(marginals.shape[1])} labels, as marginals have"
        )
    xp = namespace(label_sets)
    return float(xp.mean(xp.sum(double(label_sets), axis=1)))


@score(
    cite="Yang, Sun, Wang and Chen 2009, Effective Multi-Label Active Learning for Text Classification, KDD,"
    " sections 3.3 and 4 (MMC)",
    aliases=("maximum_loss_reduction_with_maximal_confidence",),
)
def mmc(marginals: Array, labelled_marginals: Array, label_sets: Array) -> Array:
    """Expected loss of the likeliest set of as many labels as are foreseen: (m, q), (l, q), (l, q) -> (m,) in [0, q].

    How many labels a row bears is foreseen by logistic regression on its probabilities, sorted and divided by their
    sum, trained on the labelled rows. With so many of the likeliest labels as y = 1, the others -1, the value is
    sum_l (1 - y_l f_l) / 2, f = 2p - 1. The loss of one probable set, where `max_loss` supposes a single label. Cost
    O(mq log q) and a small fit. Shines where rows bear unlike numbers of labels. Fails with few labelled rows, of
    which numbers of labels cannot be learnt.

    Raises BadInput without labelled rows, or if their labels are not those of the marginals.

    >>> import numpy as np
    >>> held, sets = np.array([[0.9, 0.1], [0.9, 0.8]]), np.array([[1.0, 0.0], [1.0, 0.0]])
    >>> mmc(np.array([[0.75, 0.25], [1.0, 0.75]]), held, sets)
    array([0.5 , 0.75])
    """
    _usual(label_sets, marginals)
    p, known = host(marginals, np.float64), _ranked_shares(host(labelled_marginals, np.float64))
    sizes = host(label_sets).sum(axis=1).astype(np.int64)
    foreseen = np.full(len(p), sizes[0])
    if len(np.unique(sizes)) > 1:
        foreseen = _sizes(known, sizes, _ranked_shares(p))
    rank = np.argsort(np.argsort(-p, axis=1, kind="stable"), axis=1, kind="stable")
    borne = rank < foreseen[:, None]
    return like(marginals, np.where(borne, 1 - p, p).sum(axis=1))


def _sizes(known: FloatArray, sizes: IntArray, rows: FloatArray) -> IntArray:
    """Numbers of labels foreseen for the rows, with one BLAS thread: the fit is small, and rounds alike everywhere."""
    from sklearn.linear_model import LogisticRegression

    with one_blas_thread():
        return np.asarray(LogisticRegression(max_iter=1000).fit(known, sizes).predict(rows))


def _ranked_shares(p: FloatArray) -> FloatArray:
    """Probabilities of each row, falling, divided by their sum."""
    ranked = -np.sort(-p, axis=1)
    total = ranked.sum(axis=1, keepdims=True)
    return np.asarray(np.divide(ranked, total, out=np.zeros_like(ranked), where=total > 0))


@score(
    cite="Li and Guo 2013, Active Learning with Multi-Label SVM Classification, IJCAI, section 3.2; Huang and Zhou"
    " 2013, Active Query Driven by Uncertainty and Diversity for Incremental Multi-Label Learning, ICDM (AUDI)",
    aliases=("label_cardinality_inconsistency", "lci", "audi"),
)
def label_cardinality(marginals: Array, label_sets: Array) -> Array:
    """How far the number of predicted labels is from the usual number: (m, q), (l, q) -> (m,).

    |#{p > 1/2} - mean number of labels of labelled rows|. AUDI divides it by the number of labels of the row that are
    still unknown, and then asks for one of them: a query here is about all labels of a row, so that number is the same
    for every row and AUDI ranks rows as this score does. Cost O(mq + lq). Shines where all rows bear about as many
    labels. Fails where they do not: rows with truly many labels are asked again and again. Few different values, so
    many ties.

    Raises BadInput without labelled rows, or if their labels are not those of the marginals.

    >>> import numpy as np
    >>> label_cardinality(np.array([[0.9, 0.8], [0.1, 0.9]]), np.array([[1.0, 0.0], [0.0, 1.0]]))
    array([1., 0.])
    """
    xp = namespace(marginals)
    count = xp.sum(xp.astype(marginals > 0.5, xp.float64), axis=1)
    return xp.abs(count - _usual(label_sets, marginals))


_NARROW = 1e-3
"""Added to both factors of `adaptive_multilabel`: a separation of 0 or the usual number of labels rules nothing out."""


@score(
    cite="Li and Guo 2013, Active Learning with Multi-Label SVM Classification, IJCAI, sections 3.1 to 3.3",
    aliases=("adaptive_active_learning",),
)
def adaptive_multilabel(marginals: Array, label_sets: Array, *, beta: float = 0.5) -> Array:
    """Narrow separation of labels times odd number of labels: (m, q), (l, q) -> (m,), positive.

    (1 / s)^beta * LCI^(1 - beta), with s the gap between the least confident predicted label and the least confident
    rejected one in terms of 2p - 1 (one of them alone when all are predicted, or none), LCI as in label_cardinality,
    and 0.001 added to s and LCI. The paper chooses beta anew each round by retraining; here it is a setting. Cost
    O(mq). Shines on many labels with some order among them. Fails when labels have unlike base rates, whose
    probabilities do not compare.

    Raises BadInput for a beta outside 0 to 1, and as label_cardinality does.

    >>> import numpy as np
    >>> P, Y = np.array([[0.75, 0.25], [1.0, 0.0]]), np.array([[1.0, 1.0]])
    >>> adaptive_multilabel(P, Y, beta=1.0).round(3)
    array([0.999, 0.5  ])
    """
    if not 0 <= beta <= 1:
        raise BadInput(f"adaptive_multilabel: beta={beta} is no share; give 0 (number of labels) to 1 (separation)")
    xp = namespace(marginals)
    f = 2 * double(marginals) - 1
    far = xp.ones_like(f) * 2
    borne, rejected = xp.min(xp.where(f > 0, f, far), axis=1), xp.min(xp.where(f > 0, far, -f), axis=1)
    zero = xp.zeros_like(borne)
    separation = xp.where(borne > 1, zero, borne) + xp.where(rejected > 1, zero, rejected)
    odd = xp.abs(xp.sum(xp.astype(f > 0, xp.float64), axis=1) - _usual(label_sets, marginals))
    return (separation + _NARROW) ** -beta * (odd + _NARROW) ** (1 - beta)
