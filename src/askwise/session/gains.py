"""What the strategy gained on this very data: the session's rows against its random rows alone, as curves.

The control rows are a uniform random sample of the pool, so a model trained on some of them is what random queries
would have given, and the others test both arms without bias. Every row is judged by models that have not seen it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from askwise.core.errors import BadInput
from askwise.core.types import FloatArray, IntArray
from askwise.judge.gained import Arm, Gained, gained
from askwise.session.state import State
from askwise.session.took import Amounts, took
from askwise.session.training import Trainer

CHEAP = 0.05
"""Seconds of a fit up to which a session that ends works out by itself what it saved: a hundred fits, 5 seconds."""

_FOLDS = 5
_LEAST = 20
"""Control rows below which five folds of them say nothing."""
_STEPS = 6
"""Sizes at which an arm is trained, up to the random arm's end: its learning curve, in few refits."""
_BEYOND = 3
"""Larger sizes of the strategy's arm, which may need more labels than the random one."""
_DRAWN = 3
"""Bootstrap samples of an arm in each fold, for the noise of training."""


@dataclass(frozen=True)
class Rows:
    """The rows of a session as two arms: all that were `asked` (s,), in that order, and the `control` sample (k,).

    The control rows are among those asked: a strategy that covers the pool keeps away from them, so its own rows alone
    would miss what they know. Both arms begin with the `start` rows, which nobody asked. `truth` has the class of every
    row, `took` by unit what each row asked took (labels: 1), and `control_took` what the control rows did, where that
    is counted otherwise; `notes` say what is not known of it.
    """

    asked: IntArray
    control: IntArray
    start: IntArray
    truth: Mapping[int, int]
    took: Amounts = field(default_factory=dict)
    control_took: Amounts | None = None
    notes: Sequence[str] = ()


def rows_of(state: State, control: IntArray, costs: FloatArray | None) -> Rows:
    """The arms of a session: a function of its log, its control sample and the price of an answer to each row."""
    known = {**state.labels, **state.tested}
    truth = dict(zip(known, state.task.targets([*known.values()]).tolist(), strict=True))
    arms = {row: "" if (n := state.first.get(row)) is None else state.queries[n].arm for row in state.labels}
    numbers = {row: state.first[row] or 0 for row in state.labels if arms[row]}
    asked = np.array(sorted(numbers, key=numbers.__getitem__), dtype=np.int64)
    start = np.array(sorted(row for row, arm in arms.items() if not arm), dtype=np.int64)
    spent = took(state, asked.tolist(), control.tolist(), costs)
    return Rows(asked, control, start, truth, spent.asked, spent.control, spent.notes)


def gains(trainer: Trainer, rows: Rows) -> Gained:
    """What the session saved at the accuracy where random rows end, with an interval.

    In each of five folds of the control rows, models of more and more of the other control rows and models of more and
    more of all rows asked, the fold's left out, predict the fold: up to 75 fits. Thirty more, each on a bootstrap
    sample of an arm, say how much an accuracy depends on which rows happened to be drawn for training. The session's
    own model must be rebuilt afterwards.

    Raises BadInput below 20 control rows.
    """
    k = len(rows.control)
    if k < _LEAST:
        raise BadInput(
            f"the control arm has {k} labelled rows, and savings need at least {_LEAST}; go on labelling, or raise"
            " control= in a new session"
        )
    end = k - -(-k // _FOLDS)
    most = len(rows.asked) - int(np.isin(rows.asked, rows.control).sum()) // _FOLDS - 1
    alone = rows.took if rows.control_took is None else rows.control_took
    random, theirs = _arm(trainer, rows, rows.control, _sizes(end, end), alone)
    strategy, mine = _arm(trainer, rows, rows.asked, _sizes(end, most), rows.took)
    # So few refits say too little of either arm by itself.
    noise = math.sqrt(max((theirs + mine) / 2, 0.0))
    found = gained(replace(strategy, noise=noise), replace(random, noise=noise))
    return replace(found, notes=tuple(rows.notes))


def _sizes(end: int, most: int) -> IntArray:
    """Increasing label counts: six evenly up to the random arm's end, then three more, geometrically, up to `most`."""
    near = np.linspace(end / _STEPS, end, _STEPS)
    far = np.geomspace(end, max(most, end), _BEYOND + 1)[1:]
    sizes: IntArray = np.unique(np.minimum(np.concatenate([near, far]).round(), max(most, 1)).astype(np.int64))
    return sizes


def _arm(trainer: Trainer, rows: Rows, order: IntArray, counts: IntArray, amounts: Amounts) -> tuple[Arm, float]:
    """The learning curve of an arm whose rows come in this order, on all control rows; and its variance of training."""
    k = len(rows.control)
    correct, noise = np.zeros((len(counts), k)), []
    for fold in range(_FOLDS):
        held = np.arange(k) % _FOLDS == fold
        tested = rows.control[held]
        kept, start = order[~np.isin(order, tested)], rows.start[~np.isin(rows.start, tested)]
        for i, count in enumerate(counts.tolist()):
            correct[i, held] = _hits(trainer, start, kept[:count], tested, rows.truth)
        first = kept[: int(counts[min(_STEPS, len(counts)) - 1])]
        generator = np.random.default_rng([fold, len(first)])
        drawn = [generator.choice(first, len(first)) for _ in range(_DRAWN)]
        noise.append(_variance(np.stack([_hits(trainer, start, some, tested, rows.truth) for some in drawn])))
    spent = {unit: np.cumsum([0.0, *(each[row] for row in order.tolist())]) for unit, each in amounts.items()}
    return Arm(counts.astype(np.float64), correct, spent=spent), float(np.mean(noise))


def _variance(right: IntArray) -> float:
    """Variance over training sets of the accuracy, from hits (b, n) of b models on the same n rows; may be negative.

    What the means vary, less what they would if every row flipped by itself: that is the test's noise, and is in the
    bootstrap of the test rows already.
    """
    return float(right.mean(axis=1).var(ddof=1) - right.var(axis=0, ddof=1).mean() / right.shape[1])


def _hits(trainer: Trainer, start: IntArray, some: IntArray, tested: IntArray, truth: Mapping[int, int]) -> IntArray:
    return hits(trainer, np.concatenate([start, some]), tested, truth)


def hits(trainer: Trainer, rows: IntArray, tested: IntArray, truth: Mapping[int, int]) -> IntArray:
    """Whether a model trained on the rows is right about each tested row."""
    trainer.fit(rows, np.array([truth[row] for row in rows.tolist()], dtype=np.int64))
    predicted = trainer.probs(trainer.pool.take(tested)).argmax(axis=1)
    right: IntArray = (predicted == np.array([truth[row] for row in tested.tolist()])).astype(np.int64)
    return right
