"""Batches balanced over predicted classes: PCB, the class balancer, and ODMR, which matches a distribution."""

from __future__ import annotations

import numpy as np

from askwise.core.arrays import host
from askwise.core.errors import BadInput
from askwise.core.evidence import Taken
from askwise.core.noise import Noise
from askwise.core.registry import pick
from askwise.core.topn import top_order
from askwise.core.types import Array, FloatArray, IntArray, KeyArray


@pick(
    cite="Bang, Ahn and Lee 2024, Active Prompt Learning in Vision Language Models, CVPR, section 3.2", aliases=("pcb",)
)
def class_quota(probs: Array, labels: Array | None = None, *, n: int, rng: Noise, taken: Taken) -> IntArray:
    """A random row predicted to be of the class with the fewest labels, again and again: (m, c) -> (n,) positions.

    Counts are labels so far, pending rows by their prediction, and picks by theirs. When no candidate is predicted to
    be of that class the pick is a random one, and counts too (in the authors' code it does not). Put a score and a
    shortlist of about a tenth of the pool before it, as the paper does. Ties between classes by a seeded order. Cost
    O(m c). Shines on imbalanced classes. Fails when the model predicts some class never or wrongly: then it draws at
    random.

    Raises BadInput for a label that is no class of probs.

    >>> import numpy as np
    >>> probs = np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7]])
    >>> class_quota(probs, np.array([0.0, 0.0, 1.0]), n=1, rng=0)
    array([2])
    """
    table = host(probs)
    counts = _class_counts(table.shape[1], labels) + _predicted_counts(taken.only_pending(), table.shape[1])
    predicted = table.argmax(axis=1)
    order = np.argsort(rng.bits("class_quota"))
    queues = [order[predicted[order] == c][::-1].tolist() for c in range(table.shape[1])]
    ranks = rng.generator("class_quota").permutation(table.shape[1])
    chosen: list[int] = []
    while len(chosen) < n:
        queue = queues[np.lexsort((ranks, counts))[0]] or _any_queue(queues, rng.bits("class_quota"))
        chosen.append(queue.pop())
        counts[predicted[chosen[-1]]] += 1
    return np.asarray(chosen, dtype=np.int64)


@pick(
    cite="Schröder, Müller, Niekler and Potthast 2023, Small-Text: Active Learning for Text Classification in Python,"
    " EACL demonstrations: ClassBalancer"
)
def class_balancer(
    scores: FloatArray, probs: Array, labels: Array | None = None, *, n: int, rng: Noise, taken: Taken
) -> IntArray:
    """The best row predicted to be of the class with the fewest labels, slot by slot: (m,), (m, c) -> (n,) positions.

    Counts are labels so far, pending rows by their prediction, and picks by theirs; classes of which no candidate is
    left are passed over. So the labelled set moves towards equal classes while the score chooses inside them. Ties of
    rows by keyed noise, of classes in an order drawn by the seed. Cost O(m log m + m c). Shines on imbalanced pools
    with a fair model. Fails when the model never predicts the rare class, and where the imbalance is the truth to be
    learnt.

    Raises BadInput for a label that is no class of probs.

    >>> import numpy as np
    >>> probs = np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7]])
    >>> class_balancer(np.array([0.1, 0.2, 0.0]), probs, np.array([0.0, 0.0]), n=3, rng=0)
    array([2, 1, 0])
    """
    table = host(probs)
    counts = _class_counts(table.shape[1], labels) + _predicted_counts(taken.only_pending(), table.shape[1])
    predicted = table.argmax(axis=1)
    order = top_order(np.asarray(scores), rng.keys, len(table), rng.seed)
    queues = [order[predicted[order] == c][::-1].tolist() for c in range(table.shape[1])]
    ranks = rng.generator("class_balancer").permutation(table.shape[1])
    chosen: list[int] = []
    while len(chosen) < n:
        c = min((c for c, queue in enumerate(queues) if queue), key=lambda c: (counts[c], ranks[c]))
        chosen.append(queues[c].pop())
        counts[c] += 1
    return np.asarray(chosen, dtype=np.int64)


def _any_queue(queues: list[list[int]], bits: KeyArray) -> list[int]:
    """The queue whose next row is the next of all rows left in the random order."""
    return min((queue for queue in queues if queue), key=lambda queue: bits[queue[-1]])


@pick(cite="Zhou et al. 2021, Towards Understanding the Behaviors of Optimal Deep Active Learning Algorithms, AISTATS")
def odmr(
    scores: FloatArray,
    probs: Array,
    labels: Array | None = None,
    *,
    n: int,
    rng: Noise,
    taken: Taken,
    smoothing: float = 1.0,
) -> IntArray:
    """The best row of the predicted class that is most in deficit, slot by slot: (m,), (m, c) -> (n,) positions.

    Output distribution matching: the reference q is the distribution of the labels so far, `smoothing` added to each
    class. Slot b goes to the class with the largest q (b + 1) - filled among those with candidates left, and in it to
    the highest score. So the batch repeats the make-up of the labels while the score chooses inside classes: use it
    with a control arm or a random start that is like the pool. Ties of rows by keyed noise, of classes to the lowest.
    Cost O(m log m + m c). Shines on shifts that a score causes by itself. Fails when the labels so far are not like
    the pool, whose bias it keeps.

    Raises BadInput for a smoothing that is not positive, or a label that is no class of probs.

    >>> import numpy as np
    >>> probs = np.array([[0.9, 0.1], [0.6, 0.4], [0.3, 0.7]])
    >>> odmr(np.array([0.1, 0.4, 0.3]), probs, np.array([0.0]), n=3, rng=0)
    array([1, 2, 0])
    """
    if not smoothing > 0:
        raise BadInput(f"odmr: smoothing={smoothing} leaves classes without a share; give a positive number")
    table = host(probs)
    wanted = _class_counts(table.shape[1], labels) + smoothing
    wanted /= wanted.sum()
    predicted = table.argmax(axis=1)
    order = top_order(np.asarray(scores), rng.keys, len(table), rng.seed)
    queues = [order[predicted[order] == c][::-1].tolist() for c in range(table.shape[1])]
    filled = np.zeros(table.shape[1])
    chosen: list[int] = []
    while len(chosen) < n:
        deficit = np.round(wanted * (len(chosen) + 1) - filled, 9)
        c = max((c for c, queue in enumerate(queues) if queue), key=lambda c: deficit[c])
        chosen.append(queues[c].pop())
        filled[c] += 1
    return np.asarray(chosen, dtype=np.int64)


def _class_counts(c: int, labels: Array | None) -> FloatArray:
    """Labels so far of each class (c,)."""
    if labels is None:
        return np.zeros(c)
    known = host(labels).astype(np.int64)
    if len(known) and not 0 <= known.min() <= known.max() < c:
        worst = known.min() if known.min() < 0 else known.max()
        raise BadInput(f"labels holds {worst}, but probs has {c} columns; give class indices from 0 to {c - 1}")
    return np.bincount(known, minlength=c).astype(np.float64)


def _predicted_counts(pending: Taken, c: int) -> FloatArray:
    held = pending.get("probs")
    if held is None:
        return np.zeros(c)
    return np.bincount(host(held).argmax(axis=1), minlength=c).astype(np.float64)
