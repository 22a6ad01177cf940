"""Labels, cost and hours saved at equal accuracy: worked by hand, and an interval that holds for equal arms."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import askwise as aw
from askwise.judge import Arm, gained

GRID = np.arange(100)


def arm(labels: list[int], rights: list[int], price: float = 1.0, noise: float = 0.0) -> Arm:
    """An arm whose models are right on the first so many of a hundred rows; each of its rows costs `price`."""
    rows = np.arange(labels[-1] + 1.0)
    spent = {"labels": rows, "cost": rows * price, "hours": rows / 100}
    return Arm(np.array(labels, dtype=np.float64), np.array([one > GRID for one in rights]), noise, spent)


def test_the_curve_is_read_backwards() -> None:
    """Random is at 0.5 with 20 labels and ends at 0.8 with 40; the strategy does as well with half of them."""
    found = gained(arm([10, 20, 40], [50, 80, 90], price=3.0), arm([20, 40], [50, 80]))
    assert found.accuracy == 0.8 and found.random_labels == 40
    assert found.strategy_labels == pytest.approx(20)
    labels, cost, hours = found.amounts
    assert (labels.saved, cost.saved, hours.saved) == pytest.approx((20, 40 - 60, 0.2))
    assert found.verdict == "saved" and labels.low - 1e-6 <= 20 <= labels.high + 1e-6
    assert found.sentence().startswith("saved 20 labels (95% interval ")
    assert "20.00 of cost" in found.sentence() and "took 40 random labels and 20 of this session's" in found.sentence()


def test_one_that_never_gets_there_is_worse_and_says_so() -> None:
    found = gained(arm([10, 25], [10, 20]), arm([20, 40], [50, 80]))
    assert found.verdict == "lost" and found.labels.saved == -np.inf and found.to_dict()["labels"]["low"] is None
    assert found.sentence() == (
        "worse than random: accuracy 0.800 took 40 random labels and more than this session's 25"
    )


def test_random_rows_that_taught_nothing_were_not_needed() -> None:
    """A model that says the commonest class whatever it learns from: neither arm saves anything."""
    found = gained(arm([10, 20, 40], [86, 86, 86]), arm([10, 20, 30], [86, 86, 86]))
    assert (found.random_labels, found.strategy_labels, found.verdict) == (10, 10, "unclear")


def test_noise_of_training_widens_the_interval_until_nothing_is_claimed() -> None:
    sure, unsure = (
        gained(arm([10, 25, 50], [60, 78, 84], noise=noise), arm([20, 40], [50, 80], noise=noise))
        for noise in (0.0, 0.1)
    )
    # At half of the labels ours are 0.6 and 0.736, two hundredths of accuracy above 0.65 on average. Below 10 labels
    # the curve falls as the random one rises, by 0.3 for each doubling; above, by 0.18 over ln 2.5.
    above = 0.6 + 0.6 + 0.18 * np.log(2) / np.log(2.5) - 1.3
    needed = 20 * np.exp(-above / (0.3 / np.log(2) + 0.18 / np.log(2.5)))
    assert sure.labels.saved == unsure.labels.saved == pytest.approx(40 - needed)
    assert unsure.labels.low < sure.labels.low and sure.labels.high < unsure.labels.high
    assert unsure.verdict == "unclear"
    assert unsure.sentence().startswith(
        "not yet distinguishable from random: accuracy 0.800 took 40 random labels and 19"
    )


def test_equal_arms_are_told_apart_as_seldom_as_the_level_says() -> None:
    """Two arms whose accuracy is the same curve plus what their training rows and 100 test rows happen to be."""
    rng = np.random.default_rng(0)
    labels = np.array([10.0, 20, 40, 80, 160, 320])
    spent = {"labels": np.arange(321.0)}
    claimed = 0
    for seed in range(300):
        hard = rng.random(100)

        def curve(hard: Any = hard) -> Any:
            height = 0.9 - 2.0 / labels + rng.normal(0, 0.03)
            return np.clip(height, 0, 1)[:, None] > hard + rng.normal(0, 0.1, (6, 100))

        ours, theirs = Arm(labels, curve(), 0.03, spent), Arm(labels[:4], curve()[:4], 0.03, spent)
        claimed += gained(ours, theirs, draws=200, seed=seed).verdict != "unclear"
    assert claimed <= 0.1 * 300


def test_curves_that_do_not_fit_are_refused() -> None:
    good = arm([10, 25], [60, 90])
    with pytest.raises(aw.BadInput, match=r"correct of the strategy arm has shape \(2, 100\); give \(1, 100\)"):
        gained(Arm(np.array([10.0]), good.correct, 0.0, good.spent), good)
    with pytest.raises(aw.BadInput, match=r"noise=-1\.0"):
        gained(arm([10, 25], [60, 90], noise=-1.0), good)
    with pytest.raises(aw.BadInput, match="the same units"):
        gained(Arm(good.labels, good.correct), good)
