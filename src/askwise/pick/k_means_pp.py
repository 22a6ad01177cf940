"""k-means++ seeding as a batch: D^2 sampling on the features."""

from __future__ import annotations

from askwise.core.evidence import Taken
from askwise.core.noise import Noise
from askwise.core.registry import pick
from askwise.core.types import Array, IntArray
from askwise.kernels.seeding import draw_d2
from askwise.kernels.tensors import space_of


@pick(
    cite="Arthur and Vassilvitskii 2007, k-means++: The Advantages of Careful Seeding, SODA, section 2.2;"
    " Holzmueller et al. 2023, Deep Batch Active Learning for Regression, JMLR 24, section 4.2, KMeansPP",
    aliases=("d2_sampling",),
    streams=True,
)
def k_means_pp(embeddings: Array, *, n: int, rng: Noise, taken: Taken, method: str = "rejection") -> IntArray:
    """D^2 sampling: (m, d) -> (n,) distinct positions, in the order drawn.

    Each pick is drawn with probability proportional to its squared Euclidean distance to the nearest labelled, pending
    or picked row; with nothing taken the first is uniform. When every remaining distance is zero the draw is uniform
    over the rows not yet picked. `method` "rejection" draws from old weights and rejects: exactly the same law in two
    or three passes; "exact-cdf" is the reference, one pass a pick. Cost O(m d) a pass and O(n^2 d) for the draws; 21
    bytes a row. On disk: the same two or three passes, and two or three random rows a pick. Shines where k-center would
    take outliers: far rows are likely, not certain. Fails when features are noise: then it is nearly a random draw.

    Raises BadInput for another method.

    >>> import numpy as np
    >>> sorted(k_means_pp(np.array([[0.0], [0.0], [5.0]]), n=2, rng=0).tolist())[1]
    2
    """
    space, held = space_of(embeddings), taken.get("embeddings")
    centres = None if held is None else space_of(held, beside=space)
    return draw_d2(space, n, rng.generator("k_means_pp"), method, taken=centres)
