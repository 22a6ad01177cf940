"""Dataset maps: how sure training was of each labelled row's own label, and how much that changed on the way."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from askwise.core.arrays import host
from askwise.core.errors import BadInput
from askwise.core.types import Array, FloatArray


class DatasetMap(NamedTuple):
    """Of each labelled row (l,): mean and standard deviation of its label's probability over epochs, and the share of
    epochs in which that label was the likeliest."""

    confidence: FloatArray
    variability: FloatArray
    correctness: FloatArray


def dataset_map(labelled_dynamics: Array, labels: Array) -> DatasetMap:
    """The map of rows (l, e, c) with class indices (l,). Swayamdipta et al. 2020, Dataset Cartography, section 2.

    Raises BadInput for a label that is no class, or another number of labels than of rows.

    >>> dataset_map(np.array([[[0.5, 0.5], [0.75, 0.25]]]), np.array([1]))
    DatasetMap(confidence=array([0.375]), variability=array([0.125]), correctness=array([0.]))
    """
    dynamics, known = host(labelled_dynamics, np.float64), host(labels).astype(np.int64)
    if dynamics.ndim != 3 or len(known) != len(dynamics):
        raise BadInput(f"dynamics have shape {dynamics.shape} for {len(known)} labels; give (rows, epochs, classes)")
    if len(known) and not 0 <= known.min() <= known.max() < dynamics.shape[2]:
        raise BadInput(f"labels go from {known.min()} to {known.max()}, but dynamics has {dynamics.shape[2]} classes")
    own = np.take_along_axis(dynamics, known[:, None, None], axis=2)[:, :, 0]
    ahead = dynamics.max(axis=2) - own
    others = (dynamics == dynamics.max(axis=2, keepdims=True)).sum(axis=2)
    return DatasetMap(own.mean(axis=1), own.std(axis=1), ((ahead == 0) & (others == 1)).mean(axis=1))
