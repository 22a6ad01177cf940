"""What a confidence is worth."""

from __future__ import annotations

import numpy as np
import pytest

from askwise.annotate.calibration import RIDGE, _curve, _logit, calibrate, calibration_error
from askwise.core.errors import BadInput


def machine(k: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A boastful machine, as language models are: the logits that it states are twice what they should be."""
    stated = 0.5 + 0.49 * rng.random(k)
    return stated, rng.random(k) < truth(stated)


def truth(stated: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.sqrt((1 - stated) / stated))


def test_worked_by_hand() -> None:
    # bins 0.9 (two, one right): |2 * 0.95 - 1| = 0.9; bin 0.5 (two, both right): |2 * 0.55 - 2| = 0.9; over 4 rows
    assert calibration_error(np.array([0.95, 0.95, 0.55, 0.55]), [True, False, True, True]) == pytest.approx(0.45)
    assert calibration_error(np.array([1.0, 0.0]), [True, False]) == 0.0


@pytest.mark.parametrize(("k", "method"), [(19, "share"), (20, "logistic"), (199, "logistic"), (200, "isotonic")])
def test_the_method_goes_by_the_number_of_rows(k: int, method: str) -> None:
    stated, right = machine(k, np.random.default_rng(k))
    assert calibrate(stated, right).method == method


@pytest.mark.parametrize("k", [100, 1000])
def test_what_is_mapped_holds_on_new_rows(k: int) -> None:
    new, _ = machine(2000, np.random.default_rng(99))
    mapped, before, after = [], [], []
    for seed in range(10):
        found = calibrate(*machine(k, np.random.default_rng(seed)))
        mapped.append(np.abs(found(new) - truth(new)).mean())
        before.append(found.error_before)
        after.append(found.error_after)
    assert np.mean(mapped) < 0.6 * np.abs(new - truth(new)).mean()
    assert np.mean(np.array(after, dtype=float)) < np.mean(np.array(before, dtype=float))


def test_the_interval_holds_the_truth_in_about_nine_of_ten_cases() -> None:
    inside = []
    at = np.array([0.6, 0.75, 0.9])
    for seed in range(40):
        stated, right = machine(150, np.random.default_rng(seed))
        low, high = calibrate(stated, right).interval(at)
        inside.append((low <= truth(at)) & (truth(at) <= high))
    assert np.mean(inside) > 0.85


@pytest.mark.parametrize("right", [True, False])
def test_all_right_or_all_wrong_is_not_certain(right: bool) -> None:
    found = calibrate(np.full(30, 0.9), np.full(30, right))
    assert found.method == "share"
    assert found([0.9])[0] == pytest.approx(31 / 32 if right else 1 / 32)


def test_isotonic_never_says_certain() -> None:
    stated = np.linspace(0, 1, 300)
    found = calibrate(stated, stated > 0.5)
    assert 0 < found([0.0])[0] < 0.01 and 0.99 < found([1.0])[0] < 1


def test_unknown_confidences_get_the_share_of_right_rows() -> None:
    found = calibrate([np.nan] * 10, [True] * 7 + [False] * 3)
    assert found([np.nan, 0.9])[0] == 0.7
    assert found.error_before is None and "does not say how sure" in str(found)
    mixed = calibrate([np.nan, *np.linspace(0.1, 0.9, 40)], [True, *(np.linspace(0, 1, 40) > 0.4)])
    assert mixed.n == 41 and mixed([np.nan])[0] == mixed.accuracy.value


def test_the_same_seed_says_the_same() -> None:
    stated, right = machine(80, np.random.default_rng(3))
    a, b = (calibrate(stated, right, seed=5).interval([0.7, 0.8]) for _ in range(2))
    assert np.array_equal(a[0], b[0]) and np.array_equal(a[1], b[1])


@pytest.mark.parametrize(("stated", "right"), [([], []), ([0.5], [True, False]), ([1.5], [True]), ([-0.1], [False])])
def test_bad_input(stated: list[float], right: list[bool]) -> None:
    with pytest.raises(BadInput, match=r"tell nothing|is no probability"):
        calibrate(stated, right)


@pytest.mark.parametrize("seed", range(5))
def test_the_curve_is_that_of_scikit_learn(seed: int) -> None:
    from sklearn.linear_model import LogisticRegression

    stated, right = machine(30 + 20 * seed, np.random.default_rng(seed))
    slow = LogisticRegression(C=1 / RIDGE, tol=1e-10, max_iter=1000).fit(_logit(stated)[:, None], right)
    assert _curve(_logit(stated), right.astype(float)) == pytest.approx(
        [slow.intercept_[0], slow.coef_[0, 0]], abs=1e-5
    )


def test_a_curve_of_rows_that_are_told_apart_ends() -> None:
    stated = np.array([0.1] * 15 + [0.9] * 15)
    found = calibrate(stated, stated > 0.5)
    assert found.method == "logistic" and 0.97 < found([0.9])[0] < 1
