"""What was uncertain a round ago."""

from __future__ import annotations

import numpy as np

from askwise.core.arrays import host
from askwise.core.errors import BadInput
from askwise.core.evidence import Taken
from askwise.core.noise import Noise
from askwise.core.registry import among
from askwise.core.topn import top_order
from askwise.core.types import Array, IntArray
from askwise.kernels.information import double
from askwise.kernels.rows import entropy


@among(cite="Tsvigun et al. 2022, Towards Computationally Feasible Deep Active Learning, NAACL Findings, section 3.2")
def ups(
    previous_probs: Array,
    *,
    n: int,
    rng: Noise,
    taken: Taken,
    gamma: float = 0.1,
    temperature: float = 0.01,
    floor: float = 0.01,
) -> IntArray:
    """What was uncertain a round ago, and a few others: (m, c) -> (s,) positions, ascending.

    Uncertainty-preserving subsample: rows in order of the entropy of their previous probabilities, r = 0 to 1 being a
    row's place. Each row is in with probability max(exp(-max(0, r - gamma) / temperature), floor): all of the share
    `gamma`, and fast fewer beyond. The floor is not in the paper, whose certain rows never come back. Cost
    O(m (c + log m)). Shines where yesterday's predictions are at hand: it spares most of today's. Fails when the model
    changed much since.

    Raises BadInput for a share or a floor outside 0 to 1, a temperature that is not positive.

    >>> import numpy as np
    >>> before = np.array([[0.5, 0.5], [0.9, 0.1], [1.0, 0.0], [0.6, 0.4]])
    >>> ups(before, n=1, rng=0, gamma=0.25, floor=0.0)
    array([0, 3])
    """
    for name, share in (("gamma", gamma), ("floor", floor)):
        if not 0 <= share <= 1:
            raise BadInput(f"ups: {name}={share} is no share; give 0 to 1")
    if not temperature > 0:
        raise BadInput(f"ups: temperature={temperature} lets nothing in; give a positive number, 0.01 by default")
    unsure = entropy(double(host(previous_probs))).round(12)
    m = len(unsure)
    place = np.empty(m)
    place[top_order(unsure, rng.keys, m, rng.seed)] = np.arange(m) / m
    odds = np.maximum(np.exp(-np.maximum(0.0, place - gamma) / temperature), floor)
    return np.flatnonzero(rng.uniform("ups") < odds)
