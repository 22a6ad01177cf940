"""EV-GP: the batch after which a Gaussian process is least uncertain over the pool."""

from __future__ import annotations

import numpy as np

from askwise.core.errors import BadInput
from askwise.core.evidence import Taken
from askwise.core.noise import Noise
from askwise.core.registry import pick
from askwise.core.types import Array, IntArray
from askwise.kernels.fisher import Design
from askwise.kernels.space import Space, squared_lengths


@pick(
    cite="Hemachandra et al. 2023, Training-Free Neural Active Learning with Initialization-Robustness Guarantees,"
    " ICML, section 4",
    aliases=("expected_variance_gp",),
)
def ev_gp(embeddings: Array, *, n: int, rng: Noise, taken: Taken, noise: float = 0.001) -> IntArray:
    """Greedy minimum of the mean posterior variance over the pool: (m, d) -> (n,) positions, in the order chosen.

    The kernel is linear in the embeddings: with gradient features of a network (`bmdal` and `mlp_gradients`) it is the
    paper's neural tangent kernel. Each pick lowers sum_u k(u, u | S) the most, by sum_u k(u, x | S)^2 / (k(x, x | S) +
    s), S being the labelled, pending and picked rows and s `noise` times the mean squared length. It is BAIT without
    probabilities and without its backward half. No label is looked at, so the plan of a whole budget can be made at
    once. Gains within 1e-10 of the largest are equal, and the lowest key wins. Cost m d a pick, float64; 24 bytes a row
    and 3 d^2. Shines before the first label, and for regression. Fails where what is hard lies apart from what is far.

    Raises BadInput for noise that is not positive.

    >>> import numpy as np
    >>> ev_gp(np.array([[1.0, 0.0], [1.1, 0.0], [0.0, 1.0], [0.9, 0.0]]), n=2, rng=0)
    array([1, 2])
    """
    if not noise > 0:
        raise BadInput(
            f"ev_gp: noise={noise} leaves no variance to lower; give a small positive share, 0.001 by default"
        )
    rows, held = Space.of(embeddings).rows, taken.get("embeddings")
    ridge = noise * (float(squared_lengths(rows).mean()) or 1.0)
    before = None if held is None else Space.of(held).rows
    return Design(rows, np.ones(len(rows)), ridge, before).forward(n)
