"""Which annotator gets which row: ACAL's selectors. Rows are chosen already; every annotator may not be available.

All of them give a row to an annotator without any answers first, if one is available, and break ties by keyed noise.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from askwise.core.arrays import floats
from askwise.core.errors import BadInput
from askwise.core.noise import Noise, as_noise, mix, stream_key
from askwise.core.types import BoolArray, FloatArray, IntArray
from askwise.crowd.table import Table

NOBODY = -1
"""What a row gets for which no annotator is available."""


def random_annotator(available: Any, *, rng: Any = 0) -> IntArray:
    """One available annotator for each row, uniformly: available (n, a) -> (n,) annotator, -1 where there is none.

    The baseline of every comparison. Cost O(n a).

    >>> random_annotator([[True, False], [False, False]]).tolist()
    [0, -1]
    """
    mask = _mask(available)
    return _first(np.zeros(mask.shape), mask, as_noise(rng, len(mask)))


def semantic_diversity(
    available: Any, embeddings: Any, past_embeddings: Any, past_annotator: Any, *, rng: Any = 0
) -> IntArray:
    """The annotator who has seen the least like it: (n, a), (n, d), (h, d), (h,) -> (n,) annotator or -1.

    Lowest mean cosine of the row to the rows that the annotator answered (h answers in all). Cost O((h + n a) d).
    Shines for subjective tasks, where each annotator should see the breadth of the data. Fails where annotators are
    experts in something: it sends them what they know least.

    Raises BadInput for shapes that do not fit. Source: van der Meer et al. 2024, Annotator-Centric Active Learning
    for Subjective NLP Tasks (EMNLP), section 3.3.

    >>> semantic_diversity([[True, True]], [[1.0, 0.0]], [[1.0, 0.0], [0.0, 1.0]], [0, 1]).tolist()
    [1]
    """
    mask, who = _mask(available), _who(past_annotator, available)
    rows, past = _unit(floats("embeddings", embeddings, 2)), _unit(floats("past_embeddings", past_embeddings, 2))
    if len(rows) != len(mask) or len(past) != len(who) or rows.shape[1] != past.shape[1]:
        raise BadInput(
            f"embeddings {rows.shape}, past_embeddings {past.shape}, past_annotator {who.shape} and available"
            f" {mask.shape} do not fit; give (n, d), (h, d), (h,) and (n, a)"
        )
    # The mean of cosines is the cosine with the mean of unit vectors: no (n, h) matrix.
    sums, counts = np.zeros((mask.shape[1], rows.shape[1])), np.bincount(who, minlength=mask.shape[1])
    np.add.at(sums, who, past)
    return _newcomers(rows @ (sums / np.maximum(counts, 1)[:, None]).T, mask, counts > 0, rng)


def minority_bias(available: Any, answers: Table, *, rng: Any = 0) -> IntArray:
    """The annotator whose answers lean most to the rarest class so far: (n, a), answers -> (n,) annotator or -1.

    The rarest class is that with the fewest answers among those that have any. Columns of `available` are the
    annotators of `answers`, in its order, then any others. Cost O(n a + r). Shines for finding dissent. Fails as a way
    to true labels: it prefers who errs towards the rare class.

    Source: van der Meer et al. 2024, section 3.3.

    >>> from askwise.crowd import table
    >>> said = table({"item": [0, 1, 2], "annotator": [0, 0, 1], "label": [0, 0, 1]})
    >>> minority_bias([[True, True], [True, False]], said).tolist()
    [1, 0]
    """
    mask = _mask(available)
    used = np.bincount(answers.label, minlength=answers.classes)
    rarest = int(np.argmin(np.where(used > 0, used, used.max() + 1)))
    counts, leaning = answers.per_annotator(1.0), answers.per_annotator(answers.label == rarest)
    share = _padded(leaning / np.maximum(counts, 1), mask)
    return _newcomers(np.tile(-share, (len(mask), 1)), mask, _padded(counts, mask) > 0, rng)


def representation_diversity(
    available: Any, answers: Table, embeddings: Any, *, label_embeddings: Any = None, components: int = 10, rng: Any = 0
) -> IntArray:
    """The annotator least like the others available: (n, a), answers, rows' embeddings (rows, d) -> (n,) or -1.

    An annotator is the mean of [embedding of the row; embedding of the label] over the answers, centred over the
    annotators, reduced to `components` by SVD and brought to length one; the lowest mean cosine to the others that
    are available for the row wins. `label_embeddings` (c, e) default to one-hot. Cost O(r d + a d min(a, d) + n a).
    Shines for hearing all groups of annotators. Fails with a handful of answers each: the mean is noise.

    Raises BadInput for shapes that do not fit. Source: van der Meer et al. 2024, section 3.3.

    >>> from askwise.crowd import table
    >>> said = table({"item": [0, 0, 0], "annotator": [0, 1, 2], "label": [0, 0, 1]})
    >>> representation_diversity([[True, True, True]], said, [[1.0]]).tolist()
    [2]
    """
    mask, rows = _mask(available), floats("embeddings", embeddings, 2)
    names = np.eye(answers.classes) if label_embeddings is None else floats("label_embeddings", label_embeddings, 2)
    if len(rows) != answers.rows or len(names) != answers.classes or components < 1:
        raise BadInput(
            f"embeddings {rows.shape}, label_embeddings {names.shape}, components={components}: give one line for"
            f" each of {answers.rows} rows and {answers.classes} classes, and at least one component"
        )
    counts = answers.per_annotator(1.0)
    means = np.zeros((len(counts), rows.shape[1] + names.shape[1]))
    np.add.at(means, answers.annotator, np.hstack([rows[answers.item], names[answers.label]]))
    means /= counts[:, None]
    left, size, _ = np.linalg.svd(means - means.mean(axis=0), full_matrices=False)
    person = np.zeros((mask.shape[1], min(components, len(size))))
    person[: len(counts)] = _unit(left[:, :components] * size[:components])
    alike = mask @ person
    others = np.maximum(mask.sum(axis=1, keepdims=True) - 1, 1)
    own = (person**2).sum(axis=1)
    return _newcomers((alike @ person.T - own) / others, mask, _padded(counts, mask) > 0, rng)


def _newcomers(values: FloatArray, mask: BoolArray, met: BoolArray, rng: Any) -> IntArray:
    """The lowest value of an available annotator in each row; those never met before all others."""
    return _first(np.where(met, values, -np.inf), mask, as_noise(rng, len(mask)))


def _first(values: FloatArray, mask: BoolArray, noise: Noise) -> IntArray:
    """Annotator (n,) with the lowest value among the available; ties go to the lowest noise of (row, annotator)."""
    best = np.min(np.where(mask, values, np.inf), axis=1, initial=np.inf, keepdims=True)
    # Values that differ by rounding are a tie: which of two equal annotators is asked must not hang on the last bit.
    near = mask & (values <= best + 1e-12)
    bits = np.stack([mix(noise.keys, stream_key(noise.seed, f"annotator/{j}")) for j in range(mask.shape[1])], axis=1)
    chosen = np.where(near, bits, np.uint64(2**64 - 1)).argmin(axis=1)
    return np.where(mask.any(axis=1), chosen, NOBODY)


def _mask(available: Any) -> BoolArray:
    mask = np.asarray(available)
    if mask.ndim != 2 or mask.dtype != bool or not mask.shape[1]:
        raise BadInput(f"available is {mask.dtype} {mask.shape}; give True or False (n, a): may annotator j have row i")
    return mask


def _who(past_annotator: Any, available: Any) -> IntArray:
    who = np.asarray(past_annotator)
    a = np.shape(available)[1]
    if who.ndim != 1 or (len(who) and (who.dtype.kind not in "iu" or who.min() < 0 or who.max() >= a)):
        raise BadInput(f"past_annotator is {who.dtype} {who.shape}; give annotators from 0 to {a - 1}, one an answer")
    return who.astype(np.int64)


def _padded(values: FloatArray, mask: BoolArray) -> FloatArray:
    if len(values) > mask.shape[1]:
        raise BadInput(f"available has {mask.shape[1]} annotators, but {len(values)} have answered; give a column each")
    return np.concatenate([values, np.zeros(mask.shape[1] - len(values))])


def _unit(rows: FloatArray) -> FloatArray:
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(length > 1e-12, length, 1.0))
