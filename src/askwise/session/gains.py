"""What the strategy gained on this very data: its model against models trained on the control arm alone.

The control rows are a uniform random sample of the pool, so a model trained on some of them is what random queries
would have given, and the others test it without bias. Every row is judged by models that have not seen it.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from askwise.core.errors import BadInput
from askwise.core.types import IntArray
from askwise.judge.control import RandomNeeds, random_needs
from askwise.session.training import Trainer

_FOLDS = 5
_LEAST = 20
"""Control rows below which five folds of them say nothing."""
_STEPS = 6
"""Sizes at which the random arm is trained: its learning curve, in few refits."""


def gains(
    trainer: Trainer, rows: IntArray, labels: IntArray, control_rows: IntArray, tests: Mapping[int, int] | None = None
) -> RandomNeeds:
    """Labels that random queries would have needed for the accuracy of the model of all labels, with an interval.

    `rows` (l,) and `labels` (l,) are all that is learnt from, `control_rows` (k,) the control sample in its random
    order; rows of it that were drawn as tests have their labels in `tests`.
    Fits 5 * 7 models of the learner at hand; the session's own model must be rebuilt afterwards.

    Raises BadInput below 20 control rows.
    """
    k = len(control_rows)
    if k < _LEAST:
        raise BadInput(
            f"the control arm has {k} labelled rows, and savings need at least {_LEAST}; go on labelling, or raise"
            " control= in a new session"
        )
    truth = {**dict(zip(rows.tolist(), labels.tolist(), strict=True)), **(tests or {})}
    counts = _sizes(k - -(-k // _FOLDS))
    strategy = np.zeros(k)
    correct = np.zeros((len(counts), k))
    for fold in range(_FOLDS):
        held = np.arange(k) % _FOLDS == fold
        tested, kept = control_rows[held], control_rows[~held]
        strategy[held] = hits(trainer, rows[~np.isin(rows, tested)], tested, truth)
        for i, count in enumerate(counts):
            correct[i, held] = hits(trainer, kept[:count], tested, truth)
    return random_needs(counts, correct, strategy, used=len(rows) - k // _FOLDS)


def _sizes(most: int) -> IntArray:
    """Increasing label counts (<= 6,), evenly apart, up to the most."""
    sizes: IntArray = np.unique(np.linspace(most / _STEPS, most, _STEPS).round().astype(np.int64))
    return sizes


def hits(trainer: Trainer, rows: IntArray, tested: IntArray, truth: dict[int, int]) -> IntArray:
    """Whether a model trained on the rows is right about each tested row."""
    trainer.fit(rows, np.array([truth[row] for row in rows.tolist()], dtype=np.int64))
    predicted = trainer.probs(trainer.pool.take(tested)).argmax(axis=1)
    right: IntArray = (predicted == np.array([truth[row] for row in tested.tolist()])).astype(np.int64)
    return right
