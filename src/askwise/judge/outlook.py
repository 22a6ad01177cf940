"""Forecast from single outcomes: whether the model of the time was right on each random row, and a few estimates."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from askwise.core.errors import BadInput
from askwise.core.history import Round
from askwise.core.types import FloatArray, IntArray
from askwise.judge.forecast import FAMILIES, Forecast, forecast, left

LEAST = 10
"""Outcomes below which a forecast would repeat what was assumed."""

LEAST_MEASURED = 4

_EDGE = 1e-4

_FIRST = (-0.7, 0.8)
"""Mean and deviation of the logarithm of the first model's error over that of guessing: half of it, give or take."""

_LEFT = (0.7, 2.0)
"""Beta of the share of the first error that stays whatever is learnt: a quarter on average."""

_MOST = 0.995
"""The largest error of a first model."""

_TRUST = 0.7
"""By how much the logit of a model's mean confidence is off: 0.80 stands for 0.66 to 0.89."""

_LAST = 3
"""Models whose confidence is looked at."""

_ENDS = 0.005
"""Where the logit of a share ends."""


def outlook(
    labels: Any,
    right: Any,
    *,
    commonest: float = 0.0,
    confidence: Sequence[tuple[float, float]] = (),
    estimates: Sequence[tuple[float, float, float]] = (),
    draws: int = 4000,
    prior: int = 40_000,
    seed: int = 0,
) -> Forecast:
    """Curves of accuracy that explain outcomes: labels (k,) of the model, right (k,) whether it was -> Forecast.

    The families of `forecast`, averaged: accuracy = limit + (start - limit) g(n). What is known is a right or a wrong
    guess each, so the likelihood is Bernoulli; `estimates` (labels, accuracy, standard error) are Gaussian. The mean
    `confidence` of the last models (labels, mean of the largest probability over random rows) says where accuracy is,
    if it is calibrated, and its logit is off by a Student t with two degrees of freedom if not: outcomes overrule it.

    Prior: families alike, the rate uniform in its logarithm; the error at the first count is that of guessing the
    class whose share is `commonest`, times a log-normal; the error in the limit a share of it by a Beta. What these
    are was chosen on half of the data sets of docs/results/forecast.md, which has the calibration on the others. The
    posterior is drawn by weighing `prior` draws of it. Shines where there is no test set: nothing but the control arm
    is needed. Fails to say much below some fifty outcomes; the bands are wide, and say so. Cost O(prior x log(range of
    counts)).

    Raises BadInput for lengths that differ, fewer than ten outcomes, counts below 1, an estimate without an error, a
    share or a confidence that is none. Source: Viering and Loog 2023, The Shape of Learning Curves: a Review (TPAMI),
    section 4, for the families; Domhan et al. 2015, Speeding Up Automatic Hyperparameter Optimization (IJCAI), section
    3, for averaging.

    >>> found = outlook([10] * 20 + [90] * 20, [0, 1] * 10 + [1] * 18 + [0, 0])
    >>> bool(0.8 < found.at(90).mean[0] < 0.95), bool(found.at(90).mean[0] < found.at(300).mean[0])
    (True, True)
    """
    counts, hits, tries = _binned(labels, right)
    known = [(float(n), float(value), float(error)) for n, value, error in estimates]
    if any(n < 1 or not error > 0 or not math.isfinite(value) for n, value, error in known):
        raise BadInput(f"estimates={known}: give (labels, accuracy, standard error > 0) each")
    if not 0 <= commonest < 1 or any(n < 1 or not 0 <= value <= 1 for n, value in confidence):
        raise BadInput(f"commonest={commonest}, confidence={list(confidence)}: give shares from 0 to 1")
    first = min([float(counts[0]), *(n for n, _, _ in known)])
    last = max([float(counts[-1]), *(n for n, _, _ in known)])
    generator = np.random.default_rng(seed)
    start, limit, family, rate = _prior(generator, commonest, prior)

    def curve(at: FloatArray) -> FloatArray:
        return _curves(start, limit, family, rate, at / first)

    p = np.clip(curve(counts), _EDGE, 1 - _EDGE)
    log = np.log(p) @ hits + np.log1p(-p) @ (tries - hits)
    log += _by_confidence(curve, [one for one in confidence if one[0] >= first])
    for n, value, error in known:
        log -= 0.5 * ((curve(np.array([n]))[:, 0] - value) / error) ** 2
    weight = np.exp(log - log.max())
    pick = generator.choice(len(weight), draws, p=weight / weight.sum())
    return Forecast(first, last, start[pick], limit[pick], family[pick], rate[pick], np.zeros(draws), True)


def _by_confidence(curve: Callable[[FloatArray], FloatArray], confidence: Sequence[tuple[float, float]]) -> FloatArray:
    """Log likelihood (s,) of each curve by what the last models made of themselves, up to a constant."""
    if not confidence:
        return np.zeros(1)
    counts, values = np.array(confidence[-_LAST:], dtype=np.float64).T
    # Successive models are sure in the same way: they count as one, where they lie on average.
    apart = _logit(curve(counts.mean(keepdims=True))[:, 0]) - _logit(np.median(values))
    return np.asarray(-1.5 * np.log1p((apart / _TRUST) ** 2 / 2))


def _logit(share: Any) -> FloatArray:
    inside = np.clip(share, _ENDS, 1 - _ENDS)
    return np.asarray(np.log(inside) - np.log1p(-inside))


class Sighted(Protocol):
    """What a session knows of its accuracy, live or read from its file."""

    @property
    def outcomes(self) -> Sequence[tuple[int, bool]]: ...
    @property
    def rounds(self) -> Sequence[Round]: ...
    @property
    def commonest(self) -> float: ...
    @property
    def measures(self) -> Sequence[Mapping[str, Any]]: ...
    @property
    def classes(self) -> Sequence[Any]: ...


def from_session(session: Sighted) -> Forecast:
    """The forecast that a session allows: by measured accuracy if there is enough of it, else by outcomes.

    Raises BadInput where neither says enough yet.
    """
    measured = {int(one["labels"]): float(one["accuracy"]) for one in session.measures if "accuracy" in one}
    measured.pop(0, None)
    if len(measured) >= LEAST_MEASURED:
        counts = sorted(measured)
        return forecast(counts, [measured[n] for n in counts])
    known = list(session.outcomes)
    if len(known) < LEAST:
        raise BadInput(
            f"{len(known)} control rows were predicted before they were answered, and accuracy was measured at"
            f" {len(measured)} counts; a forecast needs {LEAST} of the first or {LEAST_MEASURED} of the second: go on"
            " labelling"
        )
    found = {
        one["labels"]: one["estimate"]["accuracy"] for one in session.measures if "accuracy" in one.get("estimate", ())
    }
    estimates = [(float(n), one["value"], _error(one)) for n, one in found.items() if n > 0 and _error(one) > 0]
    labels, right = zip(*known, strict=True)
    sure = confidence_of(session.rounds, len(session.classes))
    return outlook(labels, right, commonest=session.commonest, confidence=sure, estimates=estimates)


def _error(one: Mapping[str, Any]) -> float:
    """The error of an estimate, not below what its interval says: it is next to 0 where every drawn row was right."""
    from scipy.special import ndtri

    z = float(ndtri((1 + one["level"]) / 2))
    return max(float(one["error"]), float(one["high"] - one["low"]) / (2 * z))


def confidence_of(rounds: Sequence[Round], classes: int) -> tuple[tuple[int, float], ...]:
    """(labels, mean of the largest probability) of the last models, from the gain that they leave.

    >>> confidence_of([Round(1, 20, None, 2, {"gain": 0.4})], classes=2)
    ((20, 0.8),)
    """
    known = [(one.labels, float(one.measures["gain"])) for one in rounds if "gain" in one.measures][-_LAST:]
    return tuple((labels, 1.0 - gain * (1.0 - 1.0 / max(classes, 2))) for labels, gain in known)


def _prior(
    generator: np.random.Generator, commonest: float, n: int
) -> tuple[FloatArray, FloatArray, IntArray, FloatArray]:
    error = np.minimum((1 - commonest) * np.exp(generator.normal(*_FIRST, n)), _MOST)
    left = error * generator.beta(*_LEFT, n)
    rate = np.exp(generator.uniform(math.log(0.05), math.log(3.0), n))
    return 1 - error, 1 - left, generator.integers(len(FAMILIES), size=n), rate


def _curves(start: FloatArray, limit: FloatArray, family: IntArray, rate: FloatArray, x: FloatArray) -> FloatArray:
    """Value of every curve at x (k,) times the first count: (s, k)."""
    out = np.empty((len(start), len(x)))
    for k in range(len(FAMILIES)):
        mine = family == k
        out[mine] = limit[mine, None] + (start - limit)[mine, None] * left(k, rate[mine, None], x)
    return out


def _binned(labels: Any, right: Any) -> tuple[FloatArray, ...]:
    """Counts (u,) in order, right guesses and outcomes at each; counts within a tenth of each other are one."""
    counts, flags = np.asarray(labels, dtype=np.float64), np.asarray(right, dtype=np.float64)
    if counts.ndim != 1 or counts.shape != flags.shape:
        raise BadInput(f"labels {counts.shape} and right {flags.shape} differ; give one outcome per count")
    if len(counts) < LEAST:
        raise BadInput(f"{len(counts)} outcomes say nothing about a curve; a forecast needs at least {LEAST}")
    if not (np.isfinite(counts).all() and counts.min() >= 1) or not np.isin(flags, (0.0, 1.0)).all():
        raise BadInput(f"labels from {counts.min():g}, right {flags[:4].tolist()}: give counts from 1, True or False")
    # A curve hardly moves over a tenth of its labels, and a tenth of the counts are as many times quicker to weigh.
    _, which = np.unique(np.floor(np.log(counts) / math.log(1.1)), return_inverse=True)
    tries = np.bincount(which)
    summed = np.bincount(which, counts), np.bincount(which, flags)
    return np.asarray(summed[0] / tries), np.asarray(summed[1]), np.asarray(tries, dtype=np.float64)
