"""What a label would say about the rest of the pool: EPIG and BEMPS, over rows that stand for it."""

from __future__ import annotations

from collections.abc import Callable

from askwise.core.arrays import namespace
from askwise.core.errors import BadInput
from askwise.core.registry import score
from askwise.core.types import Array
from askwise.kernels.information import double, plogp
from askwise.kernels.rows import entropy

_BLOCK = 1 << 22
"""Values of joint distributions held at a time (32 MB)."""


@score(
    cite="Bickford Smith et al. 2023, Prediction-Oriented Bayesian Active Learning, AISTATS, equation 5; Tan,"
    " Du and Buntine 2021, Diversity Enhanced Active Learning with Strictly Proper Scoring Rules, NeurIPS (CoreLog)",
    aliases=("core_log",),
)
def epig(samples: Array, target_samples: Array) -> Array:
    """Expected information about the labels of target rows, mean_t I(y; y_t): (m, k, c), (t, k, c) -> (m,), nats.

    Under the draws, P(y, y_t) = mean_j p_j(y) p_j(y_t). Targets are rows on which the model shall be right: by
    default 500 of the pool, drawn once; never the labelled rows. The expected gain in log score of BEMPS (CoreLog) is
    the same number. Cost O(m t k c^2), in blocks of 32 MB. Shines where the pool holds rows unlike those that matter,
    which BALD would ask. Fails with few draws: with k draws it sees at most k different models.

    Raises BadInput when rows and targets differ in draws.

    >>> import numpy as np
    >>> S = np.array([[[1.0, 0.0], [0.0, 1.0]], [[0.5, 0.5], [0.5, 0.5]]])
    >>> epig(S, S[:1]).round(4) + 0
    array([0.6931, 0.    ])
    """
    samples, targets = _aligned(samples, target_samples)
    xp = namespace(samples)

    def uncertain_together(joint: Array) -> Array:
        return -xp.sum(plogp(joint), axis=(1, 2, 3))

    here = entropy(xp.mean(samples, axis=1))
    there = xp.mean(entropy(xp.mean(targets, axis=1)))
    together = _over_joint(samples, targets, uncertain_together) / targets.shape[0]
    value = here + there - together
    return xp.maximum(value, xp.zeros_like(value))


@score(
    cite="Tan, Du and Buntine 2021, Diversity Enhanced Active Learning with Strictly Proper Scoring Rules, NeurIPS,"
    " section 3.2 (CoreMSE)",
    aliases=("bemps", "bemps_core_mse"),
)
def core_mse(samples: Array, target_samples: Array) -> Array:
    """Expected fall of the Brier loss on target rows once the label is known: (m, k, c), (t, k, c) -> (m,) in [0, 1].

    mean_t sum_y p(y) |q_t(. | y) - q_t|^2, with q_t(. | y) the target's prediction when the draws are weighted by how
    well they foretell y. Same targets as `epig`. Cost O(m t k c^2), in blocks of 32 MB. Shines as EPIG does, and
    weighs errors as accuracy does: rare classes' logarithms do not rule. Fails with few draws.

    Raises BadInput when rows and targets differ in draws.

    >>> import numpy as np
    >>> S = np.array([[[1.0, 0.0], [0.0, 1.0]], [[0.5, 0.5], [0.5, 0.5]]])
    >>> core_mse(S, S[:1])
    array([0.5, 0. ])
    """
    samples, targets = _aligned(samples, target_samples)
    xp = namespace(samples)
    prior = xp.mean(targets, axis=1)

    def change(joint: Array) -> Array:
        chance = xp.sum(joint[:, :, :1, :], axis=3)[:, :, 0]
        gap = joint - chance[:, :, None, None] * prior[None, None, :, :]
        squared = xp.sum(gap * gap, axis=(2, 3))
        # A label without a chance adds nothing.
        return xp.sum(squared / xp.where(chance > 0, chance, xp.ones_like(chance)), axis=1)

    return _over_joint(samples, targets, change) / targets.shape[0]


def _aligned(samples: Array, target_samples: Array) -> tuple[Array, Array]:
    """Both in float64. Raises BadInput unless draw j can be the same model in both."""
    if tuple(samples.shape[1:]) != tuple(target_samples.shape[1:]) or not target_samples.shape[0]:
        raise BadInput(
            f"samples have (draws, classes) {tuple(samples.shape[1:])}, target_samples of shape"
            f" {tuple(target_samples.shape)} do not; give the same draws of the same model for at least one target"
        )
    return double(samples), double(target_samples)


def _over_joint(samples: Array, targets: Array, reduce: Callable[[Array], Array]) -> Array:
    """reduce((b, c, t, c) joint distributions of a row's and the targets' labels) -> (b,), block after block."""
    xp = namespace(samples)
    m, k, c = (int(size) for size in samples.shape)
    t = int(targets.shape[0])
    flat = xp.reshape(xp.permute_dims(targets, (1, 0, 2)), (k, t * c)) / k
    step = max(1, _BLOCK // (c * t * c))
    parts = []
    for start in range(0, m, step):
        block = samples[start : min(start + step, m), ...]
        rows = xp.reshape(xp.permute_dims(block, (0, 2, 1)), (block.shape[0] * c, k))
        parts.append(reduce(xp.reshape(rows @ flat, (block.shape[0], c, t, c))))
    return xp.concat(parts, axis=0) if parts else xp.zeros((0,), dtype=xp.float64)
