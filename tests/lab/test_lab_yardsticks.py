"""Yardsticks of learning curves, by hand and against plain loops."""

from __future__ import annotations

import numpy as np
import pytest

from askwise.core.errors import BadInput
from askwise.judge import Curve
from askwise.lab import yardsticks as y


def curve(*rows, labels=(10, 20, 30)):
    return Curve.of([(labels, row) for row in rows])


def test_labels_to_a_level_with_censoring():
    found = y.labels_to(curve((0.5, 0.7, 0.9), (0.5, 0.55, 0.6), (0.95, 0.9, 0.9)), 0.8)
    assert found.labels.tolist() == [pytest.approx(25.0), np.inf, 10.0]
    assert found.censored.tolist() == [False, True, False] and found.budget.tolist() == [30.0] * 3
    assert found.median() == pytest.approx(25.0) and found.words() == "25 (1 of 3 not with 30)"
    assert y.labels_to(curve((0.1, 0.2, 0.3)), 0.8).words() == "more than 30 (1 of 1 not with 30)"


def test_labels_to_a_level_of_an_error():
    assert y.labels_to(curve((2.0, 1.0, 0.5)), 1.5, greater_is_better=False).labels.tolist() == [15.0]


def test_a_dip_does_not_count_as_reached_twice():
    # The nearest monotone curve of 0.5, 0.9, 0.7 is 0.5, 0.8, 0.8.
    assert y.labels_to(curve((0.5, 0.9, 0.7)), 0.8).labels.tolist() == [20.0]
    assert np.isinf(y.labels_to(curve((0.5, 0.9, 0.7)), 0.85).labels[0])


def test_shares_of_the_full_score():
    assert y.share_of_full(0.9, 1.0) == 0.9
    with pytest.raises(BadInput, match="share=0"):
        y.share_of_full(0.9, 0.0)
    with pytest.raises(BadInput, match=r"full-data score is -0\.3"):
        y.share_of_full(-0.3, 0.95)


def test_deficiency_against_plain_sums():
    rng = np.random.default_rng(0)
    for _ in range(20):
        labels = np.arange(1.0, 8.0)
        arm, reference = (Curve.of([(labels, rng.random(7)) for _ in range(3)]) for _ in range(2))
        want = []
        for a, r in zip(arm.values, reference.values, strict=True):
            area = [sum((1.2 - (v[i] + v[i + 1]) / 2) for i in range(6)) for v in (a, r)]
            want.append(area[0] / area[1])
        np.testing.assert_allclose(y.deficiency(arm, reference, 1.2), want)


def test_nothing_to_gain_has_no_deficiency():
    flat = curve((0.9, 0.9, 0.9))
    assert np.isnan(y.deficiency(flat, flat, 0.9)).all()
    assert np.isnan(y.headroom(flat, flat, flat))


def test_headroom_is_all_of_it_at_the_bound():
    low, high = curve((0.5, 0.5, 0.5)), curve((0.9, 0.9, 0.9))
    assert y.headroom(high, low, high) == pytest.approx(1.0) and y.headroom(low, low, high) == 0.0


def test_foreground_without_any_is_not_a_number():
    assert np.isnan(y.foreground_efficiency(Curve.of([([3], [0.5])]))).all()
    assert y.foreground_efficiency(Curve.of([([2, 6], [0.5, 0.7])])).tolist() == [pytest.approx(0.05)]
