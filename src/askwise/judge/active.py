"""Active testing: which rows to label so that a few test labels say how good a model is, without bias.

Test rows are drawn one after another without replacement, with chances that follow the expected loss under a
surrogate; LURE weights undo the preference. Rows used for training must not be among them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from askwise.core.arrays import check_finite, floats
from askwise.core.errors import BadInput, did_you_mean
from askwise.core.noise import as_noise
from askwise.core.types import FloatArray, IntArray

_LOSSES = ("zero_one", "cross_entropy")


def expected_loss(
    probs: Any, surrogate: Any, *, loss: str = "zero_one", smallest: float = 1e-6, temperature: float = 1.0
) -> FloatArray:
    """Loss of a model that a surrogate expects on each row: probs (m, c), surrogate (m, c) -> (m,).

    ``zero_one``: 1 - surrogate probability of the model's class. ``cross_entropy``: -sum_c s_c log p_c, with p_c no
    less than `smallest` (this bounds a preference, never an estimate). The surrogate should be another kind of model
    than the one under test, fitted to all labels: a model that judges itself never looks where it is confidently
    wrong. `temperature` above 1 flattens an overconfident surrogate. Source: Kossen et al. 2021, Active Testing:
    Sample-Efficient Model Evaluation (ICML), section 4.

    Raises BadInput for shapes that differ or an unknown loss.

    >>> P, S = np.array([[0.9, 0.1], [0.5, 0.5]]), np.array([[0.75, 0.25], [0.75, 0.25]])
    >>> expected_loss(P, S).tolist(), expected_loss(P, S, loss="cross_entropy").round(3).tolist()
    ([0.25, 0.25], [0.655, 0.693])
    """
    model, judge = floats("probs", probs, 2), floats("surrogate", surrogate, 2)
    if model.shape != judge.shape:
        raise BadInput(
            f"probs has shape {model.shape} and surrogate {judge.shape}; both give the same rows and classes"
        )
    if not temperature > 0 or not 0 < smallest < 1:
        raise BadInput(f"temperature={temperature}, smallest={smallest}: use temperature > 0 and 0 < smallest < 1")
    if temperature != 1.0:
        judge = judge ** (1.0 / temperature)
        judge = judge / judge.sum(axis=1, keepdims=True)
    if loss == "zero_one":
        return np.asarray(1.0 - judge[np.arange(len(model)), model.argmax(axis=1)])
    if loss == "cross_entropy":
        return np.asarray(-(judge * np.log(np.maximum(model, smallest))).sum(axis=1))
    raise BadInput(f"loss={loss!r} is not known here.{did_you_mean(loss, _LOSSES)}")


def expected_squared_error(mean: Any, surrogate_mean: Any, surrogate_std: Any) -> FloatArray:
    """Squared error of a regression that a surrogate expects: (m,), (m,), (m,) -> (m,) (mu_s - mu_m)^2 + sd_s^2.

    >>> expected_squared_error([1.0, 2.0], [1.0, 0.0], [0.5, 1.0]).tolist()
    [0.25, 5.0]
    """
    ours, theirs, spread = (
        floats(n, v, 1)
        for n, v in (("mean", mean), ("surrogate_mean", surrogate_mean), ("surrogate_std", surrogate_std))
    )
    return np.asarray((theirs - ours) ** 2 + spread**2)


def proposal(loss: Any, *, floor: float = 0.1, uniform: float = 0.0) -> FloatArray:
    """Chance of each row to be the first test row, from expected losses: (N,) -> (N,) positive, summing to one.

    Values below the quantile `floor` are raised to it, then the chances are mixed with a share `uniform` of equal ones.
    A floor bounds the weight of a row that the surrogate thinks harmless and that is not. All losses zero give equal
    chances. Source: Kossen et al. 2021, appendix; jlko/active-testing clips at the 10th percentile.

    Raises BadInput for a negative loss, or settings outside [0, 1].

    >>> proposal([0.0, 1.0, 1.0], floor=0.5).round(3).tolist()
    [0.333, 0.333, 0.333]
    >>> proposal([0.0, 1.0, 3.0], floor=0.0, uniform=0.4).round(3).tolist()
    [0.133, 0.283, 0.583]
    """
    value = np.asarray(floats("loss", loss, 1), dtype=np.float64)
    check_finite("loss", value, np.arange(len(value)))
    if not len(value) or value.min() < 0:
        raise BadInput(f"loss holds {value.min() if len(value) else 'no row'}; give one expected loss >= 0 per row")
    if not 0 <= floor <= 1 or not 0 <= uniform <= 1:
        raise BadInput(f"floor={floor}, uniform={uniform}: both are shares, from 0 to 1")
    raised = np.maximum(value, np.quantile(value, floor))
    if not raised.any():
        return np.full(len(value), 1.0 / len(value))
    shares = (1 - uniform) * raised / raised.sum() + uniform / len(value)
    if not shares.min() > 0:
        # A row that can never be drawn biases every estimate: give it the chance of the least likely row that can be.
        shares = np.maximum(shares, shares[shares > 0].min())
    return np.asarray(shares / shares.sum())


@dataclass(frozen=True)
class Draws:
    """Test rows (M,) in the order drawn, the chance of each when it was drawn, and the least chance of any row then.

    `size` is N, the number of rows that could be drawn before the first one was.
    """

    rows: IntArray
    chances: FloatArray
    least: FloatArray
    size: int

    def __len__(self) -> int:
        return len(self.rows)


def draw(weights: Any, n: int, *, rng: Any = 0, before: Draws | None = None) -> Draws:
    """Draw n more test rows without replacement: weights (N,) -> all rows drawn so far, in order.

    At each step a row's chance is its weight among the rows not drawn yet (Gumbel top-n gives exactly this). `before`
    holds the rows drawn earlier; the weights may have changed since, as they should once the surrogate has learnt from
    the new labels: the estimate stays unbiased. `rng` is a seed, or Noise keyed by row. Cost O(N log N).

    Raises BadInput for a weight that is not positive, or more rows than are left.

    >>> first = draw([1.0, 1.0, 2.0], 1)
    >>> both = draw([1.0, 1.0, 2.0], 2, before=first)
    >>> sorted(both.rows.tolist()), float(both.chances[-1])
    ([0, 1, 2], 1.0)
    """
    value = np.asarray(floats("weights", weights, 1), dtype=np.float64)
    check_finite("weights", value, np.arange(len(value)))
    earlier = Draws(np.zeros(0, np.int64), np.zeros(0), np.zeros(0), len(value)) if before is None else before
    if earlier.size != len(value):
        raise BadInput(f"weights has {len(value)} rows, but the draws before were made from {earlier.size}")
    left = np.setdiff1d(np.arange(len(value)), earlier.rows)
    if not 0 <= n <= len(left):
        raise BadInput(f"cannot draw {n} test rows; {len(left)} of {len(value)} are left")
    if len(left) and value[left].min() <= 0:
        raise BadInput(
            f"weights holds {value[left].min()}; a row that cannot be drawn biases the estimate (proposal())"
        )
    keys = np.log(value) + as_noise(rng, len(value)).gumbel(f"active_testing/{len(earlier)}")
    order = left[np.argsort(-keys[left], kind="stable")]
    # Sums from the end: what is left at a step is the weight of every row that comes later in the order.
    remaining = np.cumsum(value[order][::-1])[::-1]
    lowest = np.minimum.accumulate(value[order][::-1])[::-1]
    return Draws(
        np.concatenate([earlier.rows, order[:n]]).astype(np.int64),
        np.concatenate([earlier.chances, (value[order] / remaining)[:n]]),
        np.concatenate([earlier.least, (lowest / remaining)[:n]]),
        len(value),
    )


def lure_weights(chances: Any, size: int) -> FloatArray:
    """LURE weight of each test row in the order drawn: chances (M,) of N rows -> (M,), one each if M = N.

    v_m = 1 + (N - M) / (N - m) (1 / ((N - m + 1) q_m) - 1). A weight may be negative: a row that was nearly certain
    to be drawn late counts for less than nothing, and rightly so. Source: Farquhar, Gal and Rainforth 2021, On
    Statistical Bias in Active Learning (ICLR), section 3.2.

    Raises BadInput for chances outside (0, 1], or more rows than N.

    >>> lure_weights([0.5, 0.25], 4).round(4).tolist(), lure_weights([0.25, 1 / 3], 4).round(4).tolist()
    ([0.6667, 1.3333], [1.0, 1.0])
    """
    q = _chances(chances, size)
    m, n = np.arange(1, len(q) + 1), float(size)
    if len(q) == size:
        return np.ones(len(q))
    return np.asarray(1.0 + (n - len(q)) / (n - m) * (1.0 / ((n - m + 1) * q) - 1.0))


def lure(losses: Any, chances: Any, size: int) -> float:
    """Mean loss of all N rows, estimated without bias from M of them in the order drawn: (M,), (M,) -> number.

    >>> round(lure([1.0, 0.0], [0.5, 0.25], 4), 4)
    0.3333
    """
    return float(np.mean(lure_weights(chances, size) * _losses(losses, chances)))


def importance_weighted(losses: Any, chances: Any, size: int, *, self_normalised: bool = False) -> float:
    """Mean loss of all N rows from M draws *with* replacement: mean of l_m / (N q_m), unbiased.

    `self_normalised` divides by the sum of the weights instead of M: a little biased, often less spread. For draws
    without replacement use `lure`. Source: Hansen and Hurwitz 1943; Sawade, Landwehr, Bickel and Scheffer 2010,
    Active Risk Estimation (ICML), section 3.

    >>> importance_weighted([1.0, 0.0], [0.5, 0.125], 4), importance_weighted([1.0, 1.0], [0.5, 0.1], 4)
    (0.25, 1.5)
    """
    q = np.asarray(floats("chances", chances, 1), dtype=np.float64)
    if not len(q) or q.min() <= 0 or q.max() > 1 or size < 1:
        raise BadInput(f"chances {q.tolist()[:4]} of {size} rows: give at least one, each above 0 and at most 1")
    weights = 1.0 / (size * q)
    total = weights.sum() if self_normalised else len(q)
    return float((weights * _losses(losses, q)).sum() / total)


def _chances(chances: Any, size: int) -> FloatArray:
    q = np.asarray(floats("chances", chances, 1), dtype=np.float64)
    if not 0 < len(q) <= size:
        raise BadInput(f"{len(q)} test rows of {size} drawn without replacement; give between 1 and {size}")
    if not (q.min() > 0 and q.max() <= 1 + 1e-12):
        raise BadInput(f"chances holds {q[(q <= 0) | (q > 1)][0]}; each lies above 0 and at most 1")
    return q


def _losses(losses: Any, chances: Any) -> FloatArray:
    value = np.asarray(floats("losses", losses, 1), dtype=np.float64)
    if len(value) != len(np.asarray(chances)):
        raise BadInput(f"{len(value)} losses for {len(np.asarray(chances))} drawn rows; give one each, as drawn")
    check_finite("losses", value, np.arange(len(value)))
    return value
