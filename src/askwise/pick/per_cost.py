"""Score per unit of cost."""

from __future__ import annotations

import numpy as np

from askwise.core.arrays import host
from askwise.core.errors import BadInput
from askwise.core.evidence import Taken
from askwise.core.noise import Noise
from askwise.core.registry import pick
from askwise.core.topn import top_order
from askwise.core.types import FloatArray, IntArray


@pick(
    cite="Settles, Craven and Friedland 2008, Active Learning with Real Annotation Costs, NIPS workshop on"
    " Cost-Sensitive Learning, section 4 (return on investment)",
    aliases=("cost_aware", "return_on_investment"),
)
def per_cost(
    scores: FloatArray, costs: FloatArray, *, n: int, rng: Noise, taken: Taken, zero: float = 0.0, beta: float = 1.0
) -> IntArray:
    """The n rows with the highest (score - zero) / cost^beta, whatever the score: (m,), (m,) -> (n,) positions.

    `zero` is the score that is worth nothing: -1 for margin, 0 for measures that start there. `beta` below 1 trusts the
    costs less. Cost O(m). Shines where prices vary more than scores do: documents of many lengths. Fails if costs are
    guesses that follow the score (hard rows take longer): it then avoids what teaches; fit costs first, lower beta.

    Raises BadInput for costs that are not positive or scores below `zero`.

    >>> import numpy as np
    >>> per_cost(np.array([0.5, 0.4, 0.3]), np.array([5.0, 2.0, 1.0]), n=2).tolist()
    [2, 1]
    """
    value, price = host(scores, np.float64), host(costs, np.float64)
    if not price.min(initial=1.0) > 0:
        raise BadInput(f"costs holds {price.min()}; every row must cost something, if only 1")
    if value.min(initial=zero) < zero:
        raise BadInput(
            f"scores holds {value.min()}, below zero={zero}: name the score that is worth nothing (margin: -1)"
        )
    return top_order((value - zero) / price**beta, rng.keys, n, rng.seed)
