"""Row kernels: the two largest values and the check of distributions, wherever in a group of rows they stand."""

from __future__ import annotations

import numpy as np
import pytest

from askwise.kernels.rows import first_bad_distribution, top2


def distributions(m, c, seed=0, dtype=np.float32):
    rows = np.random.default_rng(seed).random((m, c)) + 1e-3
    return (rows / rows.sum(axis=1, keepdims=True)).astype(dtype)


@pytest.fixture(params=["numba", "numpy"], autouse=True)
def kernel_set(request, monkeypatch):
    monkeypatch.setenv("ASKWISE_BACKEND", request.param)


@pytest.mark.parametrize("m", [1, 2, 3, 4, 5, 7, 8, 61])
@pytest.mark.parametrize("c", [2, 3, 10])
def test_top_two_are_those_of_a_sort(m, c):
    for dtype in (np.float16, np.float32, np.float64):
        probs = distributions(m, c, dtype=dtype)
        first, second = top2(probs)
        ordered = np.sort(probs, axis=1)
        np.testing.assert_array_equal(first, ordered[:, -1])
        np.testing.assert_array_equal(second, ordered[:, -2])


def test_top_two_of_ties_and_extremes():
    probs = np.array([[0.5, 0.5, 0.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.5, 0.5], [0.25, 0.5, 0.25]])
    np.testing.assert_array_equal(top2(probs)[0], [0.5, 1, 1, 0.5, 0.5])
    np.testing.assert_array_equal(top2(probs)[1], [0.5, 0, 0, 0.5, 0.25])


@pytest.mark.parametrize("m", [1, 4, 6, 11])
@pytest.mark.parametrize("bad", ["nan", "inf", "negative", "sum", "tiny negative"])
def test_the_first_bad_row_is_named_wherever_it_stands(m, bad):
    for at in range(m):
        for dtype in (np.float32, np.float64):
            probs = distributions(m, 5, dtype=dtype)
            assert first_bad_distribution(probs, 1e-3) == -1
            values = {
                "nan": np.nan,
                "inf": np.inf,
                "negative": -0.25,
                "sum": probs[at, 1] + 0.01,
                "tiny negative": -1e-6,
            }
            probs[at, 1] = values[bad]
            if bad == "negative":
                probs[at, 2] += 1 - probs[at].sum()
            if bad == "tiny negative":
                probs[at, 2] += 1 - probs[at].sum()
                # Too small to change a float32 sum of magnitudes is too small to matter; both kernel sets refuse 1e-6.
            probs[at + 1 :, 0] = np.nan
            assert first_bad_distribution(probs, 1e-3) == at


def test_sums_within_the_slack_pass():
    probs = distributions(9, 4)
    probs[3] *= 1.0009
    assert first_bad_distribution(probs, 1e-3) == -1
    probs[3] *= 1.001
    assert first_bad_distribution(probs, 1e-3) == 3
