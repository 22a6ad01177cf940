"""BMDAL: a kernel, its transforms and a selection, put together freely."""

from __future__ import annotations

from typing import Any

import numpy as np

from askwise.core.arrays import host
from askwise.core.errors import BadInput, did_you_mean
from askwise.core.evidence import Taken
from askwise.core.noise import Noise
from askwise.core.registry import get, pick
from askwise.core.topn import top_order
from askwise.core.types import Array, FloatArray, IntArray
from askwise.kernels.features import feature_map, posterior, projection
from askwise.kernels.space import squared_lengths

SELECTIONS = {
    "max_diag": "",
    "max_det": "max_det",
    "bait": "bait",
    "frank_wolfe": "frank_wolfe",
    "max_dist": "k_center",
    "k_means_pp": "k_means_pp",
    "lcmd": "lcmd",
}
"""The framework's selections, by the pick that does each on features."""


@pick(
    cite="Holzmueller et al. 2023, A Framework and Benchmark for Deep Batch Active Learning for Regression, JMLR 24,"
    " sections 3 and 4"
)
def bmdal(
    embeddings: Array,
    *,
    n: int,
    rng: Noise,
    taken: Taken,
    kernel: str = "linear",
    selection: str = "lcmd",
    mode: str = "TP",
    dimension: int = 512,
    noise: float = 0.1,
    scale: bool = True,
) -> IntArray:
    """A selection on the features of a kernel: (m, d) -> (n,) positions, in the order chosen.

    `kernel` maps rows to features: "linear" (last layer or gradients, as they come), "rbf", "laplace" or "nngp" by
    `dimension` random ones. Wider features are projected at random to `dimension`; `scale` makes the mean squared
    length one. `mode` "TP" hands labelled and pending rows to the selection as rows already chosen; "P" conditions the
    kernel on them instead, as a Gaussian process with noise deviation `noise` would, and the selection begins afresh.
    `selection`: "max_diag" (the n largest variances), "max_det", "bait", "frank_wolfe", "max_dist" (`k_center`),
    "k_means_pp", "lcmd", each with its own defaults. The paper's best is LCMD-TP on gradients sketched to 512 (the
    function `mlp_gradients` makes them). Ties go to the lowest key. Cost O(m d p) for the features, p^3 for the
    posterior, then the selection's. Shines for regression with a trained network. Fails on gradients of a network that
    has not learnt anything, whose geometry is noise.

    Raises BadInput for an unknown kernel, selection or mode, fewer than two features, or noise that is not positive.

    >>> import numpy as np
    >>> rows = np.array([[0.0], [1.0], [1.2], [1.4], [-9.0]])
    >>> bmdal(rows, n=3, rng=0), bmdal(rows, n=2, rng=0, selection="max_diag")
    (array([4, 3, 0]), array([4, 3]))
    """
    if selection not in SELECTIONS:
        raise BadInput(f"bmdal: selection={selection!r} is unknown.{did_you_mean(selection, SELECTIONS)}")
    if mode not in ("TP", "P") or not noise > 0:
        raise BadInput(f"bmdal: mode={mode!r} must be 'TP' or 'P', and noise={noise} positive; by default 'TP' and 0.1")
    rows, held = host(embeddings, np.float64), taken.get("embeddings")
    known = rows[:0] if held is None else host(held, np.float64)
    rows, known = _features(rows, known, kernel, dimension, scale, rng)
    if mode == "P" and len(known):
        rows = posterior(known, noise)(rows)
    if selection == "max_diag":
        # Rounded, so that equal rows tie.
        return top_order(np.round(squared_lengths(rows), 9), rng.keys, n, rng.seed)
    seen = mode == "TP" and len(known) > 0
    chosen: Any = get("pick", SELECTIONS[selection])(
        rows, n=n, rng=rng, taken=Taken({"embeddings": known}, taken.pending) if seen else Taken()
    )
    return np.asarray(chosen, dtype=np.int64)


def _features(
    rows: FloatArray, known: FloatArray, kernel: str, dimension: int, scale: bool, rng: Noise
) -> tuple[FloatArray, FloatArray]:
    """Features of the rows (m, p) and of the taken rows (t, p) under the kernel, projected and scaled."""
    to_features = feature_map(kernel, rows, dimension, rng.generator("bmdal"))
    rows, known = to_features(rows), to_features(known)
    project = projection(rows.shape[1], dimension, rng.generator("bmdal/projection"))
    rows, known = project(rows), project(known)
    size = np.sqrt(float(squared_lengths(rows).mean())) if scale else 1.0
    return rows / (size or 1.0), known / (size or 1.0)
