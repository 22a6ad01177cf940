"""Forecast of a learning curve: four families of curves, averaged by how well they explain what was measured."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from askwise.core.errors import BadInput
from askwise.core.types import FloatArray
from askwise.judge.curve import Band

FAMILIES = ("power", "exponential", "logarithm", "stretched")

_RATES = np.geomspace(0.08, 3.0, 40)
_NOISES = np.geomspace(0.01, 1.0, 24)
_TRIES = 60


@dataclass(frozen=True)
class Needed:
    """Labels at which the curve reaches a target: median and interval over the forecast's draws.

    An end is infinite where the target is never reached, or only beyond `horizon`, by more draws than the level
    leaves out: then it is known to be more than `horizon`. `chance` is the share of draws that reach it by there.
    """

    target: float
    labels: float
    low: float
    high: float
    chance: float
    horizon: float
    level: float

    def sentence(self) -> str:
        """In plain words, without a full stop."""
        if not math.isfinite(self.low):
            return f"{self.target:g} is out of reach within {self.horizon:.0f} labels"
        ends = [
            f"{x:.0f}" if math.isfinite(x) else f"over {self.horizon:.0f}" for x in (self.labels, self.low, self.high)
        ]
        return (
            f"{self.target:g} is reached with {ends[0]} labels ({self.level:.0%} interval {ends[1]} to {ends[2]};"
            f" within {self.horizon:.0f} labels with chance {self.chance:.0%})"
        )


@dataclass(frozen=True)
class Batch:
    """What the next labels bring: gain of the measure with interval, its worth and cost, the chance that it pays."""

    labels: int
    gain: float
    low: float
    high: float
    worth: float
    cost: float
    chance: float

    @property
    def pays(self) -> bool:
        """Whether the expected worth exceeds the cost."""
        return self.worth > self.cost


@dataclass(frozen=True)
class Forecast:
    """Drawn curves limit + (start - limit) g(n) that fit the measurements; g falls from 1 at the first count to 0.

    `start` and `limit` (s,) are the value at the first count and the one approached, `family` (s,), `rate` (s,) and
    `noise` (s,) of each draw; `weights` the posterior share of each family.
    """

    first: float
    last: float
    start: FloatArray
    limit: FloatArray
    family: np.ndarray[Any, np.dtype[np.int64]]
    rate: FloatArray
    noise: FloatArray
    higher: bool

    @property
    def weights(self) -> dict[str, float]:
        """Posterior share of each family of curves."""
        return {name: float((self.family == k).mean()) for k, name in enumerate(FAMILIES)}

    def curves(self, labels: Any) -> FloatArray:
        """Value of every drawn curve at label counts (k,): (s, k)."""
        counts = np.atleast_1d(np.asarray(labels, dtype=np.float64))
        if counts.min() < self.first:
            raise BadInput(
                f"{counts.min():g} labels lie before the first measurement at {self.first:g}; ask from there on"
            )
        each = np.stack([left(k, self.rate[:, None], counts / self.first) for k in range(len(FAMILIES))])
        each = each[self.family, np.arange(len(self.rate))]
        return np.asarray(self.limit[:, None] + (self.start - self.limit)[:, None] * each)

    def at(self, labels: Any, *, level: float = 0.9, measured: bool = True) -> Band:
        """Mean and interval at label counts (k,): of a new measurement there, or of the curve itself.

        Pointwise; `measured` adds the noise of a measurement like those given.
        """
        drawn = self.curves(labels)
        middle = drawn.mean(axis=0)
        if measured:
            drawn = drawn + self.noise[:, None] * np.random.default_rng(1).standard_normal(drawn.shape)
        low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2], axis=0)
        return Band(np.atleast_1d(np.asarray(labels, dtype=np.float64)), middle, low, high)

    def needed(self, target: float, *, level: float = 0.9, horizon: float | None = None) -> Needed:
        """Labels needed to reach the target, nothing claimed beyond `horizon` (100 times the last count by default)."""
        far = 100.0 * self.last if horizon is None else float(horizon)
        if far < self.last:
            raise BadInput(f"horizon={far:g} lies before the last measurement at {self.last:g} labels")
        reached = _inverse(self, target)
        reached = np.where(reached <= far, reached, np.inf)
        tail = (1 - level) / 2
        # Order statistics: between two infinities there is no number.
        low = float(np.quantile(reached, tail, method="lower"))
        middle, high = np.quantile(reached, [0.5, 1 - tail], method="higher").tolist()
        return Needed(float(target), middle, low, high, float(np.isfinite(reached).mean()), far, level)

    def batch(self, labels: int, *, worth: float = 0.0, cost: float = 0.0, level: float = 0.9) -> Batch:
        """What the next `labels` labels bring: `worth` is the price of a gain of 1 in the measure, `cost` of one label.

        The gain is that of the curve, without the noise of measuring it, and at least 0 by the form of the curves.
        """
        if labels < 1 or worth < 0 or cost < 0:
            raise BadInput(f"labels={labels}, worth={worth}, cost={cost}: ask for at least one label, at prices >= 0")
        drawn = self.curves([self.last, self.last + labels])
        gain = (drawn[:, 1] - drawn[:, 0]) * (1.0 if self.higher else -1.0)
        low, high = np.quantile(gain, [(1 - level) / 2, (1 + level) / 2])
        total = cost * labels
        mean = float(gain.mean())
        return Batch(labels, mean, float(low), float(high), worth * mean, total, float((worth * gain > total).mean()))


def forecast(
    labels: Any,
    values: Any,
    *,
    higher: bool = True,
    bounds: tuple[float, float] | None = (0.0, 1.0),
    draws: int = 4000,
    seed: int = 0,
) -> Forecast:
    """Curves that go through measurements (k,) at increasing label counts (k,), with what is unknown about them.

    y = limit + (start - limit) g(n), g one of: power (n / n_1)^-r, exponential exp(-r (n / n_1 - 1) / 4), logarithm
    1 / (1 + r log(n / n_1)), stretched exp(-r (sqrt(n / n_1) - 1)); Gaussian noise. r and the noise lie on grids,
    start and limit have wide normal priors, so their posterior is exact at each grid point; families and grid points
    are averaged by marginal likelihood. Only curves that improve (start worse than limit) and stay in `bounds` are
    kept (None: no bounds, as for a loss). `higher` False is for a loss. Needs four counts. On made-up curves of five
    kinds, one of them a mixture of two families, 90 per cent intervals held 92 per cent of measurements at 1.5 to 3
    times the last count. A curve measured with one fixed test sample shares its luck between counts, which the interval
    does not include. Cost O(draws).

    Raises BadInput for fewer than four counts, values out of bounds, or measurements that get worse. Source: Viering
    and Loog 2023, The Shape of Learning Curves: a Review (TPAMI), section 4; Domhan et al. 2015 (IJCAI) for averaging.

    >>> n = np.array([50, 100, 200, 400, 800])
    >>> found = forecast(n, 0.9 - 0.4 * (n / 50) ** -0.5)
    >>> bool(abs(found.at(1600).mean[0] - (0.9 - 0.4 * 32 ** -0.5)) < 0.02)
    True
    """
    counts, heights = _measured(labels, values, bounds)
    sign = 1.0 if higher else -1.0
    x = counts / counts[0]
    shapes = np.stack([left(k, _RATES[:, None], x) for k in range(len(FAMILIES))]).reshape(-1, len(x))
    scale = max(float(np.ptp(heights)), 1e-3 * max(1.0, float(np.abs(heights).max())))
    centre = np.array([heights[0], heights[-1]])
    # The first value is known up to its noise; how much is still to come is open to several times what came so far.
    spread = np.array([2.0 * scale, 3.0 * scale])
    fits = _posteriors(shapes, heights, centre, spread, _NOISES * scale)
    ends = (-math.inf, math.inf) if bounds is None else bounds
    grid, level, pair = _kept(*fits, (sign, ends), draws, np.random.default_rng(seed))
    rates = len(_RATES)
    return Forecast(
        float(counts[0]),
        float(counts[-1]),
        pair[:, 0],
        pair[:, 1],
        grid // rates,
        _RATES[grid % rates],
        (_NOISES * scale)[level],
        higher,
    )


def left(family: int, rate: FloatArray, x: FloatArray) -> FloatArray:
    """What is left of the way to the limit at x = n / n_1: one at x = 1, falling to zero."""
    if family == 0:
        return np.asarray(x ** (-rate))
    if family == 1:
        return np.asarray(np.exp(-rate * (x - 1) / 4))
    if family == 2:
        return np.asarray(1 / (1 + rate * np.log(x)))
    return np.asarray(np.exp(-rate * (np.sqrt(x) - 1)))


def _inverse(curve: Forecast, target: float) -> FloatArray:
    """Labels (s,) at which each drawn curve reaches the target, inf where it never does."""
    way = curve.start - curve.limit
    left = np.where(way != 0, (target - curve.limit) / np.where(way != 0, way, 1.0), 0.0)
    inside = (left > 0) & (left < 1)
    safe, rate = np.where(inside, left, 0.5), curve.rate
    with np.errstate(over="ignore"):
        steep, stretched = 1 - 4 * np.log(safe) / rate, (1 - np.log(safe) / rate) ** 2
        x = np.stack([safe ** (-1 / rate), steep, np.exp((1 / safe - 1) / rate), stretched])
        reached = curve.first * x[curve.family, np.arange(len(rate))]
    return np.where(left >= 1, curve.first, np.where(inside, reached, np.inf))


def _posteriors(
    shapes: FloatArray, y: FloatArray, centre: FloatArray, spread: FloatArray, noises: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Log likelihood (g, s), mean (g, s, 2), covariance (g, s, 2, 2) of (start, limit): grid point by noise."""
    design = np.stack([shapes, 1 - shapes], axis=-1)
    off = y - design @ centre
    logs, means, covariances = [], [], []
    for noise in noises:
        precision = np.einsum("gki,gkj->gij", design, design) / noise**2 + np.diag(1 / spread**2)
        covariance = np.linalg.inv(precision)
        moment = np.einsum("gki,gk->gi", design, off) / noise**2
        shift = np.einsum("gij,gj->gi", covariance, moment)
        fit = (off**2).sum(axis=1) / noise**2 - (moment * shift).sum(axis=1)
        size = np.linalg.slogdet(covariance)[1] - 2 * np.log(spread).sum() - 2 * len(y) * math.log(noise)
        logs.append(0.5 * (size - fit))
        means.append(centre + shift)
        covariances.append(covariance)
    return np.stack(logs, axis=1), np.stack(means, axis=1), np.stack(covariances, axis=1)


def _kept(
    logs: FloatArray,
    means: FloatArray,
    covariances: FloatArray,
    wanted: tuple[float, tuple[float, float]],
    draws: int,
    generator: np.random.Generator,
) -> tuple[Any, Any, FloatArray]:
    """Grid point, noise level and (start, limit) of draws from the posterior that improve and stay in bounds.

    The limit is drawn inside the bounds, grid points weighted by the chance of that; then the start given the limit,
    kept if it is worse than the limit and in bounds. Together this is the posterior under both conditions.
    """
    from scipy.special import ndtr, ndtri

    sign, (least, most) = wanted
    deviation = np.sqrt(covariances[..., 1, 1])
    ends = (np.array([least, most]) - means[..., 1:]) / deviation[..., None]
    # Far above zero the normal distribution function is one to the last bit: turn both ends round.
    turned = ends[..., 0] > 0
    ends = np.where(turned[..., None], -ends[..., ::-1], ends)
    share = ndtr(ends)
    inside = share[..., 1] - share[..., 0]
    chance = (np.exp(logs - logs[inside > 0].max(initial=-np.inf)) * inside).ravel()
    kept: list[Any] = []
    for _ in range(_TRIES if chance.sum() > 0 else 0):
        flat = generator.choice(len(chance), draws, p=chance / chance.sum())
        grid, level = np.divmod(flat, logs.shape[1])
        z = ndtri(share[grid, level, 0] + generator.random(draws) * inside[grid, level])
        limit = means[grid, level, 1] + np.where(turned[grid, level], -z, z) * deviation[grid, level]
        c = covariances[grid, level]
        slope = c[:, 0, 1] / c[:, 1, 1]
        rest = np.sqrt(np.maximum(c[:, 0, 0] - slope * c[:, 0, 1], 0.0))
        start = (
            means[grid, level, 0] + slope * (limit - means[grid, level, 1]) + rest * generator.standard_normal(draws)
        )
        fine = (sign * (limit - start) >= 0) & (start >= least) & (start <= most)
        kept.append((grid[fine], level[fine], np.stack([start, limit], axis=1)[fine]))
        if sum(len(part[0]) for part in kept) >= draws:
            break
    count = sum(len(part[0]) for part in kept)
    if count < draws // 10:
        raise BadInput(
            f"only {count} of {_TRIES * draws} curves improve with labels within the bounds {(least, most)}: the"
            " measurements get worse (for a loss, pass higher=False) or lie at a bound"
        )
    grid, level, pair = (np.concatenate(part)[:draws] for part in zip(*kept, strict=True))
    return grid, level, pair


def _measured(labels: Any, values: Any, bounds: tuple[float, float] | None) -> tuple[FloatArray, FloatArray]:
    counts, heights = np.asarray(labels, dtype=np.float64), np.asarray(values, dtype=np.float64)
    if counts.ndim != 1 or counts.shape != heights.shape or len(counts) < 4:
        raise BadInput(f"labels {counts.shape} and values {heights.shape}: give at least 4 measurements, one a count")
    if counts[0] <= 0 or (np.diff(counts) <= 0).any():
        raise BadInput(f"label counts must be positive and increase, got {counts.tolist()[:8]}")
    if not np.isfinite(heights).all():
        raise BadInput(f"the values hold {heights[~np.isfinite(heights)][0]}; measure it again")
    if bounds is not None and (heights.min() < bounds[0] or heights.max() > bounds[1]):
        raise BadInput(
            f"values from {heights.min():g} to {heights.max():g} leave {bounds}; pass bounds=None for a loss"
        )
    return counts, heights
