"""PCoreSet: k-center among predictions."""

from __future__ import annotations

from askwise.core.evidence import Taken
from askwise.core.noise import Noise
from askwise.core.registry import pick
from askwise.core.types import Array, IntArray
from askwise.kernels.farthest import farthest_first
from askwise.kernels.tensors import space_of


@pick(
    cite="Kang et al. 2025, PCoreSet: Effective Active Learning through Knowledge Distillation from Vision-Language"
    " Models, arXiv 2506.00910",
    aliases=("probabilistic_core_set",),
)
def p_core_set(probs: Array, *, n: int, rng: Noise, taken: Taken) -> IntArray:
    """Farthest-first traversal of the probability vectors: (m, c) -> (n,) positions, in the order chosen.

    `k_center` with |p(x) - p(x')| as the distance: each pick is the row whose prediction is least like that of every
    labelled, pending or picked row. With nothing taken the first is the most average one. The paper blends the
    student's probabilities with a teacher's: give the blend as `probs`. Ties go to the lowest key. Cost O(m c) a pick
    at most. Shines when a teacher's predictions cluster, as those of vision-language models do. Fails with two classes:
    the space is a segment, and the batch an even spread of p along it.

    >>> import numpy as np
    >>> p_core_set(np.array([[0.5, 0.5], [0.9, 0.1], [0.1, 0.9], [0.45, 0.55]]), n=3, rng=0)
    array([0, 1, 2])
    """
    space, held = space_of(probs), taken.get("probs")
    return farthest_first(space, n, None if held is None else space_of(held, beside=space))[0]
