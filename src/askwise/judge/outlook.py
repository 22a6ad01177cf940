"""Forecast from single outcomes: whether the model of the time was right on each random row, and a few estimates."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from askwise.core.errors import BadInput
from askwise.core.types import FloatArray, IntArray
from askwise.judge.forecast import FAMILIES, Forecast, forecast, left

LEAST = 10
"""Outcomes below which a forecast would repeat what was assumed."""

LEAST_MEASURED = 4

_EDGE = 1e-4


def outlook(
    labels: Any,
    right: Any,
    *,
    estimates: Sequence[tuple[float, float, float]] = (),
    chance: float = 0.0,
    draws: int = 4000,
    prior: int = 40_000,
    seed: int = 0,
) -> Forecast:
    """Curves of accuracy that explain outcomes: labels (k,) of the model, right (k,) whether it was -> Forecast.

    The families of `forecast`, averaged: accuracy = limit + (start - limit) g(n). What is known is a right or a wrong
    guess each, so the likelihood is Bernoulli; `estimates` (labels, accuracy, standard error) are Gaussian. Prior:
    families alike, the rate uniform in its logarithm, the start uniform from `chance` (accuracy by guessing) to 1, the
    limit uniform from the start to 1. The posterior is drawn by weighing `prior` draws of it. Shines
    where there is no test set: nothing but the control arm is needed. Fails to say much below some fifty outcomes;
    the bands are wide, and say so. Calibration over real sessions: docs/results/forecast.md. Cost O(prior x
    log(range of counts)).

    Raises BadInput for lengths that differ, fewer than ten outcomes, counts below 1, an estimate without an error.
    Source: Viering and Loog 2023, The Shape of Learning Curves: a Review (TPAMI), section 4, for the families; Domhan
    et al. 2015, Speeding Up Automatic Hyperparameter Optimization (IJCAI), section 3, for averaging.

    >>> found = outlook([10] * 20 + [90] * 20, [0, 1] * 10 + [1] * 18 + [0, 0])
    >>> bool(0.8 < found.at(90).mean[0] < 0.95), bool(found.at(90).mean[0] < found.at(300).mean[0])
    (True, True)
    """
    counts, hits, tries = _binned(labels, right)
    known = [(float(n), float(value), float(error)) for n, value, error in estimates]
    if any(n < 1 or not error > 0 or not math.isfinite(value) for n, value, error in known):
        raise BadInput(f"estimates={known}: give (labels, accuracy, standard error > 0) each")
    first = min([float(counts[0]), *(n for n, _, _ in known)])
    last = max([float(counts[-1]), *(n for n, _, _ in known)])
    generator = np.random.default_rng(seed)
    start, limit, family, rate = _prior(generator, chance, prior)

    def curve(at: FloatArray) -> FloatArray:
        return _curves(start, limit, family, rate, at / first)

    p = np.clip(curve(counts), _EDGE, 1 - _EDGE)
    log = np.log(p) @ hits + np.log1p(-p) @ (tries - hits)
    for n, value, error in known:
        log -= 0.5 * ((curve(np.array([n]))[:, 0] - value) / error) ** 2
    weight = np.exp(log - log.max())
    pick = generator.choice(len(weight), draws, p=weight / weight.sum())
    return Forecast(first, last, start[pick], limit[pick], family[pick], rate[pick], np.zeros(draws), True)


class Sighted(Protocol):
    """What a session knows of its accuracy, live or read from its file."""

    @property
    def outcomes(self) -> Sequence[tuple[int, bool]]: ...
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
    estimates = [(float(n), one["value"], one["error"]) for n, one in found.items() if one["error"] > 0 and n > 0]
    labels, right = zip(*known, strict=True)
    return outlook(labels, right, estimates=estimates, chance=0.5 / len(session.classes))


def _prior(
    generator: np.random.Generator, chance: float, n: int
) -> tuple[FloatArray, FloatArray, IntArray, FloatArray]:
    start = chance + (1 - chance) * generator.random(n)
    limit = start + (1 - start) * generator.random(n)
    rate = np.exp(generator.uniform(math.log(0.05), math.log(3.0), n))
    return start, limit, generator.integers(len(FAMILIES), size=n), rate


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
