"""What models say of labelled rows that they have not seen: cross-validation inside a session."""

from __future__ import annotations

import numpy as np

from askwise.core.noise import Noise
from askwise.core.types import FloatArray, IntArray
from askwise.session.training import Trainer

FOLDS = 5
_LEAST = 4
"""Labelled rows below which there is nothing to hold out."""


def held_out(trainer: Trainer, rows: IntArray, labels: IntArray, noise: Noise, classes: int) -> FloatArray:
    """Class probabilities (l, c) of labelled rows, each by a model that has not seen it.

    The part that a row is held out with hangs on its id alone, so it stays when more rows are labelled. Five fits; the
    trainer's own model must be rebuilt afterwards. Below four rows every class is as likely.
    """
    out = np.full((len(rows), classes), 1.0 / classes)
    if len(rows) < _LEAST:
        return out
    part = (noise.bits("held_out")[rows] % np.uint64(FOLDS)).astype(np.int64)
    for one in range(FOLDS):
        held = part == one
        if held.any() and not held.all():
            trainer.fit(rows[~held], labels[~held])
            out[held] = trainer.probs(trainer.pool.take(rows[held]))
    return out
