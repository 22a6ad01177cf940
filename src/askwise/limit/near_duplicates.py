"""No near-duplicates in a batch, nor of what is labelled."""

from __future__ import annotations

import numpy as np

from askwise.core.arrays import host
from askwise.core.errors import BadInput
from askwise.core.registry import limit
from askwise.core.types import Array, BoolArray, FloatArray, IntArray

_DIGITS = 12
"""Cosines are rounded, so that equal rows have a cosine of exactly 1."""


@limit(
    cite="Lee et al. 2022, Deduplicating Training Data Makes Language Models Better, ACL, section 4; Broder 1997, On"
    " the Resemblance and Containment of Documents (near-duplicates by a threshold on similarity)"
)
def near_duplicates(
    embeddings: Array, labelled_embeddings: Array | None = None, *, chosen: IntArray, similarity: float = 0.99
) -> BoolArray:
    """No row like one in the batch or a labelled one: embeddings (m, d), (l, d), chosen (k,) -> mask (m,).

    Two rows are alike when their cosine reaches `similarity`; 1 forbids copies alone. Zero rows are like no other. Cost
    O(m d (k + l)) a batch. Shines with any score on pools that repeat themselves: the n best are not one row n times.
    Fails when labels are noisy and a copy is the cheapest second opinion. Rows whose answers are out are not seen:
    ask in whole batches, or with a pick that takes account of them.

    Raises BadInput for a similarity outside (0, 1].

    >>> import numpy as np
    >>> rows = np.array([[1.0, 0.0], [2.0, 0.01], [0.0, 1.0]])
    >>> near_duplicates.run(rows, chosen=np.array([0])).tolist()
    [False, False, True]
    """
    if not 0 < similarity <= 1:
        raise BadInput(f"near_duplicates({similarity}): give a cosine above 0, at most 1; 0.99 by default")
    rows = _directions(embeddings)
    known = rows[chosen]
    if labelled_embeddings is not None:
        known = np.concatenate([known, _directions(labelled_embeddings)])
    mask = np.ones(len(rows), dtype=bool)
    step = max(1, (1 << 22) // max(len(known), 1))
    for start in range(0, len(rows), step):
        near = np.round(rows[start : start + step] @ known.T, _DIGITS)
        mask[start : start + step] = near.max(axis=1, initial=-1.0) < similarity
    mask[chosen] = False
    return mask


def _directions(rows: Array) -> FloatArray:
    """Rows of length one; a zero row stays zero."""
    table = host(rows, np.float64)
    lengths = np.linalg.norm(table, axis=1, keepdims=True)
    return np.asarray(np.divide(table, lengths, out=np.zeros_like(table), where=lengths > 0))
