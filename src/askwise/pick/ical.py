"""ICAL: the rows whose labels depend most on those of the pool."""

from __future__ import annotations

import numpy as np

from askwise.core.arrays import host
from askwise.core.errors import BadInput
from askwise.core.evidence import Taken
from askwise.core.noise import Noise
from askwise.core.registry import pick
from askwise.core.types import Array, FloatArray, IntArray
from askwise.kernels.backend import backend
from askwise.kernels.compiled import agreements

_BLOCK = 1 << 21
_DIGITS = 12


@pick(cite="Jain et al. 2020, Information Condensing Active Learning, arXiv 2002.07916, sections 3 and 4")
def ical(samples: Array, *, n: int, rng: Noise, taken: Taken, reference: int = 200) -> IntArray:
    """Greedy maximum of HSIC between the batch and random rows of the pool: (m, k, c) -> (n,) positions, in order.

    Each draw of the model gives each row one label, drawn from its probabilities; the kernel of a row over draws is
    K[a, b] = 1 when draws a and b gave it the same label. A pick maximises HSIC(A, B) = tr(A C B C) / (k - 1)^2, C the
    centring matrix, A the mean kernel of the batch with the row, B the mean kernel of `reference` rows drawn anew for
    each pick. HSIC is linear in A, so rows add up and earlier picks do not change the order of the rest: the batch is
    diverse only as far as the reference rows change. Ties by keyed noise. Cost O(n m k^2). Shines for large batches,
    where BatchBALD's configurations are mere noise. Fails below about 50 draws, since one label a draw is noisy.

    Raises BadInput for a single draw, or no reference rows.

    >>> import numpy as np
    >>> agree, alone = [[1.0, 0.0], [0.0, 1.0]] * 2, [[1.0, 0.0]] * 4
    >>> ical(np.array([alone, agree, agree, agree]), n=3, rng=0).tolist().count(0)
    0
    """
    table = host(samples)
    m, k, c = table.shape
    if k < 2 or reference < 1:
        raise BadInput(
            f"ical needs two draws and one reference row, got {k} and reference={reference}; use a committee"
        )
    labels = _draw_labels(table, rng)
    generator = rng.generator("ical")
    bits = rng.bits("ical")
    free = np.ones(m, dtype=bool)
    chosen: list[int] = []
    while len(chosen) < n:
        some = generator.choice(m, min(reference, m), replace=False)
        gains = np.round(_dependence(labels, _centred(_mean_kernel(labels[some], c)), c), _DIGITS)
        gains[~free] = -np.inf
        tied = np.flatnonzero(gains == gains.max())
        chosen.append(int(tied[np.argmax(bits[tied])]))
        free[chosen[-1]] = False
    return np.asarray(chosen, dtype=np.int64)


def _draw_labels(table: FloatArray, rng: Noise) -> IntArray:
    """One label (m, k) of each row from each draw, by noise keyed to the row."""
    labels = np.empty(table.shape[:2], dtype=np.int64)
    for j in range(table.shape[1]):
        edges = np.cumsum(table[:, j].astype(np.float64), axis=1)
        labels[:, j] = (edges < rng.uniform(f"ical/{j}")[:, None] * edges[:, -1:]).sum(axis=1)
    return labels


def _mean_kernel(labels: IntArray, c: int) -> FloatArray:
    """Share (k, k) of the rows to which two draws give the same label."""
    votes = (labels[:, :, None] == np.arange(c)).astype(np.float64)
    flat = votes.transpose(1, 0, 2).reshape(labels.shape[1], -1)
    return np.asarray(flat @ flat.T / len(labels))


def _centred(kernel: FloatArray) -> FloatArray:
    rows = kernel - kernel.mean(axis=0)
    return np.asarray(rows - rows.mean(axis=1, keepdims=True))


def _dependence(labels: IntArray, centred: FloatArray, c: int) -> FloatArray:
    """HSIC (m,) of each row's kernel with a centred kernel: the sum of its entries where two draws agree."""
    m, k = labels.shape
    out = np.empty(m)
    if backend() == "numba":
        agreements(labels, centred, out)
        out /= (k - 1) ** 2
        return out
    step = max(1, _BLOCK // (k * c))
    for start in range(0, m, step):
        votes = (labels[start : start + step, None, :] == np.arange(c)[:, None]).astype(np.float64)
        out[start : start + step] = np.einsum("bck,bck->b", votes @ centred, votes) / (k - 1) ** 2
    return out
