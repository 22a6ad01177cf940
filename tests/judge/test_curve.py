"""Learning curves: common label counts, areas by hand, intervals whose coverage is simulated."""

from __future__ import annotations

import numpy as np
import pytest

from askwise.core.errors import BadInput
from askwise.judge import Curve, Interval, difference
from askwise.judge.resample import bounds, interval, resamples, widened


def test_runs_are_interpolated_on_the_counts_that_all_span():
    curve = Curve.of([([10, 20, 40], [0.2, 0.4, 0.8]), ([5, 30], [0.1, 0.6])])
    assert curve.labels.tolist() == [10, 20, 30]
    np.testing.assert_allclose(curve.values, [[0.2, 0.4, 0.6], [0.2, 0.4, 0.6]])
    np.testing.assert_allclose(curve.at([15]).values, [[0.3], [0.3]])


def test_nothing_is_extrapolated():
    curve = Curve.of([([10, 20], [0.5, 0.6])])
    with pytest.raises(BadInput, match="nothing was measured at 25 labels; ask between 10 and 20"):
        curve.at([25])
    with pytest.raises(BadInput, match="do not overlap: one starts at 30 labels, another ends at 20"):
        Curve.of([([10, 20], [0.5, 0.6]), ([30, 40], [0.5, 0.6])])


def test_area_is_the_mean_height():
    curve = Curve.of([([0, 10, 30], [0.0, 1.0, 1.0]), ([0, 10, 30], [0.5, 0.5, 0.5])])
    np.testing.assert_allclose(curve.area(), [(5 + 20) / 30, 0.5])
    np.testing.assert_allclose(Curve.of([([7], [0.3])]).area(), [0.3])


@pytest.mark.parametrize(
    ("labels", "values", "message"),
    [
        ([1, 2], [0.5], "must be equally long"),
        ([], [], "must be equally long, and not empty"),
        ([2, 1], [0.5, 0.6], r"must increase, got \[2.0, 1.0\]"),
        ([1, 2], [0.5, np.nan], "a run holds nan"),
    ],
)
def test_bad_runs_are_named(labels, values, message):
    with pytest.raises(BadInput, match=message):
        Curve.of([(labels, values)])


def test_no_runs_are_refused():
    with pytest.raises(BadInput, match="at least one run"):
        Curve.of([])


def test_band_holds_the_mean_and_has_no_width_for_equal_repeats():
    equal = Curve(np.array([1.0, 2.0]), np.array([[0.5, 0.7]] * 4)).band()
    assert equal.low.tolist() == equal.mean.tolist() == equal.high.tolist()
    varied = Curve(np.array([1.0]), np.array([[0.1], [0.2], [0.6]])).band()
    assert varied.low[0] <= varied.mean[0] <= varied.high[0]
    assert (varied.low[0], varied.high[0]) == pytest.approx((0.1, 0.6))


def test_one_repeat_has_no_interval():
    band = Curve(np.array([1.0]), np.array([[0.5]])).band()
    assert np.isnan(band.low[0]) and np.isnan(band.high[0])
    assert str(interval(np.ones(9), 1)) == "one repeat: no interval"


def test_intervals_speak_plainly():
    assert str(Interval(60, 170, 5)) == "95% interval 60 to 170"
    assert str(Interval(-np.inf, 40, 9)) == "95% interval open to 40"
    assert Interval(0.0123, 0.0456, 2).words("{:.1f}", 100) == "range over 2 repeats: 1.2 to 4.6"


def test_infinite_draws_do_not_become_nan():
    low, high = bounds(np.array([[-np.inf], [-np.inf], [1.0], [2.0]]), repeats=30)
    assert (low[0], high[0]) == (-np.inf, 2.0)


def test_widened_tail_is_that_of_the_t_interval():
    # 0.95, n = 5: Phi(-sqrt(5 / 4) * 2.776445) = Phi(-3.104160) = 0.000954
    assert widened(0.95, 5) == pytest.approx(0.000954, rel=1e-3)
    with pytest.raises(BadInput, match="level=95 is no share"):
        widened(95, 5)


def test_resamples_are_shared_by_all_arms():
    assert (resamples(4, 10, seed=1) == resamples(4, 10, seed=1)).all()
    assert resamples(4, 10, seed=1).shape == (10, 4)
    with pytest.raises(BadInput, match="cannot resample 0 repeats"):
        resamples(0)


def test_difference_is_paired():
    hard, easy = np.array([0.5, 0.9, 0.7]), np.array([0.52, 0.92, 0.72])
    gap, spread = difference(easy, hard)
    assert gap == pytest.approx(0.02)
    assert spread.low == pytest.approx(0.02) == pytest.approx(spread.high)


@pytest.mark.slow
@pytest.mark.parametrize("repeats", [5, 10, 20])
def test_coverage_of_the_interval_of_a_mean(repeats):
    rng = np.random.default_rng(0)
    picks = resamples(repeats, 1000)
    held = 0
    for _ in range(1000):
        sample = rng.normal(size=repeats)
        found = interval(sample[picks].mean(axis=1), repeats)
        held += found.low <= 0 <= found.high
    # Without the widening it is 84% at five repeats. Five values cannot do better than 1 - 2 / 2**5 = 94%.
    assert 0.92 <= held / 1000 <= 0.98
