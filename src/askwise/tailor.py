"""`tailor`: a bandit over strategies, which are worth the classes that their labels bring."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from askwise.core.errors import BadInput
from askwise.core.evidence import reachable
from askwise.core.history import History
from askwise.core.noise import Noise
from askwise.core.registry import policy
from askwise.core.types import FloatArray
from askwise.strategy import Mixture, Strategy


@policy(
    cite="Zhang, Shao, Verma, Chen and Nowak 2023, Algorithm Selection for Deep Active Learning with Imbalanced"
    " Datasets, NeurIPS, algorithm 1"
)
def tailor(
    history: History,
    *,
    candidates: Sequence[str] = ("margin", "badge", "random"),
    decay: float = 0.9,
    per_row: bool = False,
) -> tuple[Strategy, str]:
    """Thompson sampling over strategies by the labels of rare classes that each has brought.

    The labels of strategy i are thought to be drawn by a distribution theta_i over classes with a Dirichlet posterior:
    one is drawn for each strategy from Dirichlet(1 + a_i), a_i (of ones at first) being multiplied by `decay` after
    each batch and raised by the labels that a batch of strategy i brought. The strategy with the largest
    theta_i . v has the next batch: v_k = 1 / labels of class k so far, negative for a class with more than half of all
    labels. The paper draws for each row of a batch, which is what
    `per_row` does: a mixture of all candidates, each with its chance to draw the largest value (of 2000 draws), and a
    label counts for every candidate that had the row next. Without it a batch has one strategy, and the price of one.
    Strategies whose evidence is not on offer wait. Shines on imbalanced pools, where nobody knows
    which strategy finds the rare classes. Fails in sessions of a few batches: then it is a draw among the candidates.

    Raises BadInput without candidates, for one that is a policy itself, for a decay outside 0 to 1, and for a task
    whose labels are no classes.

    >>> from askwise.core.history import Batch
    >>> past = (Batch("tailor: margin", (50, 50)), Batch("tailor: random", (100, 0)))
    >>> offers = frozenset({"probs", "noise"})
    >>> tailor(History(rows=999, batch=9, counts=(150, 50), offers=offers, batches=past))[0].label
    'margin'
    """
    if not candidates or not 0 <= decay <= 1:
        raise BadInput(f"tailor: candidates={candidates!r} and decay={decay}; give some names, and a decay from 0 to 1")
    without = not reachable("probs", history.offers) and not history.counts
    if without and any(reachable(name, history.offers) for name in ("part_doubt", "mean")):
        raise BadInput("tailor counts labels by class, and here none is a class; name another strategy, such as auto")
    known = [_strategy(name) for name in candidates]
    ready = [i for i, one in enumerate(known) if all(reachable(name, history.offers) for name in one.wants())]
    if not ready:
        return Strategy("random"), "no candidate has its evidence yet: draw at random"
    brought = posterior(history, [one.label for one in known], decay)
    # A stream for each batch: the choice is a function of the past, and a session opened again makes it again.
    generator = Noise(history.seed, 0).generator(f"tailor/{len(history.batches)}")
    if per_row:
        return _per_row([known[i] for i in ready], brought[ready], worth(history.counts), generator)
    theta = np.stack([generator.dirichlet(1.0 + brought[i]) for i in range(len(known))])
    value, order = np.round(theta @ worth(history.counts), 12), generator.permutation(len(known))
    best = max(ready, key=lambda i: (value[i], order[i]))
    return known[best], f"{known[best].label} drew the largest of {len(ready)} values, {value[best]:.3g}"


_DRAWS = 2000
"""Draws that estimate a strategy's chance to have the largest value: to within about 0.01."""


def _per_row(
    known: list[Strategy], brought: FloatArray, value: FloatArray, generator: np.random.Generator
) -> tuple[Strategy, str]:
    """A mixture by the chance of each strategy to draw the largest value."""
    drawn = np.stack([generator.dirichlet(1.0 + own, size=_DRAWS) @ value for own in brought])
    best = np.bincount(np.round(drawn, 12).argmax(axis=0), minlength=len(known)) / _DRAWS
    mixture = Mixture(members=tuple(zip(known, best.tolist(), strict=True)))
    return mixture, ", ".join(f"{one.label} {share:.2f}" for one, share in mixture.members)


def _strategy(name: str) -> Strategy:
    from askwise.catalogue import find

    found = find(name)
    if not isinstance(found, Strategy):
        raise BadInput(f"tailor: the candidate {name!r} is a policy itself; give strategies, such as 'margin'")
    return found


def posterior(history: History, labels: Sequence[str], decay: float) -> FloatArray:
    """Pseudo-counts (strategies, classes) after all batches that tailor chose.

    >>> from askwise.core.history import Batch
    >>> past = (Batch("tailor: a", (2, 0)), Batch("random", (5, 5)), Batch("tailor: b", (0, 1)))
    >>> posterior(History(9, 1, (2, 1), batches=past), ["a", "b"], 0.5)
    array([[1.25, 0.25],
           [0.25, 1.25]])
    """
    brought = np.ones((len(labels), max(len(history.counts), 1)))
    for batch in history.batches:
        if batch.shares and batch.strategy.startswith("tailor: "):
            brought *= decay
            for by, label_of_row in zip(batch.by, batch.labels, strict=True):
                brought[[i for i, own in enumerate(labels) if own in by], label_of_row] += 1
            continue
        label = batch.strategy.removeprefix("tailor: ")
        if label != batch.strategy and label in labels:
            brought *= decay
            brought[labels.index(label)] += batch.counts
    return brought


def worth(counts: Sequence[int]) -> FloatArray:
    """What one more label of each class is worth (classes,): 1 / labels so far, less than nothing beyond half of all.

    >>> worth((4, 1, 0))
    array([-0.25,  1.  ,  1.  ])
    """
    labels = np.array(counts or (0,), dtype=np.float64)
    sign = np.where(labels > 0.5 * labels.sum(), -1.0, 1.0)
    return np.asarray(sign / np.maximum(labels, 1.0))
