"""The control arm: published worked numbers, and the coverage of what is claimed."""

from __future__ import annotations

import numpy as np
import pytest

from askwise.core.errors import BadInput
from askwise.judge import accuracy, advantage, prequential, wilson


def test_wilson_as_published():
    # Newcombe 1998 (Statistics in Medicine 17, 857-872), table I, method 3: 81 of 263.
    found = wilson(81, 263)
    assert (round(found.low, 4), round(found.high, 4)) == (0.2553, 0.3662)
    # and 15 of 148, 0 of 20, 1 of 29
    assert [round(v, 4) for v in (wilson(15, 148).low, wilson(15, 148).high)] == [0.0624, 0.1605]
    assert [round(v, 4) for v in (wilson(0, 20).low, wilson(0, 20).high)] == [0.0, 0.1611]
    assert [round(v, 4) for v in (wilson(1, 29).low, wilson(1, 29).high)] == [0.0061, 0.1718]


def test_wilson_agrees_with_scipy():
    from scipy.stats import binomtest

    for right, n in ((0, 5), (3, 7), (40, 41), (9, 9)):
        theirs = binomtest(right, n).proportion_ci(method="wilson")
        ours = wilson(right, n)
        assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=1e-12)


def test_bad_input_is_quoted():
    with pytest.raises(BadInput, match="5 of 3 rows right"):
        wilson(5, 3)
    with pytest.raises(BadInput, match=r"correct has shape \(0,\)"):
        accuracy([])
    with pytest.raises(BadInput, match="one True or False"):
        accuracy([0.5])
    with pytest.raises(BadInput, match="window=0"):
        prequential([1], window=0)
    with pytest.raises(BadInput, match="2 and 1 rows cannot be paired"):
        advantage([1, 0], [1])


def test_prequential_looks_back_over_the_window():
    steps = prequential([1, 1, 0, 0, 0], window=3)
    assert [one.value for one in steps] == pytest.approx([1, 1, 2 / 3, 1 / 3, 0])
    assert [one.n for one in steps] == [1, 2, 3, 3, 3]


def rows(both, left, right, neither):
    return [1] * (both + left) + [0] * (right + neither), [1] * both + [0] * left + [1] * right + [0] * neither


def test_newcombe_worked_by_hand():
    # 48 and 38 of 50 right, 36 both, 12 and 2 alone, 0 neither. Wilson: (0.8654, 0.9890) and (0.6259, 0.8570).
    # phi = (36 * 0 - 12 * 2) / sqrt(48 * 2 * 38 * 12) = -0.1147
    # below = 0.0946^2 + 2 * 0.1147 * 0.0946 * 0.0970 + 0.0970^2 = 0.1431^2
    # above = 0.1341^2 + 2 * 0.1147 * 0.1341 * 0.0290 + 0.0290^2 = 0.1404^2
    found = advantage(*rows(36, 12, 2, 0))
    assert found.value == pytest.approx(0.2)
    assert (found.low, found.high) == pytest.approx((0.2 - 0.1431, 0.2 + 0.1404), abs=2e-4)


def test_pairs_that_agree_narrow_the_interval():
    together, apart = advantage(*rows(40, 10, 0, 30)), advantage(*rows(20, 30, 20, 10))
    assert together.value == apart.value == pytest.approx(0.125)
    assert together.high - together.low < 0.6 * (apart.high - apart.low)


def test_advantage_of_equal_models_is_none():
    found = advantage(*rows(10, 0, 0, 5))
    assert found.value == 0 and found.low <= 0 <= found.high


@pytest.mark.slow
def test_coverage_of_the_control_arm():
    rng = np.random.default_rng(0)
    for share in (0.6, 0.8, 0.95):
        held = sum(
            found.low <= share <= found.high for found in (accuracy(rng.random(40) < share) for _ in range(2000))
        )
        assert held >= 0.92 * 2000
