"""Labels saved: worked numbers, honest censoring, and what the interval does when there is nothing to save."""

from __future__ import annotations

import math

import numpy as np
import pytest

from askwise.core.errors import BadInput
from askwise.judge import Curve, savings
from askwise.judge.savings import labels_to_reach, monotone

COUNTS = np.array([50.0, 100.0, 200.0])


def curves(values, repeats=6, shift=0.0):
    # Shifts of up to half a thousandth: repeats that differ, but by less than what is to be found.
    rows = np.array([np.asarray(values) + shift + 0.0001 * i for i in range(repeats)])
    return Curve(COUNTS, rows)


def test_worked_example():
    # Random ends at 0.80 with 200 labels. The strategy has 0.70 at 50 and 0.90 at 100, so 0.80 at 75.
    found = savings(curves([0.7, 0.9, 0.9]), curves([0.5, 0.7, 0.8]), drops=(0.0, 0.1))
    assert found[0].arm_labels == pytest.approx(75, abs=1e-6)
    assert found[0].reference_labels == pytest.approx(200)
    assert found[0].saved == pytest.approx(125, abs=1e-6)
    assert found[0].verdict == "saved"
    assert found[0].sentence() == "saved 125 of 200 labels (95% interval 125 to 125) against random at accuracy 0.800"
    # At 0.70 random needed 100, the strategy at most its first 50.
    assert (found[1].reference_labels, found[1].arm_labels) == pytest.approx((100, 50), abs=0.2)
    assert found[1].at_first and "saved at least 50" in found[1].sentence()


def test_a_strategy_that_never_gets_there_is_said_to_be_so():
    (found,) = savings(curves([0.5, 0.6, 0.7]), curves([0.5, 0.7, 0.8]), drops=(0.0,))
    assert not found.reached and found.saved == -math.inf
    assert found.verdict == "lost"
    assert found.sentence().startswith("needed more than 200 labels (95% interval open to open saved)")


def test_a_strategy_that_needs_more_is_said_to_lose():
    arm = curves([0.5, 0.6, 0.9])
    (found,) = savings(arm, curves([0.5, 0.8, 0.8]), drops=(0.0,))
    assert found.verdict == "lost" and found.saved < 0
    assert "more labels" in found.sentence() and "where random needed 100" in found.sentence()


@pytest.mark.parametrize(
    ("repeats", "spread"), [(1, "one repeat: no interval"), (4, "range over 4 repeats: 125 to 125")]
)
def test_few_repeats_claim_nothing(repeats, spread):
    arm, reference = curves([0.7, 0.9, 0.9], repeats), curves([0.5, 0.7, 0.8], repeats)
    (found,) = savings(arm, reference, drops=(0.0,))
    assert found.verdict == "unclear"
    assert found.sentence() == (
        f"not yet distinguishable from random at accuracy 0.800, with {repeats} of the 5 repeats that it takes"
        f" (+125 labels; {spread})"
    )


def test_equal_curves_are_not_distinguishable():
    same = curves([0.5, 0.7, 0.8])
    for found in savings(same, same):
        assert found.saved == 0 and found.verdict == "unclear"


def test_levels_that_the_reference_passes_at_once_are_left_out():
    assert len(savings(curves([0.7, 0.9, 0.9]), curves([0.79, 0.795, 0.8]), drops=(0.0, 0.05))) == 1


def test_labels_to_reach_reads_the_curve_backwards():
    heights = np.array([0.5, 0.7, 0.7])
    assert labels_to_reach(COUNTS, heights, 0.4) == 50
    assert labels_to_reach(COUNTS, heights, 0.6) == pytest.approx(75)
    assert labels_to_reach(COUNTS, heights, 0.7) == pytest.approx(100)
    assert labels_to_reach(COUNTS, heights, 0.71) == math.inf


def test_monotone_pools_what_falls():
    np.testing.assert_allclose(monotone(np.array([0.1, 0.5, 0.3, 0.6])), [0.1, 0.4, 0.4, 0.6])


def test_what_cannot_be_paired_is_refused():
    with pytest.raises(BadInput, match="3 and 2 repeats cannot be paired"):
        savings(curves([0.5, 0.6, 0.7], 3), curves([0.5, 0.6, 0.7], 2))
    with pytest.raises(BadInput, match=r"drops=\(-0.1,\)"):
        savings(curves([0.5, 0.6, 0.7]), curves([0.5, 0.6, 0.7]), drops=(-0.1,))
    with pytest.raises(BadInput, match="do not overlap"):
        savings(Curve(np.array([1.0]), np.ones((2, 1))), Curve(np.array([2.0]), np.ones((2, 1))))


def noisy(rng, repeats, rate):
    counts = np.arange(25.0, 525.0, 25.0)
    seeds = rng.normal(0, 0.01, size=(repeats, 1))  # what paired runs share
    return Curve(counts, 0.85 - 0.4 * np.exp(-counts / rate) + seeds + rng.normal(0, 0.008, size=(repeats, 20)))


@pytest.mark.slow
def test_without_a_difference_a_saving_is_seldom_claimed():
    rng = np.random.default_rng(1)
    claims = [savings(noisy(rng, 5, 150), noisy(rng, 5, 150), drops=(0.0,), draws=500)[0].verdict for _ in range(200)]
    assert claims.count("saved") <= 0.06 * 200
    assert claims.count("lost") <= 0.06 * 200


@pytest.mark.slow
def test_the_interval_covers_the_true_saving():
    counts = np.arange(25.0, 525.0, 25.0)
    ours, theirs = 0.85 - 0.4 * np.exp(-counts / 100), 0.85 - 0.4 * np.exp(-counts / 150)
    truth = labels_to_reach(counts, theirs, theirs[-1]) - labels_to_reach(counts, ours, theirs[-1])
    rng = np.random.default_rng(2)
    held = 0
    for _ in range(120):
        found = savings(noisy(rng, 6, 100), noisy(rng, 6, 150), drops=(0.0,), draws=400)[0].interval
        held += found.low <= truth <= found.high
    assert held >= 0.88 * 120
