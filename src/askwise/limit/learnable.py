"""No rows like those that training could not learn: the outlier audit by dataset maps."""

from __future__ import annotations

import numpy as np

from askwise.core.arrays import host
from askwise.core.errors import BadInput
from askwise.core.registry import limit
from askwise.core.types import Array, BoolArray, IntArray
from askwise.kernels.dataset_map import dataset_map

_BLOCK = 1 << 22


@limit(
    cite="Karamcheti, Krishna, Fei-Fei and Manning 2021, Mind Your Outliers! Investigating the Negative Impact of"
    " Outliers on Active Learning for Visual Question Answering, ACL, sections 5 and 6; Swayamdipta et al. 2020,"
    " Dataset Cartography, EMNLP, section 2 (the map)"
)
def learnable(
    embeddings: Array,
    labelled_embeddings: Array,
    labelled_dynamics: Array,
    labels: Array,
    *,
    chosen: IntArray,
    confidence: float = 0.25,
    variability: float = 0.2,
    neighbours: int = 5,
) -> BoolArray:
    """No row amid unlearnable ones: (m, d), (l, d), (l, e, c), (l,), chosen (k,) -> mask (m,).

    A labelled row is unlearnable when its label's probability over the epochs has a mean below `confidence` and a
    deviation below `variability`: training never came to believe the label. A candidate is forbidden when more than
    half of the `neighbours` labelled rows nearest to it are. Collective outliers draw uncertainty scores on for ever.
    Cost O(l m d). Shines on pools with a part that nobody can label. Fails with few labels, or epochs so few that
    nothing is learnt yet; while every labelled row looks unlearnable, it forbids nothing.

    Raises BadInput for thresholds outside 0 to 1, or fewer than one neighbour.

    >>> import numpy as np
    >>> dynamics = np.array([[[0.5, 0.5], [0.9, 0.1]], [[0.9, 0.1], [0.9, 0.1]]])
    >>> held, labels, nobody = np.array([[0.0], [9.0]]), np.array([0, 1]), np.array([], dtype=int)
    >>> learnable.run(np.array([[1.0], [8.0]]), held, dynamics, labels, chosen=nobody, neighbours=1).tolist()
    [True, False]
    """
    if not 0 <= confidence <= 1 or not 0 <= variability <= 1 or neighbours < 1:
        raise BadInput(
            f"learnable(confidence={confidence}, variability={variability}, neighbours={neighbours}): give shares from"
            " 0 to 1 and at least 1 neighbour"
        )
    found = dataset_map(labelled_dynamics, labels)
    bad = (found.confidence < confidence) & (found.variability < variability)
    rows, held = host(embeddings, np.float64), host(labelled_embeddings, np.float64)
    mask = np.ones(len(rows), dtype=bool)
    if bad.any() and not bad.all():
        step = max(1, _BLOCK // held.size)
        for start in range(0, len(rows), step):
            part = slice(start, start + step)
            far = np.round(((rows[part, None] - held[None]) ** 2).sum(axis=-1), 10)
            near = np.argsort(far, axis=1, kind="stable")[:, :neighbours]
            mask[part] = bad[near].mean(axis=1) <= 0.5
    mask[chosen] = False
    return mask
