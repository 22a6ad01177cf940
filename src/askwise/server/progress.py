"""The numbers beside the page: speed, time left, class balance, and how good the model seems."""

from __future__ import annotations

import functools
import statistics
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from askwise.server.views import Class, Point, Share
from askwise.session import Answer, Session
from askwise.task import Task

RECENT = 20
LONGEST_PAUSE = 300.0
"""Seconds between two answers that still count as work on the second."""

CURVE_POINTS = 60
WINDOW = 40
FEWEST = 5
"""Control rows needed before an estimate of accuracy says anything."""

AHEAD = (0.1, 0.25, 0.5, 1.0)
"""How far ahead a forecast looks, as shares of the labels there are."""

GUESS = "guess_right"
"""Name of the measurement: whether the model was right about a control row before it was answered."""


def pace(answers: Sequence[Answer]) -> float | None:
    """Seconds an answer takes, by the latest ones: the median gap between them. None before the third."""
    at = [answer.at for answer in answers[-RECENT - 1 :]]
    gaps = [after - before for before, after in pairwise(at) if 0.0 < after - before <= LONGEST_PAUSE]
    return statistics.median(gaps) if len(gaps) >= 2 else None


def balance(task: Task, labels: Sequence[Any]) -> list[Class]:
    """How often labels name each class, in the order of the classes; empty for numbers and orders."""
    counts = Counter(name for label in labels for name in task.names(label))
    return [Class(label=label, text=str(label), count=counts[label]) for label in task.classes]


@functools.lru_cache(maxsize=4)
def forecast(
    known: tuple[tuple[int, bool], ...],
    labels: int,
    commonest: float = 0.0,
    confidence: tuple[tuple[int, float], ...] = (),
) -> tuple[tuple[Point, ...], str]:
    """Accuracy to expect with further labels with its 90% band, and the next labels' gain in words; nothing too early.

    `known` are the session's outcomes, `commonest` and `confidence` as in `judge.outlook`. They change with each
    control row and model, so one answer in ten pays for a new forecast.
    """
    from askwise.judge.outlook import LEAST, outlook

    if len(known) < LEAST:
        return (), ""
    counts, right = zip(*known, strict=True)
    found = outlook(counts, right, commonest=commonest, confidence=confidence, draws=1000)
    now = max(float(labels), found.last)
    at = [now, *(now * (1 + share) for share in AHEAD)]
    band = found.at(at, measured=False)
    points = zip(at, band.mean.tolist(), band.low.tolist(), band.high.tolist(), strict=True)
    more = max(1, round(now * AHEAD[0]))
    batch = found.batch(more)
    ends = f"{batch.low * 100:.1f} to {batch.high * 100:.1f}"
    said = f"{more} more labels: {batch.gain * 100:+.1f} points of accuracy ({ends})"
    return tuple(Point(labels=round(n), value=value, low=low, high=high) for n, value, low, high in points), said


def guesses(session: Session) -> tuple[tuple[int, bool], ...]:
    """(number of labels then, whether the model was right) for each control row that is answered now, in order."""
    answered = {answer.query for answer in session.answers if answer.kind == "label"}
    found = {m["query"]: (int(m["labels"]), bool(m[GUESS])) for m in session.measures if GUESS in m}
    return tuple(guess for query, guess in found.items() if query in answered)


@functools.lru_cache(maxsize=4)
def accuracy(known: tuple[tuple[int, bool], ...]) -> tuple[Share | None, tuple[Point, ...]]:
    """The latest estimate of accuracy with its interval, and the curve that led there.

    Each control row was drawn at random and predicted before it was answered, so the share of right predictions
    over the last `WINDOW` rows is an unbiased estimate for the models of that stretch (see judge.prequential). Of rows
    that were predicted with equally many labels, the curve has the estimate after the last.
    """
    from askwise.judge.control import prequential

    if len(known) < FEWEST:
        return None, ()
    estimates = prequential([right for _, right in known], window=WINDOW)
    now = estimates[-1]
    last = {
        labels: Point(labels=labels, value=one.value, low=one.low, high=one.high)
        for (labels, _), one in list(zip(known, estimates, strict=True))[FEWEST - 1 :]
    }
    points = [last[labels] for labels in sorted(last)]  # fewer than before, where answers were taken back
    step = -(-len(points) // CURVE_POINTS)
    return Share(value=now.value, low=now.low, high=now.high, n=now.n), tuple(points[::-1][::step][::-1])
