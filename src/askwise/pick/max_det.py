"""Greedy log-determinants: MaxDet, and the coding rate with uncertainty on the diagonal."""

from __future__ import annotations

from typing import Any

import numpy as np

from askwise.core.errors import BadInput
from askwise.core.evidence import Taken
from askwise.core.noise import Noise
from askwise.core.registry import pick
from askwise.core.types import Array, FloatArray, IntArray
from askwise.kernels.backend import by_torch
from askwise.kernels.log_det import greedy_log_det
from askwise.kernels.space import Space, squared_lengths
from askwise.kernels.tensor_sets import TensorRows


@pick(
    cite="Holzmueller et al. 2023, Deep Batch Active Learning for Regression, JMLR 24, section 4.2, MaxDet;"
    " Chen, Zhang and Zhou 2018, Fast Greedy MAP Inference for DPPs, NeurIPS, algorithm 1",
    aliases=("greedy_dpp", "log_det"),
    streams=True,
)
def max_det(embeddings: Array, *, n: int, rng: Noise, taken: Taken, noise: float = 0.01) -> IntArray:
    """Greedy maximum of log det(K + s I) under the linear kernel K: (m, d) -> (n,) positions, in the order chosen.

    Each pick is the row with the largest variance left in a Gaussian process (or Bayesian linear model) that has seen
    the labelled, pending and picked rows: s is `noise` times the mean squared length of the rows. Gains within 1e-10 of
    the largest squared length are equal, and the lowest key wins. Beyond d picks with little noise all gains sink to
    the noise, and the order means nothing. Cost 2 m n d in the rows' precision, in tens of passes, on disk as in
    memory; 50 bytes a row, n d for the picks and 6 % of the rows (at most 128 MB) in float64, which decides.
    Shines for regression on good features. Fails with rows of very unequal length, whose longest it takes first:
    normalise them.

    Raises BadInput for noise that is not positive.

    >>> import numpy as np
    >>> max_det(np.array([[2.0, 0.0], [1.9, 0.0], [0.0, 1.0]]), n=2, rng=0)
    array([0, 2])
    """
    return _greedy(embeddings, np.zeros(len(rng)), n, taken, noise)


@pick(
    cite="Luo et al. 2023, KECOR: Kernel Coding Rate Maximization for Active 3D Object Detection, ICCV, section 3.3",
    aliases=("kecor",),
    streams=True,
)
def coding_rate(
    scores: FloatArray, embeddings: Array, *, n: int, rng: Noise, taken: Taken, noise: float = 0.01, weight: float = 0.1
) -> IntArray:
    """Greedy coding rate with uncertainty on the diagonal: (m,), (m, d) -> (n,) positions, in the order chosen.

    As max_det, with s (1 + weight score / mean score) on the diagonal, so that of equally new rows the more uncertain
    wins. Scores are shifted to begin at zero. The paper's features are those of a neural tangent kernel: give them as
    embeddings. Cost as max_det. Shines where max_det does, once a model says something. Fails when scores rank noise
    highest.

    Raises BadInput for noise that is not positive or a negative weight.

    >>> import numpy as np
    >>> coding_rate(np.array([0.0, 1.0, 0.5]), np.eye(3), n=2, rng=0)
    array([1, 2])
    """
    if weight < 0:
        raise BadInput(f"weight={weight} would prefer certain rows; give 0 or more")
    above = np.asarray(scores, dtype=np.float64) - scores.min()
    mean = float(above.mean())
    return _greedy(embeddings, weight * above / mean if mean > 0 else above, n, taken, noise)


def _greedy(embeddings: Array, extra: FloatArray, n: int, taken: Taken, noise: float) -> IntArray:
    """Positions by greedy log-determinant, the diagonal being noise (1 + extra) times the mean squared length."""
    if not noise > 0:
        raise BadInput(
            f"noise={noise} leaves nothing to choose by once rows are explained; give a small positive share"
        )
    rows: Any = TensorRows(embeddings) if by_torch(embeddings) else Space.of(embeddings).rows
    held = taken.get("embeddings")
    level = noise * (float(squared_lengths(rows).mean()) or 1.0)
    before = None if held is None else Space.of(held).rows
    return greedy_log_det(rows, n, level * (1.0 + extra), before, level).chosen
