"""Uncertainty as seen by a decision: ratio, distance to the boundary, expected cost, the rare class, free energy."""

from __future__ import annotations

from typing import Any

from askwise.core.arrays import namespace
from askwise.core.errors import BadInput
from askwise.core.registry import score
from askwise.core.types import Array
from askwise.kernels import sieve
from askwise.kernels.information import checked_costs, class_index, double, like
from askwise.kernels.rows import top2


@score(cite="Monarch 2021, Human-in-the-Loop Machine Learning, section 3.2.3: ratio of confidence", sieve=sieve.ratio)
def ratio(probs: Array) -> Array:
    """Second largest probability over the largest: (m, c) -> (m,) in [0, 1].

    Cost O(mc). Shines as a margin without units: 0.2 against 0.1 is as uncertain as 0.8 against 0.4, so diffuse rows
    are not preferred for being diffuse. For two classes it ranks rows as margin does. Fails where margin fails.

    >>> import numpy as np
    >>> ratio(np.array([[0.5, 0.25, 0.25], [0.5, 0.5, 0.0]]))
    array([0.5, 1. ])
    """
    first, second = top2(probs)
    return second / first


@score(
    cite="Tong and Koller 2001, Support Vector Machine Active Learning, JMLR 2, section 4.1 (simple margin);"
    " Joshi, Porikli and Papanikolopoulos 2009, CVPR, section 3 (several classes)",
    aliases=("distance_to_boundary", "simple_margin"),
)
def boundary(logits: Array) -> Array:
    """Minus the gap between the two largest decision values: (m, c) -> (m,), at most 0.

    One column is read as the decision value f of two classes: -|f|. Two columns (-f/2, f/2) give the same. Where the
    decision function is linear and there are two classes, the gap is the distance to the boundary up to a constant.
    Cost O(mc). Shines for support vector machines, whose probabilities are fitted afterwards and can rank rows
    otherwise. Fails when classes are scored on unlike scales (one against the rest without calibration).

    >>> import numpy as np
    >>> boundary(np.array([[2.0, -1.0, 1.5], [0.0, 3.0, 1.0]])), boundary(np.array([[-0.25], [2.0]]))
    (array([-0.5, -2. ]), array([-0.25, -2.  ]))
    """
    if logits.shape[1] == 1:
        return -namespace(logits).abs(logits[:, 0])
    first, second = top2(logits)
    return second - first


@score(
    cite="Elkan 2001, The Foundations of Cost-Sensitive Learning, IJCAI, section 1; Chen and Lin 2013, Active Learning"
    " for Multiclass Cost-Sensitive Classification Using Probabilistic Models, TAAI",
    aliases=("cost_matrix", "bayes_risk"),
)
def expected_cost(probs: Array, *, cost_matrix: Any = None) -> Array:
    """Expected cost of the best decision, min_j sum_i p_i C[i, j]: (m, c) -> (m,).

    `cost_matrix` is (c, c): C[i, j] is the cost of deciding j when the truth is i. Without one every error costs 1,
    and the score is least confidence. Cost O(m c^2). Shines where errors differ in price: rows are asked where they
    are dear, not where they are many. Fails when the matrix is a guess: try a few.

    Raises BadInput for a matrix of another shape.

    >>> import numpy as np
    >>> expected_cost(np.array([[0.75, 0.25], [0.5, 0.5]]), cost_matrix=[[0, 1], [10, 0]])
    array([0.75, 0.5 ])
    """
    return _costs(probs, cost_matrix, 1)[0]


@score(cite="Chen and Lin 2013, Active Learning for Multiclass Cost-Sensitive Classification, TAAI, section 3")
def cost_margin(probs: Array, *, cost_matrix: Any = None) -> Array:
    """Minus the gap between the two cheapest decisions' expected costs: (m, c) -> (m,), at most 0.

    Same matrix as `expected_cost`; without one it is margin. Cost O(m c^2). Shines where it matters which of two
    decisions is cheaper: a row that is dear whatever is decided is not asked. Fails, like margin, on near-duplicates.

    Raises BadInput for a matrix of another shape.

    >>> import numpy as np
    >>> cost_margin(np.array([[0.75, 0.25], [0.5, 0.5]]), cost_matrix=[[0, 1], [10, 0]])
    array([-1.75, -4.5 ])
    """
    cheapest, next_one = _costs(probs, cost_matrix, 2)
    return cheapest - next_one


def _costs(probs: Array, cost_matrix: Any, count: int) -> tuple[Array, Array]:
    """The two lowest expected costs of a decision (m,), (m,); the second is the first with one class."""
    c = int(probs.shape[1])
    matrix = checked_costs(cost_matrix, c)
    xp = namespace(probs)
    costs = double(probs) @ like(probs, matrix)
    if count == 1 or c == 1:
        return xp.min(costs, axis=1), xp.min(costs, axis=1)
    high, second = top2(-costs)
    return -high, -second


@score(
    cite="Garnett et al. 2012, Bayesian Optimal Active Search and Surveying, ICML, section 3 (one-step policy);"
    " Lewis and Gale 1994, SIGIR (relevance sampling)",
    aliases=("relevance", "active_search", "certainty"),
)
def rare(probs: Array, *, target: int = -1) -> Array:
    """Probability of the class that is sought: (m, c) -> (m,) in [0, 1].

    `target` is its index, by default the last one. There is no threshold: the order is of use even while all
    probabilities are tiny. Cost O(m). Shines while positives are few: find some (about 50), then hand over to margin,
    and for search, where found positives are the goal. Fails as training data, for it shows the model
    only what it knows already, and on near-duplicates, which flood the batch.

    Raises BadInput for an index that is no class.

    >>> import numpy as np
    >>> rare(np.array([[0.75, 0.25], [0.5, 0.5]]))
    array([0.25, 0.5 ])
    """
    return probs[:, class_index(target, int(probs.shape[1]), "rare: target")]


@score(cite="Liu et al. 2020, Energy-based Out-of-distribution Detection, NeurIPS, section 3; Xie et al. 2022, AAAI")
def free_energy(logits: Array, *, temperature: float = 1.0) -> Array:
    """Free energy -T log sum_j exp(z_j / T): (m, c) -> (m,); high where no class claims the row.

    Cost O(mc) exponentials. Shines under a shift of domain: it sees that all logits are low, which probabilities,
    normalised, forget. Fails as a measure of doubt between classes: put margin behind a shortlist of it. Logits
    of a linear model grow with the distance from its boundary, not from its data.

    Raises BadInput for a temperature that is not positive.

    >>> import numpy as np
    >>> free_energy(np.array([[0.0, 0.0], [4.0, 4.0]])).round(4)
    array([-0.6931, -4.6931])
    """
    if not temperature > 0:
        raise BadInput(f"free_energy: temperature={temperature} must be positive; 1 is the model's own")
    xp = namespace(logits)
    z = double(logits) / temperature
    top = xp.max(z, axis=1)
    return -temperature * (top + xp.log(xp.sum(xp.exp(z - top[:, None]), axis=1)))


@score(
    cite="Cesa-Bianchi, Gentile and Zaniboni 2006, Worst-Case Analysis of Selective Sampling for Linear Classification,"
    " JMLR 7, section 3 (b / (b + |margin|)); Raj and Bach 2022, Convergence of Uncertainty Sampling for Active"
    " Learning, ICML (rates for uncertainty sampling by such an estimator)",
    aliases=("selective_sampling", "convergence_estimator"),
)
def inverse_gap(logits: Array, *, sharpness: float = 1.0) -> Array:
    """1 / (1 + sharpness * gap) of the two largest decision values: (m, c) -> (m,) in (0, 1].

    It ranks rows as `boundary` does. Its use is as a chance: rows drawn in proportion to it (pick ``power``, beta 1;
    the strategy ``selective_margin``) keep a model of separable or noisy data converging, where the n nearest rows
    alone may not. One column is read as the decision value of two classes. Cost O(mc). Shines under noise, as a
    middle way between margin and random. Fails when decision values have no scale: standardise features, or set
    `sharpness`.

    Raises BadInput for a sharpness that is not positive.

    >>> import numpy as np
    >>> inverse_gap(np.array([[0.5, 0.5], [4.0, 1.0]])), inverse_gap(np.array([[1.0]]))
    (array([1.  , 0.25]), array([0.5]))
    """
    if not sharpness > 0:
        raise BadInput(f"inverse_gap: sharpness={sharpness} must be positive; 1 is in units of the decision values")
    if logits.shape[1] == 1:
        return 1.0 / (1.0 + sharpness * namespace(logits).abs(double(logits)[:, 0]))
    first, second = top2(double(logits))
    return 1.0 / (1.0 + sharpness * (first - second))
